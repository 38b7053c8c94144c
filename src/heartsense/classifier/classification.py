"""What the classifier says of one ECG: a finding for each condition, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from heartsense.classifier.ensemble import TierMeans
from heartsense.classifier.evidence import Evidence
from heartsense.classifier.statements import Statement
from heartsense.classifier.strip.judgement import StripJudgement
from heartsense.conditions import Status, condition
from heartsense.rendering import HeatTrace
from heartsense.urgency import Urgency, urgency_of

DOUBTS: Final = {
    "unlike_training": (
        "This ECG looks unlike those that HeartSense has learned from. Its answer may be wrong."
    ),
    "rows_overlap": (
        "Complexes of neighbouring rows run through one another, so some may be in the wrong lead."
    ),
    "reading_error": (
        "A small error in reading the picture could change this answer. A sharper picture may help."
    ),
}
"""What is said of each code of a doubt; the codes never change their meaning."""


@dataclass(frozen=True, slots=True)
class ReadingError:
    """How far a probability may be off because the page was not read exactly.

    Attributes
    ----------
    low, high : float
        The true signal's probability lies between them on nine in ten pages.
    same_status : float
        The share of readings with other errors, as drawn pages had them, that give the status which
        this one gives, 0 to 1.
    moved : bool
        Whether the condition is only possible because that share is too small.
    """

    low: float
    high: float
    same_status: float
    moved: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for one condition.

    Attributes
    ----------
    id : str
        One of ``heartsense.conditions.CONDITION_IDS``.
    probability : float or None
        Calibrated, 0 to 1; None without twelve leads. Do not show it where the condition was not
        assessed: of a page that could not be read well it means little.
    status : {"likely", "possible", "unlikely", "not_assessed"}
    votes : mapping of str to bool, or None
        Each of the three classifiers' vote; None without twelve leads.
    reason : str
        Why the status is what it is, in one plain sentence.
    """

    id: str
    probability: float | None
    status: Status
    votes: Mapping[str, bool] | None
    reason: str
    tier_means: TierMeans | None = None
    """How often the condition was there in training ECGs with this status; None if unknown."""
    evidence: tuple[Evidence, ...] = ()
    """Of a likely or possible condition: the measurements that spoke most for it."""
    reading_error: ReadingError | None = None
    """None where it is not known: without twelve leads, or where the page was hard to read."""

    @property
    def title(self) -> str:
        """The condition's name in plain words."""
        return condition(self.id).title


@dataclass(frozen=True, slots=True)
class Classification:
    """The classifier's answer for one ECG.

    Attributes
    ----------
    model_version : str
        The model that gave the answer.
    conditions : tuple of Finding
        One for each condition, in the order of ``heartsense.conditions.CONDITIONS``.
    findings : tuple of str
        Ids of the likely conditions, or ``("uncertain",)``.
    reasons : tuple of str
        Why the answer is uncertain, in sentences; empty when it is not.
    warnings : tuple of str
        What the reader should know in any case.
    heatmaps : mapping of str to tuple of HeatTrace
        For each likely condition, what spoke for it, in pixels of the page; made when it is read.
    strip : StripJudgement or None
        The beats of a single lead, one by one; None for twelve leads.
    statements : tuple of Statement
        What else can be said of twelve leads.
    doubts : tuple of str
        Codes of what speaks against trusting the answer though the page could be read; see
        ``DOUBTS``.
    """

    model_version: str
    conditions: tuple[Finding, ...]
    findings: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    heatmaps: Mapping[str, tuple[HeatTrace, ...]] = field(default_factory=dict)
    strip: StripJudgement | None = None
    statements: tuple[Statement, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def possible(self) -> tuple[str, ...]:
        """Ids of the conditions that are possible, though not likely."""
        return tuple(f.id for f in self.conditions if f.status == "possible")

    @property
    def urgency(self) -> Urgency:
        """How soon a doctor should see the ECG."""
        return urgency_of({finding.id: finding.status for finding in self.conditions})
