from pathlib import Path

import pytest

from heartsense.errors import FileUnwritableError
from heartsense.files import write_file


def test_writing_leaves_whole_files_only(tmp_path: Path) -> None:
    goal = tmp_path / "new" / "out.csv"
    write_file(goal, b"first")
    write_file(goal, b"second")
    assert goal.read_bytes() == b"second"
    assert [path.name for path in goal.parent.iterdir()] == ["out.csv"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "out.csv"
    folder.mkdir()
    with pytest.raises(FileUnwritableError, match=r"out\.csv"):
        write_file(folder, b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileUnwritableError):
        write_file(tmp_path / "file" / "out.csv", b"data")
