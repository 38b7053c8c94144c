"""All that was read off one page: the ECG, its measurements and its classification."""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from heartsense import result_schema as schema
from heartsense.advice import Advice
from heartsense.classifier import Classification, Finding
from heartsense.classifier.classification import DOUBTS, ReadingError
from heartsense.classifier.ensemble import TierMeans
from heartsense.classifier.statements import Statement
from heartsense.classifier.strip.findings import beats_in_words
from heartsense.classifier.strip.judgement import StripJudgement
from heartsense.conclusion import Conclusion, conclude
from heartsense.conditions import STATUS_LABELS
from heartsense.conditions import condition as texts_of
from heartsense.ecg import ECG, Digitized, Quality
from heartsense.measurements import Measurements
from heartsense.rendering import BeatMark, HeatTrace, draw_heatmap, draw_overlay, html_card
from heartsense.urgency import Urgency


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What one page shows.

    Attributes
    ----------
    pixels : uint8 array, shape (height, width, 3)
        The page that was read: RGB, upright.
    digitized : Digitized
        The ECG with its layout, scales, traces and quality.
    measurements : Measurements
        Rate, intervals, axis and voltages; units are in their names.
    classification : Classification
        The findings of the model.
    """

    pixels: NDArray[np.uint8]
    digitized: Digitized
    measurements: Measurements
    classification: Classification

    def __repr__(self) -> str:
        rate = self.measurements.heart_rate_bpm
        beats = "" if rate is None else f", {rate:.0f}/min"
        return (
            f"<Result: {', '.join(self.findings)}; layout {self.digitized.layout}{beats}, "
            f"quality {self.quality.score:.2f}>"
        )

    def _repr_html_(self) -> str:
        """The result as a notebook shows it."""
        return html_card(self._to_schema(), self.overlay())

    @property
    def ecg(self) -> ECG:
        """The leads in millivolts: as an array 12 x n, one row a lead."""
        return self.digitized.ecg

    @property
    def quality(self) -> Quality:
        """How far what was read can be trusted."""
        return self.digitized.quality

    @property
    def conditions(self) -> tuple[Finding, ...]:
        """The finding for each condition, in the order of ``heartsense.conditions.CONDITIONS``."""
        return self.classification.conditions

    @property
    def findings(self) -> tuple[str, ...]:
        """Ids of the likely conditions, or ``("uncertain",)``."""
        return self.classification.findings

    @property
    def possible(self) -> tuple[str, ...]:
        """Ids of the conditions that cannot be ruled out, but are not likely."""
        return self.classification.possible

    @property
    def urgency(self) -> Urgency:
        """How soon a doctor should see the ECG."""
        return self.classification.urgency

    @property
    def conclusion(self) -> Conclusion:
        """Findings, urgency and what to do, in the words that every screen shows."""
        statuses = {finding.id: finding.status for finding in self.conditions}
        return conclude(statuses, None if self.advice is None else self.advice.text)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the answer is uncertain, in sentences; empty when it is not."""
        return self.classification.reasons

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should know in any case."""
        return self.classification.warnings

    @property
    def advice(self) -> Advice | None:
        """How to take a better picture; None where it was read well."""
        return self.digitized.advice

    @property
    def heatmaps(self) -> Mapping[str, tuple[HeatTrace, ...]]:
        """For each likely condition, what spoke for it, in pixels of the page."""
        return self.classification.heatmaps

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What else can be said of twelve leads, with its evidence."""
        return self.classification.statements

    @property
    def model_version(self) -> str:
        """The model that gave the answer."""
        return self.classification.model_version

    def overlay(self) -> Image.Image:
        """The page with the traces, lead names and a strip's beats that were read over it."""
        return draw_overlay(self.pixels, self.digitized, _marks(self.classification.strip))

    def heatmap(self, condition: str | None = None) -> Image.Image:
        """The page with what spoke for a condition drawn over it.

        Parameters
        ----------
        condition : str, optional
            Its id; by default the first that is likely. Where none is, the page is without heat.

        Raises
        ------
        KeyError
            If the condition is not likely.
        """
        return draw_heatmap(self.pixels, self, condition)

    def to_dict(self, file: str | None = None) -> dict[str, Any]:
        """The result in JSON's own types, as ``heartsense.result_schema.Result`` describes it.

        Parameters
        ----------
        file : str, optional
            The picture's name: comes first, as ``file``.
        """
        name = {} if file is None else {"file": file}
        return {**name, **asdict(self._to_schema())}

    @overload
    def to_csv(self, path: None = None) -> str: ...
    @overload
    def to_csv(self, path: str | os.PathLike[str]) -> None: ...
    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The leads as CSV, written to `path` or returned; see ``ECG.to_csv``."""
        return self.ecg.to_csv() if path is None else self.ecg.to_csv(path)

    def to_wfdb(self, path: str | os.PathLike[str]) -> None:
        """Write the leads as a WFDB record; see ``ECG.to_wfdb``."""
        self.ecg.to_wfdb(path)

    def _to_schema(self) -> schema.Result:
        conclusion = self.conclusion
        return schema.Result(
            model_version=self.model_version,
            layout=self.digitized.layout,
            quality=_quality(self.quality),
            scale=_scale(self.digitized),
            measurements={
                name: _rounded_or_none(value) for name, value in asdict(self.measurements).items()
            },
            conditions=[_finding(finding) for finding in self.conditions],
            findings=list(conclusion.findings),
            possible=list(conclusion.possible),
            urgency=conclusion.urgency,
            what_to_do=schema.WhatToDo(**asdict(conclusion.what_to_do)),
            headline=conclusion.headline,
            retake=conclusion.retake,
            reasons=list(self.reasons),
            warnings=list(self.warnings),
            advice=self.advice,
            beats=_beats(self.classification.strip),
            statements=[_statement(said) for said in self.statements],
            doubts=[schema.Doubt(code, DOUBTS[code]) for code in self.classification.doubts],
        )


def _quality(quality: Quality) -> schema.Quality:
    return schema.Quality(
        score=float(quality.score),
        einthoven_residual=_rounded_or_none(quality.einthoven_residual),
        goldberger_residual=_rounded_or_none(quality.goldberger_residual),
        rhythm_agreement=_rounded_or_none(quality.rhythm_agreement),
        coverage={lead: _rounded(share) for lead, share in quality.coverage.items()},
        reasons=list(quality.reasons),
    )


def _scale(digitized: Digitized) -> schema.Scale:
    return schema.Scale(
        pitch_px_per_mm=_rounded_or_none(digitized.pitch),
        rotation_deg=_rounded(digitized.rotation),
        speed_mm_per_s=float(digitized.speed),
        speed_source=digitized.speed_source,
        gain_mm_per_mv=float(digitized.gain),
        gain_source=digitized.gain_source,
    )


def _finding(finding: Finding) -> schema.Finding:
    texts = texts_of(finding.id)
    return schema.Finding(
        id=finding.id,
        title=texts.title,
        probability=None if finding.probability is None else float(finding.probability),
        status=finding.status,
        status_label=STATUS_LABELS[finding.status],
        tier_means=_tier_means(finding.tier_means),
        votes=None if finding.votes is None else dict(finding.votes),
        reason=finding.reason,
        explanation=texts.explanation,
        next_steps=texts.next_steps,
        links=list(texts.links),
        evidence=[schema.Evidence(**asdict(item)) for item in finding.evidence],
        reading_error=_reading_error(finding.reading_error),
    )


def _reading_error(error: ReadingError | None) -> schema.ReadingError | None:
    return None if error is None else schema.ReadingError(**asdict(error))


def _tier_means(means: TierMeans | None) -> schema.TierMeans | None:
    if means is None:
        return None
    sources = {name: schema.SourceMeans(*measured) for name, measured in means.sources.items()}
    return schema.TierMeans(means.share, means.records, sources)


_LETTERS: Final = {"usual": "", "ventricular": "V", "supraventricular": "S", "uncertain": "?"}


def _statement(said: Statement) -> schema.Statement:
    return schema.Statement(
        id=said.id,
        title=said.title,
        evidence=[schema.StatementEvidence(e.name, e.value, list(e.leads)) for e in said.evidence],
        source=said.source,
        sensitivity=said.worth.sensitivity,
        ppv=said.worth.ppv,
    )


def _marks(strip: StripJudgement | None) -> tuple[BeatMark, ...]:
    beats = () if strip is None else strip.beats
    return tuple(BeatMark(beat.seconds, _LETTERS[beat.kind]) for beat in beats)


def _beats(strip: StripJudgement | None) -> schema.Beats | None:
    if strip is None or not strip.beats:
        return None
    return schema.Beats(
        total=len(strip.beats),
        ventricular=strip.count("ventricular"),
        supraventricular=strip.count("supraventricular"),
        uncertain=strip.count("uncertain"),
        summary=beats_in_words(strip),
    )


def _rounded(value: float) -> float:
    """Three decimals: finer than anything a page can show."""
    return round(float(value), 3)


def _rounded_or_none(value: float | None) -> float | None:
    """JSON has no NaN: it is as unknown as None."""
    return None if value is None or not math.isfinite(value) else _rounded(value)
