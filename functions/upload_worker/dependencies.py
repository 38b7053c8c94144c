"""Services of the upload worker, built from the environment."""

from heartsense.classifier import model_version
from heartsense.service import metrics
from heartsense.service.database import database
from heartsense.service.predictions import (
    ImageClassification,
    MongoPredictionRepository,
    S3PredictionStorage,
    UploadProcessor,
)
from heartsense.service.predictions.classification import classify_image
from heartsense.service.predictions.upload_queue import UploadQueue
from heartsense.service.settings import PicturesSettings, UploadQueueSettings, load


def upload_processor() -> UploadProcessor:
    """Classifies uploads."""
    storage = S3PredictionStorage(load(PicturesSettings).pictures_bucket)
    repository = MongoPredictionRepository(database())
    return UploadProcessor(repository, storage, _classify, model_version())


def upload_queue() -> UploadQueue:
    """The queue that deliveries come from."""
    return UploadQueue(load(UploadQueueSettings).upload_queue_url)


def _classify(data: bytes, page: int) -> ImageClassification:
    classification = classify_image(data, page)
    refusal = classification.refusal
    metrics.count_image(None if refusal is None else refusal.code)
    return classification
