"""Services of the predict function, built from the environment."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from functions.predict.image_body import read_image
from heartsense.classifier import model_version
from heartsense.service import metrics
from heartsense.service.accounts import AccountRepository
from heartsense.service.database import database
from heartsense.service.http import build_rate_limiter
from heartsense.service.maintenance import prediction_deletion
from heartsense.service.predictions import (
    ImageClassification,
    MongoPredictionRepository,
    PredictionDeletion,
    PredictionRepository,
    S3PredictionStorage,
    UploadProcessor,
    UploadService,
)
from heartsense.service.predictions.classification import classify_image
from heartsense.service.settings import PicturesSettings, load


def _storage() -> S3PredictionStorage:
    return S3PredictionStorage(load(PicturesSettings).pictures_bucket)


def upload_processor() -> UploadProcessor:
    """Classifies uploads."""
    return UploadProcessor(_predictions(), _storage(), _classify, model_version())


def _classify(data: bytes, page: int) -> ImageClassification:
    classification = classify_image(data, page)
    refusal = classification.refusal
    metrics.count_image(None if refusal is None else refusal.code)
    return classification


def _predictions() -> PredictionRepository:
    return MongoPredictionRepository(database())


def _prediction_deletion() -> PredictionDeletion:
    return prediction_deletion(database(), load(PicturesSettings).pictures_bucket)


def _upload_service() -> UploadService:
    return UploadService(
        _predictions(), AccountRepository(database()), _storage(), build_rate_limiter()
    )


ImageDependency = Annotated[bytes, Depends(read_image)]
PredictionsDependency = Annotated[PredictionRepository, Depends(_predictions)]
StorageDependency = Annotated[S3PredictionStorage, Depends(_storage)]
PredictionDeletionDependency = Annotated[PredictionDeletion, Depends(_prediction_deletion)]
UploadServiceDependency = Annotated[UploadService, Depends(_upload_service)]
