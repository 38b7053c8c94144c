"""Rendered pages are digitized to their layout, scale, leads and millivolts."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from heartsense.digitizer import digitize
from heartsense.digitizer.photo_rectification import reduce_photo
from heartsense.digitizer.quality import assess_quality
from heartsense.ecg import ECG, LEADS, STRIP
from heartsense.errors import DigitizerError, NoECGFoundError, NoScaleError
from training.benchmark.fidelity import compare_signals
from training.render import Distortion, PageSpec, RenderedPage, render_page
from training.render.spec import Relief
from training.simulate import simulate

RHYTHM = {"3x4+1": ("II",), "3x4+3": ("II", "V1", "V5"), "6x2+1": ("II",)}
TWELVE_LEADS = ("3x4", "3x4+1", "3x4+3", "6x2", "6x2+1", "12x1")


@pytest.fixture(scope="module")
def ecg() -> ECG:
    return simulate(heart_rate=72.0, noise=0.005)


def page(ecg: ECG, layout: str, **looks: object) -> RenderedPage:
    base = PageSpec(layout=layout, rhythm=RHYTHM.get(layout, ("II",)), row_mm=26.0)
    return render_page(ecg, replace(base, **looks))  # type: ignore[arg-type]  # looks are PageSpec's


@pytest.mark.parametrize("layout", TWELVE_LEADS)
def test_every_layout_is_recognised_and_digitized(ecg: ECG, layout: str) -> None:
    drawn = page(ecg, layout)
    read = digitize(drawn.pixels)
    assert read.layout == layout
    assert read.ecg.leads == LEADS
    assert read.quality.reasons == ()
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 15.0


@pytest.mark.parametrize("seconds", [2.5, 4.0])
def test_a_strip_photographed_from_near_is_read_at_its_scale(ecg: ECG, seconds: float) -> None:
    # On the copy its lines of 1 mm are 13 and 16 pixels apart, as those of 5 mm of a whole page.
    near = Distortion(rotation=4.0, tilt=12.0, background="wood", relief=Relief(curl=2.0))
    drawn = page(ecg, "strip", strip_seconds=seconds, px_per_mm=16.0, row_mm=40.0, distortion=near)
    read = digitize(drawn.pixels)
    assert read.layout == "strip"
    assert read.ecg.duration == pytest.approx(seconds, abs=0.3)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 12.0


@pytest.mark.parametrize(("layout", "degrees"), [("12x1", -50.0), ("3x4+3", -65.0)])
def test_a_page_turned_far_on_a_table_is_read(ecg: ECG, layout: str, degrees: float) -> None:
    # Read as a flat picture it has rows too, of stretches of several rows: they prove nothing.
    turned = Distortion(rotation=degrees, tilt=5.0, background="wood")
    drawn = page(ecg, layout, px_per_mm=5.0, distortion=turned)
    read = digitize(drawn.pixels)
    assert read.layout == layout
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 12.0


@pytest.mark.parametrize("layout", ["12x1", "strip"])
@pytest.mark.parametrize("px_per_mm", [4.0, 8.0])
@pytest.mark.parametrize("degrees", [25.0, -150.0])
def test_a_scan_turned_by_any_angle_is_read(
    ecg: ECG, layout: str, px_per_mm: float, degrees: float
) -> None:
    drawn = page(ecg, layout, px_per_mm=px_per_mm, distortion=Distortion(rotation=degrees))
    read = digitize(drawn.pixels)
    assert read.layout == layout
    assert read.rotation == pytest.approx(degrees, abs=0.1)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 19.0


@pytest.mark.parametrize("lead", ["II", "V1"])
def test_a_rhythm_strip_is_named_after_the_lead_it_repeats(ecg: ECG, lead: str) -> None:
    read = digitize(page(ecg, "3x4+1", rhythm=(lead,)).pixels)
    assert read.ecg.coverage()[lead] > 0.95
    assert read.quality.rhythm_agreement is not None
    assert read.quality.rhythm_agreement > 0.9


@pytest.mark.parametrize(("tilt", "curl"), [(4.0, 4.0), (3.0, 2.0), (2.5, 2.0)])
def test_paper_that_looks_flat_at_a_glance_and_is_not_is_read_along_its_grid(
    ecg: ECG, tilt: float, curl: float
) -> None:
    # Read as a flat page, the last two obey the laws well enough, and have 2 dB.
    curled = Distortion(tilt=tilt, relief=Relief(curl=curl))
    drawn = page(ecg, "3x4+1", px_per_mm=5.0, distortion=curled)
    assert not reduce_photo(drawn.pixels).is_bent
    read = digitize(drawn.pixels)
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 15.0


def test_a_strip_has_one_unnamed_lead(ecg: ECG) -> None:
    read = digitize(page(ecg, "strip").pixels)
    assert (read.layout, read.ecg.leads) == ("strip", (STRIP,))
    assert read.quality.einthoven_residual is None


@settings(max_examples=8)
@given(rotation=st.floats(-5.0, 5.0), px_per_mm=st.floats(4.0, 10.0))
@pytest.mark.slow
def test_pitch_and_rotation_are_measured(rotation: float, px_per_mm: float) -> None:
    drawn = page(simulate(), "3x4+1", px_per_mm=px_per_mm, distortion=Distortion(rotation=rotation))
    read = digitize(drawn.pixels)
    assert read.layout == "3x4+1"
    assert read.pitch == pytest.approx(px_per_mm, rel=0.01)
    assert read.rotation == pytest.approx(rotation, abs=0.15)


@pytest.mark.parametrize("height", [0.45, 0.5])
def test_a_t_wave_of_a_strip_is_no_pulse(height: float) -> None:
    t = np.arange(5000) / 500.0
    signal = np.zeros(5000)
    for at in np.arange(0.55, 10.0, 0.8):
        signal += 1.1 * np.exp(-(((t - at) / 0.014) ** 2))
        signal += height * np.exp(-(((t - at - 0.28) / 0.08) ** 2))
    strip = ECG(signal[:, None].astype(np.float32), 500.0, ("II",))
    read = digitize(page(strip, "strip", pulse="none", legend="none").pixels)
    assert (read.gain, read.gain_source) == (10.0, "standard")
    assert read.ecg.duration == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize("pulse", ["left", "right"])
def test_the_pulse_of_a_strip_is_found(ecg: ECG, pulse: str) -> None:
    read = digitize(page(ecg, "strip", pulse=pulse, legend="none", gain=5.0).pixels)
    assert (read.gain, read.gain_source) == (5.0, "pulse")
    assert read.ecg.duration == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize(("px_per_mm", "grid"), [(5.5, "dots"), (7.3, "lines")])
def test_uneven_distances_of_grid_lines_are_no_coarser_grid(
    ecg: ECG, px_per_mm: float, grid: str
) -> None:
    looks = {"grid": grid, "grid_px": (0.7, 1.2), "row_mm": 30.0}
    drawn = page(ecg, "strip", px_per_mm=px_per_mm, **looks)
    assert digitize(drawn.pixels).pitch == pytest.approx(px_per_mm, rel=0.01)


@pytest.mark.parametrize(("px_per_mm", "grid"), [(9.1, "lines"), (10.12, "bold"), (11.3, "bold")])
def test_the_grid_of_a_strip_at_high_resolution_is_taken_no_finer_than_it_is(
    ecg: ECG, px_per_mm: float, grid: str
) -> None:
    colours = {"paper": (255, 231, 239), "fine": (251, 192, 228), "bold": (238, 134, 160)}
    looks = {"grid": grid, "grid_px": (0.9, 2.1), "row_mm": 45.0, **colours}
    drawn = page(ecg, "strip", px_per_mm=px_per_mm, distortion=Distortion(jpeg=70), **looks)
    assert digitize(drawn.pixels).pitch == pytest.approx(px_per_mm, rel=0.01)


@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
def test_gain_comes_from_the_pulse(ecg: ECG, gain: float) -> None:
    read = digitize(page(ecg, "3x4", gain=gain, legend="none", row_mm=40.0).pixels)
    assert (read.gain, read.gain_source) == (gain, "pulse")


def test_without_pulse_and_legend_the_scale_is_standard(ecg: ECG) -> None:
    read = digitize(page(ecg, "3x4", pulse="none", legend="none").pixels)
    assert (read.speed, read.speed_source) == (25.0, "standard")
    assert (read.gain, read.gain_source) == (10.0, "standard")


@pytest.mark.parametrize(("speed", "source"), [(25.0, "standard"), (50.0, "pulse")])
def test_the_speed_of_a_strip_is_told_by_the_width_of_its_pulse(
    ecg: ECG, speed: float, source: str
) -> None:
    read = digitize(page(ecg, "strip", speed=speed, legend="none").pixels)
    assert (read.speed, read.speed_source) == (speed, source)
    assert ("speed_assumed" in read.warnings) == (source == "standard")


def test_double_speed_is_estimated_from_the_width_of_the_columns(ecg: ECG) -> None:
    read = digitize(page(ecg, "3x4", speed=50.0, legend="none", px_per_mm=5.0).pixels)
    assert (read.speed, read.speed_source) == (50.0, "layout")
    assert read.ecg.duration == pytest.approx(10.0, abs=0.3)


def test_a_page_without_a_grid_is_scaled_by_its_layout(ecg: ECG) -> None:
    drawn = page(ecg, "3x4+1", grid="none")
    read = digitize(drawn.pixels)
    assert (read.layout, read.pitch, read.speed_source) == ("3x4+1", None, "layout")
    assert "scale_without_grid" in read.warnings
    assert read.ecg.duration == pytest.approx(10.0, abs=0.1)
    assert compare_signals(drawn.ecg, read.ecg).pearson > 0.85


@pytest.mark.parametrize("pulse", ["open", "left", "right", "none"])
def test_time_on_a_page_without_a_grid_runs_from_its_first_to_its_last_signal(
    ecg: ECG, pulse: str
) -> None:
    # The text is wider than the rows, so that the first guess of the scale is far off.
    text = {"header": True, "header_style": "study", "header_mm": 25.0}
    drawn = page(ecg, "3x4+1", grid="none", pulse=pulse, sheet_mm=(330.0, 210.0), **text)
    read = digitize(drawn.pixels)
    assert "scale_without_grid" in read.warnings
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 11.0


@pytest.mark.parametrize(("seed", "quarters"), [(0, 0), (1, 0), (1, 2), (2, 2)])
def test_names_and_traces_of_a_turned_page_are_no_grid(seed: int, quarters: int) -> None:
    """They stand out a little in its spectrum, at the pitch of no grid."""
    turned = Distortion(rotation=0.8)
    looks = {"row_mm": 32.0, "px_per_mm": 5.1, "pulse": "none", "seed": seed}
    drawn = page(
        simulate(heart_rate=60 + 7 * seed, seed=seed),
        "3x4+1",
        grid="none",
        distortion=turned,
        **looks,
    )
    read = digitize(np.rot90(drawn.pixels, quarters))
    assert read.pitch is None
    assert 10 * np.log10(compare_signals(drawn.ecg, read.ecg).ratio) > 10.0


def test_a_strip_without_grid_or_pulse_has_no_scale(ecg: ECG) -> None:
    drawn = page(ecg, "strip", grid="none", pulse="none", legend="none", labels=False)
    with pytest.raises(NoScaleError, match="grid"):
        digitize(drawn.pixels)


def test_returned_traces_lie_on_the_ink_of_the_page(ecg: ECG) -> None:
    drawn = page(ecg, "3x4+1", distortion=Distortion(rotation=3.0))
    dark = drawn.pixels.max(axis=2) < 140
    near = np.pad(dark, 2)
    near = np.logical_or.reduce(
        [near[i : i + dark.shape[0], j : j + dark.shape[1]] for i in range(5) for j in range(5)]
    )
    for trace in digitize(drawn.pixels).traces:
        x, y = trace.points.round().astype(int).T
        assert near[y, x].mean() > 0.9, trace.lead


def test_digitizing_is_deterministic(ecg: ECG) -> None:
    pixels = page(ecg, "6x2").pixels
    first, second = digitize(pixels), digitize(pixels)
    np.testing.assert_array_equal(first.ecg.signal, second.ecg.signal)
    assert first.quality == second.quality


@pytest.mark.slow
def test_leads_that_contradict_each_other_are_reported(ecg: ECG) -> None:
    """A page whose lead II is another person's violates Einthoven's law."""
    other = simulate(heart_rate=110.0, seed=1)
    signal = ecg.signal.copy()
    signal[:, 1] = -2.0 * other.signal[:, 0]
    signal[:, 4] = 2.0 * other.signal[:, 6]
    read = digitize(page(replace(ecg, signal=signal), "12x1").pixels)
    assert "leads_contradict_each_other" in read.quality.reasons


def _text() -> NDArray[np.uint8]:
    picture = Image.new("RGB", (1200, 900), "white")
    draw = ImageDraw.Draw(picture)
    for line in range(26):
        words = "Take one tablet in the morning and one in the evening, with water. " * 2
        draw.text((40, 30 + 32 * line), words, fill="black", font=ImageFont.load_default(22))
    return np.asarray(picture)


def _empty_grid() -> NDArray[np.uint8]:
    pixels = np.full((800, 1200, 3), 255, np.uint8)
    pixels[::6, :, 1:] = pixels[:, ::6, 1:] = 205
    pixels[::30, :, 1:] = pixels[:, ::30, 1:] = 140
    return pixels


def _animal() -> NDArray[np.uint8]:
    picture = Image.new("RGB", (1200, 900), (180, 200, 160))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((350, 200, 850, 700), fill=(90, 70, 50))
    for x in (400, 700):
        draw.polygon([(x, 300), (x + 40, 90), (x + 120, 260)], fill=(90, 70, 50))
        draw.ellipse((x + 40, 380, x + 100, 440), fill="yellow")
    noise = np.random.default_rng(0).normal(0, 12, (900, 1200, 3))
    return np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.full((600, 800, 3), 255, np.uint8), id="blank sheet"),
        pytest.param(np.full((600, 800, 3), 90, np.uint8), id="grey sheet"),
        pytest.param(
            np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8), id="noise"
        ),
        pytest.param(_text(), id="page of text"),
        pytest.param(_empty_grid(), id="paper without a trace"),
        pytest.param(_animal(), id="animal"),
    ],
)
def test_a_picture_without_an_ecg_is_rejected(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(NoECGFoundError, match="No ECG"):
        digitize(pixels)


@pytest.mark.parametrize("size", [(48, 48), (48, 4000), (4000, 48), (130, 70), (1800, 110)])
def test_a_page_of_any_shape_raises_only_a_digitizer_error(ecg: ECG, size: tuple[int, int]) -> None:
    odd = Image.fromarray(page(ecg, "3x4+1").pixels).resize(size)
    with suppress(DigitizerError):
        digitize(np.asarray(odd))


def test_a_lead_that_is_cropped_away_has_no_trace(ecg: ECG) -> None:
    drawn = page(ecg, "3x4+1").pixels
    read = digitize(drawn[:, : drawn.shape[1] // 4])
    assert read.traces
    assert all(len(trace.points) for trace in read.traces)


@pytest.mark.parametrize("strip_stays", [False, True])
def test_leads_of_an_erased_column_are_missing(ecg: ECG, strip_stays: bool) -> None:
    drawn = page(ecg, "3x4+1")
    whole = digitize(drawn.pixels)
    last = [trace.points for trace in whole.traces if trace.lead in ("V4", "V5", "V6")]
    strip = next(trace.points for trace in whole.traces if trace.lead == "II" and trace.end > 5)
    left = int(min(points[:, 0].min() for points in last))
    bottom = int(strip[:, 1].min()) - 4 if strip_stays else len(drawn.pixels)
    erased = drawn.pixels.copy()
    erased[:bottom, left:] = np.median(drawn.pixels.reshape(-1, 3), axis=0)
    read = digitize(erased)
    missing = {lead for lead, share in read.ecg.coverage().items() if share == 0}
    assert missing == {"V4", "V5", "V6"}
    assert read.quality.score < whole.quality.score - 0.15


def test_separator_ticks_are_not_digitized_as_signal(ecg: ECG) -> None:
    plain = digitize(page(ecg, "3x4", separators="none").pixels).ecg.signal
    marked = digitize(page(ecg, "3x4", separators="ticks").pixels).ecg.signal
    length = min(len(plain), len(marked))
    apart = np.abs(plain[:length] - marked[:length])
    assert np.nanpercentile(apart, 99.5) < 0.1


def test_moderate_inconsistency_on_a_partly_shown_page_is_low_quality() -> None:
    """No single limit is exceeded, but the score is too low."""
    signal = np.random.default_rng(0).normal(size=(5000, 12)).astype(np.float32)
    signal[:, 1] = signal[:, 0] + signal[:, 2] + 1.3 * signal[:, 6]
    signal[:, 5] = 1.3 * signal[:, 7] - signal[:, 3] - signal[:, 4]
    whole = assess_quality(ECG(signal, 500.0), dict.fromkeys(LEADS, 1.0), rhythm_agreement=None)
    signal[3750:] = np.nan
    part = assess_quality(ECG(signal, 500.0), dict.fromkeys(LEADS, 1.0), rhythm_agreement=None)
    assert whole.reasons == ()
    assert part.reasons == ("quality_low",)
