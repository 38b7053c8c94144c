"""The ``faithfulness`` step: hide what heat-maps mark, and see how far the answer moves."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray

from heartsense.classifier import released
from heartsense.classifier.features import extract_features
from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import ECG
from heartsense.errors import HeartSenseError
from heartsense.pipeline import read_pixels
from training import BUILD_DIR, DATA_DIR
from training.evaluate.released import render_random_page
from training.faithfulness.hiding import hide, marked, shifted
from training.features.extraction import SOURCE_WITHOUT_MILLIVOLTS
from training.records import development_records
from training.sources import Record

SHARE: Final = 0.1
"""Of the traces that is hidden."""
_ROUNDS: Final = 2000


@dataclass(frozen=True, slots=True)
class HiddenFinding:
    """How far the log odds of one likely finding fall when parts of its traces are hidden.

    ``random`` has one fall for each random part.
    """

    record: str
    condition: str
    marked: float
    random: tuple[float, ...]

    @property
    def faithful(self) -> bool:
        """Whether the marked part counts for more than random ones do on average."""
        return self.marked > float(np.mean(self.random))


def faithfulness(
    data: Annotated[Path, typer.Option(help="The data folder.")] = DATA_DIR,
    sample: Annotated[int, typer.Option(help="Likely findings to try.")] = 60,
    random_parts: Annotated[int, typer.Option(help="Random parts hidden for each.")] = 4,
    lines: Annotated[Path, typer.Option(help="Where findings are written as they come.")] = (
        BUILD_DIR / "faithfulness.jsonl"
    ),
    seed: Annotated[int, typer.Option(help="Of pages and random parts.")] = 0,
) -> None:
    """Hide the tenth of a page's traces that a heat-map marks, and random tenths.

    Prints JSON: the share of likely findings whose log odds fall more by the marked tenth than by
    random ones on average, with its 95 % bootstrap interval, in all and by condition.
    """
    lines.parent.mkdir(exist_ok=True)
    found: list[HiddenFinding] = []
    with lines.open("w") as file:
        for finding in try_findings(_in_millivolts(data), sample, random_parts, seed):
            found.append(finding)
            file.write(json.dumps(asdict(finding)) + "\n")
            file.flush()
    typer.echo(json.dumps(summarize(found), indent=2))


def _in_millivolts(data: Path) -> list[Record]:
    """Records whose pages look like pages: z-scored leads are all of one size."""
    return [r for r in development_records(data) if r.source != SOURCE_WITHOUT_MILLIVOLTS]


def try_findings(
    records: Sequence[Record], sample: int, random_parts: int, seed: int = 0
) -> Iterator[HiddenFinding]:
    """Likely findings of rendered pages, in random order, as many of each condition as possible."""
    rng = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    most = -(-sample // len(CONDITION_IDS))
    for index in rng.permutation(len(records)):
        for finding in _findings(records[index], random_parts, seed, rng):
            if counts[finding.condition] < most:
                counts[finding.condition] += 1
                yield finding
        if counts.total() >= sample:
            return


def _findings(
    record: Record, random_parts: int, seed: int, rng: np.random.Generator
) -> Iterator[HiddenFinding]:
    try:
        pixels = render_random_page(record, "clean", seed)
        result = read_pixels(pixels)
    except HeartSenseError:
        return
    before = log_odds(result.ecg)
    for condition, heat in result.heatmaps.items():
        label = CONDITION_IDS.index(condition)
        chosen = marked(heat, SHARE)
        parts = [chosen, *(shifted(chosen, rng) for _ in range(random_parts))]
        falls = [float((before - log_odds(hide(result.digitized, part)))[label]) for part in parts]
        yield HiddenFinding(record.id, condition, falls[0], tuple(falls[1:]))


def log_odds(ecg: ECG) -> NDArray[np.float64]:
    """Of each condition of an ECG, whatever its quality."""
    model = released().model
    features, _ = extract_features(ecg, model.backbone)
    probability = np.clip(model.ensemble(features).probability, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(probability / (1 - probability)))


def summarize(found: Sequence[HiddenFinding], seed: int = 0) -> dict[str, Any]:
    """The share of faithful findings with its bootstrap interval, and by condition."""
    faithful = np.array([finding.faithful for finding in found], dtype=np.float64)
    rng = np.random.default_rng(seed)
    shares = rng.choice(faithful, (_ROUNDS, len(faithful))).mean(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    conditions = {
        id: {
            "findings": sum(f.condition == id for f in found),
            "faithful": sum(f.faithful for f in found if f.condition == id),
        }
        for id in CONDITION_IDS
    }
    return {
        "findings": len(found),
        "faithful": float(faithful.mean()),
        "low": float(low),
        "high": float(high),
        "median_fall_marked": float(np.median([f.marked for f in found])),
        "median_fall_random": float(np.median([np.mean(f.random) for f in found])),
        "conditions": conditions,
    }
