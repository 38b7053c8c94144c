"""Whether heat-maps mark what answers depend on: what is hidden, and how it is summed up."""

import numpy as np
import pytest
from PIL import Image

from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import ECG, LEADS, Digitized, Quality, Trace
from heartsense.pipeline import read_pixels
from tests.support.paths import SAMPLES
from training.faithfulness.command import HiddenFinding, log_odds, summarize
from training.faithfulness.hiding import hide, marked, shifted


def test_the_marked_tenth_has_the_most_heat_and_is_hidden_from_the_signal() -> None:
    with Image.open(SAMPLES / "inferior-infarction.png") as page:
        result = read_pixels(np.asarray(page.convert("RGB")))
    (heat,) = result.heatmaps.values()
    weights = np.concatenate([trace.weights for trace in heat])
    chosen = marked(heat, 0.1)
    assert chosen.mean() == pytest.approx(0.1, abs=0.001)
    assert weights[chosen].min() >= weights[~chosen].max()
    moved = shifted(chosen, np.random.default_rng(0))
    assert moved.sum() == chosen.sum()
    assert (moved != chosen).any()

    before = np.isfinite(result.ecg.signal)
    after = np.isfinite(hide(result.digitized, chosen).signal)
    assert np.isfinite(result.ecg.signal).sum() == before.sum()  # the page itself is unchanged
    assert not (after & ~before).any()
    assert 1 - after.sum() / before.sum() == pytest.approx(0.1, abs=0.03)


def test_the_share_of_faithful_findings_has_an_interval() -> None:
    yes = HiddenFinding("a", "hypertrophy", 2.0, (0.5, 1.0))
    no = HiddenFinding("b", "normal", 0.7, (0.5, 1.0))
    found = summarize([yes] * 30 + [no] * 10)
    assert found["findings"] == 40
    assert found["faithful"] == 0.75
    assert 0.55 < found["low"] < 0.7
    assert 0.8 < found["high"] < 0.95
    assert found["conditions"]["hypertrophy"] == {"findings": 30, "faithful": 30}
    assert found["conditions"]["normal"] == {"findings": 10, "faithful": 0}


def test_what_a_rhythm_strip_still_shows_is_not_hidden() -> None:
    rate, seconds = 100.0, 4.0
    signal = np.zeros((400, 12), np.float32)
    ecg = ECG(signal, rate, LEADS)
    points = np.column_stack([np.arange(100), np.zeros(100)]).astype(np.float32)
    traces = (Trace("II", points, 0.0, 2.0), Trace("II", points, 0.0, seconds))
    quality = Quality(1.0, None, None, None, ecg.coverage())
    page = Digitized(ecg, "3x4+1", traces, quality, 4.0, 0.0, 25.0, "standard", 10.0, "standard")
    only_short, both = np.zeros(200, np.bool_), np.zeros(200, np.bool_)
    only_short[:100] = True
    both[:150] = True  # the strip up to two seconds
    assert np.isfinite(hide(page, only_short).signal).all()
    missing = np.isnan(hide(page, both).signal)
    assert missing[:, LEADS.index("II")].sum() == pytest.approx(200, abs=5)
    assert missing.sum() == missing[:, LEADS.index("II")].sum()


def test_early_wide_beats_are_marked_in_all_leads_that_show_them() -> None:
    with Image.open(SAMPLES / "ventricular-extrasystole.jpg") as page:
        result = read_pixels(np.asarray(page.convert("RGB")))
    heat = result.heatmaps["ventricular_arrhythmia"]
    hottest = {trace.lead for trace in heat if trace.weights.max() > 0.3}
    assert len(hottest) >= 3
    chosen = marked(heat, 0.1)
    rng = np.random.default_rng(0)
    falls = [
        log_odds(result.ecg) - log_odds(hide(result.digitized, part))
        for part in (chosen, *(shifted(chosen, rng) for _ in range(4)))
    ]
    number = CONDITION_IDS.index("ventricular_arrhythmia")
    assert falls[0][number] > np.mean(falls[1:], axis=0)[number]
