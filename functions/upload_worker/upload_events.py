"""Events of uploads: from S3 directly, or in the messages of the queue."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.upload_worker.dependencies import upload_processor, upload_queue
from heartsense.errors import ClassificationFailedError
from heartsense.service import metrics
from heartsense.service.predictions import parse_upload_key
from heartsense.service.settings import PicturesSettings, load
from heartsense.service.sqs_batch import process_batch

logger = Logger(child=True)


def from_queue(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process a batch of messages; the failed ones are reported and delivered again."""
    return process_batch(event, context, _process_message, logger=logger, failure="upload_failed")


def from_bucket(event: dict[str, Any], attempt: int = 1) -> dict[str, Any]:
    """Process an event of S3; returns the outcome of each upload in it."""
    bucket = load(PicturesSettings).pictures_bucket
    return {
        "uploads": [
            {
                "key": record.s3.get_object.key,
                "outcome": _process_object(record.s3.get_object.key, attempt),
            }
            for record in S3Event(event).records
            if record.s3.bucket.name == bucket
        ]
    }


def _process_message(record: SQSRecord) -> None:
    with upload_queue().kept_invisible(record.receipt_handle):
        from_bucket(json.loads(record.body), int(record.attributes.approximate_receive_count))


def _process_object(key: str, attempt: int) -> str:
    upload = parse_upload_key(key)
    if upload is None:
        logger.warning("not_an_upload")
        return "ignored"
    owner, prediction_id = upload
    try:
        outcome = upload_processor().process(owner, prediction_id, attempt)
    except ClassificationFailedError:
        metrics.count_upload("given_up")
        raise
    metrics.count_upload(outcome.value)
    logger.info("upload", prediction=prediction_id, outcome=outcome.value, attempt=attempt)
    return outcome.value
