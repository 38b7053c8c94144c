"""A few mutated pictures are read, or refused by name."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.small_files import PALE_FILES
from tools.fuzz_predict import make


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


def test_a_number_is_the_same_file_again() -> None:
    small = [number for number in range(60) if number % 3 == 0]
    first = {number: make(5, number) for number in small}
    assert {number: make(5, number) for number in small} == first
    assert make(6, 0) != first[0]
    assert {name for name, _, _ in first.values()} & set(PALE_FILES)
