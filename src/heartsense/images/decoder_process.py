"""Decode in a process of its own, which may crash, hang or be ended without harm to this one."""

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense import errors
from heartsense.images.decoder_protocol import MAX_TEXT, PAGE, READY, REFUSAL, REPLY, REQUEST
from heartsense.images.limits import MAX_PAGES, MAX_SIDE, MIN_SIDE, TOO_COMPLEX

MAX_SECONDS: Final = 8.0
"""For one file, by the clock. On an idle machine the limit of CPU time comes first."""

_START_SECONDS: Final = 60.0
_MAX_FILES: Final = 200  # for one process: what decoders leak is given back
_MAX_IDLE: Final = 4
_PIPE_BYTES: Final = 2**20  # the most that Linux grants everyone
_MAX_PAGE_NUMBER: Final = 2**31 - 1

# What Python needs of the environment. No credentials, no names of buckets or databases.
_INHERITED: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT")
_OWN: Final = {
    "MALLOC_ARENA_MAX": "2",  # an arena for each thread would reserve 64 MB of address space each
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_REFUSALS: Final = {kind.code: kind for kind in errors.ImageError.__subclasses__()}


class DecoderDiedError(Exception):
    """The decoder ended before it had answered, or its answer made no sense.

    Attributes
    ----------
    over_limit : bool
        Whether it was ended because it took too long.
    """

    def __init__(self, *, over_limit: bool) -> None:
        super().__init__()
        self.over_limit = over_limit


class DecoderProcess:
    """A running decoder; it takes one file at a time.

    Raises
    ------
    WorkerDiedError
        If it does not start.
    """

    def __init__(self) -> None:
        self.files = 0
        self._process = subprocess.Popen(
            # No site packages (-S -s) and no current folder (-P), only what is in PYTHONPATH.
            [sys.executable, "-S", "-s", "-P", "-m", "heartsense.images.decoder"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the process that started it
        )
        self._widen_pipes()
        try:
            with self._ended_after(_START_SECONDS):
                self._receive(bytearray(len(READY)))
        except (OSError, EOFError):
            raise errors.WorkerDiedError(
                f"The process that decodes images did not start (exit {self.end()})."
            ) from None

    def decode(self, data: bytes, page: int, seconds: float) -> tuple[NDArray[np.uint8], int]:
        """The pixels of a page, and the number of pages.

        Raises
        ------
        ImageError
        DecoderDiedError
        """
        self.files += 1
        with self._ended_after(seconds) as in_time:
            try:
                self._send(REQUEST.pack(page, len(data)))
                self._send(data)
                return self._page()
            except (OSError, EOFError, ValueError):
                status = self.end()
        raise DecoderDiedError(over_limit=not in_time or status == _out_of_cpu_time())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def can_go_on(self) -> bool:
        """Whether it can take another file."""
        return self.files < _MAX_FILES and self._process.poll() is None

    def end(self) -> int:
        """Kill it if it still runs; its exit status."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return self._process.wait()

    def _page(self) -> tuple[NDArray[np.uint8], int]:
        """The reply. Nothing in it is trusted: ValueError for what no sane decoder sends."""
        header = bytearray(REPLY.size)
        self._receive(header)
        kind, pages, width, height = REPLY.unpack(header)
        if kind == REFUSAL and width <= MAX_TEXT:
            text = bytearray(width)
            self._receive(text)
            raise _refusal(text)
        sides = range(MIN_SIDE, MAX_SIDE + 1)
        if kind != PAGE or not 1 <= pages <= MAX_PAGES or width not in sides or height not in sides:
            raise ValueError(header)
        pixels = np.empty((height, width, 3), np.uint8)
        self._receive(pixels.reshape(-1).data)
        return pixels, pages

    def _send(self, content: bytes) -> None:
        assert self._process.stdin is not None
        rest = memoryview(content)
        while rest:
            rest = rest[self._process.stdin.write(rest) :]

    def _receive(self, buffer: bytearray | memoryview) -> None:
        """Fill the buffer; EOFError if the process ends before."""
        assert self._process.stdout is not None
        rest = memoryview(buffer)
        while rest:
            count = self._process.stdout.readinto(rest)  # type: ignore[attr-defined] # unbuffered
            if not count:
                raise EOFError
            rest = rest[count:]

    @contextmanager
    def _ended_after(self, seconds: float) -> Iterator[list[bool]]:
        """Kill the process when the time is up, which ends any wait for it.

        Yields
        ------
        list of bool
            Empty once it has been killed.
        """
        in_time = [True]

        def end() -> None:
            in_time.clear()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield in_time
        finally:
            timer.cancel()

    def _widen_pipes(self) -> None:
        """Let a page pass in few pieces, where the system can."""
        if sys.platform == "linux":
            import fcntl

            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # users have a quota for their pipes
                        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


_idle: list[DecoderProcess] = []
_inherited: list[DecoderProcess] = []


def decode_in_child(data: bytes, page: int) -> tuple[NDArray[np.uint8], int]:
    """Decode one page in another process, with limits on its time and memory.

    Parameters
    ----------
    data : bytes
        A file of a supported format and size.
    page : int
        Number of the page, from 1.

    Returns
    -------
    pixels : uint8 array, shape (height, width, 3)
    pages : int
        Pages of the document.

    Raises
    ------
    ImageError
        As ``open_page``; ``TooComplexError`` if the process ran into a limit or crashed.
    WorkerDiedError
        If no process can be started.
    """
    page = max(-1, min(page, _MAX_PAGE_NUMBER))
    deadline = time.monotonic() + MAX_SECONDS
    decoder = _take()
    was_used = decoder.files > 0
    try:
        return _decode(decoder, data, page, MAX_SECONDS)
    except DecoderDiedError as died:
        seconds = deadline - time.monotonic()
        if died.over_limit or not was_used or seconds < 1:
            raise errors.TooComplexError(TOO_COMPLEX) from None
    # An earlier file may have left it damaged, or full: a fresh one decides.
    try:
        return _decode(DecoderProcess(), data, page, seconds)
    except DecoderDiedError:
        raise errors.TooComplexError(TOO_COMPLEX) from None


def _decode(
    decoder: DecoderProcess, data: bytes, page: int, seconds: float
) -> tuple[NDArray[np.uint8], int]:
    """Decode, and keep the process for the next file if nothing speaks against it."""
    good = False
    try:
        decoded = decoder.decode(data, page, seconds)
        good = True
    except errors.ImageError as refusal:
        good = not isinstance(refusal, errors.TooComplexError)
        raise
    finally:
        if good and len(_idle) < _MAX_IDLE and decoder.can_go_on():
            _idle.append(decoder)
        else:
            decoder.end()
    return decoded


def _take() -> DecoderProcess:
    """A decoder that waits for work, else a new one."""
    while _idle:
        try:
            decoder = _idle.pop()
        except IndexError:  # another thread was faster
            break
        if decoder.can_go_on():
            return decoder
        decoder.end()
    return DecoderProcess()


def _refusal(text: bytearray) -> errors.ImageError:
    code, _, message = text.decode("utf-8").partition("\n")
    if code not in _REFUSALS:
        raise ValueError(code)
    return _REFUSALS[code](message)


def _environment() -> dict[str, str]:
    """All that the decoder sees of this process's environment."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    folders = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100 # empty: the current
    return {**inherited, **_OWN, "PYTHONPATH": os.pathsep.join(folders)}


def _out_of_cpu_time() -> int | None:
    """The exit status of a process that the system ended for its CPU time."""
    return None if sys.platform == "win32" else -signal.SIGXCPU


def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def _leave_to_parent() -> None:
    """After a fork the decoders' pipes are the parent's: this process starts its own."""
    _inherited.extend(_idle)  # kept, so that nothing is closed
    _idle.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
