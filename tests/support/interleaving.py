"""Schedules: several actors on the same parts, interleaved and ended at any of their steps."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The process of an actor ends here; nothing of it runs any more."""


class Actor:
    """One run of a function, stopped before each step that it takes on a shared part."""

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = greenlet(self._main)
        self._target = run
        self.returned = False
        self.error: Exception | None = None

    def _main(self) -> None:
        try:
            self._target()
            self.returned = True
        except Crash:
            pass
        except Exception as error:
            self.error = error

    @property
    def ended(self) -> bool:
        return bool(self._run.dead)

    def step(self) -> None:
        """Go on until the next step, or the end."""
        self._run.switch()

    def crash(self) -> None:
        """End it where it stands."""
        with suppress(Crash):  # it comes back here from an actor that had not begun
            self._run.throw(Crash)

    def finish(self) -> None:
        while not self.ended:
            self.step()


def pause() -> None:
    """A step of the current actor begins: its schedule decides when it is taken, if ever."""
    parent = getcurrent().parent
    if parent is not None:
        parent.switch()


class Stepped:
    """A part whose every call is a step."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._part, name)

        def stepped(*args: Any, **options: Any) -> Any:
            pause()
            return call(*args, **options)

        return stepped


class SteppedDatabase:
    """A database every operation of which is a step."""

    def __init__(self, database: Mapping[str, Any] | Any) -> None:
        self._database = database

    def __getitem__(self, name: str) -> Any:
        return Stepped(self._database[name])
