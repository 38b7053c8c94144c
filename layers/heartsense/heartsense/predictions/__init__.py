"""Uploads of signed-in people: kept, classified once each, shown to their owner, deleted.

`answering`, which reads and classifies pictures, is imported by name: what only keeps or shows
predictions needs no numpy.
"""

from heartsense.predictions.deletion import Deletion, no_such_prediction
from heartsense.predictions.intake import MOST_ATTEMPTS, Intake
from heartsense.predictions.pictures import (
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
from heartsense.predictions.prediction import Answer, Outcome, Prediction, Refusal, Status
from heartsense.predictions.store import MongoPredictions, Predictions, Ticket, create_indexes
from heartsense.predictions.uploads import Uploads

__all__ = [
    "LINK_SECONDS",
    "MOST_ATTEMPTS",
    "OVERLAY",
    "PICTURE",
    "SIGNAL",
    "Answer",
    "Deletion",
    "Intake",
    "MongoPredictions",
    "Outcome",
    "Pictures",
    "Prediction",
    "Predictions",
    "Refusal",
    "S3Pictures",
    "Status",
    "Ticket",
    "UploadForm",
    "Uploads",
    "create_indexes",
    "heatmap_name",
    "no_such_prediction",
    "read_upload_key",
]
