"""The event source mapping: messages of a queue become events of a function."""

import asyncio
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from devstack.function_pool import EventTooLargeError, FunctionError, Pool
from devstack.servers import REGION
from devstack.template import ACCOUNT, QueueEvent

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2  # of one long poll, and so the longest that stopping takes
RETRY_SECONDS = 1.0


class SqsPoller:
    """Polls one queue for one function until cancelled.

    As Lambda does it, a message is deleted once a batch that held it succeeded and did not name
    it among its failures; everything else comes back after the queue's visibility timeout, and
    goes to the dead-letter queue by the queue's own redrive policy.
    """

    def __init__(self, event: QueueEvent, function: Pool, sqs: Any) -> None:
        self._event = event
        self._function = function
        self._sqs = sqs
        self._url = sqs.get_queue_url(QueueName=event.queue)["QueueUrl"]

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            try:
                messages = await asyncio.to_thread(self._receive)
                if messages:
                    await self._deliver(messages)
            except (BotoCoreError, ClientError) as error:
                logger.warning("the queue does not answer: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _deliver(self, messages: list[dict[str, Any]]) -> None:
        event = {"Records": [record(message, self._event.queue) for message in messages]}
        try:
            answer = await self._function.invoke(event)
        except (FunctionError, EventTooLargeError) as error:
            logger.warning("a batch of %d failed: %s", len(messages), type(error).__name__)
            return
        failed = failures(answer, messages) if self._event.partial_failures else set()
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
    """A message as Lambda hands it to a function."""
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


def failures(answer: Any, messages: list[dict[str, Any]]) -> set[str]:
    """Which messages failed; all of them when the answer is not what Lambda takes."""
    everything = {message["MessageId"] for message in messages}
    if not answer:
        return set()
    try:
        named = {item["itemIdentifier"] for item in answer["batchItemFailures"] or []}
    except (TypeError, KeyError):
        return everything
    return named if named <= everything else everything
