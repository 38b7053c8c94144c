"""``import heartsense`` as people use it in Python; the examples of docs/python.md run here too."""

import doctest
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import heartsense
from heartsense.classifier import released
from heartsense.errors import (
    FileMissingError,
    ImageTooSmallError,
    NoECGFoundError,
    NotAnImageError,
    PageNotFoundError,
    TooManyPixelsError,
    TruncatedImageError,
)
from heartsense.images import Source, open_page, open_source
from tests.support.paths import ROOT, SAMPLES

NORMAL = SAMPLES / "normal.png"


@pytest.fixture(scope="module")
def result() -> heartsense.Result:
    return heartsense.read(NORMAL)


def test_every_kind_of_source_gives_the_same_page() -> None:
    data = NORMAL.read_bytes()
    page = open_page(data).pixels
    image = Image.open(NORMAL)
    rgb = np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA"))
    with NORMAL.open("rb") as file:
        files: list[Source] = [NORMAL, str(NORMAL), data, bytearray(data), memoryview(data), file]
        for source in [*files, io.BytesIO(data), image, rgb, rgba, np.asfortranarray(rgb)]:
            assert np.array_equal(open_source(source).pixels, page)
    grey = np.asarray(image.convert("L"))
    assert np.array_equal(open_source(grey).pixels, np.stack([grey] * 3, axis=2))


def test_an_image_lies_as_its_exif_says_and_transparency_is_paper() -> None:
    photo = Image.new("RGB", (80, 60), "white")
    photo.putpixel((0, 0), (0, 0, 0))
    photo.getexif()[0x0112] = 6  # the camera was turned
    upright = open_source(photo).pixels
    assert upright.shape == (80, 60, 3)
    assert not upright[0, -1].any()
    assert open_source(np.zeros((60, 80, 4), np.uint8)).pixels.min() == 255


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        (12, TypeError, "not from int"),
        (None, TypeError, "not from NoneType"),
        (io.StringIO("text"), TypeError, "binary mode"),
        (np.zeros((60, 80)), ValueError, r"not float64 of shape \(60, 80\)"),
        (np.zeros((60, 80, 2), np.uint8), ValueError, r"not uint8 of shape \(60, 80, 2\)"),
        (np.zeros((0, 80), np.uint8), ValueError, "no pixels"),
        ("none.png", FileMissingError, "no such file"),
        (b"hello", NotAnImageError, "not a"),
    ],
)
def test_anything_else_is_refused_by_name(
    source: Source, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        heartsense.read(source)


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        ((40, 800), ImageTooSmallError),
        ((60, 9000), ImageTooSmallError),
        ((8000, 8000), TooManyPixelsError),
    ],
)
def test_arrays_have_the_limits_of_files(shape: tuple[int, int], error: type[Exception]) -> None:
    with pytest.raises(error):
        open_source(np.zeros(shape, np.uint8))
    with pytest.raises(error):
        open_source(Image.new("L", shape[::-1]))


def test_an_image_cut_short_is_refused() -> None:
    image = Image.open(io.BytesIO(NORMAL.read_bytes()[:20_000]))
    with pytest.raises(TruncatedImageError):
        open_source(image)


def test_an_array_has_one_page() -> None:
    with pytest.raises(PageNotFoundError):
        heartsense.digitize(np.full((600, 800), 255, np.uint8), page=2)


def test_refusals_need_no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path))
    released.cache_clear()
    with pytest.raises(NotAnImageError):
        heartsense.read(b"hello")
    with pytest.raises(NoECGFoundError):
        heartsense.read(np.full((600, 800), 255, np.uint8))
    with pytest.raises(heartsense.ModelError):
        heartsense.read(NORMAL)


def test_a_result_in_one_line_and_as_json(result: heartsense.Result) -> None:
    assert repr(result) == "<Result: normal; layout 3x4+1, 64/min, quality 0.95>"
    assert repr(result.ecg) == "<ECG: 12 leads, 10.00 s at 500 Hz>"
    result_json = result.to_dict()
    assert json.loads(json.dumps(result_json, allow_nan=False)) == result_json


