"""Passes the bucket's events on to the upload queue, each in the message group of its owner.

S3 cannot name a group. With groups the queue is fair: the uploads of one user do not delay those
of the others (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
"""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from heartsense.service.predictions.storage import parse_upload_key
from heartsense.service.predictions.upload_queue import UploadQueue
from heartsense.service.settings import UploadQueueSettings, load
from heartsense.service.sqs_batch import process_batch

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle messages with events of S3; the failed ones are reported and delivered again."""
    return process_batch(event, context, _dispatch, logger=logger, failure="dispatch_failed")


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
