"""What people and programs read of a result."""

import json
import math
from typing import Any

import numpy as np
import pytest

from heartsense.cli import jsonlines, tables
from heartsense.ecg import ECG, STRIP, Digitized, Quality
from heartsense.errors import EncryptedPDFError
from heartsense.measurements import REFERENCE_RANGES


def result() -> dict[str, Any]:
    """A result with everything that is awkward to show in it."""
    return {
        "model_version": "1",
        "layout": "3x4+1",
        "quality": {"score": 0.41, "coverage": {"I": math.nan}, "reasons": ["blurred_trace"]},
        "measurements": {
            **dict.fromkeys(REFERENCE_RANGES),
            "heart_rate_bpm": np.float32(71.6),
            "axis_deg": -30.0,
            "sokolow_lyon_mv": 3.456,
        },
        "conditions": [
            {
                "id": name,
                "title": name.title(),
                "probability": probability,
                "status": status,
                "votes": votes,
                "reason": f"reason of {name}",
            }
            for name, probability, status, votes in (
                ("hypertrophy", 0.914, "present", {"binary_relevance": True, "svm": False}),
                ("normal", 0.02, "absent", {"binary_relevance": False, "svm": False}),
                ("fusion", np.float64(0.5), "uncertain", {"binary_relevance": True, "svm": True}),
                ("infarction", None, "not_assessed", None),
            )
        ],
        "findings": ("hypertrophy",),
        "reasons": ["[bold]votes differ[/bold]", "reason of fusion"],
        "warnings": ["standard gain assumed"],
    }


def test_json_is_one_line_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    jsonlines.show_result("a [1].png", result())
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    record = json.loads(output, parse_constant=pytest.fail)
    assert record["file"] == "a [1].png"
    assert record["quality"]["coverage"] == {"I": None}
    assert record["measurements"]["qt_ms"] is None
    assert record["quality"]["score"] == 0.41
    assert record["measurements"]["heart_rate_bpm"] == pytest.approx(71.6)
    assert record["findings"] == ["hypertrophy"]
    assert record["conditions"][0]["votes"] == {"binary_relevance": True, "svm": False}


def test_json_of_a_name_that_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    jsonlines.show_refusal("\udcff.png", EncryptedPDFError("Locked."))
    record = json.loads(capsys.readouterr().out)
    assert record == {
        "file": "\udcff.png",
        "error": {"code": "encrypted_pdf", "message": "Locked."},
    }


def test_the_table_says_it_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_result("scan [1].png", result())
    output = capsys.readouterr().out
    rows = {
        cells[1].strip(): cells for line in output.splitlines() if len(cells := line.split("│")) > 3
    }
    assert [cell.strip() for cell in rows["Hypertrophy"][2:5]] == ["present", "91%", "1 of 2"]
    assert [cell.strip() for cell in rows["Infarction"][2:5]] == ["not assessed", "-", "-"]
    assert [cell.strip() for cell in rows["Heart rate"][2:4]] == ["72 /min", "60 to 100"]
    assert [cell.strip() for cell in rows["QRS duration"][2:4]] == ["not measurable", "up to 110"]
    assert rows["QRS axis"][2].strip() == "-30 degrees"
    assert rows["Sokolow-Lyon voltage"][2].strip() == "3.46 mV"
    for said in (
        "scan [1].png",
        "[bold]votes differ[/bold]",
        "reason of infarction",
        "gain assumed",
    ):
        assert said in output
    assert "reason of hypertrophy" not in output
    assert output.count("reason of fusion") == 1


def test_a_refusal_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_refusal("\udcff.png", EncryptedPDFError("Locked."))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Locked. (encrypted_pdf)" in shown.err


def test_what_was_digitized(capsys: pytest.CaptureFixture[str]) -> None:
    ecg = ECG(np.zeros((500, 1), np.float32), 250.0, (STRIP,))
    quality = Quality(0.9, None, None, None, {STRIP: 1.0, "V6": 0.0}, ("no_einthoven",))
    tables.show_digitized(
        "strip.png",
        Digitized(ecg, "strip", (), quality, None, 0.0, 25.0, "standard", 10.0, "pulse", ("cut",)),
    )
    output = capsys.readouterr().out
    for said in ("strip 100%", "25 mm/s (standard)", "10 mm/mV (pulse)", "2.00 s at 250 Hz"):
        assert said in output
    for said in ("no grid", "no_einthoven", "cut", "not a medical device"):
        assert said in output
    assert "V6" not in output
