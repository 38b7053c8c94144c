"""Features on a Dask cluster are those of this machine's processes, byte for byte."""

from pathlib import Path

import numpy as np
import pytest

from heartsense.ecg import ECG
from training.features import InputMode, cache, extract_all
from training.simulate import simulate
from training.sources import Record

distributed = pytest.importorskip(
    "distributed", reason="Dask is not installed: uv sync --inexact --group cluster"
)


def records_in(folder: Path) -> list[Record]:
    """A normal ECG, a flat one without beats, and a fast one."""
    ecgs = {"normal": simulate(), "flat": flat(), "fast": simulate(heart_rate=120, seed=1)}
    for name, ecg in ecgs.items():
        ecg.to_wfdb(folder / name)
    return [
        Record(f"made-up/{name}", "made-up", name, frozenset({"normal"}), folder / name)
        for name in ecgs
    ]


def flat() -> ECG:
    like = simulate()
    return ECG(np.zeros_like(like.signal), like.rate, like.leads)


def test_a_local_cluster_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_in(tmp_path)
    found = {}
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        for place, dask in (("here", None), ("cluster", cluster.scheduler_address)):
            monkeypatch.setattr(cache, "BUILD_DIR", tmp_path / place)
            found[place] = extract_all(records, InputMode("signal"), jobs=1, dask=dask)
    kept = [
        {path.name: path.read_bytes() for path in sorted((tmp_path / place).rglob("*.npz"))}
        for place in found
    ]
    assert len(kept[0]) == len(records)
    assert kept[0] == kept[1]
    (here, refused), (there, refused_there) = found.values()
    assert here.record.tolist() == there.record.tolist()
    assert refused == refused_there
