"""The path of a row against the cheapest of all chains of runs, by trying every one.

One rule limits the chains: a gap is not bridged from a run that one in the next column touches.
"""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heartsense.digitizer.rectified_page import PX_PER_MM
from heartsense.digitizer.trace_extraction.ink_runs import InkRuns
from heartsense.digitizer.trace_extraction.path_following import (
    BASELINE_COST_PER_MM,
    BENT_PAGE,
    BREAK_COST,
    EXCESS_GAP_COST_PER_MM,
    FLAT_PAGE,
    MAX_GAP_HEIGHT_PX,
    NO_INK_COST,
    TOUCHING_PX,
    GapCosts,
    follow_paths,
)

# Up to two runs a column, far enough apart to be two.
COLUMN = st.lists(st.tuples(st.floats(0, 25), st.floats(1, 20)), max_size=2)


def runs_of(columns: list[list[tuple[float, float]]]) -> InkRuns:
    top, bottom, column = [], [], []
    for x, spans in enumerate(columns):
        for k, (start, height) in enumerate(spans):
            column.append(x)
            top.append(50.0 * k + start)
            bottom.append(50.0 * k + start + height)
    counts = [len(spans) for spans in columns]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return InkRuns(np.array(column, np.int64), np.array(top), np.array(bottom), first)


def cost_of(runs: InkRuns, chain: list[int], baseline: float, costs: GapCosts) -> float:
    """Cost of a path through these runs, each gap bridged or the path ended and started anew."""
    if not chain:
        return NO_INK_COST * (runs.columns + 1)
    total = NO_INK_COST * int(runs.column[chain[0]]) + costs.start
    for before, run in zip([None, *chain], chain, strict=False):
        if before is not None:
            columns = int(runs.column[run] - runs.column[before])
            between = max(runs.top[run] - runs.bottom[before], runs.top[before] - runs.bottom[run])
            gap = max(between - TOUCHING_PX, 0.0)
            bridge = (
                BREAK_COST * (columns - 1 + (gap > 0))
                + (costs.per_mm * gap + EXCESS_GAP_COST_PER_MM * max(gap - MAX_GAP_HEIGHT_PX, 0))
                / PX_PER_MM
            )
            if columns > 1 and is_touched(runs, before):
                bridge = np.inf
            # A path ends a column after its last run; from then on another one may start.
            anew = NO_INK_COST * (columns - 1) + costs.start if columns > 1 else np.inf
            total += min(bridge, anew)
        distance = max(runs.top[run] - baseline, baseline - runs.bottom[run], 0.0)
        total += BASELINE_COST_PER_MM / PX_PER_MM * distance
    return total + NO_INK_COST * (runs.columns - int(runs.column[chain[-1]]))


def is_touched(runs: InkRuns, run: int) -> bool:
    """Whether a run in the next column touches this one."""
    after = slice(*runs.first[runs.column[run] + 1 : runs.column[run] + 3])
    above, below = runs.top[after] - runs.bottom[run], runs.top[run] - runs.bottom[after]
    return bool(np.any(np.maximum(above, below) <= TOUCHING_PX))


def chains(runs: InkRuns) -> list[list[int]]:
    """All chains with at most one run a column."""
    found: list[list[int]] = [[]]
    for x in range(runs.columns):
        new = range(int(runs.first[x]), int(runs.first[x + 1]))
        found += [[*chain, run] for chain in found for run in new]
    return found


@settings(max_examples=80, deadline=None)
@given(st.lists(COLUMN, min_size=2, max_size=7), st.floats(0, 80))
@example([[(0, 1)], [(0, 1)], [(0, 2)], [(0, 1)], [(3, 1)], [(0, 2)]], 3)  # bridging is cheaper
@pytest.mark.parametrize("costs", [FLAT_PAGE, BENT_PAGE])
def test_no_chain_is_cheaper(
    costs: GapCosts, columns: list[list[tuple[float, float]]], baseline: float
) -> None:
    cheap = GapCosts(costs.max_gap_px // 8, costs.per_mm)  # so that short chains are worth a start
    runs = runs_of(columns)
    (path,) = follow_paths(runs, [baseline], cheap)
    lowest = min(cost_of(runs, chain, baseline, cheap) for chain in chains(runs))
    assert cost_of(runs, path.runs.tolist(), baseline, cheap) == pytest.approx(lowest, abs=1e-5)