def test_as_an_array_the_ecg_has_a_row_a_lead(result: heartsense.Result) -> None:
    ecg = np.asarray(result.ecg)
    assert ecg.shape == result.ecg.shape == (12, len(result.ecg.signal))
    assert np.array_equal(ecg[1], result.ecg.lead("II"), equal_nan=True)
    assert np.array(result.ecg, dtype=np.float64).dtype == np.float64


def test_what_others_wrote_is_escaped_in_notebooks(result: heartsense.Result) -> None:
    hostile = replace(result.classification, warnings=("<script>alert(1)</script>",))
    card = replace(result, classification=hostile)._repr_html_()
    assert "<script" not in card
    assert "&lt;script&gt;alert(1)" in card
    assert "Normal ECG" in card
    assert "http" not in card


def test_a_heatmap_of_what_is_not_present_is_an_error(result: heartsense.Result) -> None:
    assert result.heatmap().size == result.overlay().size == result.heatmap("normal").size
    with pytest.raises(KeyError):
        result.heatmap("hypertrophy")


def test_a_table_of_the_leads(result: heartsense.Result) -> None:
    table = result.ecg.to_dataframe()
    assert list(table.columns) == list(heartsense.LEADS)
    assert table.index.name == "time_s"
    assert np.array_equal(table.to_numpy(), result.ecg.signal, equal_nan=True)


def test_a_plot_is_paper_in_millimetres() -> None:
    time = np.arange(5000) / 500
    signal = np.tile(np.sin(time)[:, None], 12).astype(np.float32)
    axes = heartsense.ECG(signal, 500.0).plot(Figure().add_axes((0, 0, 1, 1)))
    assert axes.get_xlim() == (0, 270)  # 10 s at 25 mm/s and two margins
    pulses, leads = axes.lines[::5], [line for i, line in enumerate(axes.lines) if i % 5]
    assert len(axes.lines) == 17  # three rows of a pulse and four leads, one of a pulse and one
    assert [np.ptp(np.asarray(line.get_ydata())) for line in pulses[:3]] == [10.0] * 3
    assert np.ptp(np.asarray(leads[0].get_xdata())) == pytest.approx(62.5, abs=0.1)  # 2.5 s
    strip = heartsense.ECG(signal[:, :1], 500.0, ("strip",)).plot(Figure().add_axes((0, 0, 1, 1)))
    assert len(strip.lines) == 2


@pytest.mark.parametrize("library", ["pandas", "matplotlib", "wfdb"])
def test_a_missing_library_is_named(
    library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ecg = heartsense.ECG(np.zeros((500, 12), np.float32), 500.0)
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    uses: dict[str, Callable[[], object]] = {
        "pandas": ecg.to_dataframe,
        "matplotlib": ecg.plot,
        "wfdb": lambda: ecg.to_wfdb(tmp_path / "record"),
    }
    with pytest.raises(ImportError, match=f"pip install {library}"):
        uses[library]()


def test_importing_loads_nothing_heavy_and_every_name_is_there() -> None:
    program = (
        "import sys, heartsense\n"
        "heavy = {'numpy', 'PIL', 'ai_edge_litert', 'pydantic', 'typer'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "assert set(heartsense.__all__) <= set(dir(heartsense))\n"
        "for name in heartsense.__all__: getattr(heartsense, name)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = heartsense.nothing_of_the_kind


@pytest.mark.slow
def test_the_examples_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES, tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    mpl.use("Agg")
    document = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert (document.failed, document.attempted > 20) == (0, True)
    readme = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert (readme.failed, readme.attempted) == (0, 4)
    assert doctest.testmod(heartsense).failed == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"normal.csv", "normal.hea", "normal.pdf", "read.png", "why.png"} <= written
