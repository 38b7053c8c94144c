"""The scheduler: events of a function at a fixed rate, while the stack runs."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from devstack.function_pool import EventTooLargeError, FunctionError, Pool
from devstack.template import ScheduleEvent

logger = logging.getLogger(__name__)


class Scheduler:
    """Invokes a function at its schedule until cancelled; one that fails comes again next time."""

    def __init__(self, event: ScheduleEvent, function: Pool) -> None:
        self._event = event
        self._function = function

    async def run(self) -> None:
        """Go on until cancelled; the first time after one whole period, as EventBridge does."""
        while True:
            await asyncio.sleep(self._event.seconds)
            try:
                await self._function.invoke(scheduled(datetime.now(UTC)))
            except (FunctionError, EventTooLargeError) as error:
                logger.warning("a scheduled event failed: %s", type(error).__name__)


def scheduled(now: datetime) -> dict[str, Any]:
    """The event that EventBridge sends at `now`."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [],
        "detail": {},
    }
