"""Predictions of signed-in users: uploaded, classified once, listed and deleted.

Not re-exported: `classification`, as functions that only store or list predictions run without
numpy; and `upload_service`, as the worker that reads users' bytes knows no accounts.
"""

from heartsense.service.predictions.consent import Consent
from heartsense.service.predictions.deletion import PredictionDeletion, no_such_prediction
from heartsense.service.predictions.prediction import (
    ImageClassification,
    Outcome,
    Prediction,
    Refusal,
    Status,
)
from heartsense.service.predictions.repository import (
    MongoPredictionRepository,
    PredictionRepository,
    UploadState,
    create_indexes,
)
from heartsense.service.predictions.storage import (
    LINK_SECONDS,
    OVERLAY,
    PAGE_IMAGE,
    SIGNAL,
    PredictionStorage,
    S3PredictionStorage,
    UploadForm,
    heatmap_name,
    parse_upload_key,
    report_name,
)
from heartsense.service.predictions.upload_processor import MAX_ATTEMPTS, UploadProcessor

__all__ = [
    "LINK_SECONDS",
    "MAX_ATTEMPTS",
    "OVERLAY",
    "PAGE_IMAGE",
    "SIGNAL",
    "Consent",
    "ImageClassification",
    "MongoPredictionRepository",
    "Outcome",
    "Prediction",
    "PredictionDeletion",
    "PredictionRepository",
    "PredictionStorage",
    "Refusal",
    "S3PredictionStorage",
    "Status",
    "UploadForm",
    "UploadProcessor",
    "UploadState",
    "create_indexes",
    "heatmap_name",
    "no_such_prediction",
    "parse_upload_key",
    "report_name",
]
