"""The ``heartsense`` command as a user runs it: a process, its output, its exit status."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from heartsense.conditions import CONDITIONS
from heartsense.ecg import LEADS
from tests.support.image_files import drawing, encrypted_pdf, saved
from tests.support.paths import SAMPLES

NORMAL = SAMPLES / "normal.png"
PDF = SAMPLES / "paced.pdf"

pytestmark = pytest.mark.slow  # each test starts the command, most load the model


COMMAND: Final = Path(sys.executable).with_name("heartsense")
# Python's readline module adds COLUMNS to the environment of whoever imports it.
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
COLOUR: Final = re.compile(r"\x1b\[(?:[0-9;]*;)?[349][0-9](?:;[0-9;]*)?m")
SERVICE: Final = ("aws_lambda_powertools", "boto3", "jwt", "pymongo", "wfdb")


def heartsense(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )


def piped(file: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """The command with the file on its standard input."""
    with file.open("rb") as stream:
        return subprocess.run(
            [COMMAND, *arguments], stdin=stream, capture_output=True, timeout=120, check=False
        )


def on_a_terminal(*arguments: str | Path, **environment: str) -> str:
    """What the command prints to a terminal of 80 columns."""
    controller, terminal = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [COMMAND, *arguments],
        env={**kept, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    printed = bytearray()
    try:
        while chunk := os.read(controller, 1 << 16):
            printed += chunk
    except OSError:  # Linux's way to say that nobody has the terminal open any more
        pass
    os.close(controller)
    process.wait(timeout=120)
    return printed.decode()


def without(modules: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in an environment where the modules are not installed."""
    script = (
        "import sys, importlib.util as util\n"
        f"missing = {tuple(modules)!r}\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in missing:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name: None if name in missing else found(name)\n"
        "from heartsense.cli import app\n"
        "app()"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=120
    )


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
    no_pictures = tmp_path / "folder"
    no_pictures.mkdir()
    return {**codes, tmp_path / "none.png": "file_not_found", no_pictures: "file_unreadable"}


def test_every_refused_file_has_its_line(refused: dict[Path, str]) -> None:
    done = heartsense("classify", "--json", *refused)
    assert done.returncode == 2
    assert [(line["file"], line["error"]["code"]) for line in lines(done)] == [
        (str(path), code) for path, code in refused.items()
    ]
    assert all(line["error"]["message"].endswith(".") for line in lines(done))


def test_a_blank_page_holds_no_ecg(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (1200, 900), "white").save(blank)
    done = heartsense("classify", "--json", blank)
    (line,) = lines(done)
    assert line["error"]["code"] == "no_ecg_found"
    assert done.stderr == ""


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
    assert done.stderr == ""


def test_classify_for_people() -> None:
    done = heartsense("classify", NORMAL)
    assert done.returncode == 0, done.stderr
    for condition in CONDITIONS:
        assert condition.title.split()[0] in done.stdout
    assert "not a medical device" in done.stdout
    assert done.stderr == ""


