"""Batches of SQS messages: each is handled, and those that failed are delivered again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    ExceptionInfo,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from heartsense.service.error_log import describe


class _LoggedBatch(BatchProcessor):
    """Logs why a message failed, as a partial batch failure is no error to Lambda."""

    def __init__(self, logger: Logger, failure: str) -> None:
        # A batch that fails as a whole is reported in the same way: the alarm is on the queue.
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._logger = logger
        self._failure = failure

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        if exception[1] is not None:
            self._logger.error(self._failure, delivery=record.message_id, **describe(exception[1]))
        return super().failure_handler(record, exception)


def process_batch(
    event: dict[str, Any],
    context: LambdaContext,
    handle: Callable[[SQSRecord], None],
    *,
    logger: Logger,
    failure: str,
) -> dict[str, Any]:
    """Handle each message of a batch.

    Parameters
    ----------
    event, context
        As Lambda gives them.
    handle : callable
        Raises where a message has to be delivered again.
    logger : Logger
    failure : str
        The name under which a failed message is logged.

    Returns
    -------
    dict
        The failed messages, as Lambda expects them.
    """
    processor = _LoggedBatch(logger, failure)
    return dict(
        process_partial_response(
            event=event, record_handler=handle, processor=processor, context=context
        )
    )
