"""A folder of pictures of single beats: trained on, and judged by what came out."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heartsense.classifier import Classifier
from heartsense.conditions import CONDITION_IDS
from heartsense.digitizer import digitize
from heartsense.ecg import ECG
from heartsense.pipeline import read
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, render_page

RATE = 500.0
PICTURES = 22


def picture(rng: np.random.Generator, *, raised: bool) -> bytes:
    """One beat with some noise; ST raised by 0.4 mV or not."""
    t = np.arange(round(1.2 * RATE)) / RATE - 0.6
    mv = 0.12 * np.exp(-(((t + 0.16) / 0.025) ** 2)) + np.exp(-((t / 0.014) ** 2))
    mv -= 0.25 * np.exp(-(((t - 0.03) / 0.012) ** 2))
    mv += 0.25 * np.exp(-(((t - 0.26) / 0.045) ** 2))
    mv += 0.4 * raised * ((t > 0.04) & (t < 0.3))
    mv += rng.normal(0, 0.004, len(t))
    page = render_page(ECG(mv[:, None].astype(np.float32), RATE, ("II",)), SPEC)
    file = io.BytesIO()
    Image.fromarray(page.pixels).save(file, "PNG")
    return file.getvalue()


def train(folder: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", "beats", str(folder), "--out", str(out)]
    return subprocess.run([*command, "--jobs", "1"], capture_output=True, text=True, check=False)


SPEC = PageSpec(layout="beat", rhythm=("II",), labels=False)


def wide_beat() -> ECG:
    """A premature ventricular beat: QRS of 160 ms, and a T wave that points the other way."""
    t = np.arange(round(RATE)) / RATE - 0.4
    mv = 1.6 * np.exp(-((t / 0.05) ** 2)) - 0.6 * np.exp(-(((t - 0.08) / 0.03) ** 2))
    mv -= 0.5 * np.exp(-(((t - 0.28) / 0.08) ** 2))
    return ECG(mv[:, None].astype(np.float32), RATE, ("II",))


def test_a_wide_beat_alone_is_read_without_a_pulse() -> None:
    page = render_page(wide_beat(), replace(SPEC, pulse="none", legend="none"))
    read = digitize(page.pixels)
    assert compare_signals(page.ecg, read.ecg).ratio > 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, out = tmp_path_factory.mktemp("beats"), tmp_path_factory.mktemp("model")
    rng = np.random.default_rng(0)
    for letter in "NM":
        (folder / letter).mkdir()
        for number in range(PICTURES):
            content = picture(rng, raised=letter == "M")
            (folder / letter / f"{number:02d}.png").write_bytes(content)
    (folder / "N" / "text.png").write_bytes(b"no picture")
    done = train(folder, out)
    assert done.returncode == 0, done.stderr
    assert "N/text.png: not_an_image" in done.stdout
    assert f"trained on {2 * PICTURES} pictures, 1 refused" in done.stdout
    return out


@pytest.mark.slow
def test_a_single_beat_is_judged_by_a_model_of_beats(model: Path) -> None:
    classifier, rng = Classifier(model), np.random.default_rng(1)
    usual = read(picture(rng, raised=False), classifier=classifier)
    raised = read(picture(rng, raised=True), classifier=classifier)
    found = [{f.id: f for f in result.conditions} for result in (usual, raised)]
    assert [tuple(of_one) for of_one in found] == [CONDITION_IDS] * 2
    normal = [of_one["normal"].probability or 0.0 for of_one in found]
    infarction = [of_one["myocardial_infarction"].probability or 0.0 for of_one in found]
    assert normal[0] > 0.5 > normal[1]
    assert infarction[0] < 0.5 < infarction[1]
    for of_one in found:
        assert of_one["normal"].status != "not_assessed"
        for id in ("supraventricular_arrhythmia", "myocardial_infarction", "hypertrophy"):
            assert of_one[id].status == "not_assessed"
        assert of_one["ventricular_arrhythmia"].probability is None  # none was in the folder
    assert usual.urgency == "routine"


@pytest.mark.slow
def test_a_folder_of_one_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "N").mkdir()
    (tmp_path / "N" / "one.png").write_bytes(picture(np.random.default_rng(0), raised=False))
    done = train(tmp_path, tmp_path / "model")
    assert done.returncode != 0
    assert "no condition has" in done.stderr
    assert not (tmp_path / "model").exists()
