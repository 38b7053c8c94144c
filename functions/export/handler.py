"""Builds the archives of exports that the queue names."""

import json
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.export.dependencies import export_builder
from heartsense.service.sqs_batch import process_batch

logger = Logger()
# AWS clients are not patched: X-Ray would store their parameters and errors.
tracer = Tracer(patch_modules=["pymongo"])


@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle messages with ids of exports; the failed ones are reported and delivered again."""
    return process_batch(event, context, _build, logger=logger, failure="export_failed")


def _build(record: SQSRecord) -> None:
    export_id = json.loads(record.body)["export"]
    attempt = int(record.attributes.approximate_receive_count)
    status = export_builder().build(export_id, attempt)
    logger.info("export", export=export_id, status=status and str(status), attempt=attempt)
