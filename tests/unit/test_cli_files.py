"""Files in and out of the command line."""

from pathlib import Path

import pytest
import typer

from heartsense.cli.files import check_record, read_picture, targets
from heartsense.errors import FileMissingError, FileUnreadableError
from heartsense.images import MAX_BYTES


def test_one_file_goes_to_the_very_path(tmp_path: Path) -> None:
    goal = tmp_path / "out.png"
    assert targets(["scan.png"], str(goal), "overlay") == [goal]


def test_no_option_no_output() -> None:
    assert targets(["a.png", "b.png"], None, "overlay") == [None, None]


@pytest.mark.parametrize("folder", ["", "/", "/new", "/new.d/"])
def test_several_files_go_into_a_folder(tmp_path: Path, folder: str) -> None:
    paths = targets(["a.png", "x/b.jpg"], f"{tmp_path}{folder}", "heatmap")
    goal = Path(f"{tmp_path}{folder}")
    assert paths == [goal / "a-heatmap.png", goal / "b-heatmap.png"]


def test_a_pattern_names_each_file() -> None:
    paths = targets(["a.png", "b.jpg"], "out/{name}.png", "overlay")
    assert paths == [Path("out/a.png"), Path("out/b.png")]


def test_equal_names_do_not_overwrite_each_other() -> None:
    paths = targets(["x/a.png", "y/a.png", "a-2.png", "z/a.jpg"], "out/", "overlay")
    assert [str(path) for path in paths] == [
        "out/a-overlay.png",
        "out/a-3-overlay.png",
        "out/a-2-overlay.png",
        "out/a-4-overlay.png",
    ]


def test_one_path_for_several_files_is_a_mistake() -> None:
    with pytest.raises(typer.BadParameter, match="folder"):
        targets(["a.png", "b.png"], "out.png", "overlay")


def test_a_picture_is_never_overwritten(tmp_path: Path) -> None:
    picture = tmp_path / "scan.png"
    with pytest.raises(typer.BadParameter, match="the picture itself"):
        targets([str(picture)], f"{tmp_path}/./scan.png", "overlay")


@pytest.mark.parametrize("name", ["my record", "rec.ord", "é"])
def test_a_record_has_a_name_that_wfdb_knows(name: str) -> None:
    check_record(Path("any folder/rec-1_b"))
    with pytest.raises(typer.BadParameter, match="letters, digits"):
        check_record(Path("folder", name))


def test_refusals_when_reading(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_picture(str(tmp_path / "none.png"))
    with pytest.raises(FileUnreadableError):
        read_picture(str(tmp_path))
    with pytest.raises(FileUnreadableError):
        read_picture("nul\0byte.png")


def test_a_device_is_not_read() -> None:
    with pytest.raises(FileUnreadableError):
        read_picture("/dev/zero")


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    with large.open("wb") as stream:
        stream.truncate(10 * MAX_BYTES)  # a sparse file: no such space is used
    assert len(read_picture(str(large))) == MAX_BYTES + 1
