"""An ECG as a file other programs read: CSV or a WFDB record."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartsense.cli.files import write_whole
from heartsense.ecg import ECG

UNITS_PER_MV: Final = 1000
_MISSING: Final = -32768  # WFDB format 16: a sample without a value


def write_csv(ecg: ECG, path: Path) -> None:
    """Write ``time_s`` and a column of millivolts a lead, empty where nothing is shown."""
    rows = io.StringIO()
    rows.write(",".join(("time_s", *ecg.leads)) + "\n")
    for index, values in enumerate(ecg.signal.tolist()):
        millivolts = ("" if value != value else f"{value:.4f}" for value in values)
        rows.write(f"{index / ecg.rate:.6f},{','.join(millivolts)}\n")
    write_whole(path, rows.getvalue().encode())


def write_wfdb(ecg: ECG, record: Path) -> None:
    """Write ``record.dat`` and ``record.hea``: 16 bit, 1000 units a millivolt."""
    import wfdb  # a second of start that only this option is worth

    leads = len(ecg.leads)
    with TemporaryDirectory() as folder:
        wfdb.wrsamp(
            record.name,
            fs=ecg.rate,
            units=["mV"] * leads,
            sig_name=list(ecg.leads),
            d_signal=_units(ecg.signal),
            fmt=["16"] * leads,
            adc_gain=[UNITS_PER_MV] * leads,
            baseline=[0] * leads,
            write_dir=folder,
        )
        for ending in (".dat", ".hea"):  # the header last: it makes the record exist
            name = record.name + ending
            write_whole(record.with_name(name), Path(folder, name).read_bytes())


def _units(signal: NDArray[np.float32]) -> NDArray[np.int64]:
    """Millivolts to digital units, the format's missing value where there is none."""
    units = np.clip(np.round(signal.astype(np.float64) * UNITS_PER_MV), -32767, 32767)
    return np.where(np.isnan(units), _MISSING, units).astype(np.int64)
