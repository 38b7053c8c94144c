"""The ``benchmark-measurements`` step: measurements against the annotations of LUDB and MIT-BIH.

Thresholds in ``heartsense.measurements`` were tuned on LUDB's even records and on MIT-BIH's DS1;
all results reported here come from LUDB's odd records and DS2.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
import wfdb
from numpy.typing import NDArray

from heartsense.ecg import ECG, LEADS
from heartsense.measurements import REFERENCE_RANGES, find_r_peaks, measure
from training import DATA_DIR
from training.sources.mitbih import AAMI_CLASSES, DS2

TOLERANCE: Final = 0.075
"""Largest distance of a detected from an annotated R peak in seconds: half of EC57's 150 ms."""

_WINDOW: Final = 10.0
_INTERVALS: Final = ("pr_ms", "qrs_ms", "qt_ms")


@dataclass(frozen=True, slots=True)
class AnnotatedBeat:
    """Medians of one beat's annotations over the leads, in seconds; NaN where too few have one."""

    p_onset: float
    qrs_onset: float
    r_peak: float
    qrs_offset: float
    t_end: float


def benchmark_measurements(
    data: Annotated[Path, typer.Option(help="Folder with ludb/ and mitbih/.")] = DATA_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Compare R peaks and intervals with cardiologists' annotations."""
    scores = score_all(data)
    if as_json:
        typer.echo(json.dumps(scores))
        return
    for source in ("ludb", "mitbih"):
        peaks = scores[source]["r_peaks"]
        typer.echo(
            f"{source}: {peaks['beats']} beats, sensitivity {peaks['sensitivity']:.4f}, "
            f"positive predictivity {peaks['positive_predictivity']:.4f}"
        )
    for name in _INTERVALS:
        error = scores["ludb"][name]
        typer.echo(
            f"{REFERENCE_RANGES[name].title}: {error['bias_ms']:+.1f} +- {error['sd_ms']:.1f} ms "
            f"in {error['records']} records"
        )


def score_all(data: Path) -> dict[str, Any]:
    """Interval errors and R-peak detection on the held-out records."""
    ludb = [n for n in range(1, 201) if n % 2 == 1]
    return {
        "ludb": score_ludb(data, ludb),
        "mitbih": score_mitbih(data, DS2),
    }


def score_ludb(data: Path, numbers: Iterable[int]) -> dict[str, Any]:
    """Interval errors (ms, measured minus annotated) and R-peak detection on LUDB records."""
    errors: dict[str, list[float]] = {name: [] for name in _INTERVALS}
    p_waves, counts = np.zeros((2, 2), dtype=int), np.zeros(3, dtype=int)
    for number in numbers:
        ecg, beats = read_ludb(data, number)
        counts += match_peaks(find_r_peaks(ecg) / ecg.rate, [beat.r_peak for beat in beats])
        found, truth = measure(ecg), annotated_intervals(beats)
        p_waves[int(truth["pr_ms"] is not None), int(found.pr_ms is not None)] += 1
        for name, values in errors.items():
            measured, annotated = getattr(found, name), truth[name]
            if measured is not None and annotated is not None:
                values.append(measured - annotated)
    return {
        "r_peaks": _detection_rates(counts),
        "p_wave": {
            "annotated_and_found": int(p_waves[1, 1]),
            "annotated_not_found": int(p_waves[1, 0]),
            "found_not_annotated": int(p_waves[0, 1]),
            "neither": int(p_waves[0, 0]),
        },
        **{name: _error_statistics(values) for name, values in errors.items()},
    }


def score_mitbih(data: Path, records: Iterable[str]) -> dict[str, Any]:
    """R-peak detection in the first lead of MIT-BIH records, in windows of 10 s."""
    counts = np.zeros(3, dtype=int)
    for record in records:
        for ecg, beats in mitbih_windows(data, record):
            counts += match_peaks(find_r_peaks(ecg) / ecg.rate, beats)
    return {"r_peaks": _detection_rates(counts)}


def read_ludb(data: Path, number: int) -> tuple[ECG, list[AnnotatedBeat]]:
    """One LUDB record and its annotated beats."""
    path = data / "ludb" / "data" / str(number)
    record = wfdb.rdrecord(str(path))
    names = [name.lower() for name in record.sig_name]
    order = [names.index(lead.lower()) for lead in LEADS]
    ecg = ECG(record.p_signal[:, order].astype(np.float32), float(record.fs))
    marks = [_lead_annotations(path, lead.lower(), ecg.rate) for lead in LEADS]
    return ecg, _beats_over_leads(np.concatenate(marks))


def _lead_annotations(path: Path, lead: str, rate: float) -> NDArray[np.float64]:
    """One row per QRS: P onset, QRS onset, R peak, QRS offset, T end in seconds."""
    annotation = wfdb.rdann(str(path), lead)
    waves = [
        (symbol, annotation.sample[i - 1] / rate, sample / rate, annotation.sample[i + 1] / rate)
        for i, (symbol, sample) in enumerate(zip(annotation.symbol, annotation.sample, strict=True))
        if symbol in "pNt" and 0 < i < len(annotation.symbol) - 1
    ]
    rows = []
    for i, (symbol, onset, peak, offset) in enumerate(waves):
        if symbol == "N":
            before = waves[i - 1] if i > 0 else ("", np.nan, np.nan, np.nan)
            after = waves[i + 1] if i + 1 < len(waves) else ("", np.nan, np.nan, np.nan)
            p_onset = before[1] if before[0] == "p" else np.nan
            t_end = after[3] if after[0] == "t" else np.nan
            rows.append((p_onset, onset, peak, offset, t_end))
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _beats_over_leads(rows: NDArray[np.float64]) -> list[AnnotatedBeat]:
    """Rows of all leads grouped by R peak; a beat has at least half of the leads."""
    rows = rows[np.argsort(rows[:, 2])]
    groups = np.split(rows, np.flatnonzero(np.diff(rows[:, 2]) > 0.1) + 1)
    least = len(LEADS) // 2
    beats = []
    for group in groups:
        if len(group) >= least:
            known = np.isfinite(group).sum(axis=0) >= least
            medians = [
                float(np.nanmedian(column)) if enough else np.nan
                for column, enough in zip(group.T, known, strict=True)
            ]
            beats.append(AnnotatedBeat(*medians))
    return beats


def annotated_intervals(beats: list[AnnotatedBeat]) -> dict[str, float | None]:
    """Median intervals over beats in ms; PR only where most beats have a P wave."""
    marks = np.array([(b.p_onset, b.qrs_onset, b.qrs_offset, b.t_end) for b in beats])
    if len(marks) == 0:
        return {"pr_ms": None, "qrs_ms": None, "qt_ms": None}
    with_p = np.isfinite(marks[:, 0]).mean() > 0.5
    return {
        "pr_ms": _median_ms(marks[:, 1] - marks[:, 0]) if with_p else None,
        "qrs_ms": _median_ms(marks[:, 2] - marks[:, 1]),
        "qt_ms": _median_ms(marks[:, 3] - marks[:, 1]),
    }


def _median_ms(spans: NDArray[np.float64]) -> float | None:
    spans = spans[np.isfinite(spans)]
    return 1000 * float(np.median(spans)) if len(spans) else None


def mitbih_windows(data: Path, record: str) -> Iterator[tuple[ECG, list[float]]]:
    """Windows of 10 s of the first lead and the annotated beats (s), without flutter."""
    path = data / "mitbih" / record
    signal = wfdb.rdrecord(str(path), channels=[0])
    annotation = wfdb.rdann(str(path), "atr")
    rate = float(signal.fs)
    is_beat = np.array([symbol in AAMI_CLASSES for symbol in annotation.symbol])
    beats = annotation.sample[is_beat] / rate
    flutter = _flutter_spans(annotation, rate)
    for start in np.arange(0.0, len(signal.p_signal) / rate - _WINDOW + 1e-9, _WINDOW):
        if any(start < end and begin < start + _WINDOW for begin, end in flutter):
            continue
        first, last = round(start * rate), round((start + _WINDOW) * rate)
        ecg = ECG(signal.p_signal[first:last].astype(np.float32), rate, ("strip",))
        inside = beats[(beats >= start) & (beats < start + _WINDOW)] - start
        yield ecg, [float(beat) for beat in inside]


def _flutter_spans(annotation: Any, rate: float) -> list[tuple[float, float]]:
    """Intervals of ventricular flutter in seconds; EC57 excludes them from scoring."""
    marks = [
        (sample / rate, symbol)
        for sample, symbol in zip(annotation.sample, annotation.symbol, strict=True)
        if symbol in "[]"
    ]
    return [(a[0], b[0]) for a, b in pairwise(marks) if a[1] == "[" and b[1] == "]"]


def match_peaks(found: NDArray[np.float64], beats: list[float]) -> NDArray[np.int_]:
    """Count true positives, false positives and false negatives.

    Detections outside the annotated interval are ignored: LUDB does not annotate the first and
    last cycles, and a beat at a window's edge is cut off.
    """
    truth = np.array(beats)
    if len(truth) == 0:
        return np.zeros(3, dtype=int)
    found = found[(found > truth[0] - TOLERANCE) & (found < truth[-1] + TOLERANCE)]
    unmatched = list(found)
    matched = 0
    for beat in truth:
        near = [f for f in unmatched if abs(f - beat) <= TOLERANCE]
        if near:
            unmatched.remove(min(near, key=lambda f: abs(f - beat)))
            matched += 1
    return np.array([matched, len(unmatched), len(truth) - matched])


def _detection_rates(counts: NDArray[np.int_]) -> dict[str, float | int]:
    true, false, missed = (int(c) for c in counts)
    return {
        "sensitivity": true / max(true + missed, 1),
        "positive_predictivity": true / max(true + false, 1),
        "beats": true + missed,
    }


def _error_statistics(errors: list[float]) -> dict[str, float | int]:
    values = np.array(errors)
    if len(values) == 0:
        return {"bias_ms": float("nan"), "sd_ms": float("nan"), "records": 0}
    return {
        "bias_ms": float(values.mean()),
        "sd_ms": float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        "median_ms": float(np.median(values)),
        "records": len(values),
    }
