"""Windows drawn as pictures of strips and read back, cached."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from heartsense.digitizer import digitize
from heartsense.ecg import ECG, Trace
from heartsense.errors import HeartSenseError
from training.render import render_page, strip_spec
from training.strips.windows import LEAD, WINDOW_SECONDS, Window

_SEED: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What was read off the picture of one window.

    Attributes
    ----------
    ecg : ECG or None
        None where the picture was refused.
    true_seconds : float64 array, shape (samples,)
        The time in the window of what each sample of ``ecg`` shows, found by its place on the
        page: a misread paper speed does not move it.
    refusal : str
        The error's code; empty where the picture was read.
    quality : tuple of str
        Codes of quality problems.
    """

    ecg: ECG | None
    true_seconds: NDArray[np.float64]
    refusal: str = ""
    quality: tuple[str, ...] = ()


def read_pictures(windows: Sequence[Window], cache: Path) -> dict[str, Reading]:
    """Draw each window as a picture and read it; resumes from the cache.

    The look is that of scans and screen shots, at random, determined by the window's id.
    """
    cache.mkdir(parents=True, exist_ok=True)
    missing = [w for w in windows if not _file(cache, w).is_file()]
    for window in track(
        _spread(missing), "strip pictures", total=len(missing), disable=not missing
    ):
        _save(_file(cache, window), _read_picture(window))
    return {window.id: _load(_file(cache, window)) for window in windows}


def _spread(windows: Sequence[Window]) -> Iterable[Window]:
    """Every third window first, so that what an interrupted run leaves is an even sample."""
    for first in range(3):
        yield from windows[first::3]


def _read_picture(window: Window) -> Reading:
    rng = np.random.default_rng([_SEED, zlib.crc32(window.id.encode())])
    page = render_page(window.ecg, strip_spec(rng, LEAD, WINDOW_SECONDS))
    try:
        digitized = digitize(page.pixels)
    except HeartSenseError as error:
        return Reading(None, np.zeros(0), error.code)
    seconds = true_seconds(digitized.ecg, digitized.traces, page.traces)
    return Reading(digitized.ecg, seconds, "", digitized.quality.reasons)


def true_seconds(ecg: ECG, traces: Sequence[Trace], truth: Sequence[Trace]) -> NDArray[np.float64]:
    """The true time of each sample that was read, by the columns of pixels of both traces."""
    read_x, read_t = _columns(traces)
    true_x, true_t = _columns(truth)
    samples = np.arange(len(ecg.signal)) / ecg.rate
    x = _extrapolated(samples, read_t, read_x)
    return _extrapolated(x, true_x, true_t)


def _columns(traces: Sequence[Trace]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Column and time of each point of the traces, by time."""
    x = np.concatenate([trace.points[:, 0] for trace in traces]).astype(np.float64)
    t = np.concatenate([_times(trace) for trace in traces])
    order = np.argsort(t, kind="stable")
    return x[order], t[order]


def _times(trace: Trace) -> NDArray[np.float64]:
    x = trace.points[:, 0].astype(np.float64)
    share = (x - x[0]) / (float(x[-1] - x[0]) or 1.0)  # from right to left where read upside down
    seconds: NDArray[np.float64] = trace.start + share * (trace.end - trace.start)
    return seconds


def _extrapolated(
    at: NDArray[np.float64], known: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Linear interpolation, continued in a straight line beyond the ends."""
    slope = float(values[-1] - values[0]) / max(float(known[-1] - known[0]), 1e-9)
    inside = np.interp(at, known, values)
    before, after = np.minimum(at - known[0], 0.0), np.maximum(at - known[-1], 0.0)
    continued: NDArray[np.float64] = inside + slope * (before + after)
    return continued


def _file(cache: Path, window: Window) -> Path:
    return cache / (window.id.replace("/", "~") + ".npz")


def _save(path: Path, reading: Reading) -> None:
    ecg = reading.ecg
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            signal=np.zeros((0, 1), np.float32) if ecg is None else ecg.signal,
            rate=np.array(1.0 if ecg is None else ecg.rate),
            leads=np.array(() if ecg is None else ecg.leads, dtype=np.str_),
            true_seconds=reading.true_seconds,
            refusal=np.array(reading.refusal),
            quality=np.array(reading.quality, dtype=np.str_),
        )
    partial.rename(path)  # an interrupted run leaves no half-written file


def _load(path: Path) -> Reading:
    with np.load(path) as saved:
        refusal = str(saved["refusal"])
        ecg = None
        if not refusal:
            leads = tuple(str(name) for name in saved["leads"])
            ecg = ECG(saved["signal"], float(saved["rate"]), leads)
        quality = tuple(str(code) for code in saved["quality"])
        return Reading(ecg, saved["true_seconds"], refusal, quality)
