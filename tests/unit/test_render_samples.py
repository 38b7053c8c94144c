"""The pictures in ``samples/`` are what their README says they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heartsense.conditions import CONDITION_IDS
from heartsense.images import open_page
from training.__main__ import main
from training.samples import SAMPLES, SAMPLES_DIR, Sample


def test_samples_cover_what_they_should() -> None:
    readme = (SAMPLES_DIR / "README.md").read_text(encoding="utf-8")
    assert len(SAMPLES) >= 8
    assert len({s.spec.layout for s in SAMPLES}) >= 4
    assert all(f"`{condition}`" in readme for condition in CONDITION_IDS)
    assert {Path(s.file).suffix for s in SAMPLES} >= {".png", ".jpg", ".pdf"}
    assert any(abs(s.spec.distortion.rotation) > 2 for s in SAMPLES)
    assert "Creative Commons Attribution 4.0" in readme
    assert "has seen these records" in readme
    assert all(f"[{s.file}]({s.file}) | {s.ecg_id:05d} |" in readme for s in SAMPLES)


def test_the_folder_holds_these_samples_and_is_small() -> None:
    files = {p.name: p.stat().st_size for p in SAMPLES_DIR.iterdir()}
    assert files.keys() == {s.file for s in SAMPLES} | {"README.md"}
    assert sum(files.values()) < 4_000_000


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.file)
def test_each_sample_opens(sample: Sample) -> None:
    page = open_page((SAMPLES_DIR / sample.file).read_bytes())
    assert page.pixels.shape[1] > 900


@pytest.mark.data
def test_the_samples_are_not_stale(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["samples", "--data", str(data_dir), "--out", str(tmp_path)])
    assert end.value.code == 0
    for sample in SAMPLES:
        if sample.file.endswith(".png"):  # the others depend on the JPEG library's version
            new, old = (np.asarray(Image.open(d / sample.file)) for d in (tmp_path, SAMPLES_DIR))
            assert np.array_equal(new, old), sample.file
    readme = "README.md"
    assert (tmp_path / readme).read_text("utf-8") == (SAMPLES_DIR / readme).read_text("utf-8")
