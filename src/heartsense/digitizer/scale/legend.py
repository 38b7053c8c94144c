"""The printed legend: ``25 mm/s 10 mm/mV`` and the like.

A text is not read letter by letter. A slash is looked for, then ``mm`` before it and ``s`` or
``mV`` after it on the same baseline, then the number before that. Nothing but a standard speed
or gain is believed, since a wrong scale is worse than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.scale.calibration_pulse import GAINS
from heartsense.digitizer.scale.text_lines import Glyph, TextLine, text_lines
from heartsense.digitizer.trace_extraction.row_traces import Rows

SPEEDS: Final = (25.0, 50.0)
"""Standard paper speeds, mm/s."""

MIN_LETTER: Final = 0.4
"""Correlation with its template that every letter of a unit must have, and every digit."""
MIN_UNIT: Final = 0.6
"""Mean correlation that the letters of a unit must have; of one digit, that it surely is one."""
MIN_LEAD: Final = 0.05
"""How much more the digits must look like one number than like the next best."""

PRINTED_SPEEDS: Final = ("5", "10", "20", "25", "50", "100", "125", "200", "625")
PRINTED_GAINS: Final = (*"123456789", "10", "15", "20", "25", "30", "40", "75", "80", "100")
"""Numbers that machines print before the units, without their decimal points. They are all
compared, so that what is not a standard value is told from one."""

WORD, GAP, LETTER = 1.6, 0.6, 0.45
"""Gaps between words, within a unit and within a number at most, in heights of an m."""

DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True)
class Legend:
    """Paper speed in mm/s and gain in mm/mV as printed; None where none was read for certain."""

    speed: float | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class _Unit:
    """``mm/s`` or ``mm/mV``: its first m, which of the two it is, and how much it looks so."""

    m: Glyph
    speed: bool
    match: float


def read_legend(sheet: RectifiedPage, rows: Rows) -> Legend:
    """Read speed and gain off a page's text.

    Parameters
    ----------
    rows : Rows
        The traced rows, whose ink is left out.
    """
    speeds: set[float | None] = set()
    gains: set[float | None] = set()
    for line in text_lines(sheet, rows):
        for unit in _units(line):
            (speeds if unit.speed else gains).add(_number(line, unit))
    return Legend(_only(speeds, SPEEDS), _only(gains, GAINS))


def _only(found: set[float | None], standard: tuple[float, ...]) -> float | None:
    """The one value found if it is a standard one; several contradict each other."""
    value = found.pop() if len(found) == 1 else None
    return value if value in standard else None


def _units(line: TextLine) -> Iterator[_Unit]:
    """The best unit about each slash of a line."""
    for first in range(2, len(line.pieces) - 1):
        found = [
            unit
            for slash in line.starting(first)
            if _slanted(slash, line) and _looks(slash, "/")
            for m in _double_m(line, slash)
            if (unit := _completed(line, m, slash)) is not None and unit.match >= MIN_UNIT
        ]
        if found:
            yield max(found, key=lambda unit: unit.match)


def _slanted(glyph: Glyph, line: TextLine) -> bool:
    """Whether a glyph is tall, slender and leans to the right, which is cheap to tell."""
    if glyph.height < 0.5 * line.height or not 0.15 < glyph.width / glyph.height < 0.9:
        return False
    half = glyph.height // 2
    upper, lower = glyph.picture[:half].sum(axis=0), glyph.picture[half:].sum(axis=0)
    x = np.arange(glyph.width)
    lean = float(x @ upper) / max(float(upper.sum()), 1e-6)
    lean -= float(x @ lower) / max(float(lower.sum()), 1e-6)
    return lean > 0.25 * glyph.width


def _looks(glyph: Glyph, character: str) -> bool:
    return glyph.scores[character] >= MIN_LETTER


def _double_m(line: TextLine, slash: Glyph) -> Iterator[tuple[Glyph, Glyph]]:
    for second in line.ending(slash.first):
        if _looks(second, "m") and slash.top < second.top - 0.1 * second.height:
            for first in line.ending(second.first):
                alike = _level(first, second) and _even(first, second)
                if _looks(first, "m") and alike and _beside(first, second):
                    yield first, second


def _even(one: Glyph, other: Glyph) -> bool:
    """Whether two m are equally wide."""
    return 0.75 < one.width / other.width < 1.33


def _beside(one: Glyph, other: Glyph) -> bool:
    """Whether two letters are of one word."""
    return other.left - one.right < GAP * other.height


def _level(one: Glyph, other: Glyph) -> bool:
    """Whether two small letters stand on one line and are equally tall."""
    slack = max(2.0, 0.18 * other.height)
    return abs(one.top - other.top) <= slack and abs(one.bottom - other.bottom) <= slack


def _tall(glyph: Glyph, m: Glyph) -> bool:
    """Whether a glyph stands where capitals and digits do beside an m."""
    slack = max(2.0, 0.22 * m.height)
    return abs(glyph.bottom - m.bottom) <= slack and 1.1 < glyph.height / m.height < 1.8


def _completed(line: TextLine, mm: tuple[Glyph, Glyph], slash: Glyph) -> _Unit | None:
    """The unit that goes on behind the slash with ``s`` or ``mV``, whichever looks more so."""
    m = mm[0]
    before = [mm[0].scores["m"], mm[1].scores["m"], slash.scores["/"]]
    found = []
    for glyph in line.starting(slash.last):
        if not _level(glyph, m) or glyph.left - slash.right > GAP * m.height:
            continue
        if _looks(glyph, "s") and glyph.scores["s"] > glyph.scores["m"]:
            found.append(_Unit(m, True, _mean([*before, glyph.scores["s"]])))
        if _looks(glyph, "m") and _even(m, glyph):
            found += [
                _Unit(m, False, _mean([*before, glyph.scores["m"], v.scores["V"]]))
                for v in line.starting(glyph.last)
                if _looks(v, "V") and _tall(v, m)
            ]
    return max(found, key=lambda unit: unit.match, default=None)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _number(line: TextLine, unit: _Unit) -> float | None:
    """The number that stands before a unit; None if any of it is in doubt."""
    m, digits = unit.m, list[Glyph]()
    right, end, gap = m.left, m.first, WORD * m.height
    while end > 0 and right - line.pieces[end - 1].right <= gap:
        tall = [g for g in line.ending(end) if _tall(g, m)]
        best = max(tall, key=_digit_likeness, default=None)
        if best is None:
            break
        digits.insert(0, best)
        right, end, gap = best.left, best.first, LETTER * m.height
    if _goes_on(line, end, right, m):
        return None
    return _value(digits, PRINTED_SPEEDS if unit.speed else PRINTED_GAINS)


def _goes_on(line: TextLine, end: int, right: int, m: Glyph) -> bool:
    """Whether there is a decimal point or another digit not far before the number."""
    if end == 0 or right - line.pieces[end - 1].right > WORD * m.height:
        return False
    before = [g for g in line.ending(end) if _tall(g, m)]
    return _is_point(line, end - 1, m) or any(_digit_likeness(g) > MIN_UNIT for g in before)


def _digit_likeness(glyph: Glyph) -> float:
    return max(glyph.scores[d] for d in DIGITS)


def _value(digits: list[Glyph], printed: tuple[str, ...]) -> float | None:
    """The number that machines print which the digits look most like, if clearly so."""
    match = {
        text: _mean([g.scores[c] for g, c in zip(digits, text, strict=True)])
        for text in printed
        if len(text) == len(digits) and all(map(_looks, digits, text))
    }
    ranked = sorted(match, key=lambda text: match[text])
    clear = len(ranked) == 1 or (
        len(ranked) > 1 and match[ranked[-1]] - match[ranked[-2]] >= MIN_LEAD
    )
    return float(ranked[-1]) if clear else None


def _is_point(line: TextLine, piece: int, m: Glyph) -> bool:
    """Whether a piece is a decimal point and not a colon's lower dot."""
    dot = line.glyph(piece, piece + 1)
    if dot is None or dot.height > 0.5 * m.height or dot.bottom < m.bottom - 0.3 * m.height:
        return False
    around = [line.glyph(k, k + 1) for k in (piece - 1, piece + 1) if 0 <= k < len(line.pieces)]
    return not any(
        g is not None and g.bottom < dot.top and min(g.right, dot.right) > max(g.left, dot.left)
        for g in around
    )
