"""A few mutated pictures are read, or refused by name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.mark.slow
def test_mutated_pictures_give_an_answer_or_a_named_error(tmp_path: Path) -> None:
    step = [
        sys.executable,
        "tools/fuzz_pictures.py",
        "samples/normal.png",
        "samples/hypertrophy.jpg",
    ]
    options = ["--count", "12", "--limit", "60", "--out", str(tmp_path / "lines")]
    done = subprocess.run([*step, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "lines").read_text().splitlines()
    outcomes = [json.loads(line)["outcome"] for line in lines]
    assert len(outcomes) == 12
    assert "read" in outcomes
