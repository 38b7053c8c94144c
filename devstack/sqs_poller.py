"""Lambda's event source mapping for SQS: polls a queue and invokes a function."""

import asyncio
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from devstack.function_pool import FunctionError, FunctionPool, PayloadTooLargeError
from devstack.servers import REGION
from devstack.template import ACCOUNT, QueueEvent

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2  # of a long poll; stopping takes this long at most
RETRY_SECONDS = 1.0


class SqsPoller:
    """Polls one queue for one function until cancelled.

    As with Lambda, a message is deleted once its batch succeeded without reporting it as failed.
    Others are received again after the queue's visibility timeout, and moved to the dead-letter
    queue by the queue's redrive policy.
    """

    def __init__(self, event: QueueEvent, function: FunctionPool, sqs: Any) -> None:
        self._event = event
        self._function = function
        self._sqs = sqs
        self._url = sqs.get_queue_url(QueueName=event.queue)["QueueUrl"]

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                messages = await asyncio.to_thread(self._receive)
                if messages:
                    await self._invoke(messages)
            except (BotoCoreError, ClientError) as error:
                logger.warning("polling failed: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _invoke(self, messages: list[dict[str, Any]]) -> None:
        event = {"Records": [record(message, self._event.queue) for message in messages]}
        try:
            result = await self._function.invoke(event)
        except (FunctionError, PayloadTooLargeError) as error:
            logger.warning("batch of %d messages failed: %s", len(messages), type(error).__name__)
            return
        failed = failed_message_ids(result, messages) if self._event.partial_failures else set()
        for message in messages:
            if message["MessageId"] not in failed:
                await asyncio.to_thread(
                    self._sqs.delete_message,
                    QueueUrl=self._url,
                    ReceiptHandle=message["ReceiptHandle"],
                )

    def _receive(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(self._event.batch_size, 10),
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        return messages


def record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """A message as a record of Lambda's SQS event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def failed_message_ids(result: Any, messages: list[dict[str, Any]]) -> set[str]:
    """The ids of failed messages; all of them when the partial batch response is malformed."""
    all_ids = {message["MessageId"] for message in messages}
    if not result:
        return set()
    try:
        named = {item["itemIdentifier"] for item in result["batchItemFailures"] or []}
    except (TypeError, KeyError):
        return all_ids
    return named if named <= all_ids else all_ids
