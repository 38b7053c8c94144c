"""Builds the archives of exports that the queue names."""

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
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.export.dependencies import export_builder
from heartsense.service.error_log import describe

logger = Logger()
# AWS clients are not patched: X-Ray would store their parameters and errors.
tracer = Tracer(patch_modules=["pymongo"])


class _ExportBatch(BatchProcessor):
    """Logs why a message failed, as a partial batch failure is no error to Lambda."""

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        if exception[1] is not None:
            logger.error("export_failed", delivery=record.message_id, **describe(exception[1]))
        return super().failure_handler(record, exception)


@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle messages with ids of exports; the failed ones are reported and delivered again."""
    processor = _ExportBatch(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(
        process_partial_response(
            event=event, record_handler=_build, processor=processor, context=context
        )
    )


def _build(record: SQSRecord) -> None:
    export_id = json.loads(record.body)["export"]
    attempt = int(record.attributes.approximate_receive_count)
    status = export_builder().build(export_id, attempt)
    logger.info("export", export=export_id, status=status and str(status), attempt=attempt)
