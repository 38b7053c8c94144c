"""One picture in, one result out."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.classifier.decision import (
    QUALITY_REASONS,
    decide,
    not_assessed_findings,
    present_conditions,
)
from heartsense.classifier.features import extract_features
from heartsense.classifier.heatmap import heatmaps
from heartsense.classifier.model_artifact import load_model
from heartsense.classifier.result import Finding, Result
from heartsense.conditions import condition
from heartsense.digitizer import digitize
from heartsense.ecg import LEADS, Digitized
from heartsense.images import open_page
from heartsense.measurements import Measurements, measure

_NOTHING: Final = "No condition could be confirmed, and the ECG is not clearly normal."
_NOT_MEDICAL: Final = "HeartSense is not a medical device. Ask a doctor about any finding."


class Classifier:
    """The released model, loaded once and asked often.

    Parameters
    ----------
    folder : Path, optional
        The model's folder; by default HEARTSENSE_MODEL, ``/opt/model`` or the checkout's.

    Raises
    ------
    ModelError
        If the model's files are missing, changed or unsafe.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.model = load_model(folder)

    def classify(self, data: bytes, *, page: int = 1) -> Result:
        """Read and classify one picture or page of a document.

        Raises
        ------
        ImageError
            If the bytes cannot become a page.
        DigitizerError
            If the page cannot become an ECG.
        """
        return self.classify_page(open_page(data, page=page).pixels)

    def classify_page(self, pixels: NDArray[np.uint8]) -> Result:
        """Read and classify a page of pixels, shape (height, width, 3)."""
        return self.classify_ecg(digitize(pixels))

    def classify_ecg(self, digitized: Digitized) -> Result:
        """Classify what was read off a page."""
        ecg = digitized.ecg
        measured = measure(ecg)
        if ecg.leads != LEADS:
            return self._result(digitized, measured, not_assessed_findings(), ())
        features, seen = extract_features(ecg, self.model.backbone)
        unreadable = _unreadable(digitized, measured)
        findings = decide(self.model.ensemble(features), unreadable)
        found = [finding.id for finding in findings if finding.status == "present"]
        heat = heatmaps(self.model.ensemble, features, seen, digitized, found)
        result = self._result(digitized, measured, findings, unreadable)
        return replace(result, heatmaps=heat)

    def _result(
        self,
        digitized: Digitized,
        measured: Measurements,
        findings: tuple[Finding, ...],
        unreadable: tuple[str, ...],
    ) -> Result:
        return Result(
            model_version=self.model.version,
            digitized=digitized,
            measurements=measured,
            conditions=findings,
            findings=present_conditions(findings),
            reasons=_reasons(findings, unreadable),
            warnings=(*digitized.warnings, *_missing(digitized), _NOT_MEDICAL),
        )


@lru_cache(maxsize=1)
def released() -> Classifier:
    """The released model, loaded on first use."""
    return Classifier()


def classify(data: bytes, *, page: int = 1) -> Result:
    """Read and classify one picture with the released model; see ``Classifier.classify``.

    The page is read first: what is no picture or no ECG is refused without loading the model.
    """
    digitized = digitize(open_page(data, page=page).pixels)
    return released().classify_ecg(digitized)


def _unreadable(digitized: Digitized, measured: Measurements) -> tuple[str, ...]:
    """Codes of what makes an answer unsafe."""
    no_beats = ("no_beats_found",) if measured.heart_rate_bpm is None else ()
    leads_missing = ("leads_missing",) if _missing(digitized) else ()
    return (*digitized.quality.reasons, *no_beats, *leads_missing)


def _missing(digitized: Digitized) -> tuple[str, ...]:
    """A sentence that names the leads of which nothing was read, if there are any."""
    names = [lead for lead, share in digitized.ecg.coverage().items() if share == 0]
    return (f"Nothing was read of {', '.join(names)}.",) if names else ()


def _reasons(findings: tuple[Finding, ...], unreadable: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences on why an answer is uncertain, the picture's faults first."""
    faults = [QUALITY_REASONS.get(code, code) for code in unreadable]
    if faults:
        return tuple(faults)
    if present_conditions(findings) != ("uncertain",):
        return ()
    told = [f"{condition(f.id).title}: {f.reason}" for f in findings if f.status == "uncertain"]
    declined = [f.reason for f in findings if f.status == "not_assessed"]
    return tuple(dict.fromkeys([*told, *declined])) or (_NOTHING,)
