"""``heartsense archive`` as a user runs it: killed, stopped, and run again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from heartsense.errors import FileUnreadableError, FileUnwritableError
from heartsense.files import model_folder
from heartsense.service.batch.records import Record
from heartsense.service.batch.results_file import ResultsFile
from tests.support.paths import SAMPLES

NORMAL = SAMPLES / "normal.png"
COMMAND = Path(sys.executable).with_name("heartsense")


def archive(folder: Path, out: Path, jobs: int = 2) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "archive", folder, "--out", out, "--jobs", str(jobs)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Who runs the tests in the background has Ctrl-C ignored, and so would this.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = run.communicate(timeout=120)
    assert all_processes_ended(run)
    return run.returncode, said


def all_processes_ended(run: subprocess.Popen[str]) -> bool:
    """Whether the run's processes are gone, or soon are."""
    return happens(lambda: not Path(f"/proc/{run.pid}").exists() and not members(run.pid))


def members(group: int) -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                state, _, its_group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(its_group) == group and state != "Z":
                found.append(int(process.name))
    return found


def workers(run: subprocess.Popen[str]) -> list[int]:
    return [
        pid
        for pid in members(run.pid)
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def happens(what: Callable[[], Any], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def read(out: Path) -> list[dict[str, Any]]:
    content = out.read_text()
    assert content.endswith("\n")
    return [json.loads(line, parse_constant=pytest.fail) for line in content.splitlines()]


def counts(
    total: int, *, classified: int = 0, copied: int = 0, known: int = 0, refused: int = 0
) -> str:
    """What is printed at the end of a run; each file is counted once."""
    assert classified + copied + known + refused == total
    return (
        f"{total} files: {classified} classified, {copied} with the content of another file, "
        f"{known} already in the results, {refused} refused.\n"
    )


def has_lines(out: Path, count: int) -> Callable[[], bool]:
    return lambda: out.exists() and out.read_bytes().count(b"\n") >= count


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures of ECGs."""
    goal = tmp_path / "pictures"
    goal.mkdir()
    for name in sorted(path.name for path in SAMPLES.glob("*.*g"))[:6]:
        shutil.copy(SAMPLES / name, goal)
    return goal


def test_every_file_and_page_has_its_line_and_equal_files_are_classified_once(
    tmp_path: Path,
) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "deeper").mkdir(parents=True)
    shutil.copy(NORMAL, pictures / "b.png")
    shutil.copy(NORMAL, pictures / "deeper" / "a copy.png")
    (pictures / "notes.txt").write_text("not a picture")
    (pictures / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    page = Image.open(NORMAL).convert("RGB")
    blank = Image.new("RGB", page.size, "white")
    page.save(pictures / "pages.tiff", save_all=True, append_images=[blank])
    (pictures / "loop").symlink_to(pictures)
    out = pictures / "results.jsonl"  # is none of the pictures

    status, said = ended(archive(pictures, out))
    assert status == 2
    assert said == counts(5, classified=1, copied=1, refused=3)
    lines = {(line["file"], line["page"]): line for line in read(out)}
    assert len(lines) == len(read(out))
    codes = {key: line.get("error", {}).get("code") for key, line in lines.items()}
    assert codes == {
        ("b.png", 1): None,
        ("deeper/a copy.png", 1): None,
        ("notes.txt", 1): "not_an_image",
        ("caf\udce9.png", 1): "empty_file",
        ("pages.tiff", 1): None,
        ("pages.tiff", 2): "no_ecg_found",
    }
    assert {key: line["pages"] for key, line in lines.items() if line["pages"] > 1} == {
        ("pages.tiff", 1): 2,
        ("pages.tiff", 2): 2,
    }
    one = subprocess.run([COMMAND, "classify", "--json", NORMAL], capture_output=True, check=True)
    expected = json.loads(one.stdout)
    del expected["file"]
    for name in ("b.png", "deeper/a copy.png"):
        line = lines[name, 1]
        key = {line.pop(name) for name in ("file", "sha256", "page", "pages")}
        assert len(key) == 3  # page and pages are both 1
        assert line == expected

    before = out.read_bytes()
    (pictures / "b.png").rename(pictures / "c.png")
    status, said = ended(archive(pictures, out))
    assert status == 2
    assert said == counts(5, copied=1, known=1, refused=3)
    assert out.read_bytes().startswith(before)
    assert read(out)[-1]["file"] == "c.png"


def test_after_a_kill_and_another_run_no_image_is_missing_or_doubled(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.jsonl"
    run = archive(folder, out)
    assert happens(has_lines(out, 2))
    run.kill()
    ended(run)
    first = out.read_bytes()
    out.write_bytes(first[:-100])  # the worst moment: in the middle of a line
    assert 2 <= first.count(b"\n") < 6

    status, said = ended(archive(folder, out))
    assert status == 0
    kept = first.count(b"\n") - 1
    assert said == counts(6, classified=6 - kept, known=kept)
    names = Counter(line["file"] for line in read(out))
    assert names == Counter(path.name for path in folder.iterdir())
    assert all("conditions" in line for line in read(out))


def test_an_interrupted_run_prints_how_to_resume(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    for picture in list(folder.iterdir()):
        for number in range(9):  # enough that a busy machine sees the first line before the last
            shutil.copy(picture, folder / f"{number}-{picture.name}")
    run = archive(folder, out)
    assert happens(has_lines(out, 1))
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does it
    status, said = ended(run)
    assert status == 130
    assert "Run it again" in said
    assert "Traceback" not in said
    assert len(read(out)) < len(list(folder.iterdir()))


def test_a_process_that_dies_fails_its_image_only(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    run = archive(folder, out)
    assert happens(has_lines(out, 1))
    victim = workers(run)[0]
    os.kill(victim, signal.SIGSTOP)
    assert happens(has_lines(out, 3))  # the other goes on; the stopped one has a picture by now
    os.kill(victim, signal.SIGKILL)
    status, _ = ended(run)
    assert status == 2
    lines = read(out)
    assert Counter(line["file"] for line in lines) == Counter(p.name for p in folder.iterdir())
    (lost,) = [line["error"] for line in lines if "error" in line]
    assert lost["code"] == "worker_died"
    assert "-9" in lost["message"]


def test_another_model_classifies_all_files_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, out = tmp_path / "pictures", tmp_path / "results.jsonl"
    pictures.mkdir()
    shutil.copy(NORMAL, pictures)
    assert ended(archive(pictures, out))[0] == 0
    model = shutil.copytree(model_folder(), tmp_path / "model")
    manifest = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps({**manifest, "version": "2.0.0"}))
    monkeypatch.setenv("HEARTSENSE_MODEL", str(model))
    for _ in range(2):
        assert ended(archive(pictures, out))[0] == 0
    assert [line["model_version"] for line in read(out)] == [manifest["version"], "2.0.0"]
    assert len({line["sha256"] for line in read(out)}) == 1


def test_without_a_model_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path / "none"))
    status, said = ended(archive(SAMPLES, tmp_path / "results.jsonl"))
    assert status == 2
    assert "(model_missing)" in said
    assert not (tmp_path / "results.jsonl").exists()


LINES: list[Record] = [{"page": page, "pages": 3, "n": page * 11} for page in (1, 2, 3)]


def test_results_are_repaired_wherever_a_run_was_killed(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    with ResultsFile(whole, "1") as results:
        results.write("one", "aa", [{"page": 1, "pages": 1}])
        results.write("three", "bb", LINES)
    content = whole.read_bytes()
    out = tmp_path / "out.jsonl"
    for cut in range(len(content) + 1):
        out.write_bytes(content[:cut])
        with ResultsFile(out, "1") as results:
            if results.refused("one", "aa") is None:
                results.write("one", "aa", [{"page": 1, "pages": 1}])
            if (known := results.records_of("bb")) is None:
                results.write("three", "bb", LINES)
            else:
                assert [line["n"] for line in known] == [11, 22, 33]
        assert out.read_bytes() == content


@pytest.mark.parametrize("foreign", [b"hello", b"hello\n", b'{"file": "x"}\n', b"[1]\n", b"\0"])
def test_a_file_that_is_no_results_file_is_not_changed(tmp_path: Path, foreign: bytes) -> None:
    out = tmp_path / "mine.txt"
    out.write_bytes(foreign)
    with pytest.raises(FileUnreadableError, match="Line 1"):
        ResultsFile(out, "1")
    assert out.read_bytes() == foreign


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with ResultsFile(out, "1"), pytest.raises(FileUnwritableError, match="Another run"):
        ResultsFile(out, "1")
    with ResultsFile(out, "1"):
        pass
