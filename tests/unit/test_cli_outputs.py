"""Where the command line writes: names of outputs are distinct and overwrite no picture."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from heartsense.cli.inputs import Input
from heartsense.cli.outputs import plan

FILE_NAMES = st.text("ab-2. ", min_size=1, max_size=5).filter(lambda name: set(name) - set(".-"))
PATHS = st.lists(
    st.tuples(st.sampled_from(["", "x/", "y/"]), FILE_NAMES).map("".join),
    min_size=2,
    max_size=12,
)


def paths(files: Sequence[str], option: str, kind: str = "overlay") -> list[Path]:
    return [job.outputs[kind] for job in plan([Input(file) for file in files], {kind: option})]


def test_the_output_of_one_file_has_the_path_that_was_given(tmp_path: Path) -> None:
    goal = tmp_path / "out.png"
    assert paths(["scan.png"], str(goal)) == [goal]


def test_without_an_option_there_is_no_output() -> None:
    jobs = plan([Input("a.png"), Input("b.png")], {"overlay": None, "heatmap": None})
    assert [job.outputs for job in jobs] == [{}, {}]


@pytest.mark.parametrize("folder", ["", "/", "/new", "/new.d/"])
def test_outputs_of_several_files_go_into_a_folder(tmp_path: Path, folder: str) -> None:
    goal = Path(f"{tmp_path}{folder}")
    assert paths(["a.png", "x/b.jpg"], f"{tmp_path}{folder}", "heatmap") == [
        goal / "a-heatmap.png",
        goal / "b-heatmap.png",
    ]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("overlay", "a-overlay.png"),
        ("heatmap", "a-heatmap.png"),
        ("signal", "a-signal.csv"),
        ("record", "a-record"),
    ],
)
def test_every_kind_of_output_has_its_name_in_a_folder(kind: str, name: str) -> None:
    assert paths(["a.png"], "out/", kind) == [Path("out", name)]


def test_a_pattern_names_the_output_of_each_file() -> None:
    assert paths(["a.png", "b.jpg"], "out/{name}.png") == [Path("out/a.png"), Path("out/b.png")]


def test_standard_input_has_a_name_for_its_outputs() -> None:
    assert paths(["-"], "out/") == [Path("out/stdin-overlay.png")]


def test_equal_names_are_numbered() -> None:
    assert [str(path) for path in paths(["x/a.png", "y/a.png", "a-2.png", "z/a.jpg"], "out/")] == [
        "out/a-overlay.png",
        "out/a-3-overlay.png",
        "out/a-2-overlay.png",
        "out/a-4-overlay.png",
    ]


@given(PATHS, st.sampled_from(["overlay", "signal", "record"]))
def test_no_output_overwrites_another(files: list[str], kind: str) -> None:
    found = paths(files, "out/", kind)
    assert len(set(found)) == len(files)
    assert {path.parent for path in found} == {Path("out")}


@given(PATHS)
def test_a_name_that_occurs_once_is_kept(files: list[str]) -> None:
    stems = [Path(file).stem for file in files]
    for stem, path in zip(stems, paths(files, "out/{name}.png"), strict=True):
        if stems.count(stem) == 1:
            assert path == Path(f"out/{stem}.png")


def test_one_path_for_several_files_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="folder"):
        paths(["a.png", "b.png"], "out.png")


def test_a_folder_of_one_picture_needs_no_other_option_than_one_of_many() -> None:
    one = [Input("scans/a.png", in_folder=True)]
    assert plan(one, {"overlay": "out"})[0].outputs == {"overlay": Path("out/a-overlay.png")}
    with pytest.raises(typer.BadParameter, match="folder"):
        plan(one, {"overlay": "out.png"})


def test_a_picture_is_never_overwritten(tmp_path: Path) -> None:
    picture = tmp_path / "scan.png"
    with pytest.raises(typer.BadParameter, match="the picture itself"):
        paths([str(picture)], f"{tmp_path}/./scan.png")


def test_two_options_cannot_name_the_same_file() -> None:
    with pytest.raises(typer.BadParameter, match="written twice"):
        plan([Input("a.png")], {"overlay": "out.png", "heatmap": "./out.png"})


def test_only_csv_goes_to_standard_output() -> None:
    with pytest.raises(typer.BadParameter, match="standard output"):
        paths(["a.png"], "-")
    with pytest.raises(typer.BadParameter, match="standard output"):
        paths(["a.png", "b.png"], "-", "signal")


@pytest.mark.parametrize("name", ["my record", "rec.ord", "é"])
def test_a_record_needs_a_name_that_wfdb_allows(name: str) -> None:
    assert paths(["a.png"], "any folder/rec-1_b", "record") == [Path("any folder/rec-1_b")]
    with pytest.raises(typer.BadParameter, match="letters, digits"):
        paths(["a.png"], f"folder/{name}", "record")


def test_records_named_after_files_have_names_that_wfdb_allows() -> None:
    assert paths(["my scan.png", "my.scan.png", "é.png"], "out/{name}", "record") == [
        Path("out/my_scan"),
        Path("out/my_scan-2"),
        Path("out/_"),
    ]
