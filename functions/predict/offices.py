"""What the routes and the queue work with, made from the environment when it is needed."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from functions.predict.picture import picture
from heartsense.accounts import AccountStore, Limiter
from heartsense.api import database, key_ring, metrics
from heartsense.classifier import model_version
from heartsense.predictions import (
    Answer,
    Deletion,
    Intake,
    MongoPredictions,
    Predictions,
    S3Pictures,
    Uploads,
)
from heartsense.predictions.answering import answer
from heartsense.settings import PicturesSettings, load
from heartsense.upkeep import deletion


def pictures() -> S3Pictures:
    """The bucket's pictures."""
    return S3Pictures(load(PicturesSettings).pictures_bucket)


def intake() -> Intake:
    """What classifies uploads."""
    return Intake(_store(), pictures(), _counted, model_version())


def _counted(data: bytes, page: int) -> Answer:
    given = answer(data, page)
    metrics.count_picture(None if given.refusal is None else given.refusal.code)
    return given


def _store() -> Predictions:
    return MongoPredictions(database())


def _deletion() -> Deletion:
    return deletion(database(), load(PicturesSettings).pictures_bucket)


def _uploads() -> Uploads:
    limiter = Limiter(database(), key_ring().derived("limiter"))
    return Uploads(_store(), AccountStore(database()), pictures(), limiter)


Picture = Annotated[bytes, Depends(picture)]
Store = Annotated[Predictions, Depends(_store)]
PicturesOffice = Annotated[S3Pictures, Depends(pictures)]
DeletionOffice = Annotated[Deletion, Depends(_deletion)]
UploadsOffice = Annotated[Uploads, Depends(_uploads)]
