import json
from pathlib import Path

import numpy as np
import pytest

from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import ECG
from heartsense.measurements import FEATURE_GROUPS
from training.__main__ import main
from training.evaluate import released
from training.evaluate.released import render_random_page, score_released
from training.features import InputMode
from training.features.cache import extract_all
from training.features.extraction import TWELVE_LEAD_LAYOUTS, mask_to_layout
from training.render import PageSpec, render_page
from training.sources import read_manifest


@pytest.mark.parametrize("layout", TWELVE_LEAD_LAYOUTS)
def test_masking_to_a_layout_equals_what_the_renderer_shows(layout: str) -> None:
    rng = np.random.default_rng(0)
    ecg = ECG(rng.normal(0, 0.3, (5000, 12)).astype(np.float32), 500.0)
    rhythm = ("V1", "II", "V5") if layout.endswith("+3") else ("II",)
    drawn = render_page(ecg, PageSpec(layout=layout, rhythm=rhythm)).ecg.coverage()
    assert mask_to_layout(ecg, layout).coverage() == pytest.approx(drawn, abs=0.02)


@pytest.mark.data
@pytest.mark.slow
def test_the_report_has_its_documented_names(data_dir: Path) -> None:
    records = read_manifest(data_dir, data_dir / "manifest.csv")[:6]
    report = json.loads(json.dumps(score_released(records, "clean", jobs=1), allow_nan=False))
    assert {"macro_auroc", "conditions", "uncertain_share", "records", "refused"} <= set(report)
    assert report["records"] == 6
    assert set(report["conditions"]) == set(CONDITION_IDS)
    for scores in report["conditions"].values():
        assert set(scores) == {"auroc", "auprc", "f1", "n_positive"}
    assert 0 <= report["uncertain_share"] <= 1


@pytest.mark.data
@pytest.mark.slow
def test_standard_output_is_json_only(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = ["--data", str(data_dir), "--manifest", str(data_dir / "manifest.csv")]
    with pytest.raises(SystemExit) as end:
        main(["evaluate", *manifest, "--released", "--limit", "1", "--jobs", "1", "--json"])
    assert end.value.code == 0
    assert json.loads(capsys.readouterr().out)["records"] == 1


@pytest.mark.data
def test_a_refused_page_is_counted_and_left_out(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = read_manifest(data_dir, data_dir / "manifest.csv")[:3]

    blank = np.full((600, 800, 3), 255, dtype=np.uint8)
    monkeypatch.setattr(released, "render_random_page", lambda *_: blank)
    report = score_released(records, "clean", jobs=1)
    assert [refused["code"] for refused in report["refused"]] == ["no_ecg_found"] * 3
    assert report["macro_auroc"] is None
    assert report["conditions"]["normal"]["n_positive"] == 0


@pytest.mark.data
def test_a_defect_on_one_page_is_reported_and_does_not_end_the_run(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = read_manifest(data_dir, data_dir / "manifest.csv")[:1]

    def broken(pixels: object) -> None:
        raise IndexError("a defect")

    monkeypatch.setattr(released, "read_pixels", broken)
    report = score_released(records, "clean", jobs=1)
    assert report["refused"] == [{"record": records[0].id, "code": "crashed:IndexError"}]


@pytest.mark.data
def test_pages_are_seeded(data_dir: Path) -> None:
    record = read_manifest(data_dir, data_dir / "manifest.csv")[0]
    first = render_random_page(record, "clean", 0)
    assert first.tobytes() == render_random_page(record, "clean", 0).tobytes()
    assert first.tobytes() != render_random_page(record, "clean", 1).tobytes()


@pytest.mark.data
def test_features_come_from_the_cache_and_lose_millivolts_where_there_are_none(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.features import cache
    from training.records import development_records

    monkeypatch.setattr(cache, "BUILD_DIR", tmp_path)
    records = development_records(data_dir)
    chosen = [records[0], records[-1]]
    table, refused = extract_all(chosen, InputMode("shown"), jobs=1)
    assert not refused
    assert table.source.tolist() == ["ptbxl-first500", "ptbxl-zscored"]
    voltage = np.array([group == "voltage" for group in FEATURE_GROUPS])
    assert np.isfinite(table.signal[0, voltage]).mean() > 0.9
    assert np.isnan(table.signal[1, voltage]).all()
    assert np.isfinite(table.signal[1, ~voltage]).mean() > 0.7

    def never(*_: object) -> None:
        raise AssertionError("the cache was not used")

    monkeypatch.setattr(cache, "extract_row", never)
    again, _ = extract_all(chosen, InputMode("shown"), jobs=1)
    assert again.embedding.tobytes() == table.embedding.tobytes()
