"""Passes the bucket's events on to the upload queue, each in the message group of its owner.

S3 cannot name a group. With groups the queue is fair: the uploads of one user do not delay those
of the others (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
"""

import json
from typing import Any

from aws_lambda_powertools import Logger, Tracer
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

from heartsense.service.error_log import describe
from heartsense.service.predictions.storage import parse_upload_key
from heartsense.service.predictions.upload_queue import UploadQueue
from heartsense.service.settings import UploadQueueSettings, load

logger = Logger()
tracer = Tracer(auto_patch=False)  # X-Ray would store the parameters of calls to SQS


class _EventBatch(BatchProcessor):
    """Logs why a message failed, as a partial batch failure is no error to Lambda."""

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        if exception[1] is not None:
            logger.error("dispatch_failed", delivery=record.message_id, **describe(exception[1]))
        return super().failure_handler(record, exception)


@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle messages with events of S3; the failed ones are reported and delivered again."""
    processor = _EventBatch(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(
        process_partial_response(
            event=event, record_handler=_dispatch, processor=processor, context=context
        )
    )


def _dispatch(record: SQSRecord) -> None:
    body = json.loads(record.body)
    if body.get("Event") == "s3:TestEvent":  # S3 sends it once, when the notification is created
        return
    queue = UploadQueue(load(UploadQueueSettings).upload_queue_url)
    for created in S3Event(body).records:
        upload = parse_upload_key(created.s3.get_object.key)
        if upload is None:
            logger.warning("not_an_upload")
            continue
        queue.send(json.dumps({"Records": [created.raw_event]}), owner=upload[0])
