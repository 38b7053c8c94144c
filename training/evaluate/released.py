"""Score the released model on any manifest, through pictures."""

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from heartsense.classifier import Finding
from heartsense.classifier.ensemble import MAJORITY
from heartsense.conditions import CONDITION_IDS
from heartsense.errors import HeartSenseError
from heartsense.pipeline import read_pixels
from heartsense.result import Result
from training.evaluate.metrics import macro_auroc, score_conditions
from training.features import label_matrix
from training.features.extraction import TWELVE_LEADS
from training.render import random_spec, render_page
from training.sources import Record

PageKind = Literal["clean", "photo"]


@dataclass(frozen=True, slots=True)
class Reply:
    """The model's answer to one page; ``refusal`` is a code where there is none.

    ``probability`` float64 and ``called`` bool, shape (6,); ``uncertain`` when the finding is.
    """

    record: str
    refusal: str
    probability: NDArray[np.float64]
    called: NDArray[np.bool_]
    uncertain: bool


def score_released(
    records: Sequence[Record], page: PageKind, seed: int = 0, jobs: int = 2
) -> dict[str, Any]:
    """Render every record, classify the page, compare with the manifest's labels.

    ``macro_auroc`` is over records that were not refused; with any refused,
    ``macro_auroc_with_refused`` counts those at the share of positives of the rest. Records whose
    findings were declined for quality count with the probabilities they were given.
    """
    work = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_ask)(record, page, seed) for record in records
    )
    console = Console(stderr=True)  # the standard output is the report's
    replies = list(track(work, f"evaluate ({page})", total=len(records), console=console))
    truth = label_matrix(records)
    read = np.array([not reply.refusal for reply in replies], dtype=np.bool_)
    probability = np.array([reply.probability for reply in replies]).reshape(truth.shape)
    called = np.array([reply.called for reply in replies], dtype=np.bool_).reshape(truth.shape)
    report: dict[str, Any] = {
        "macro_auroc": _number(macro_auroc(truth[read], probability[read])),
        "conditions": {
            id: asdict(score)
            for id, score in score_conditions(truth[read], probability[read], called[read]).items()
        },
        "uncertain_share": float(np.mean([r.uncertain for r in replies if not r.refusal] or [0])),
        "records": len(records),
        "refused": [{"record": r.record, "code": r.refusal} for r in replies if r.refusal],
    }
    if report["refused"] and read.any():
        probability[~read] = truth[read].mean(axis=0)
        report["macro_auroc_with_refused"] = _number(macro_auroc(truth, probability))
    return report


def page_of(record: Record, page: PageKind, seed: int) -> NDArray[np.uint8]:
    """A page of the record, twelve leads, its looks fixed by the seed and the record's id."""
    rng = np.random.default_rng([seed, zlib.crc32(record.id.encode())])
    layout = str(rng.choice(TWELVE_LEADS))
    return render_page(record.read(), random_spec(rng, page, layout)).pixels


def _ask(record: Record, page: PageKind, seed: int) -> Reply:
    try:
        result = read_pixels(page_of(record, page, seed))
    except HeartSenseError as error:
        return _refusal(record.id, error.code)
    except FileNotFoundError:  # the data folder is not the manifest's: nothing can be scored
        raise
    except Exception as defect:  # one record's defect must not end the evaluation: it is reported
        return _refusal(record.id, f"crashed:{type(defect).__name__}")
    return _reply(record.id, result)


def _refusal(record: str, code: str) -> Reply:
    blank = np.zeros(len(CONDITION_IDS))
    return Reply(record, code, blank, blank > 0, True)


def _reply(record: str, result: Result) -> Reply:
    """A page whose twelve leads were not told apart answers nothing: an unnamed refusal."""
    given = [finding.probability for finding in result.conditions]
    if None in given:
        return _refusal(record, "not_twelve_leads")
    return Reply(
        record=record,
        refusal="",
        probability=np.array(given, dtype=np.float64),
        called=np.array([_voted(finding) for finding in result.conditions]),
        uncertain=result.findings == ("uncertain",),
    )


def _voted(finding: Finding) -> bool:
    """Whether the majority votes for it: F1 is of the vote, before anything is left unsure."""
    return finding.votes is not None and sum(finding.votes.values()) >= MAJORITY


def _number(value: float) -> float | None:
    """NaN has no JSON."""
    return value if np.isfinite(value) else None
