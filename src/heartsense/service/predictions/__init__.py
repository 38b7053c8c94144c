"""Uploads of signed-in people: kept, classified once each, shown to their owner, deleted.

`answering`, which reads and classifies pictures, is imported by name: what only keeps or shows
predictions needs no numpy.
"""

from heartsense.service.predictions.deletion import PredictionDeletion, no_such_prediction
from heartsense.service.predictions.prediction import Answer, Outcome, Prediction, Refusal, Status
from heartsense.service.predictions.repository import (
    MongoPredictionRepository,
    PredictionRepository,
    UploadState,
    create_indexes,
)
from heartsense.service.predictions.storage import (
    LINK_SECONDS,
    OVERLAY,
    PICTURE,
    SIGNAL,
    Pictures,
    S3Pictures,
    UploadForm,
    heatmap_name,
    read_upload_key,
)
from heartsense.service.predictions.upload_processor import MOST_ATTEMPTS, UploadProcessor
from heartsense.service.predictions.upload_service import UploadService

__all__ = [
    "LINK_SECONDS",
    "MOST_ATTEMPTS",
    "OVERLAY",
    "PICTURE",
    "SIGNAL",
    "Answer",
    "MongoPredictionRepository",
    "Outcome",
    "Pictures",
    "Prediction",
    "PredictionDeletion",
    "PredictionRepository",
    "Refusal",
    "S3Pictures",
    "Status",
    "UploadForm",
    "UploadProcessor",
    "UploadService",
    "UploadState",
    "create_indexes",
    "heatmap_name",
    "no_such_prediction",
    "read_upload_key",
]
