"""The process that decodes: ``python -m heartsense.images.decoder``.

``decoder_process`` starts it. It reads requests from standard input and answers on standard output
until its input ends.
"""

import os
import signal
from typing import BinaryIO

from heartsense.errors import ImageError, TooComplexError
from heartsense.images import sandbox
from heartsense.images.decoder_protocol import MAX_TEXT, PAGE, READY, REFUSAL, REPLY, REQUEST
from heartsense.images.decoding import decode


def main() -> None:
    """Answer requests until there are no more, or one was too much."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the process that started this one
    requests, replies = _own_pipes()
    sandbox.confine()
    replies.write(READY)
    _silence()
    while header := requests.read(REQUEST.size):
        page, length = REQUEST.unpack(header)
        sandbox.grant_cpu_time()
        if not _answer(replies, requests.read(length), page):
            return


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of reach of libraries that print to standard output."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return pipes


def _silence() -> None:
    """Let decoders' complaints about users' files go nowhere; until now, errors were seen."""
    os.dup2(1, 2)


def _answer(replies: BinaryIO, data: bytes, page: int) -> bool:
    """Decode a page and send it; whether this process is good for another one."""
    try:
        decoded = decode(data, page)
        size, pixels = decoded.image.size, decoded.image.tobytes()
    except ImageError as error:
        _refuse(replies, error)
        return not isinstance(error, TooComplexError)
    _write(replies, REPLY.pack(PAGE, decoded.pages, *size))
    _write(replies, pixels)
    return True


def _refuse(replies: BinaryIO, error: ImageError) -> None:
    text = f"{error.code}\n{error.message}".encode()[:MAX_TEXT]
    _write(replies, REPLY.pack(REFUSAL, 0, len(text), 0) + text)


def _write(replies: BinaryIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[replies.write(rest) :]


if __name__ == "__main__":
    main()
