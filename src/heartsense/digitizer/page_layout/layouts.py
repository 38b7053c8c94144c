"""Standard layouts: the rows and columns of leads on a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from heartsense.ecg import LEADS, STRIP

LIMB_LEADS: Final = LEADS[:6]
CHEST_LEADS: Final = LEADS[6:]


@dataclass(frozen=True, slots=True)
class Layout:
    """The leads of a page, row by row.

    Attributes
    ----------
    name : str
        As in ``Digitized.layout``.
    names : tuple of tuples
        ``names[r][c]`` is the lead of row r, column c. A rhythm strip is a row of one None, until
        its waveform shows which lead it repeats.
    """

    name: str
    names: tuple[tuple[str | None, ...], ...]

    @property
    def columns(self) -> int:
        return max(len(row) for row in self.names)

    @property
    def divided_rows(self) -> list[int]:
        """Rows that are divided into columns; rhythm strips are not."""
        return [r for r, names in enumerate(self.names) if len(names) == self.columns]


LIMB_LEADS_ONLY: Final = Layout("6x1", tuple((lead,) for lead in LIMB_LEADS))


def candidate_layouts(rows: int) -> list[Layout]:
    """Layouts with this many rows of trace, the most common first; empty if there is none."""
    by_rows = {
        1: [Layout("strip", ((STRIP,),))],
        3: [_three_by_four(rhythm_strips=0)],
        4: [_three_by_four(rhythm_strips=1)],
        5: [_three_by_four(rhythm_strips=2)],
        6: [_three_by_four(rhythm_strips=3), _six_by_two(rhythm_strips=0), LIMB_LEADS_ONLY],
        7: [_six_by_two(rhythm_strips=1)],
        12: [Layout("12x1", tuple((lead,) for lead in LEADS))],
    }
    return by_rows.get(rows, [])


def _three_by_four(rhythm_strips: int) -> Layout:
    rows = [
        (LIMB_LEADS[r], LIMB_LEADS[3 + r], CHEST_LEADS[r], CHEST_LEADS[3 + r]) for r in range(3)
    ]
    return _with_rhythm_strips("3x4", rows, rhythm_strips)


def _six_by_two(rhythm_strips: int) -> Layout:
    rows = [(LIMB_LEADS[r], CHEST_LEADS[r]) for r in range(6)]
    return _with_rhythm_strips("6x2", rows, rhythm_strips)


def _with_rhythm_strips(name: str, rows: Sequence[tuple[str, ...]], count: int) -> Layout:
    return Layout(f"{name}+{count}" if count else name, (*rows, *((None,) for _ in range(count))))
