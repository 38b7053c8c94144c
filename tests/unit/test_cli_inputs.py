"""What the command line reads: files, folders and their refusals."""

from pathlib import Path

import pytest
import typer

from heartsense.cli.inputs import Input, find_inputs
from heartsense.errors import FileMissingError, FileUnreadableError
from heartsense.images import MAX_BYTES
from tests.support.image_files import drawing, saved

PNG = saved(drawing(), "PNG")


def names(*arguments: str | Path) -> list[str]:
    return [one.name for one in find_inputs([str(argument) for argument in arguments])]


def test_a_folder_stands_for_the_pictures_below_it_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.dat", "sub/c", "sub.png"):  # the content tells, not the ending
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PNG)
    (tmp_path / "scan.pdf").write_bytes(b"\n" * 1000 + b"%PDF-1.7")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    below = [str(tmp_path / name) for name in ("a.dat", "b.png", "scan.pdf", "sub.png", "sub/c")]
    assert names(tmp_path) == below
    assert names("z.png", tmp_path, "-") == ["z.png", *below, "-"]


def test_files_that_are_named_are_never_left_out(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a picture")
    assert names(notes, tmp_path / "none.png") == [str(notes), str(tmp_path / "none.png")]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a picture")
    (found,) = find_inputs([str(tmp_path)])
    assert found.name == str(tmp_path)
    with pytest.raises(FileUnreadableError, match="no image and no PDF"):
        found.read()


def test_standard_input_is_read_once_only() -> None:
    with pytest.raises(typer.BadParameter, match="only once"):
        find_inputs(["-", "a.png", "-"])


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        Input(str(tmp_path / "none.png")).read()
    for name in ("nul\0byte.png", "/dev/zero"):
        with pytest.raises(FileUnreadableError):
            Input(name).read()


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    with large.open("wb") as stream:
        stream.truncate(10 * MAX_BYTES)  # a sparse file: no such space is used
    assert len(Input(str(large)).read()) == MAX_BYTES + 1
