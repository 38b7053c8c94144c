"""The ``heartsense`` command as a user runs it: a process, its output, its exit status."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from heartsense.conditions import CONDITIONS
from heartsense.ecg import LEADS
from tests.support.image_files import drawing, encrypted_pdf, saved
from tests.support.paths import SAMPLES

NORMAL = SAMPLES / "normal.png"
PDF = SAMPLES / "paced.pdf"

pytestmark = pytest.mark.slow  # each test starts the command, most load the model


def heartsense(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("heartsense")
    return subprocess.run([command, *arguments], capture_output=True, text=True, timeout=120)


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]


@pytest.fixture
def refused(tmp_path: Path) -> dict[Path, str]:
    """Files of every kind that is refused before any digitizing, and their codes."""
    png = saved(drawing(), "PNG")
    contents = {
        "empty.png": (b"", "empty_file"),
        "text.png": (b"not a picture", "not_an_image"),
        "cut.png": (png[: len(png) // 2], "truncated_image"),
        "small.png": (saved(Image.new("RGB", (9, 9)), "PNG"), "image_too_small"),
        "locked.pdf": (encrypted_pdf(), "encrypted_pdf"),
    }
    codes = {tmp_path / name: code for name, (_, code) in contents.items()}
    for name, (data, _) in contents.items():
        (tmp_path / name).write_bytes(data)
    return {**codes, tmp_path / "none.png": "file_not_found", tmp_path: "file_unreadable"}


def test_every_refused_file_has_its_line(refused: dict[Path, str]) -> None:
    done = heartsense("classify", "--json", *refused)
    assert done.returncode == 2
    assert [(line["file"], line["error"]["code"]) for line in lines(done)] == [
        (str(path), code) for path, code in refused.items()
    ]
    assert all(line["error"]["message"].endswith(".") for line in lines(done))


def test_a_page_of_nothing_holds_no_ecg(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (1200, 900), "white").save(blank)
    (line,) = lines(heartsense("classify", "--json", blank))
    assert line["error"]["code"] == "no_ecg_found"


def test_no_such_page(tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    drawing().save(page)
    (line,) = lines(heartsense("classify", "--json", "--page", "2", page))
    assert line["error"]["code"] == "no_such_page"


def test_classify_goes_on_after_a_refusal(tmp_path: Path) -> None:
    done = heartsense(
        *("classify", "--json", NORMAL, tmp_path / "none.png", PDF),
        *("--overlay", tmp_path / "out", "--heatmap", f"{tmp_path}/out/{{name}}.hot.png"),
    )
    assert done.returncode == 2
    first, missing, second = lines(done)
    assert missing["error"]["code"] == "file_not_found"
    for line, sample in ((first, NORMAL), (second, PDF)):
        assert line["file"] == str(sample)
        assert [condition["id"] for condition in line["conditions"]] == [c.id for c in CONDITIONS]
        assert line["findings"]
        for kind in ("-overlay", ".hot"):
            with Image.open(tmp_path / "out" / f"{sample.stem}{kind}.png") as picture:
                picture.load()
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_classify_for_people() -> None:
    done = heartsense("classify", NORMAL)
    assert done.returncode == 0, done.stderr
    for condition in CONDITIONS:
        assert condition.title.split()[0] in done.stdout
    assert "not a medical device" in done.stdout


def test_digitize(tmp_path: Path) -> None:
    goal = tmp_path / "signal.csv"
    done = heartsense(
        *("digitize", NORMAL, "--csv", goal, "--wfdb", tmp_path / "record"),
        *("--overlay", tmp_path / "overlay.png"),
    )
    assert done.returncode == 0, done.stderr
    assert "mm/mV" in done.stdout
    with goal.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["time_s", *LEADS]
    assert any(row[1] for row in rows)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["overlay.png", "record.dat", "record.hea", "signal.csv"]


def test_digitize_refuses(tmp_path: Path) -> None:
    done = heartsense("digitize", tmp_path / "none.png", "--csv", tmp_path / "signal.csv")
    assert done.returncode == 2
    assert "(file_not_found)" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = heartsense("digitize", NORMAL, "--csv", tmp_path / "file" / "signal.csv")
    assert done.returncode == 2
    assert "(file_unwritable)" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys, heartsense.cli\n"
        "assert not {'numpy', 'PIL', 'rich', 'wfdb', 'ai_edge_litert'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
