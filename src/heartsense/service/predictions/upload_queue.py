"""The queue of uploads that wait for their classification.

A received message is invisible to others for `VISIBILITY_SECONDS`, and for as long again with each
heartbeat: the upload of a worker that dies is taken up again within that time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

VISIBILITY_SECONDS = 60
"""The queue's visibility timeout; at least the worker's timeout, as Lambda demands."""
HEARTBEAT_SECONDS = 20

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 3}, connect_timeout=3, read_timeout=10
)


class UploadQueue:
    """The queue at a URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sqs = _client()

    def send(self, body: str, owner: str) -> None:
        """Send a message in the group of its owner, so that owners take turns (fair queues)."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, MessageGroupId=owner)

    @contextmanager
    def kept_invisible(self, receipt_handle: str) -> Iterator[None]:
        """Keep a received message from being delivered again while it is worked on.

        A heartbeat that fails is no fault of the work: at worst the message is delivered twice.
        """
        done = threading.Event()

        def beat() -> None:
            while True:
                self._extend(receipt_handle)
                if done.wait(HEARTBEAT_SECONDS):
                    return

        heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
        heart.start()
        try:
            yield
        finally:
            done.set()
            heart.join()

    def _extend(self, receipt_handle: str) -> None:
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=VISIBILITY_SECONDS,
            )
        except (BotoCoreError, ClientError):
            return


@cache
def _client() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)
