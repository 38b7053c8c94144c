"""Services of the predictions function, built from the environment."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from heartsense.service.accounts import AccountRepository
from heartsense.service.audit import AuditLog
from heartsense.service.database import database
from heartsense.service.exports import ExportRepository, ExportService, S3ExportStorage
from heartsense.service.feedback import ReviewRepository
from heartsense.service.http.authentication import build_rate_limiter
from heartsense.service.maintenance import prediction_deletion
from heartsense.service.predictions import (
    MongoPredictionRepository,
    PredictionDeletion,
    PredictionRepository,
    S3PredictionStorage,
)
from heartsense.service.predictions.upload_queue import UploadQueue
from heartsense.service.predictions.upload_service import UploadService
from heartsense.service.settings import ExportQueueSettings, PicturesSettings, load


def _storage() -> S3PredictionStorage:
    return S3PredictionStorage(load(PicturesSettings).pictures_bucket)


def _predictions() -> PredictionRepository:
    return MongoPredictionRepository(database())


def _reviews() -> ReviewRepository:
    return ReviewRepository(database())


def _export_service() -> ExportService:
    return ExportService(
        ExportRepository(database()),
        S3ExportStorage(load(PicturesSettings).pictures_bucket),
        build_rate_limiter(),
        UploadQueue(load(ExportQueueSettings).export_queue_url),
    )


def _audit_log() -> AuditLog:
    return AuditLog(database())


def _prediction_deletion() -> PredictionDeletion:
    return prediction_deletion(database(), load(PicturesSettings).pictures_bucket)


def _upload_service() -> UploadService:
    return UploadService(
        _predictions(), AccountRepository(database()), _storage(), build_rate_limiter()
    )


ExportServiceDependency = Annotated[ExportService, Depends(_export_service)]
AuditLogDependency = Annotated[AuditLog, Depends(_audit_log)]
PredictionsDependency = Annotated[PredictionRepository, Depends(_predictions)]
ReviewsDependency = Annotated[ReviewRepository, Depends(_reviews)]
StorageDependency = Annotated[S3PredictionStorage, Depends(_storage)]
PredictionDeletionDependency = Annotated[PredictionDeletion, Depends(_prediction_deletion)]
UploadServiceDependency = Annotated[UploadService, Depends(_upload_service)]
