"""Users' files are decoded in a process with limits, without secrets; bombs are refused by name."""

import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from heartsense.errors import ImageError
from heartsense.images import decoder_process, open_page
from heartsense.images.decoder_process import DecoderProcess
from tests.support.bombs import BOMBS
from tests.support.image_files import ENCODED, is_drawing

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
MAX_MEGABYTES = 700


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def only_idle() -> DecoderProcess:
    """The process that decodes this process's files."""
    open_page(ENCODED["png"]())
    (decoder,) = decoder_process._idle
    return decoder


def test_there_are_bombs_enough() -> None:
    assert len(BOMBS) >= 60


@linux
@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused_by_name_in_time(name: str) -> None:
    data = BOMBS[name]()
    only_idle()
    started = time.monotonic()
    with suppress(ImageError):  # any other exception fails the test
        open_page(data)
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MAX_MEGABYTES * 1000
    assert is_drawing(open_page(ENCODED["png"]()).pixels)


@linux
def test_it_has_limits_and_no_way_out() -> None:
    decoder = only_idle()
    limits = Path(f"/proc/{decoder.pid}/limits").read_text()
    assert f"Max address space         {640 * 2**20}" in limits
    found = status(decoder.pid)
    assert found["NoNewPrivs"] == "1"
    assert found["Seccomp"] == "2"


@linux
def test_it_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("MONGODB_URI", "mongodb://a-secret")
    decoder = DecoderProcess()
    environment = Path(f"/proc/{decoder.pid}/environ").read_bytes()
    decoder.end()
    assert b"PYTHONPATH" in environment
    assert b"secret" not in environment
    assert b"MONGODB" not in environment


def test_it_is_kept_for_the_next_file() -> None:
    first = only_idle().pid
    assert only_idle().pid == first


@linux
def test_a_killed_one_is_replaced() -> None:
    decoder = only_idle()
    os.kill(decoder.pid, 9)
    assert is_drawing(open_page(ENCODED["jpeg"]()).pixels)
    assert only_idle().pid != decoder.pid


def test_pixels_are_those_of_decoding_here() -> None:
    from heartsense.images.decoding import decode

    for kind, encoded in ENCODED.items():
        here = np.asarray(decode(encoded(), 1).image)
        assert np.array_equal(open_page(encoded()).pixels, here), kind
