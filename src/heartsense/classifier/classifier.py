"""The model, and how it turns a digitized ECG into a classification."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from heartsense.classifier.assumed_gain import doubting_voltages, with_assumed_gain
from heartsense.classifier.classification import DOUBTS, Classification, Finding
from heartsense.classifier.contributions import Explainer
from heartsense.classifier.decision import (
    QUALITY_REASONS,
    decide,
    decide_beat,
    likely_conditions,
    not_assessed_findings,
)
from heartsense.classifier.encoder import Features
from heartsense.classifier.ensemble import EnsembleOutput
from heartsense.classifier.evidence import evidence_in_words
from heartsense.classifier.features import extract_features
from heartsense.classifier.heatmap import Heat, HeatMaps, heatmaps
from heartsense.classifier.model_artifact import load_model
from heartsense.classifier.reading import load_reading_model
from heartsense.classifier.statements import (
    OTHER_CHANGES,
    Statement,
    further_features,
    load_statement_model,
    statements_of,
)
from heartsense.classifier.strip.findings import strip_findings
from heartsense.classifier.strip.judgement import StripJudgement, judge_strip
from heartsense.classifier.strip.model import load_strip_model
from heartsense.ecg import LEADS, Digitized
from heartsense.measurements import Analysis, Measurements, analyse
from heartsense.scale_warnings import in_words

_NOTHING: Final = "No condition is likely, and the ECG is not clearly normal."
_STRIP: Final = "One lead shows the rhythm only: not a heart attack, nor a thick heart wall."
_NAMED: Final = ("likely", "possible")
_OTHER: Final = "fusion_or_miscellaneous"
_NOT_MEDICAL: Final = "HeartSense is not a medical device. Ask a doctor about any finding."


class Classifier:
    """A model, loaded once and used for any number of ECGs.

    Parameters
    ----------
    folder : Path, optional
        The model's folder; see ``model_folder`` for the default.

    Raises
    ------
    ModelError
        If the model's files are missing, changed or unsafe.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.model = load_model(folder)
        self.strip_model = load_strip_model(folder)
        self._explainer = Explainer(self.model.ensemble)
        self.reading_model = load_reading_model(self.model.ensemble, folder)
        self.statement_model = load_statement_model(folder)

    def classify(
        self,
        digitized: Digitized,
        measurements: Measurements,
        analysis: Analysis | None = None,
    ) -> Classification:
        """Find the six conditions in an ECG.

        Parameters
        ----------
        digitized : Digitized
            What ``heartsense.digitizer.digitize`` read off the page.
        measurements : Measurements
            What ``heartsense.measurements.measure`` measured on its ECG.
        analysis : Analysis, optional
            Of its ECG, if it is analysed already.
        """
        ecg = digitized.ecg
        if ecg.leads != LEADS:  # a single strip or beat
            return self._classify_one_lead(digitized, analysis)
        analysis = analysis or analyse(ecg)
        features, seen = extract_features(analysis, self.model.backbone)
        unreadable = _unreadable(digitized, measurements)
        output = self.model.ensemble(features)
        rereads = None if unreadable else self._rereads(features, digitized)
        findings = decide(output, unreadable, rereads)
        findings = self._with_evidence(findings, features)
        is_gain_assumed = "gain_assumed" in digitized.warnings
        if is_gain_assumed and not unreadable:
            findings = tuple(map(doubting_voltages, findings))
        found = [finding.id for finding in findings if finding.status == "likely"]
        make = partial(heatmaps, self.model.ensemble, features, seen, digitized, found)
        heat = HeatMaps(found, make)
        doubts = () if unreadable else self._doubts(digitized, features, findings)
        classification = self._classification(digitized, findings, unreadable, heat, doubts=doubts)
        if unreadable or self.statement_model is None:
            return classification
        further = further_features(analysis, self.strip_model)
        said = statements_of(np.concatenate((features.signal, further)), self.statement_model)
        if is_gain_assumed:
            said = tuple(map(with_assumed_gain, said))
        conditions = tuple(_naming_changes(finding, said) for finding in classification.conditions)
        return replace(classification, statements=said, conditions=conditions)

    def _rereads(self, features: Features, digitized: Digitized) -> EnsembleOutput | None:
        if self.reading_model is None:
            return None
        errors = self.reading_model.errors
        return errors.reread(self.model.ensemble, features, digitized.quality.score)

    def _doubts(
        self, digitized: Digitized, features: Features, findings: tuple[Finding, ...]
    ) -> tuple[str, ...]:
        """Codes of ``DOUBTS``."""
        reading = self.reading_model
        found = {
            "unlike_training": reading is not None
            and reading.is_unlike(self.model.ensemble, features),
            "rows_overlap": digitized.quality.rows_overlap,
            "reading_error": any(f.reading_error and f.reading_error.moved for f in findings),
        }
        return tuple(code for code, holds in found.items() if holds)

    def _with_evidence(
        self, findings: tuple[Finding, ...], features: Features
    ) -> tuple[Finding, ...]:
        """The findings, those that are likely or possible with what spoke for them."""
        if not any(finding.status in _NAMED for finding in findings):
            return findings
        contributions = self._explainer(features)
        return tuple(
            replace(finding, evidence=evidence_in_words(row, features.signal))
            if finding.status in _NAMED
            else finding
            for finding, row in zip(findings, contributions, strict=True)
        )

    def _classify_one_lead(self, digitized: Digitized, analysis: Analysis | None) -> Classification:
        beats = self.model.beats
        if digitized.layout == "beat" and beats is not None and not digitized.quality.reasons:
            features, _ = extract_features(analysis or digitized.ecg, self.model.backbone)
            findings = decide_beat(beats(features), beats.labels)
            return self._classification(digitized, findings, (), {})
        if self.strip_model is None:
            return self._classification(digitized, not_assessed_findings(), (), {})
        judgement = judge_strip(digitized.ecg, self.strip_model)
        unreadable = digitized.quality.reasons
        findings = strip_findings(judgement, self.strip_model, unreadable=bool(unreadable))
        return self._classification(digitized, findings, unreadable, {}, judgement)

    def _classification(
        self,
        digitized: Digitized,
        conditions: tuple[Finding, ...],
        unreadable: tuple[str, ...],
        heat: Mapping[str, Heat],
        strip: StripJudgement | None = None,
        doubts: tuple[str, ...] = (),
    ) -> Classification:
        one_lead = () if strip is None or not strip.beats else (_STRIP,)
        return Classification(
            model_version=self.model.version,
            conditions=conditions,
            findings=likely_conditions(conditions),
            reasons=_reasons(conditions, unreadable),
            warnings=(
                *in_words(digitized.warnings),
                *_missing(digitized),
                *one_lead,
                *(DOUBTS[code] for code in doubts),
                _NOT_MEDICAL,
            ),
            heatmaps=heat,
            strip=strip,
            doubts=doubts,
        )


