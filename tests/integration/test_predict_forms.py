"""Hostile multipart forms at `POST /predict`: refused by name, in time linear in their size."""

import time
from collections.abc import Callable

import pytest

from functions.predict.form import read_field
from heartsense.errors import InvalidRequestError
from tests.support.function_events import parsed, picture_event, predict

FORM = "multipart/form-data; boundary=b"
BODY_LIMIT = 4_400_000  # bytes; what API Gateway and Lambda let through, before base64
REFUSED_WITHIN = 1.0  # seconds


def _part(disposition: bytes, content: bytes = b"x") -> bytes:
    return (
        b"--b\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + content + b"\r\n"
    )


def _nested(levels: int) -> bytes:
    opened = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1)
        for level in range(levels)
    )
    return b"--b\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" + opened + b"\r\n--b--\r\n"


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "a header of continued parameters": lambda size: (
        _part(b"; a*0*=".join([b""] * (size // 7)) + b'; name="image"') + b"--b--\r\n"
    ),
    "empty parts": lambda size: b"--b\r\n\r\n\r\n" * (size // 9) + b"--b--\r\n",
    "nested parts": lambda size: _nested(size // 55),
    "many headers": lambda size: b"--b\r\n" + b"a: b\r\n" * (size // 6) + b"\r\nx\r\n--b--\r\n",
    "one long header name": lambda size: b"--b\r\n" + b"a" * size + b": b\r\n\r\nx\r\n--b--\r\n",
    "a form that does not end": lambda size: _part(b'name="image"', b"x" * size),
    "a boundary that almost comes": lambda size: _part(b'name="image"', b"\r\n--" * (size // 4)),
    "boundaries in the content": lambda size: _part(b'name="image"', b"\r\n--bx" * (size // 6)),
    "carriage returns": lambda size: _part(b'name="image"', b"\r" * size),
    "a multipart part": lambda size: (
        b"--b\r\nContent-Disposition: form-data; name=image\r\n"
        b"Content-Type: multipart/mixed; boundary=c\r\n\r\n" + b"x" * size + b"\r\n--b--\r\n"
    ),
    "no boundary at all": lambda size: b"x" * size,
}


@pytest.mark.parametrize(
    "body",
    [
        HOSTILE["a header of continued parameters"](240_000),
        HOSTILE["empty parts"](400_000 * 9),
        HOSTILE["nested parts"](3_000 * 55),
    ],
    ids=["header of 240 kB", "400,000 empty parts", "3,000 nested parts"],
)
def test_a_form_that_took_seconds_is_refused_at_once(body: bytes) -> None:
    event = picture_event(body, FORM)
    predict(picture_event(b"", FORM))  # imports
    started = time.perf_counter()
    status, problem = parsed(predict(event))
    assert time.perf_counter() - started < REFUSED_WITHIN
    assert (status, problem["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("shape", HOSTILE)
def test_time_grows_no_faster_than_the_form(shape: str) -> None:
    seconds = []
    for size in (BODY_LIMIT // 16, BODY_LIMIT):
        body = HOSTILE[shape](size)
        started = time.perf_counter()
        with pytest.raises(InvalidRequestError):
            read_field(FORM, body, "image")
        seconds.append(time.perf_counter() - started)
    assert seconds[1] < max(0.25, 3 * 16 * seconds[0])  # quadratic: 256 times
    assert seconds[1] < REFUSED_WITHIN
