import copy
import io
import json
import pickle
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from heartsense.classifier import Classification, Classifier, released
from heartsense.classifier.decision import decide, likely_conditions, not_assessed_findings
from heartsense.classifier.ensemble import TIERS, EnsembleOutput, TierMeans, majority_of, tiers
from heartsense.conditions import CONDITION_IDS, Status
from heartsense.digitizer import digitize
from heartsense.ecg import ECG, LEADS, Digitized
from heartsense.measurements import measure
from heartsense.pipeline import read
from heartsense.result import Result
from heartsense.urgency import WHAT_TO_DO, Urgency, urgency_of
from training.render import PageSpec, render_page

N = len(CONDITION_IDS)


def made_up(seconds: float = 10.0, rate: float = 500.0) -> ECG:
    """A plain rhythm at 75 beats a minute whose limb leads obey Einthoven's law."""
    t = np.arange(round(seconds * rate)) / rate
    since = (t + 0.4) % 0.8 - 0.4
    wave = (
        0.1 * np.exp(-(((since + 0.16) / 0.025) ** 2))
        - 0.1 * np.exp(-(((since + 0.025) / 0.01) ** 2))
        + np.exp(-((since / 0.014) ** 2))
        - 0.2 * np.exp(-(((since - 0.03) / 0.012) ** 2))
        + 0.25 * np.exp(-(((since - 0.26) / 0.045) ** 2))
    )
    one, two = 0.7, 1.1
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    sizes = np.array([*limb, -0.4, 0.5, 0.9, 1.3, 1.2, 0.9])
    return ECG((wave[:, None] * sizes).astype(np.float32), rate, LEADS)


def png(spec: PageSpec) -> bytes:
    file = io.BytesIO()
    Image.fromarray(render_page(made_up(), spec).pixels).save(file, "PNG")
    return file.getvalue()


def classified(digitized: Digitized) -> Classification:
    return released().classify(digitized, measure(digitized.ecg))


@pytest.fixture(scope="module")
def page() -> bytes:
    return png(PageSpec(layout="3x4+1"))


@pytest.fixture(scope="module")
def result(page: bytes) -> Result:
    return read(page)


def test_a_result_has_its_documented_names(result: Result) -> None:
    found = json.loads(json.dumps(result.to_dict("page.png"), allow_nan=False))
    assert {
        *("file", "model_version", "layout", "quality", "measurements", "conditions"),
        *("findings", "reasons", "warnings"),
    } <= set(found)
    assert found["file"] == "page.png"
    assert found["layout"] == "3x4+1"
    assert {"score", "einthoven_residual", "coverage", "reasons"} <= set(found["quality"])
    assert {"heart_rate_bpm", "pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "axis_deg"} <= set(
        found["measurements"]
    )
    assert found["measurements"]["heart_rate_bpm"] == pytest.approx(75, abs=2)
    assert [c["id"] for c in found["conditions"]] == list(CONDITION_IDS)
    for condition in found["conditions"]:
        assert {"title", "probability", "status", "votes", "explanation", "links"} <= set(condition)
        assert set(condition["votes"]) == {"binary_relevance", "mlaram", "svm"}
        assert 0 <= condition["probability"] <= 1
        assert condition["status"] in ("likely", "possible", "unlikely", "not_assessed")
    assert set(found["findings"]) <= {*CONDITION_IDS, "uncertain"}
    assert any("not a medical device" in warning for warning in found["warnings"])


def test_every_likely_condition_has_a_heat_map_on_the_traces(result: Result) -> None:
    found = {finding.id for finding in result.conditions if finding.status == "likely"}
    assert set(result.heatmaps) == found
    for heat in result.heatmaps.values():
        assert [h.lead for h in heat] == [t.lead for t in result.digitized.traces]
        weights = np.concatenate([h.weights for h in heat])
        assert weights.min() >= 0
        assert weights.max() == pytest.approx(1) or not weights.any()


def test_a_copied_result_has_its_heat_maps_and_not_the_model(result: Result) -> None:
    assert len(pickle.dumps(result.classification)) < 1_000_000
    maps = copy.deepcopy(result.classification).heatmaps
    assert list(maps) == list(result.heatmaps)
    for condition, heat in result.heatmaps.items():
        for one, other in zip(heat, maps[condition], strict=True):
            assert one.lead == other.lead
            assert (one.weights == other.weights).all()
    with pytest.raises(KeyError):
        result.heatmaps["no condition"]


@pytest.mark.slow
def test_a_result_does_not_depend_on_other_pages(page: bytes) -> None:
    other = png(PageSpec(layout="12x1", px_per_mm=5.0))
    one = Classifier()
    first = read(page, classifier=one).to_dict()
    read(other, classifier=one)
    assert read(page, classifier=one).to_dict() == first
    assert read(page, classifier=Classifier()).to_dict() == first


def test_a_regular_strip_is_judged_by_its_rhythm_only() -> None:
    result = read(png(PageSpec(layout="strip", rhythm=("II",), labels=False)))
    assert result.findings == ("normal",)
    status = {finding.id: finding.status for finding in result.conditions}
    for id in ("myocardial_infarction", "hypertrophy", "fusion_or_miscellaneous"):
        assert status[id] == "not_assessed"
    assert result.urgency == "routine"
    assert any("One lead" in warning for warning in result.warnings)
    assert all(finding.votes is None for finding in result.conditions)
    assert result.measurements.heart_rate_bpm == pytest.approx(75, abs=3)


