"""Real pictures are scored against what is printed on them."""

import io
import json
import re
from base64 import b64decode
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from heartsense.digitizer.page_layout.layouts import candidate_layouts
from heartsense.ecg import ECG, LEADS
from heartsense.images import open_page
from training.__main__ import main
from training.benchmark import Fidelity
from training.benchmark.real.pictures import (
    RealPicture,
    read_pictures,
    read_truth,
    shown_layout,
)
from training.benchmark.real.scoring import PictureScore, score_picture
from training.benchmark.real.summary import summarize_real, worst_first
from training.features.extraction import TWELVE_LEAD_LAYOUTS, mask_to_layout
from training.render import PageSpec, render_page
from training.simulate import simulate


def score(
    picture: str,
    ratio: float | None,
    *,
    code: str | None = None,
    quality: float | None = 0.9,
    laws: tuple[float | None, float | None] = (0.1, 0.1),
    strip: float | None = None,
) -> PictureScore:
    """A score of a 3x4+1 page, right where it is read."""
    fidelity = None
    if ratio is not None:
        fidelity = Fidelity(signal=ratio, noise=1.0, read=ratio, product=ratio, samples=10)
    return PictureScore(
        picture=picture,
        code=code,
        layout=None if code else "3x4+1",
        true_layout=None if ratio is None else "3x4+1",
        masked=False,
        fidelity=fidelity,
        quality=None if code else quality,
        einthoven_residual=None if code else laws[0],
        goldberger_residual=None if code else laws[1],
        rhythm_agreement=None if code else strip,
        seconds=0.5,
    )


def test_one_perfect_picture_hides_no_bad_ones() -> None:
    summary = summarize_real([score("a", 1e9), score("b", 1.0, code="no_ecg_found")])
    assert summary["snr_db"] == pytest.approx(10 * np.log10((384 + 1) / 2), abs=0.01)
    assert summary["below_10_db"] == 0.5
    assert (summary["refused"], summary["codes"]) == (1, {"no_ecg_found": 1})
    assert summary["layout_found"] == 0.5


def test_intervals_are_those_of_resampled_pictures() -> None:
    same = summarize_real([score(str(i), 10.0) for i in range(5)])
    assert same["snr_db_interval"] == same["median_snr_db_interval"] == (10.0, 10.0)
    mixed = summarize_real([score(str(i), 10.0 ** (i / 5)) for i in range(11)])
    low, high = mixed["median_snr_db_interval"]
    assert low is not None
    assert high is not None
    assert 0 < low < 10 < high < 20
    assert mixed["median_snr_db"] == 10.0


def test_pictures_without_a_record_count_in_what_needs_none() -> None:
    summary = summarize_real([score("a", None), score("b", None, code="no_scale")])
    assert (summary["pages"], summary["scored"], summary["refused"]) == (2, 0, 1)
    assert summary["lawful"] == 1
    assert summary["snr_db"] is summary["below_10_db"] is summary["layout_found"] is None
    assert summary["snr_db_interval"] == (None, None)
    json.dumps(summary, allow_nan=False)


def test_silently_wrong_is_bad_and_trusted() -> None:
    scores = [
        score("good", 10.0),
        score("wrong", 3.0, quality=0.5),
        score("told", 3.0, quality=0.49),
        score("refused", 1.0, code="no_ecg_found"),
        score("unknown", None),
    ]
    assert summarize_real(scores)["silently_wrong"] == 1


def test_both_laws_and_the_strip_must_hold() -> None:
    scores = [
        score("strip", 10.0, strip=0.95),
        score("no strip", 10.0, laws=(0.25, 0.25)),
        score("einthoven", 10.0, laws=(0.26, 0.1)),
        score("goldberger", 10.0, laws=(0.1, 0.99)),
        score("other strip", 10.0, strip=0.94),
        score("not shown", 10.0, laws=(0.1, None)),
    ]
    assert summarize_real(scores)["lawful"] == 2


def test_the_worst_come_first() -> None:
    scores = [
        score("good", 20.0),
        score("unknown", None),
        score("unknown and refused", None, code="no_scale"),
        score("refused", 1.0, code="no_ecg_found"),
        score("wrong", 0.5),
    ]
    names = [s.picture for s in worst_first(scores)]
    assert names == ["wrong", "refused", "good", "unknown and refused", "unknown"]


@pytest.mark.parametrize("layout", TWELVE_LEAD_LAYOUTS)
def test_a_record_tells_the_layout_it_is_printed_in(layout: str) -> None:
    complete = ECG(np.ones((5000, 12), dtype=np.float32), 500.0)
    assert shown_layout(mask_to_layout(complete, layout)) == layout


def test_of_a_complete_record_a_standard_page_counts(tmp_path: Path) -> None:
    simulate().to_wfdb(tmp_path / "whole")
    truth = read_truth(tmp_path / "whole")
    assert truth.masked
    assert truth.layout == "3x4+1"
    assert truth.ecg.coverage() == pytest.approx(dict.fromkeys(LEADS, 0.25) | {"II": 1.0})


