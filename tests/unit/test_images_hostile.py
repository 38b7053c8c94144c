"""Any bytes give a page or an ``ImageError``, without a warning."""

import warnings
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsense.errors import ImageError
from heartsense.images import open_page
from tests.support.image_files import ENCODED, drawing, saved, vector_pdf

HEADERS = [data()[:32] for data in ENCODED.values()]
VALID: dict[str, Callable[[], bytes]] = {
    **ENCODED,
    "progressive": lambda: saved(drawing(), "JPEG", progressive=True),
    "palette": lambda: saved(drawing().quantize(8), "PNG"),
    "rle": lambda: saved(drawing().convert("1"), "TIFF", compression="group4"),
    "plain": lambda: saved(drawing(), "TIFF"),
    "lossless": lambda: saved(drawing().convert("RGBA"), "WEBP", lossless=True),
    "vector": vector_pdf,
}


def assert_page_or_image_error(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(ImageError):
            pixels = open_page(data).pixels
            assert pixels.dtype == np.uint8
            assert pixels.shape[2] == 3


@given(st.sampled_from(HEADERS), st.integers(0, 32), st.binary(max_size=600))
@settings(max_examples=300)
def test_random_bytes_after_any_part_of_a_header(header: bytes, kept: int, rest: bytes) -> None:
    assert_page_or_image_error(header[:kept] + rest)


@pytest.mark.parametrize("kind", VALID)
def test_flipped_bits_and_cuts(kind: str) -> None:
    valid = VALID[kind]()

    @given(
        st.lists(st.tuples(st.integers(0, len(valid) - 1), st.integers(1, 255)), max_size=12),
        st.integers(0, len(valid)),
        st.booleans(),
    )
    @settings(max_examples=120)
    def mutated(flips: list[tuple[int, int]], end: int, cut: bool) -> None:
        data = bytearray(valid)
        for position, mask in flips:
            data[position] ^= mask
        assert_page_or_image_error(bytes(data[:end] if cut else data))

    mutated()


@pytest.mark.parametrize("kind", VALID)
def test_flipped_headers(kind: str) -> None:
    """Most errors are in the first bytes: widths, depths, offsets, counts."""
    valid = VALID[kind]()

    @given(
        st.dictionaries(st.integers(0, min(199, len(valid) - 1)), st.integers(0, 255), max_size=6)
    )
    @settings(max_examples=200)
    def mutated(changes: dict[int, int]) -> None:
        data = bytearray(valid)
        for position, value in changes.items():
            data[position] = value
        assert_page_or_image_error(bytes(data))

    mutated()
