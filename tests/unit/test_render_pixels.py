"""The pixel truth of drawn scans and photos: maps, masks, and what each distortion does."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsense.ecg import ECG
from training.render import MASKS, Distortion, PageSpec, RenderedPage, random_spec, render_page
from training.render.flat_view import flat_view
from training.render.spec import Marks, Relief


def beats(leads: int = 12) -> ECG:
    """A beat a second in every lead."""
    t = np.arange(5000) / 500
    beat = np.exp(-0.5 * (((t + 0.3) % 1.0 - 0.4) / 0.015) ** 2)
    return ECG(np.outer(beat, np.linspace(0.5, 1.2, leads)).astype(np.float32), 500.0)


PHOTO = Distortion(tilt=18.0, tilt_axis=40.0, rotation=7.0, crop=(-0.05,) * 4)
PRINT = PageSpec(
    px_per_mm=4.0,
    sheet_mm=(279.4, 215.9),
    grid_on="frame",
    paper=(255, 255, 255),
    fine=(120, 120, 120),
    bold=(60, 60, 60),
    grid_px=(0.6, 0.9),
    pulse="open",
    separators="bars",
    label_place="below",
    legend="apart",
    header=True,
    header_style="study",
    margin=(10.0, 45.0, 6.0, 20.0),
)
BENT = Relief(curl=5.0, folds=2, fold_slope=0.15, crumple=2.0)


def photographed(**changes: Any) -> RenderedPage:
    spec = replace(PRINT, distortion=replace(PHOTO, **changes))
    return render_page(beats(), spec, masks=True)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    tilt=st.floats(0.1, 30),
    rotation=st.floats(0, 360),
    curl=st.floats(0, 8),
    folds=st.integers(0, 3),
    crumple=st.floats(0, 3),
)
def test_the_map_leads_to_the_sheet_and_back(
    seed: int, tilt: float, rotation: float, curl: float, folds: int, crumple: float
) -> None:
    relief = Relief(curl=curl, folds=folds, fold_slope=0.2, crumple=crumple)
    distortion = replace(PHOTO, tilt=tilt, rotation=rotation, relief=relief)
    spec = replace(PRINT, px_per_mm=2.5, distortion=distortion, seed=seed)
    page = render_page(beats(), spec)
    sheet = np.random.default_rng(seed).uniform(0.02, 0.98, (200, 2)) * (279.4, 215.9)
    back = page.map.to_sheet(page.map.to_picture(sheet))
    # Paper that is folded steeply away from the camera hides a few of its points.
    away = np.abs(back - sheet).max(axis=1)
    assert np.mean(away < 0.01) > 0.98


@pytest.mark.parametrize("relief", [Relief(), BENT], ids=["flat", "bent"])
def test_ink_is_where_the_truth_says(relief: Relief) -> None:
    page = photographed(relief=relief)
    assert set(page.masks) == set(MASKS)
    grey = page.pixels.astype(float).mean(axis=2)
    for trace in page.traces:
        x, y = np.round(trace.points).astype(int).T
        assert np.median(page.masks["trace"][y, x]) > 120
        assert (page.masks["paper"][y, x] == 255).all()
    paper = page.masks["paper"] == 255
    blank = paper & (page.masks["grid"] == 0) & (page.masks["trace"] == 0)
    for kind in ("trace", "pulse", "separator", "label"):
        inked = page.masks[kind] > 200
        assert inked.sum() > 100, kind
        assert grey[inked].mean() < grey[blank].mean() - 60, kind


def test_masks_change_no_pixel() -> None:
    spec = random_spec(np.random.default_rng(5), "photo", "3x4+1")
    plain, masked = (render_page(beats(), spec, masks) for masks in (False, True))
    assert np.array_equal(plain.pixels, masked.pixels)
    assert not plain.masks


def test_a_bent_page_flattened_by_its_map_is_the_flat_page() -> None:
    """Grid lines of the flattened photo are straight and 5 mm apart, as they were printed."""
    page = photographed(relief=BENT)
    view = flat_view(page, 4.0)
    assert view.pixels.shape[:2] == (round(215.9 * 4), round(279.4 * 4))
    frame = PRINT.frame_mm
    for axis in (0, 1):
        profile = view.masks["grid"][40:-40, 40:-40].astype(float).mean(axis=1 - axis)
        lines = [round((frame + 5 * k) * 4) - 40 for k in range(3, 30)]
        on = np.mean([profile[at - 1 : at + 2].max() for at in lines])
        between = np.mean([profile[at + 2] for at in lines])
        assert on > 2.5 * between


def test_rows_and_columns_are_known() -> None:
    page = photographed(relief=BENT)
    rows = sorted({s.y for s in page.sheet.segments})
    assert np.allclose(np.diff(rows), PRINT.row_mm)
    leads = {s.lead: s for s in page.sheet.segments if s.row < 3}
    borders = [leads[name].x for name in ("I", "aVR", "V1", "V4")]
    assert [b - a for a, b in pairwise(borders)] == pytest.approx([62.5] * 3)
    segment, trace = leads["V4"], next(t for t in page.traces if t.lead == "V4")
    start = page.map.to_sheet(trace.points[:1])[0]
    assert start[0] == pytest.approx(segment.x, abs=0.05)


def test_fingers_hide_what_is_below_them() -> None:
    spec = replace(PRINT, distortion=replace(PHOTO, fingers=2), seed=3)
    free = render_page(beats(), replace(spec, distortion=PHOTO), masks=True)
    held = render_page(beats(), spec, masks=True)
    covered = held.masks["covered"] > 0
    assert covered.any()
    assert not free.masks["covered"].any()
    for kind in set(MASKS) - {"covered"}:
        assert not held.masks[kind][held.masks["covered"] == 255].any(), kind
    assert np.isfinite(held.ecg.signal).sum() <= np.isfinite(free.ecg.signal).sum()


def test_a_fold_is_a_line_between_lighter_and_darker_paper() -> None:
    flat = photographed(relief=Relief())
    folded = photographed(relief=Relief(folds=1, fold_slope=0.2, light=30.0))
    spreads = []
    for page in (flat, folded):
        ink = sum(page.masks[kind].astype(int) for kind in MASKS[:6])
        blank = (page.masks["paper"] == 255) & (ink == 0)
        spreads.append(page.pixels[blank].astype(float).std())
    assert spreads[1] > 2 * spreads[0] + 2
    moved = folded.traces[-1].points[:, 1] - flat.traces[-1].points[:, 1]
    assert np.ptp(moved) > 1.0


@pytest.mark.parametrize("background", ["plain", "wood", "dark", "cloth", "tiles", "papers"])
def test_the_table_is_around_the_sheet(background: str) -> None:
    page = photographed(background=background)
    assert (page.masks["paper"] == 0).mean() > 0.1
    plain = photographed(background="plain")
    assert np.array_equal(plain.masks["trace"], page.masks["trace"])


@pytest.mark.parametrize(
    "changes",
    [
        {"cast": 0.8},
        {"motion": 3.0},
        {"sharpen": 1.0},
        {"moire": 0.1},
        {"copies": 2},
        {"blur": 1.0},
        {"shadow": 0.3},
        {"noise": 5.0},
        {"jpeg": 50},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_each_distortion_changes_the_pixels_alike_each_time(changes: dict[str, Any]) -> None:
    first, second, plain = photographed(**changes), photographed(**changes), photographed()
    assert np.array_equal(first.pixels, second.pixels)
    assert not np.array_equal(first.pixels, plain.pixels)
    assert np.array_equal(first.masks["trace"], plain.masks["trace"])


def test_a_fax_is_black_and_white() -> None:
    page = photographed(threshold=0.7)
    assert set(np.unique(page.pixels)) == {0, 255}


def test_a_worn_halftone_grid_has_gaps_and_the_mask_knows_them() -> None:
    whole = render_page(beats(), replace(PRINT, px_per_mm=8.0), masks=True).masks["grid"]
    spec = replace(PRINT, px_per_mm=8.0, halftone=0.6, grid_loss=0.3)
    worn = render_page(beats(), spec, masks=True)
    assert worn.masks["grid"].sum() < 0.8 * whole.sum()
    lost = (whole > 120) & (worn.masks["grid"] == 0)
    ink = sum(worn.masks[kind].astype(int) for kind in ("trace", "label", "pulse", "separator"))
    assert lost.any()
    assert worn.pixels[lost & (ink == 0)].mean() > 250


def test_a_slanted_print_leaves_the_grid_straight() -> None:
    straight = render_page(beats(), PRINT, masks=True)
    slanted = render_page(beats(), replace(PRINT, skew=2.0), masks=True)
    assert np.array_equal(straight.masks["grid"], slanted.masks["grid"])
    strip = slanted.traces[-1].points
    rise = np.polyfit(strip[:, 0], strip[:, 1], 1)[0]
    assert np.degrees(np.arctan(-rise)) == pytest.approx(2.0, abs=0.1)
    assert np.median(slanted.masks["trace"][tuple(np.round(strip[:, ::-1]).astype(int).T)]) > 120


def test_handwriting_stamps_and_stains_are_drawn() -> None:
    plain = render_page(beats(), PRINT, masks=True)
    marks = Marks(handwriting=4, stamps=1, pen=(30, 40, 160))
    written = render_page(beats(), replace(PRINT, marks=marks), masks=True)
    assert not plain.masks["handwriting"].any()
    pen = written.masks["handwriting"] > 150
    assert pen.sum() > 50
    red, _, blue = written.pixels[pen].mean(axis=0)
    assert blue > red + 50
    stained = render_page(beats(), replace(PRINT, marks=Marks(stains=2), seed=1))
    assert stained.pixels.mean() < plain.pixels.mean()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["scan", "photo"]))
def test_random_pages_show_their_leads(seed: int, kind: Any) -> None:
    spec = random_spec(np.random.default_rng(seed), kind, "3x4+1")
    page = render_page(beats(), spec, masks=True)
    assert len({t.lead for t in page.traces}) >= 10
    pixels = page.pixels.shape[:2]
    assert all(mask.shape == pixels for mask in page.masks.values())
    assert 2.0 <= spec.px_per_mm <= 12.0
    assert abs(spec.skew) <= 2.5
    assert spec.distortion.tilt <= 30.1
