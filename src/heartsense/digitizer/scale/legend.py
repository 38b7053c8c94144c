"""Read the printed legend: ``25 mm/s 10 mm/mV`` and the like.

The text is not read character by character. A slash is searched for, then ``mm`` before it and
``s`` or ``mV`` after it on the same baseline, then the number before that. Only a standard speed
or gain is accepted, since a wrong scale is worse than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from heartsense.digitizer.rectified_page import RectifiedPage
from heartsense.digitizer.scale.character_segmentation import Glyph, TextLine
from heartsense.digitizer.scale.text_detection import detect_text_lines
from heartsense.digitizer.trace_extraction.calibration_pulse import STANDARD_GAINS
from heartsense.digitizer.trace_extraction.row_traces import RowTraces

STANDARD_SPEEDS: Final = (25.0, 50.0)
"""mm/s"""

MIN_CHARACTER_SCORE: Final = 0.4
"""Score of every single character of a unit or number."""
MIN_UNIT_SCORE: Final = 0.6
"""Mean score of the characters of a unit; score of a single certain digit."""
MIN_NUMBER_MARGIN: Final = 0.05
"""Difference between the mean scores of the best number and the next."""

MAX_SLASH_ASPECT: Final = 0.9
"""Width of a slash relative to its height."""

PRINTED_SPEEDS: Final = ("5", "10", "20", "25", "50", "100", "125", "200", "625")
PRINTED_GAINS: Final = (*"123456789", "10", "15", "20", "25", "30", "40", "75", "80", "100")
"""Numbers that machines print before the units, without decimal points. All are compared, so that
other values are not taken for standard ones."""

MAX_WORD_GAP, MAX_UNIT_GAP, MAX_DIGIT_GAP = 1.6, 0.6, 0.45
"""Gaps between words, within a unit and within a number, in heights of an m."""

MIN_POINT_WIDTH: Final = 0.15
"""Width of a decimal point, relative to the height of an m; narrower ones are specks where no digit
stands before them."""

DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True)
class Legend:
    """Printed paper speed in mm/s and gain in mm/mV; None where not read with certainty."""

    speed: float | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class _Unit:
    """``mm/s`` (a speed) or ``mm/mV``: its first m, and the mean score of its characters."""

    m: Glyph
    is_speed: bool
    score: float


def read_legend(page: RectifiedPage, rows: RowTraces) -> Legend:
    """Read speed and gain from a page's text.

    Parameters
    ----------
    page : RectifiedPage
    rows : RowTraces
        Their ink is left out.
    """
    speeds: set[float | None] = set()
    gains: set[float | None] = set()
    for line in detect_text_lines(page, rows):
        for unit in _units(line):
            (speeds if unit.is_speed else gains).add(_number(line, unit))
    return Legend(_unique(speeds, STANDARD_SPEEDS), _unique(gains, STANDARD_GAINS))


def _unique(found: set[float | None], standard: tuple[float, ...]) -> float | None:
    """The only value found if it is a standard one; None where values contradict each other."""
    value = found.pop() if len(found) == 1 else None
    return value if value in standard else None


def _units(line: TextLine) -> Iterator[_Unit]:
    """The best unit around each slash of a line."""
    for first in range(2, len(line.fragments) - 1):
        found = [
            unit
            for slash in line.glyphs_from(first, MAX_SLASH_ASPECT * line.height)
            if _is_slanted(slash, line) and _matches(slash, "/")
            for mm in _double_m(line, slash)
            if (unit := _complete_unit(line, mm, slash)) is not None
            and unit.score >= MIN_UNIT_SCORE
        ]
        if found:
            yield max(found, key=lambda unit: unit.score)


def _is_slanted(glyph: Glyph, line: TextLine) -> bool:
    """Whether a glyph is tall, slender and leans to the right; cheaper than matching."""
    if glyph.height < 0.5 * line.height or not 0.15 < glyph.width / glyph.height < MAX_SLASH_ASPECT:
        return False
    half = glyph.height // 2
    upper, lower = glyph.image[:half].sum(axis=0), glyph.image[half:].sum(axis=0)
    x = np.arange(glyph.width)
    lean = float(x @ upper) / max(float(upper.sum()), 1e-6)
    lean -= float(x @ lower) / max(float(lower.sum()), 1e-6)
    return lean > 0.25 * glyph.width


def _matches(glyph: Glyph, character: str) -> bool:
    return glyph.scores[character] >= MIN_CHARACTER_SCORE


def _double_m(line: TextLine, slash: Glyph) -> Iterator[tuple[Glyph, Glyph]]:
    """Pairs of m just before a slash."""
    for second in line.glyphs_before(slash.first):
        if _matches(second, "m") and slash.top < second.top - 0.1 * second.height:
            for first in line.glyphs_before(second.first):
                similar = _same_x_height(first, second) and _same_width(first, second)
                if _matches(first, "m") and similar and _same_word(first, second):
                    yield first, second


def _same_width(one: Glyph, other: Glyph) -> bool:
    return 0.75 < one.width / other.width < 1.33


def _same_word(one: Glyph, other: Glyph) -> bool:
    return other.left - one.right < MAX_UNIT_GAP * other.height


def _same_x_height(one: Glyph, other: Glyph) -> bool:
    """Whether two lower-case letters have the same top and bottom."""
    tolerance = max(2.0, 0.18 * other.height)
    return abs(one.top - other.top) <= tolerance and abs(one.bottom - other.bottom) <= tolerance


def _has_cap_height(glyph: Glyph, m: Glyph) -> bool:
    """Whether a glyph has the baseline of an m and the height of capitals and digits."""
    tolerance = max(2.0, 0.22 * m.height)
    return abs(glyph.bottom - m.bottom) <= tolerance and 1.1 < glyph.height / m.height < 1.8


def _complete_unit(line: TextLine, mm: tuple[Glyph, Glyph], slash: Glyph) -> _Unit | None:
    """The unit with ``s`` or ``mV`` after the slash, whichever scores higher."""
    m = mm[0]
    before = [mm[0].scores["m"], mm[1].scores["m"], slash.scores["/"]]
    found = []
    for glyph in _after_slash(line, slash, m):
        if not _same_x_height(glyph, m) or glyph.left - slash.right > MAX_UNIT_GAP * m.height:
            continue
        if _matches(glyph, "s") and glyph.scores["s"] > glyph.scores["m"]:
            found.append(_Unit(m, True, _mean([*before, glyph.scores["s"]])))
        if _matches(glyph, "m") and _same_width(m, glyph):
            found += [
                _Unit(m, False, _mean([*before, glyph.scores["m"], v.scores["V"]]))
                for v in line.glyphs_from(glyph.last)
                if _matches(v, "V") and _has_cap_height(v, m)
            ]
    return max(found, key=lambda unit: unit.score, default=None)


def _after_slash(line: TextLine, slash: Glyph, m: Glyph) -> Iterator[Glyph]:
    """The glyphs after a slash, as high as an m where they touch it: its upper end leans over."""
    for glyph in line.glyphs_from(slash.last):
        touches = glyph.left <= slash.right and not _same_x_height(glyph, m)
        lower = glyph.between(m.top, m.bottom) if touches else None
        yield lower or glyph


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _number(line: TextLine, unit: _Unit) -> float | None:
    """The number before a unit; None if any part of it is uncertain."""
    m, digits = unit.m, list[Glyph]()
    right, end, max_gap = m.left, m.first, MAX_WORD_GAP * m.height
    while end > 0 and right - line.fragments[end - 1].right <= max_gap:
        tall = [g for g in line.glyphs_before(end) if _has_cap_height(g, m)]
        best = max(tall, key=_digit_score, default=None)
        if best is None:
            break
        digits.insert(0, best)
        right, end, max_gap = best.left, best.first, MAX_DIGIT_GAP * m.height
    if _continues_left(line, end, right, m):
        return None
    return _best_number(digits, PRINTED_SPEEDS if unit.is_speed else PRINTED_GAINS)


def _continues_left(line: TextLine, end: int, right: int, m: Glyph) -> bool:
    """Whether there is a decimal point or another digit just before the number."""
    if end == 0 or right - line.fragments[end - 1].right > MAX_WORD_GAP * m.height:
        return False
    return _is_decimal_point(line, end - 1, m) or _ends_with_digit(line, end, m)


def _digit_score(glyph: Glyph) -> float:
    return max(glyph.scores[d] for d in DIGITS)


def _best_number(digits: list[Glyph], printed: tuple[str, ...]) -> float | None:
    """The printed number with the highest mean score, if clearly above the next."""
    scores = {
        text: _mean([g.scores[c] for g, c in zip(digits, text, strict=True)])
        for text in printed
        if len(text) == len(digits) and all(map(_matches, digits, text))
    }
    ranked = sorted(scores, key=lambda text: scores[text])
    is_clear = len(ranked) == 1 or (
        len(ranked) > 1 and scores[ranked[-1]] - scores[ranked[-2]] >= MIN_NUMBER_MARGIN
    )
    return float(ranked[-1]) if is_clear else None


def _ends_with_digit(line: TextLine, end: int, m: Glyph) -> bool:
    """Whether there is a digit just before a fragment."""
    before = [g for g in line.glyphs_before(end) if _has_cap_height(g, m)]
    return any(_digit_score(g) > MIN_UNIT_SCORE for g in before)


def _is_decimal_point(line: TextLine, index: int, m: Glyph) -> bool:
    """Whether a fragment is a decimal point and not the lower dot of a colon."""
    dot = line.glyph(index, index + 1)
    if dot is None or dot.height > 0.5 * m.height or dot.bottom < m.bottom - 0.3 * m.height:
        return False
    if dot.width < MIN_POINT_WIDTH * m.height and not _ends_with_digit(line, index, m):
        return False
    neighbours = [
        line.glyph(k, k + 1) for k in (index - 1, index + 1) if 0 <= k < len(line.fragments)
    ]
    return not any(
        g is not None and g.bottom < dot.top and min(g.right, dot.right) > max(g.left, dot.left)
        for g in neighbours
    )
