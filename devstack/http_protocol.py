"""HTTP/1.1 connections that are closed when a request does not arrive in time."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0


class TimedProtocol(H11Protocol):
    """Closes a connection that has begun no request, or only half of its head, for too long.

    Uvicorn has a limit on idle connections after a response only.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _set_deadline(self) -> None:
        """Start the clock while no request is being answered; it is not wound by more bytes."""
        if self._is_answering():
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._close)

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return bool(cycle and not cycle.response_complete)

    def _close(self) -> None:
        self._deadline = None
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.close()
