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
"""Spellings to standard names; MIT-BIH's modified limb lead II is read as lead II."""
_PER_MV: Final = {"V": 1e3, "MV": 1.0, "UV": 1e-3, "NV": 1e-6}
_CHALLENGE_UNITS_PER_MV: Final = 1000.0


def lead_name(name: str) -> str:
    """The standard spelling of a lead's name: ``avr``, ``"aVR"`` and ``MDC_ECG_LEAD_AVR`` are aVR.

    Other names (``D3``, ``V5-V6``) come back as they are, without quotes and blanks.
    """
    bare = name.strip().strip("\"'").strip()
    key = re.sub(r"^(MDC_ECG_LEAD_|ECG[ _]|LEAD[ _])", "", bare.upper())
    return _NAMES.get(key, bare)


def read_record(path: Path) -> ECG:
    """Read a record.

    Parameters
    ----------
    path : Path
        A WFDB record, without ending or with ``.hea``, ``.dat`` or ``.mat``.

    Returns
    -------
    ECG
        In mV at the record's own rate, float32; leads in the standard order first, then others
        as the record names them. NaN where the record holds no value.

    Raises
    ------
    FileNotFoundError
        If there is no header, or neither ``.dat`` nor ``.mat``.
    ValueError
        If the header makes no sense or its units are not volts.
    """
    base = path.with_suffix("") if path.suffix in (".hea", ".dat", ".mat") else path
    header = base.with_name(base.name + ".hea")
    matrix = base.with_name(base.name + ".mat")
    if not header.exists():
        raise FileNotFoundError(f"no header {header}")
    signal, rate, names = _read_challenge(header, matrix) if matrix.exists() else _read_wfdb(base)
    return in_order(signal, rate, tuple(lead_name(n) for n in names))


def in_order(signal: NDArray[np.floating], rate: float, names: tuple[str, ...]) -> ECG:
    """An ECG whose standard leads stand in the standard order, the first of each name."""
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
    """``val`` holds 1000 units a mV; wfdb refuses the date that some of the headers carry."""
    lines = [line for line in header.read_text().splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    first = lines[0].split()
    if len(first) < 3 or len(lines) <= int(first[1]):
        raise ValueError(f"{header}: no record line with signals and sampling rate")
    names = [line.split()[-1] for line in lines[1 : int(first[1]) + 1]]
    rate = float(first[2].split("/")[0])
    val = loadmat(matrix)["val"]
    return val.T / _CHALLENGE_UNITS_PER_MV, rate, names
