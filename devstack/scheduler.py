"""EventBridge's schedules: invokes a function at a fixed rate."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from devstack.function_pool import FunctionError, FunctionPool, PayloadTooLargeError
from devstack.template import ScheduleEvent

logger = logging.getLogger(__name__)


class Scheduler:
    """Invokes a function on its schedule until cancelled; failures are logged, not retried."""

    def __init__(self, event: ScheduleEvent, function: FunctionPool) -> None:
        self._event = event
        self._function = function

    async def run(self) -> None:
        """Invoke until cancelled, first after one full period, as EventBridge does."""
        while True:
            await asyncio.sleep(self._event.seconds)
            try:
                await self._function.invoke(scheduled_event(datetime.now(UTC)))
            except (FunctionError, PayloadTooLargeError) as error:
                logger.warning("scheduled invocation failed: %s", type(error).__name__)


def scheduled_event(now: datetime) -> dict[str, Any]:
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