def test_a_single_beat_is_not_assessed() -> None:
    result = read(png(PageSpec(layout="beat", rhythm=("II",), labels=False)))
    assert result.findings == ("uncertain",)
    assert {finding.status for finding in result.conditions} == {"not_assessed"}
    assert all(finding.probability is None for finding in result.conditions)
    assert result.reasons


def test_a_page_that_was_read_badly_is_uncertain_with_its_reason(page: bytes) -> None:
    read = digitize(np.asarray(Image.open(io.BytesIO(page)).convert("RGB")))
    quality = replace(read.quality, reasons=("leads_contradict_each_other",))
    result = classified(replace(read, quality=quality))
    assert result.findings == ("uncertain",)
    assert {finding.status for finding in result.conditions} == {"not_assessed"}
    assert result.urgency == "routine"
    assert any("do not fit together" in reason for reason in result.reasons)
    assert not result.heatmaps


def test_a_page_without_all_its_leads_is_uncertain_and_names_them() -> None:
    read = digitize(render_page(made_up(), PageSpec(layout="6x2")).pixels)
    cropped = read.ecg.signal.copy()
    cropped[:, LEADS.index("V4") :] = np.nan
    result = classified(replace(read, ecg=replace(read.ecg, signal=cropped)))
    assert result.findings == ("uncertain",)
    assert any("all twelve leads" in reason for reason in result.reasons)
    assert any("V4, V5, V6" in warning for warning in result.warnings)


def test_a_flat_line_has_no_findings() -> None:
    read = digitize(render_page(made_up(), PageSpec(layout="12x1")).pixels)
    flat = replace(read.ecg, signal=np.zeros_like(read.ecg.signal))
    result = classified(replace(read, ecg=flat))
    assert result.findings == ("uncertain",)
    assert any("beats" in reason for reason in result.reasons)


shares = st.lists(st.floats(0.01, 0.99), min_size=N, max_size=N)
ballots = st.lists(st.tuples(*[st.booleans()] * 3), min_size=N, max_size=N)


def output(probability: Sequence[float], votes: Sequence[tuple[bool, ...]]) -> EnsembleOutput:
    return EnsembleOutput(
        scores=np.zeros((3, N)),
        votes=np.array(votes, dtype=bool).T,
        probability=np.array(probability),
        tier=tiers(
            np.array(probability),
            majority_of(np.array(votes, dtype=bool).T),
            np.full(N, 0.6),
            np.full(N, 0.4),
        ),
    )


@given(shares, ballots)
def test_normal_excludes_every_other_finding(
    probability: list[float], votes: list[tuple[bool, ...]]
) -> None:
    findings = decide(output(probability, votes))
    ids = likely_conditions(findings)
    assert "normal" not in ids or ids == ("normal",)
    assert ids == ("uncertain",) or set(ids) <= set(CONDITION_IDS)
    for finding, p, v in zip(findings, probability, votes, strict=True):
        assert finding.reason
        if finding.status == "likely":
            assert p >= 0.6
            assert sum(v) >= 2
        if finding.id != "normal":
            assert (finding.status == "unlikely") == (p < 0.4)


def test_one_clear_finding() -> None:
    votes = [(False,) * 3, (False,) * 3, (True, True, False), *[(False,) * 3] * (N - 3)]
    findings = decide(output([0.1, 0.1, 0.9, *[0.1] * (N - 3)], votes))
    assert likely_conditions(findings) == ("ventricular_arrhythmia",)


def test_a_possible_condition_with_a_majority_makes_normal_uncertain() -> None:
    votes = [(True,) * 3, (True, True, False), *[(False,) * 3] * (N - 2)]
    findings = decide(output([0.9, 0.5, *[0.1] * (N - 2)], votes))
    assert likely_conditions(findings) == ("uncertain",)


def test_nothing_is_assessed_on_one_lead() -> None:
    assert {finding.status for finding in not_assessed_findings()} == {"not_assessed"}
    assert likely_conditions(not_assessed_findings()) == ("uncertain",)


def test_a_status_says_how_often_it_was_right() -> None:
    means = TierMeans(0.72, 140, {"PTB-XL": (0.72, 140)})
    votes = [(False,) * 3, (False,) * 3, (False,) * 3, (True,) * 3, *[(False,) * 3] * (N - 4)]
    found = decide(
        replace(
            output([0.1, 0.1, 0.1, 0.9, *[0.1] * (N - 4)], votes),
            tier_means=(dict.fromkeys(TIERS, means),) * N,
        )
    )[3]
    assert found.tier_means == means
    assert found.reason.endswith("Of ten ECGs that looked like this, about seven had it.")


@pytest.mark.parametrize(
    ("statuses", "urgency"),
    [
        ({"normal": "likely"}, "none"),
        ({"normal": "likely", "myocardial_infarction": "possible"}, "soon"),
        ({"hypertrophy": "likely", "myocardial_infarction": "likely"}, "emergency"),
        ({"ventricular_arrhythmia": "likely"}, "soon"),
        ({"normal": "possible"}, "routine"),
        ({}, "routine"),
    ],
)
def test_the_most_urgent_condition_decides(statuses: dict[str, Status], urgency: Urgency) -> None:
    assert urgency_of(statuses) == urgency
    assert WHAT_TO_DO[urgency].title