def test_a_record_with_missing_samples_counts_as_it_is(tmp_path: Path) -> None:
    printed = mask_to_layout(simulate(), "6x2")
    printed.to_wfdb(tmp_path / "printed")
    truth = read_truth(tmp_path / "printed")
    assert not truth.masked
    assert truth.layout == "6x2"
    assert (np.isfinite(truth.ecg.signal) == np.isfinite(printed.signal)).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages with their records, a blank one with a record, and a page without one."""
    folder = tmp_path_factory.mktemp("real")
    for name, layout in (("standard", "3x4+1"), ("columns", "6x2")):
        page = render_page(simulate(seed=len(name)), PageSpec(layout=layout, px_per_mm=5))
        Image.fromarray(page.pixels).save(folder / f"{name}.png")
        page.ecg.to_wfdb(folder / name)
    Image.new("RGB", (900, 600), "white").save(folder / "blank.png")
    unknown = render_page(simulate(), PageSpec(layout="3x4", px_per_mm=5))
    Image.fromarray(unknown.pixels).save(folder / "<unknown>.jpg", quality=90)
    rows = ["standard.png,standard,flat", "columns.png,columns,", "blank.png,standard,"]
    table = ["picture,truth,paper", *rows, "<unknown>.jpg,,"]
    (folder / "truth.csv").write_text("\n".join(table) + "\n", encoding="utf-8-sig")
    return folder


def run(folder: Path, *options: str) -> int:
    """Run the step; its exit status."""
    with pytest.raises(SystemExit) as end:
        main(["benchmark-digitizer", "--real", str(folder), *options])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture(scope="module")
def scored(folder: Path) -> tuple[dict[str, Any], str]:
    """What the step prints of the folder, and its sheet."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert run(folder, "--json", "--out", str(folder / "sheet")) == 0
    assert [path.name for path in (folder / "sheet").iterdir()] == ["index.html"]
    return json.loads(printed.getvalue()), (folder / "sheet" / "index.html").read_text()


@pytest.mark.slow
def test_a_folder_is_scored(scored: tuple[dict[str, Any], str]) -> None:
    summary, _ = scored
    assert (summary["pages"], summary["scored"], summary["masked_to_layout"]) == (4, 3, 0)
    assert (summary["refused"], summary["codes"]) == (1, {"no_ecg_found": 1})
    assert summary["layouts"] == {"3x4": 1, "3x4+1": 1, "6x2": 1}
    assert summary["layout_found"] == pytest.approx(2 / 3, abs=0.001)
    assert summary["silently_wrong"] == 0
    standard, columns, blank, unknown = summary["pictures"]
    for read in (standard, columns):
        assert read["snr_db"] > 15
        assert read["pearson"] > 0.98
        assert read["einthoven_residual"] < 0.2
    assert standard["rhythm_agreement"] > 0.95
    assert (blank["snr_db"], blank["layout"], blank["quality"]) == (0.0, None, None)
    assert (unknown["snr_db"], unknown["true_layout"], unknown["layout"]) == (None, None, "3x4")
    assert summary["snr_db_interval"][0] <= summary["snr_db"] <= summary["snr_db_interval"][1]


@pytest.mark.slow
def test_a_sheet_shows_every_picture(scored: tuple[dict[str, Any], str]) -> None:
    _, html = scored
    names = re.findall(r"<b>(.*?)</b>", html)
    assert names[0] == "blank.png"
    assert names[-1] == "&lt;unknown&gt;.jpg"
    overlays = [b64decode(data) for data in re.findall(r"data:image/jpeg;base64,([^\"]+)", html)]
    assert len(overlays) == 4
    blank, read = (open_page(jpeg).pixels.astype(int) for jpeg in overlays[:2])
    assert not is_magenta(blank).any()
    assert is_magenta(read).sum() > 1000
    signals = [b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", html)]
    assert len(signals) == 2
    assert all(is_magenta(open_page(png).pixels.astype(int)).sum() > 1000 for png in signals)


def is_magenta(pixels: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Where a picture in grey is drawn on."""
    is_coloured: NDArray[np.bool_] = pixels[..., 0] - pixels[..., 1] > 60
    return is_coloured


def test_a_damaged_picture_is_a_refused_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "truth.csv").write_text("picture,truth\nbroken.png,whole\n")
    simulate().to_wfdb(tmp_path / "whole")
    assert run(tmp_path, "--out", str(tmp_path)) == 0
    told = capsys.readouterr()
    assert "mean 0.00 dB (0.00 to 0.00)" in told.out
    assert "refused 1 of 1 (truncated_image 1)" in told.out
    assert "1 with complete records: only what a 3x4+1 page shows" in told.out
    assert "Reading pictures" in told.err
    assert "<img" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "truth.csv"),
        ("picture,record\na.png,a\n", "no column truth"),
        ("picture,truth\n", "no pictures"),
        ("picture,truth\na.png,\n", "a.png"),
    ],
)
def test_a_bad_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str | None, message: str
) -> None:
    if table is not None:
        (tmp_path / "truth.csv").write_text(table)
    assert run(tmp_path) == 1
    assert message in capsys.readouterr().err


def test_options_of_rendered_pages_are_not_for_real_ones(folder: Path) -> None:
    assert run(folder, "--layout", "3x4") == 2
    assert run(folder, "--data", str(folder)) == 2


def test_without_real_the_records_are_required() -> None:
    with pytest.raises(SystemExit) as end:
        main(["benchmark-digitizer", "--limit", "1"])
    assert end.value.code == 2


def test_a_folder_without_a_table_has_pictures_without_records(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [(p.name, p.record) for p in read_pictures(tmp_path)] == [
        ("a.jpg", None),
        ("b.png", None),
    ]


@pytest.mark.parametrize("layout", ["6x2", "3x4+3"])
def test_without_the_laws_the_first_layout_that_fits_is_kept(tmp_path: Path, layout: str) -> None:
    """Both layouts have six rows: the laws tell them apart."""
    path = tmp_path / "page.png"
    spec = PageSpec(layout=layout, px_per_mm=5, rhythm=("V1", "II", "V5"))
    Image.fromarray(render_page(simulate(), spec).pixels).save(path)
    picture = RealPicture(path.name, path, None)
    assert score_picture(picture).layout == layout
    first = candidate_layouts(6)[0].name
    assert score_picture(picture, without_laws=True).layout == first
    assert score_picture(picture).layout == layout
