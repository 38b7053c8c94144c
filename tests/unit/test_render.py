"""The ground truth of a rendered page is what its pixels show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from heartsense.ecg import ECG, LEADS, STRIP
from training.__main__ import main
from training.render import LAYOUTS, Distortion, PageSpec, random_spec, render_page, strip_spec
from training.render.spec import PageKind


def made_up_ecg(rate: float = 500.0, seconds: float = 10.0) -> ECG:
    """Twelve leads that obey Einthoven and Goldberger: a beat a second, sharp and tall."""
    t = np.arange(round(rate * seconds)) / rate
    phase = (t + 0.3) % 1.0

    def wave(at: float, width: float) -> NDArray[np.float64]:
        return np.exp(-0.5 * ((phase - at) / width) ** 2)

    beat = 0.12 * wave(0.2, 0.03) + wave(0.4, 0.012) - 0.3 * wave(0.43, 0.01)
    turn = 0.25 * wave(0.7, 0.06)
    one, two = 0.6 * beat + turn, 1.1 * beat + 0.8 * turn
    three = two - one
    limbs = [one, two, three, -(one + two) / 2, (one - three) / 2, (two + three) / 2]
    chest = [s * beat + turn for s in (-0.8, -1.2, -0.3, 1.0, 1.3, 1.0)]
    return ECG(np.column_stack(limbs + chest).astype(np.float32), rate)


FLAT = Distortion()
SPEC = PageSpec(px_per_mm=6.0, labels=False, legend="none", pulse="none")


@pytest.mark.parametrize("page", ["clean", "photo"])
def test_the_same_seed_gives_the_same_page(page: PageKind) -> None:
    first, second = (
        render_page(made_up_ecg(), random_spec(np.random.default_rng(7), page)) for _ in range(2)
    )
    assert first.spec == second.spec
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.ecg.signal, second.ecg.signal, equal_nan=True)
    other = random_spec(np.random.default_rng(8), page)
    assert other != first.spec


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), layout=st.sampled_from(LAYOUTS))
@pytest.mark.slow
def test_truth_points_lie_on_ink(seed: int, layout: str) -> None:
    """Also on turned, blurred and compressed pages: darker than what is around them."""
    spec = random_spec(np.random.default_rng(seed), "clean", layout)
    page = render_page(made_up_ecg(), spec)
    grey = page.pixels.astype(float).mean(axis=2)
    assert page.traces
    for trace in page.traces:
        x, y = np.round(trace.points).astype(int).T
        below = [np.clip(y + round(mm * page.pitch), 0, len(grey) - 1) for mm in (2.5, 3.5, 4.5)]
        paper = np.max([grey[row, x] for row in below], axis=0)
        assert np.median(grey[y, x]) < np.median(paper) - 40


@pytest.mark.parametrize("ink_px", [1.4, 2.0, 3.1])
@pytest.mark.parametrize("rotation", [0.0, 3.0, -5.0])
def test_truth_points_are_the_middle_of_the_ink(rotation: float, ink_px: float) -> None:
    """To a tenth of a pixel, measured on an isoelectric line."""
    flat = ECG(np.zeros((5000, 1), np.float32), 500.0, ("II",))
    spec = replace(SPEC, layout="strip", grid="none", paper=(255, 255, 255), ink_px=ink_px)
    page = render_page(flat, replace(spec, distortion=Distortion(rotation=rotation)))
    dark = 255.0 - page.pixels[:, :, 0]
    points = page.traces[0].points[200:-200]
    errors = []
    for x in range(int(points[0, 0]) + 1, int(points[-1, 0]), 40):
        true = float(np.interp(x, points[:, 0], points[:, 1]))
        rows = np.arange(round(true) - 6, round(true) + 7)
        errors.append(dark[rows, x] @ rows / dark[rows, x].sum() - true)
    assert abs(np.mean(errors)) < 0.1
    assert np.std(errors) < 0.1


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), layout=st.sampled_from(LAYOUTS))
def test_points_are_the_truth_in_millimetres(seed: int, layout: str) -> None:
    spec = random_spec(np.random.default_rng(seed), "clean", layout)
    spec = replace(spec, distortion=FLAT, offset_mm=0.0)
    page = render_page(made_up_ecg(), spec)
    for trace in page.traces:
        mv = page.ecg.signal[:, 0] if len(page.ecg.leads) == 1 else page.ecg.lead(trace.lead)
        first = round(trace.start * page.ecg.rate)
        mv = mv[first : first + len(trace.points)]
        drawn = -trace.points[:, 1] / (spec.px_per_mm * spec.gain)
        np.testing.assert_allclose(drawn - drawn.mean(), mv - mv.mean(), atol=1e-3)
        width = np.ptp(trace.points[:, 0]) / (spec.px_per_mm * spec.speed)
        assert width == pytest.approx(trace.end - trace.start, abs=1e-3)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_shows_what_its_name_says(layout: str) -> None:
    page = render_page(made_up_ecg(), replace(SPEC, layout=layout, rhythm=("V1", "II", "V5")))
    if layout in ("strip", "beat"):
        assert page.ecg.leads == (STRIP,)
        assert page.ecg.coverage() == {STRIP: 1.0}
        assert page.ecg.duration == pytest.approx(10.0 if layout == "strip" else 0.9, abs=0.01)
        return
    share = {"3x4": 0.25, "6x2": 0.5, "12x1": 1.0}[layout.split("+")[0]]
    strips = ("V1", "II", "V5") if "+" in layout else ()
    assert page.ecg.coverage() == {lead: 1.0 if lead in strips else share for lead in LEADS}
    assert len(page.traces) == 12 + len(strips)


def test_columns_follow_one_another_through_all_ten_seconds() -> None:
    page = render_page(made_up_ecg(), replace(SPEC, layout="3x4"))
    starts = {t.lead: t.start for t in page.traces}
    assert [starts[lead] for lead in ("I", "aVR", "V1", "V4")] == [0.0, 2.5, 5.0, 7.5]
    x = {t.lead: t.points[0, 0] for t in page.traces}
    assert x["aVR"] - x["I"] == pytest.approx(2.5 * 25 * 6)


@pytest.mark.parametrize("layout", [x for x in LAYOUTS if x not in ("strip", "beat")])
def test_einthoven_holds_in_the_truth(layout: str) -> None:
    ecg = render_page(made_up_ecg(), replace(SPEC, layout=layout)).ecg
    shown = np.isfinite(ecg.lead("I")) & np.isfinite(ecg.lead("III"))
    residual = (ecg.lead("I") + ecg.lead("III") - ecg.lead("II"))[shown]
    assert shown.any()
    assert np.abs(residual).max() < 1e-5


@pytest.mark.parametrize(("rate", "seconds"), [(100.0, 10.0), (360.0, 7.0), (1000.0, 30.0)])
def test_other_rates_and_lengths(rate: float, seconds: float) -> None:
    page = render_page(made_up_ecg(rate, seconds), SPEC)
    assert page.ecg.duration == min(seconds, 10.0)
    assert page.ecg.rate == rate
    assert len(page.traces) == 13


def test_missing_leads_and_gaps_stay_empty() -> None:
    ecg = made_up_ecg()
    ecg.signal[:, 11] = np.nan
    ecg.signal[200:300, 0] = np.nan
    page = render_page(ecg, replace(SPEC, layout="12x1"))
    assert page.ecg.coverage()["V6"] == 0.0
    assert np.isnan(page.ecg.lead("I")[200:300]).all()
    assert [t.lead for t in page.traces].count("I") == 2
    assert "V6" not in {t.lead for t in page.traces}
    with pytest.raises(ValueError, match="shows no lead"):
        render_page(ECG(ecg.signal[:, [11]], 500.0, ("V6",)), SPEC)


def test_cropped_parts_are_not_in_the_truth() -> None:
    whole = render_page(made_up_ecg(), replace(SPEC, layout="12x1"))
    distortion = Distortion(crop=(0.3, 0.0, 0.0, 0.0))
    cut = render_page(made_up_ecg(), replace(SPEC, layout="12x1", distortion=distortion))
    assert cut.pixels.shape[1] == round(whole.pixels.shape[1] * 0.7)
    lost = 1 - cut.ecg.coverage()["I"]
    assert lost == pytest.approx((0.3 * whole.pixels.shape[1] / 6 - 6) / 250, abs=0.01)
    assert all((t.points >= 0).all() for t in cut.traces)


def test_a_turned_page_is_turned_counter_clockwise() -> None:
    page = render_page(made_up_ecg(), replace(SPEC, distortion=Distortion(rotation=5.0)))
    strip = page.traces[-1]
    (x0, y0), (x1, y1) = strip.points[0], strip.points[-1]
    assert page.rotation == 5.0
    assert np.degrees(np.arctan2(y0 - y1, x1 - x0)) == pytest.approx(5.0, abs=0.6)


def test_random_pages_are_varied() -> None:
    specs = [random_spec(np.random.default_rng(i)) for i in range(300)]
    assert {s.layout for s in specs} == set(LAYOUTS)
    assert {s.speed for s in specs} == {25.0, 50.0}
    assert {s.gain for s in specs} == {5.0, 10.0, 20.0}
    assert {s.grid for s in specs} == {"lines", "dots", "bold", "none"}
    assert {s.pulse for s in specs} == {"left", "right", "none"}
    assert min(s.px_per_mm for s in specs) < 4 < 11 < max(s.px_per_mm for s in specs)
    turned = [abs(s.distortion.rotation) for s in specs]
    assert np.median(turned) < 0.5 < 4 < max(turned) <= 5
    for s in specs:  # nobody may be asked to read a scale that the page does not show
        assert s.grid != "none" or s.pulse != "none"
        standard = (s.speed, s.gain) == (25.0, 10.0)
        assert standard or s.legend != "none" or s.pulse != "none"


@pytest.mark.parametrize("seed", range(8))
def test_a_strip_can_show_a_recording_of_one_lead_for_a_given_time(seed: int) -> None:
    ecg = made_up_ecg()
    one = ECG(ecg.signal[:, [1]], ecg.rate, ("II",))
    page = render_page(one, strip_spec(np.random.default_rng(seed), "II", 8.0))
    assert page.ecg.duration == pytest.approx(8.0)
    assert {trace.lead for trace in page.traces} == {"II"}


@pytest.mark.data
@pytest.mark.parametrize("seed", range(3))
def test_command_draws_a_recording_of_two_leads(data_dir: Path, tmp_path: Path, seed: int) -> None:
    out, record = tmp_path / "strip.png", data_dir / "mitbih/100"
    arguments = ["render", "--record", str(record), "--out", str(out), "--layout", "strip"]
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--seed", str(seed)])
    assert end.value.code == 0
    assert out.is_file()


@pytest.mark.data
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.pdf"])
def test_command(data_dir: Path, tmp_path: Path, name: str) -> None:
    out, truth = tmp_path / name, tmp_path / "truth.csv"
    record = data_dir / "ludb/data/1.hea"
    arguments = ["render", "--record", str(record), "--out", str(out), "--layout", "6x2"]
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--seed", "3", "--truth", str(truth)])
    assert end.value.code == 0
    start = out.read_bytes()[:4]
    assert start.startswith({"a.png": b"\x89PNG", "a.jpg": b"\xff\xd8", "a.pdf": b"%PDF"}[name])
    if name != "a.pdf":
        with Image.open(out) as picture:
            assert picture.width > 600
    table = np.genfromtxt(truth, delimiter=",", names=True)
    assert table.dtype.names == ("time_s", *LEADS)
    assert np.isfinite(table["I"]).mean() == pytest.approx(0.5)
