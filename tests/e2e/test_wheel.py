"""The wheel, installed into an empty environment as a user does."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MAX_MB = 200
"""What an installation with all it needs may take."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder of an environment's commands: `make wheel` builds, installs and prints sizes."""
    made = subprocess.run(["make", "wheel"], cwd=ROOT, capture_output=True, text=True, check=True)
    print("\n".join(made.stdout.splitlines()[-2:]))
    return ROOT / "build" / "wheel" / "bin"


def run(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of the checkout in reach but the samples."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    if not (folder / "samples").exists():
        (folder / "samples").symlink_to(ROOT / "samples")
        (folder / "out").mkdir()
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_command_works_without_extras(installed: Path, tmp_path: Path) -> None:
    heartsense = installed / "heartsense"
    assert "classify" in run([heartsense, "--help"], tmp_path).stdout
    classified = run([heartsense, "classify", "samples/normal.png"], tmp_path)
    assert classified.returncode == 0, classified.stderr
    assert "Normal ECG" in classified.stdout
    archived = run([heartsense, "archive", "out", "--out", "results.jsonl"], tmp_path)
    assert archived.returncode == 0, archived.stderr


def test_missing_optional_libraries_are_reported_in_one_sentence(
    installed: Path, tmp_path: Path
) -> None:
    heartsense = installed / "heartsense"
    assert run([heartsense, "admin", "--help"], tmp_path).returncode == 0
    assert run([heartsense, "admin", "sweep", "--help"], tmp_path).returncode == 0
    refused = run([heartsense, "admin", "sweep"], tmp_path)
    assert refused.returncode == 1
    assert "pip install 'heartsense[service]'" in refused.stderr
    refused = run(
        [heartsense, "digitize", "samples/normal.png", "--csv", "out/ecg.csv", "--wfdb", "out/ecg"],
        tmp_path,
    )
    assert refused.returncode == 2
    assert "pip install wfdb" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_examples_work_up_to_those_that_need_more(installed: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "python.md").read_text()
    core, more = text.split("## With other libraries")
    assert ">>> " in more
    (tmp_path / "python.md").write_text(core)
    examples = run([installed / "python", "-m", "doctest", "python.md"], tmp_path)
    assert examples.returncode == 0, examples.stdout


def test_it_is_no_larger_than_it_was(installed: Path) -> None:
    environment = installed.parent
    size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file())
    print(f"installed: {size / 1e6:.0f} MB")
    assert size / 1e6 < MAX_MB
