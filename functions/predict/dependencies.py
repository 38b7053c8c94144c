"""What the routes and the queue work with, made from the environment when it is needed."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from functions.predict.image_body import picture
from heartsense.classifier import model_version
from heartsense.service import metrics
from heartsense.service.accounts import AccountRepository
from heartsense.service.database import database
from heartsense.service.http import build_rate_limiter
from heartsense.service.maintenance import prediction_deletion
from heartsense.service.predictions import (
    Answer,
    MongoPredictionRepository,
    PredictionDeletion,
    PredictionRepository,
    S3Pictures,
    UploadProcessor,
    UploadService,
)
from heartsense.service.predictions.classification import answer
from heartsense.service.settings import PicturesSettings, load


def pictures() -> S3Pictures:
    """The bucket's pictures."""
    return S3Pictures(load(PicturesSettings).pictures_bucket)


def intake() -> UploadProcessor:
    """What classifies uploads."""
    return UploadProcessor(_store(), pictures(), _counted, model_version())


def _counted(data: bytes, page: int) -> Answer:
    given = answer(data, page)
    metrics.count_picture(None if given.refusal is None else given.refusal.code)
    return given


def _store() -> PredictionRepository:
    return MongoPredictionRepository(database())


def _deletion() -> PredictionDeletion:
    return prediction_deletion(database(), load(PicturesSettings).pictures_bucket)


def _uploads() -> UploadService:
    return UploadService(_store(), AccountRepository(database()), pictures(), build_rate_limiter())


Picture = Annotated[bytes, Depends(picture)]
Store = Annotated[PredictionRepository, Depends(_store)]
StorageDependency = Annotated[S3Pictures, Depends(pictures)]
PredictionDeletionDependency = Annotated[PredictionDeletion, Depends(_deletion)]
UploadDependency = Annotated[UploadService, Depends(_uploads)]