@lru_cache(maxsize=1)
def released() -> Classifier:
    """The released model, loaded on first use."""
    return Classifier()


def _naming_changes(finding: Finding, said: tuple[Statement, ...]) -> Finding:
    """``fusion_or_miscellaneous`` with the statements that say which change it is."""
    named = [statement.title for statement in said if statement.id in OTHER_CHANGES]
    if finding.id != _OTHER or finding.status == "unlikely" or not named:
        return finding
    return replace(finding, reason=f"{finding.reason} It shows: {'; '.join(named)}.")


def _unreadable(digitized: Digitized, measurements: Measurements) -> tuple[str, ...]:
    """Codes of what makes an answer unsafe."""
    no_beats = ("no_beats_found",) if measurements.heart_rate_bpm is None else ()
    leads_missing = ("leads_missing",) if _missing(digitized) else ()
    return (*digitized.quality.reasons, *no_beats, *leads_missing)


def _missing(digitized: Digitized) -> tuple[str, ...]:
    """A sentence that names the leads of which nothing was read, if there are any."""
    names = [lead for lead, share in digitized.ecg.coverage().items() if share == 0]
    return (f"Nothing was read of {', '.join(names)}.",) if names else ()


def _reasons(findings: tuple[Finding, ...], unreadable: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences on why a result is uncertain, the image's faults first."""
    faults = [QUALITY_REASONS.get(code, code) for code in unreadable]
    if faults:
        return tuple(faults)
    if likely_conditions(findings) != ("uncertain",):
        return ()
    possible = [f"{f.title}: possible. {f.reason}" for f in findings if f.status == "possible"]
    declined = [f.reason for f in findings if f.status == "not_assessed"]
    return tuple(dict.fromkeys([*possible, *declined])) or (_NOTHING,)
