"""Uploads that arrived: S3's events, alone or in a queue's messages."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    ExceptionInfo,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.predict.dependencies import intake
from heartsense.errors import ClassificationFailedError
from heartsense.service import metrics
from heartsense.service.error_log import describe
from heartsense.service.predictions import read_upload_key
from heartsense.service.settings import PicturesSettings, load

logger = Logger(child=True)


class _Uploads(BatchProcessor):
    """Says of a message why it comes again: a batch that failed in part is no error to Lambda."""

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        if exception[1] is not None:
            logger.error("upload_failed", delivery=record.message_id, **describe(exception[1]))
        return super().failure_handler(record, exception)


def from_queue(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take a batch; what failed is named, and comes again."""
    # A batch that fails whole is told the same way: the queue counts, and the alarm is on it.
    processor = _Uploads(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(
        process_partial_response(
            event=event, record_handler=_message, processor=processor, context=context
        )
    )


def from_bucket(event: dict[str, Any], attempt: int = 1) -> dict[str, Any]:
    """Take S3's own event; what became of each upload in it."""
    bucket = load(PicturesSettings).pictures_bucket
    return {
        "uploads": [
            {"key": record.s3.get_object.key, "outcome": _object(record.s3.get_object.key, attempt)}
            for record in S3Event(event).records
            if record.s3.bucket.name == bucket
        ]
    }


def _message(record: SQSRecord) -> None:
    body = json.loads(record.body)
    if body.get("Event") == "s3:TestEvent":  # sent once, when the notification is set up
        return
    from_bucket(body, int(record.attributes.approximate_receive_count))


def _object(key: str, attempt: int) -> str:
    upload = read_upload_key(key)
    if upload is None:
        logger.warning("not_an_upload")
        return "ignored"
    owner, prediction_id = upload
    try:
        outcome = intake().receive(owner, prediction_id, attempt)
    except ClassificationFailedError:
        metrics.count_upload("given_up")
        raise
    metrics.count_upload(outcome.value)
    logger.info("upload", prediction=prediction_id, outcome=outcome.value, attempt=attempt)
    return outcome.value
