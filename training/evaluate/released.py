"""Score the released model on any manifest, through rendered pages."""

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from heartsense.classifier import Finding
from heartsense.classifier.ensemble import MAJORITY
from heartsense.conditions import CONDITION_IDS
from heartsense.errors import HeartSenseError
from heartsense.pipeline import read_pixels
from heartsense.result import Result
from training.evaluate.metrics import (
    Interval,
    auroc_with_interval,
    bootstrap,
    bootstrap_difference,
    macro_auroc,
    score_conditions,
)
from training.features import label_matrix
from training.features.extraction import TWELVE_LEAD_LAYOUTS
from training.parallel import executor
from training.render import random_spec, render_page
from training.render.spec import PageKind
from training.sources import Record


@dataclass(frozen=True, slots=True)
class PagePrediction:
    """The model's prediction of one page; ``refusal`` is the error code where there is none.

    ``probability`` float64 and ``predicted`` bool have shape (6,).
    """

    record: str
    refusal: str
    probability: NDArray[np.float64]
    predicted: NDArray[np.bool_]
    uncertain: bool


def score_released(
    records: Sequence[Record], page: PageKind, seed: int = 0, jobs: int = 2
) -> dict[str, Any]:
    """Render every record, classify the page, compare with the manifest's labels.

    Returns
    -------
    dict
        ``macro_auroc`` is over the pages that were not refused. If any was,
        ``macro_auroc_with_refused`` gives those the prevalence among the others as probability.
        Pages that are uncertain for their quality count with their probabilities.
        ``macro_auroc_interval`` and ``normal_auroc`` (normal against the rest) have 95 % bootstrap
        intervals.
    """
    return _report(records, _classify_all(records, page, seed, jobs))


def compare_with_clean(
    records: Sequence[Record], page: PageKind, seed: int = 0, jobs: int = 2
) -> dict[str, Any]:
    """``score_released`` of pages of a kind, with ``clean`` ones of the same records beside it.

    Returns
    -------
    dict
        ``clean`` is the report of the clean pages; ``macro_auroc_less_clean`` the difference over
        the records that were read both ways, with its bootstrap interval, and ``read_both`` their
        number.
    """
    pages = _classify_all(records, page, seed, jobs)
    clean = _classify_all(records, "clean", seed, jobs)
    both = np.array(
        [a.refusal == b.refusal == "" for a, b in zip(pages, clean, strict=True)], np.bool_
    )
    truth = label_matrix(records)[both]
    first, second = (
        np.array([p.probability for p in some]).reshape(len(records), -1)[both]
        for some in (pages, clean)
    )
    return {
        **_report(records, pages),
        "clean": _report(records, clean),
        "read_both": int(both.sum()),
        "macro_auroc_less_clean": _interval(bootstrap_difference(truth, first, second))
        if both.any()
        else None,
    }


def _classify_all(
    records: Sequence[Record], page: PageKind, seed: int, jobs: int
) -> list[PagePrediction]:
    console = Console(stderr=True)  # standard output is for the report
    with executor(jobs) as pool:
        done = pool.map(partial(_classify_record, page=page, seed=seed), records)
        return list(track(done, f"evaluate ({page})", total=len(records), console=console))


def _report(records: Sequence[Record], pages: Sequence[PagePrediction]) -> dict[str, Any]:
    truth = label_matrix(records)
    read = np.array([not p.refusal for p in pages], dtype=np.bool_)
    probability = np.array([p.probability for p in pages]).reshape(truth.shape)
    predicted = np.array([p.predicted for p in pages], dtype=np.bool_).reshape(truth.shape)
    scores = score_conditions(truth[read], probability[read], predicted[read])
    report: dict[str, Any] = {
        "macro_auroc": _finite_or_none(macro_auroc(truth[read], probability[read])),
        "macro_auroc_interval": _interval(bootstrap(truth[read], probability[read])[0])
        if read.any()
        else None,
        "normal_auroc": _interval(auroc_with_interval(truth[read, 0], probability[read, 0])),
        "conditions": {id: asdict(score) for id, score in scores.items()},
        "uncertain_share": float(np.mean([r.uncertain for r in pages if not r.refusal] or [False])),
        "records": len(records),
        "refused": [{"record": r.record, "code": r.refusal} for r in pages if r.refusal],
    }
    if report["refused"] and read.any():
        probability[~read] = truth[read].mean(axis=0)
        report["macro_auroc_with_refused"] = _finite_or_none(macro_auroc(truth, probability))
    return report


def render_random_page(record: Record, page: PageKind, seed: int) -> NDArray[np.uint8]:
    """Render the record on a random 12-lead page, determined by the seed and the record's id."""
    rng = np.random.default_rng([seed, zlib.crc32(record.id.encode())])
    layout = str(rng.choice(TWELVE_LEAD_LAYOUTS))
    return render_page(record.read(), random_spec(rng, page, layout)).pixels


def _classify_record(record: Record, page: PageKind, seed: int) -> PagePrediction:
    try:
        result = read_pixels(render_random_page(record, page, seed))
    except HeartSenseError as error:
        return _refused(record.id, error.code)
    except FileNotFoundError:  # wrong data folder: nothing can be scored
        raise
    except Exception as defect:  # a defect on one page is reported, the evaluation goes on
        return _refused(record.id, f"crashed:{type(defect).__name__}")
    return _to_prediction(record.id, result)


def _refused(record: str, code: str) -> PagePrediction:
    blank = np.zeros(len(CONDITION_IDS))
    return PagePrediction(record, code, blank, blank > 0, True)


def _to_prediction(record: str, result: Result) -> PagePrediction:
    """A page without twelve named leads counts as refused."""
    probabilities = [finding.probability for finding in result.conditions]
    if None in probabilities:
        return _refused(record, "not_twelve_leads")
    return PagePrediction(
        record=record,
        refusal="",
        probability=np.array(probabilities, dtype=np.float64),
        predicted=np.array([_has_majority(finding) for finding in result.conditions]),
        uncertain=result.findings == ("uncertain",),
    )


def _has_majority(finding: Finding) -> bool:
    """Whether two classifiers vote for it; F1 is of this vote, before any is left uncertain."""
    return finding.votes is not None and sum(finding.votes.values()) >= MAJORITY


def _interval(interval: Interval) -> dict[str, float | None]:
    """A metric with its interval, as JSON has it."""
    return {name: _finite_or_none(value) for name, value in asdict(interval).items()}


def _finite_or_none(value: float) -> float | None:
    """None for NaN, which JSON does not have."""
    return value if np.isfinite(value) else None