def test_a_folder_is_shown_with_a_row_for_each_picture(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for picture in (NORMAL, PDF):
        (scans / picture.name).symlink_to(picture)
    (scans / "notes.txt").write_text("not a picture")
    out = tmp_path / "out"
    done = heartsense("classify", scans, "--overlay", out, "--heatmap", out)
    assert done.returncode == 0
    header, normal, paced, disclaimer = done.stdout.splitlines()
    assert header.startswith(f"{scans}/ ")
    assert normal.split() == ["normal.png", "Likely:", "Normal", "ECG", "64", "good"]
    assert paced.split()[:3] == ["paced.pdf", "Likely:", "Another"]
    assert "not a medical device" in disclaimer
    assert done.stderr == f"Pictures: {out}/\n"
    assert len(list(out.iterdir())) == 4


def test_standard_input_is_read_like_a_file() -> None:
    done = piped(PDF, "classify", "--json", "-")
    assert (done.returncode, done.stderr) == (0, b"")
    result = json.loads(done.stdout)
    assert result.pop("file") == "-"
    (expected,) = lines(heartsense("classify", "--json", PDF))
    del expected["file"]
    assert result == expected


def test_an_empty_standard_input_is_refused() -> None:
    done = piped(Path(os.devnull), "classify", "-")
    assert done.returncode == 2
    assert done.stderr.startswith(b"standard input: ")
    assert b"(empty_file)" in done.stderr


def test_csv_goes_to_standard_output(tmp_path: Path) -> None:
    done = piped(NORMAL, "digitize", "-", "--csv", "-")
    assert (done.returncode, done.stderr) == (0, b"")
    header, *rows = csv.reader(io.StringIO(done.stdout.decode()))
    assert header == ["time_s", *LEADS]
    assert {len(row) for row in rows} == {13}
    goal = tmp_path / "signal.csv"
    assert heartsense("digitize", NORMAL, "--csv", goal).stderr == f"Signals: {goal}\n"
    assert goal.read_bytes() == done.stdout


def test_a_closed_pipe_is_no_failure() -> None:
    script = f"set -o pipefail; {COMMAND} digitize {NORMAL} --csv - | head -1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("time_s,I,II")
    assert done.stderr == ""


def test_digitizing_without_outputs_shows_what_was_read(tmp_path: Path) -> None:
    done = heartsense("digitize", NORMAL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 mm/mV (from the calibration pulse)" in done.stdout


def test_signals_of_several_files_go_into_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = heartsense(
        *("digitize", NORMAL, PDF, tmp_path / "none.png", "--csv", out, "--wfdb", out)
    )
    assert done.returncode == 2
    assert {path.name for path in out.iterdir()} == {
        f"{name}-{kind}"
        for name in ("normal", "paced")
        for kind in ("signal.csv", "record.dat", "record.hea")
    }
    assert [row.split()[1] for row in done.stdout.splitlines()[1:4]] == [
        *("3x4+1", "3x4+3", "refused"),
    ]
    refusal, places = done.stderr.splitlines()
    assert refusal.endswith("(file_not_found)")
    assert places == f"Signals: {out}/"


def test_mistakes_are_noticed_before_anything_is_read(tmp_path: Path) -> None:
    for mistake in (
        ("classify", NORMAL, PDF, "--overlay", tmp_path / "one.png"),
        ("digitize", NORMAL, PDF, "--csv", "-"),
        ("digitize", NORMAL, "--wfdb", tmp_path / "no.name"),
        ("classify", "-", "-"),
    ):
        done = heartsense(*mistake)
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Invalid value" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_colours_on_a_terminal_unless_no_color_is_set() -> None:
    assert COLOUR.search(on_a_terminal("classify", NORMAL))
    for mistake in ((NORMAL,), ("none.png",), ("--nonsense",), ("--help",)):
        plain = on_a_terminal("classify", *mistake, NO_COLOR="1")
        assert not COLOUR.search(plain)
        assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in plain.splitlines()) <= 80


def test_version() -> None:
    done = heartsense("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"heartsense {version('heartsense')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_commands(shell: str) -> None:
    environment = {
        **os.environ,
        "_HEARTSENSE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "heartsense cl",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "heartsense cl",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, timeout=60)
    assert "classify" in done.stdout
    assert "digitize" not in done.stdout


def test_the_script_for_completion_is_shown() -> None:
    script = f"{COMMAND} --show-completion; exit $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "_HEARTSENSE_COMPLETE=complete_bash" in done.stdout


def test_pictures_are_classified_without_the_libraries_of_the_service() -> None:
    done = without(SERVICE, "classify", str(NORMAL))
    assert done.returncode == 0, done.stderr
    assert without(SERVICE, "--help").returncode == 0


def test_an_archive_needs_no_libraries_of_the_service(tmp_path: Path) -> None:
    done = without(SERVICE, "archive", str(tmp_path), "--out", str(tmp_path / "out.jsonl"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("0 files:")


def test_missing_libraries_are_named_with_how_to_install_them() -> None:
    done = without(SERVICE, "admin", "create-indexes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("pip install 'heartsense[service]' boto3\n")
    assert done.stderr.count("\n") == 1
    done = without(SERVICE, "digitize", str(NORMAL), "--wfdb", "out/record")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install wfdb" in done.stderr


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
        "heavy = {'numpy', 'PIL', 'rich', 'wfdb', 'ai_edge_litert', 'boto3', 'pymongo'}\n"
        "assert not heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
