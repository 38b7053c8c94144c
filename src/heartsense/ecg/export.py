"""Leads as other programs read them: CSV, a WFDB record, a pandas table."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heartsense.ecg.optional import optional
from heartsense.files import write_file

if TYPE_CHECKING:
    import pandas as pd

Signal = NDArray[np.float32]
"""Millivolts, shape (samples, leads); NaN where there is no value."""

_UNITS_PER_MV: Final = 1000
_MISSING: Final = -32768  # WFDB format 16: a sample without a value


def to_csv(signal: Signal, rate: float, leads: Sequence[str]) -> str:
    """CSV with a column ``time_s`` and a column of millivolts a lead, empty where NaN."""
    rows = io.StringIO()
    rows.write(",".join(("time_s", *leads)) + "\n")
    for index, values in enumerate(signal.tolist()):
        millivolts = ("" if value != value else f"{value:.4f}" for value in values)
        rows.write(f"{index / rate:.6f},{','.join(millivolts)}\n")
    return rows.getvalue()


def write_wfdb(signal: Signal, rate: float, leads: Sequence[str], record: Path) -> None:
    """Write ``record.dat`` and ``record.hea``: format 16, 1000 units a millivolt.

    Raises
    ------
    ValueError
        If the record's name has other characters than letters, digits, - and _.
    """
    with optional("wfdb", "Writing WFDB records"):
        import wfdb  # takes a second
    if not re.fullmatch(r"[A-Za-z0-9_-]+", record.name):
        raise ValueError(
            f"A WFDB record's name has letters, digits, - and _ only, not {record.name!r}"
        )
    with TemporaryDirectory() as folder:
        wfdb.wrsamp(
            record.name,
            fs=rate,
            units=["mV"] * len(leads),
            sig_name=list(leads),
            d_signal=_units(signal),
            fmt=["16"] * len(leads),
            adc_gain=[_UNITS_PER_MV] * len(leads),
            baseline=[0] * len(leads),
            write_dir=folder,
        )
        for ending in (".dat", ".hea"):  # the header last: it makes the record exist
            name = record.name + ending
            write_file(record.with_name(name), Path(folder, name).read_bytes())


def to_dataframe(signal: Signal, rate: float, leads: Sequence[str]) -> "pd.DataFrame":
    """Millivolts, a column a lead, over an index ``time_s``."""
    with optional("pandas", "A table of the leads"):
        import pandas as pd
    time = pd.Index(np.arange(len(signal)) / rate, name="time_s")
    table: Any = pd.DataFrame(signal, index=time, columns=list(leads))
    return table


def _units(signal: Signal) -> NDArray[np.int64]:
    """Millivolts to digital units, the format's missing value where there is none."""
    units = np.clip(np.round(signal.astype(np.float64) * _UNITS_PER_MV), -32767, 32767)
    return np.where(np.isnan(units), _MISSING, units).astype(np.int64)
