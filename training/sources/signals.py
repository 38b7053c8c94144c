"""WFDB and Challenge records as ECGs in millivolts."""

import re
from pathlib import Path
from typing import Final

import numpy as np
import wfdb
from numpy.typing import NDArray
from scipy.io import loadmat

from heartsense.ecg import ECG, LEADS

_NAMES: Final = {name.upper(): name for name in LEADS} | {"MLII": "II"}
"""Spellings to standard names; the modified limb lead II of MIT-BIH is read as lead II."""
_PER_MV: Final = {"V": 1e3, "MV": 1.0, "UV": 1e-3, "NV": 1e-6}
_CHALLENGE_UNITS_PER_MV: Final = 1000.0


def lead_name(name: str) -> str:
    """Standard spelling of a lead name: ``avr``, ``"aVR"`` and ``MDC_ECG_LEAD_AVR`` give aVR.

    Other names (``D3``, ``V5-V6``) are returned without quotes and blanks.
    """
    bare = name.strip().strip("\"'").strip()
    key = re.sub(r"^(MDC_ECG_LEAD_|ECG[ _]|LEAD[ _])", "", bare.upper())
    return _NAMES.get(key, bare)


def read_record(path: Path) -> ECG:
    """Read a WFDB or Challenge record.

    Parameters
    ----------
    path : Path
        The record, without suffix or with ``.hea``, ``.dat`` or ``.mat``.

    Returns
    -------
    ECG
        In mV at the record's own rate, float32; leads in the standard order first, then others
        under the record's names. NaN where a value is missing.

    Raises
    ------
    FileNotFoundError
        If there is no header, or neither ``.dat`` nor ``.mat``.
    ValueError
        If the header is malformed or its units are not volts.
    """
    base = path.with_suffix("") if path.suffix in (".hea", ".dat", ".mat") else path
    header = base.with_name(base.name + ".hea")
    matrix = base.with_name(base.name + ".mat")
    if not header.exists():
        raise FileNotFoundError(f"no header {header}")
    signal, rate, names = _read_challenge(header, matrix) if matrix.exists() else _read_wfdb(base)
    return in_standard_order(signal, rate, tuple(lead_name(n) for n in names))


def in_standard_order(signal: NDArray[np.floating], rate: float, names: tuple[str, ...]) -> ECG:
    """An ECG with the standard leads, the first of each name, in standard order."""
    order = [names.index(n) for n in LEADS if n in names]
    order += [i for i, n in enumerate(names) if n not in LEADS]
    columns = np.ascontiguousarray(signal[:, order], dtype=np.float32)
    return ECG(columns, float(rate), tuple(names[i] for i in order))


def _read_wfdb(base: Path) -> tuple[NDArray[np.floating], float, list[str]]:
    record = wfdb.rdrecord(str(base))
    scale = [_PER_MV.get(unit.strip().upper()) for unit in record.units]
    if None in scale:
        raise ValueError(f"{base}: units {record.units} are not volts")
    return record.p_signal * np.array(scale, float), record.fs, record.sig_name


def _read_challenge(header: Path, matrix: Path) -> tuple[NDArray[np.floating], float, list[str]]:
    """``val`` has 1000 units per mV. wfdb rejects the date format of some of these headers."""
    lines = [line for line in header.read_text().splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    first = lines[0].split()
    if len(first) < 3 or len(lines) <= int(first[1]):
        raise ValueError(f"{header}: no record line with signals and sampling rate")
    names = [line.split()[-1] for line in lines[1 : int(first[1]) + 1]]
    rate = float(first[2].split("/")[0])
    val = loadmat(matrix)["val"]
    return val.T / _CHALLENGE_UNITS_PER_MV, rate, names
