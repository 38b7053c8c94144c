"""How the command line shows a result: cards, tables, JSON Lines."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartsense.cli.cards import ClassificationCard, DigitizationCard
from heartsense.cli.streams import Csv, JsonLines
from heartsense.cli.tables import ClassificationTable, DigitizationTable
from heartsense.cli.terminal import print_places
from heartsense.ecg import ECG, STRIP, Digitized, Quality
from heartsense.errors import EncryptedPDFError
from heartsense.measurements import REFERENCE_RANGES
from heartsense.scale_warnings import SCALE_WARNINGS


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
                "status_label": status.replace("_", " ").capitalize(),
                "votes": votes,
                "reason": f"reason of {name}",
            }
            for name, probability, status, votes in (
                ("hypertrophy", 0.914, "likely", {"binary_relevance": True, "svm": False}),
                ("normal", 0.02, "unlikely", {"binary_relevance": False, "svm": False}),
                ("fusion", np.float64(0.5), "possible", {"binary_relevance": True, "svm": True}),
                ("infarction", None, "not_assessed", None),
            )
        ],
        "findings": ("hypertrophy",),
        "headline": "Likely: Hypertrophy",
        "retake": False,
        "urgency": "routine",
        "what_to_do": {"title": "Show it.", "text": ""},
        "reasons": ["[bold]votes differ[/bold]", "reason of fusion"],
        "warnings": ["standard gain assumed"],
    }


def test_json_is_one_line_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    JsonLines().show("a [1].png", result())
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
    JsonLines().refuse("\udcff.png", EncryptedPDFError("Locked."))
    record = json.loads(capsys.readouterr().out)
    assert record == {
        "file": "\udcff.png",
        "error": {"code": "encrypted_pdf", "message": "Locked."},
    }


def test_the_card_of_a_classified_file(capsys: pytest.CaptureFixture[str]) -> None:
    ClassificationCard().show("scan [1].png", result())
    output = capsys.readouterr().out
    rows = {
        cells[1].strip(): cells for line in output.splitlines() if len(cells := line.split("│")) > 3
    }
    assert [cell.strip() for cell in rows["Hypertrophy"][2:5]] == ["Likely", "91%", "1 of 2"]
    assert [cell.strip() for cell in rows["Infarction"][2:5]] == ["Not assessed", "-", "-"]
    assert [cell.strip() for cell in rows["Heart rate"][2:4]] == ["72 /min", "50 to 100"]
    assert [cell.strip() for cell in rows["QRS duration"][2:4]] == ["not measurable", "up to 110"]
    assert [cell.strip() for cell in rows["QRS axis"][2:5]] == [
        "−30 degrees",
        "−30 to 90",
        "normal",
    ]
    assert rows["Sokolow-Lyon voltage"][2].strip() == "3.46 mV"
    for said in (
        "scan [1].png",
        "[bold]votes differ[/bold]",
        "reason of infarction",
        "gain assumed",
        "Likely: Hypertrophy",
        "Show it.",
    ):
        assert said in output
    assert "reason of hypertrophy" not in output
    assert output.count("reason of fusion") == 1


def test_a_page_to_take_again_has_no_figures(capsys: pytest.CaptureFixture[str]) -> None:
    what_to_do = {"title": "Take it again", "text": "Hold the camera still."}
    unread = {**result(), "headline": "Not assessed", "retake": True, "what_to_do": what_to_do}
    ClassificationCard().show("scan.png", unread)
    output = capsys.readouterr().out
    for said in (
        "scan.png",
        "Take it again",
        "[bold]votes differ[/bold]",
        "Hold the camera still.",
    ):
        assert said in output
    for figure in ("%", "72", "/min", "0.41", "Hypertrophy", "Infarction"):
        assert figure not in output
    table = ClassificationTable()
    table.show("scan.png", unread)
    table.close()
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "scan.png",
        "Not",
        "assessed",
        "-",
        "poor",
    ]


def test_a_refusal_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    ClassificationCard().refuse("\udcff.png", EncryptedPDFError("Locked."))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Locked. (encrypted_pdf)" in shown.err


def digitized() -> Digitized:
    ecg = ECG(np.zeros((500, 1), np.float32), 250.0, (STRIP,))
    quality = Quality(0.9, None, None, None, {STRIP: 1.0, "V6": 0.0}, ("no_einthoven",))
    return Digitized(
        ecg, "strip", (), quality, None, 0.0, 25.0, "standard", 10.0, "pulse", ("speed_assumed",)
    )


def test_the_card_of_a_digitized_file(capsys: pytest.CaptureFixture[str]) -> None:
    DigitizationCard().show("strip.png", digitized())
    output = capsys.readouterr().out
    for said in (
        "strip 100%",
        "25 mm/s (assumed)",
        "10 mm/mV (from the calibration pulse)",
        "2.00 s at 250 Hz",
        "no_einthoven",
        "assumed 25 mm/s",
        "not a medical device",
    ):
        assert said in output
    assert "V6" not in output


def test_csv_on_standard_output_is_nothing_but_csv(capsys: pytest.CaptureFixture[str]) -> None:
    Csv().show("strip.png", digitized())
    shown = capsys.readouterr()
    assert shown.out == digitized().ecg.to_csv()
    assert shown.err == f"Warning: {SCALE_WARNINGS['speed_assumed']}\n"


def test_a_table_has_a_row_for_each_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    table = ClassificationTable()
    long_name = "a [very] " * 20 + "long name.png"
    headline = "Likely: Infarction; Something else"
    table.show("scans/a.png", result())
    table.refuse("scans/\udcff.png", EncryptedPDFError("Locked."))
    table.show(f"scans/old/{long_name}", {**result(), "headline": headline})
    assert capsys.readouterr().out == ""
    table.close()
    header, *rows, disclaimer = capsys.readouterr().out.splitlines()
    assert header.split() == ["scans/", "Findings", "bpm", "Quality"]
    assert [row.split() for row in rows[:2]] == [
        ["a.png", "Likely:", "Hypertrophy", "72", "poor"],
        ["\ufffd.png", "refused", "-", "-"],
    ]
    assert rows[2].startswith(f"old/{long_name}  {headline}")
    assert len(rows) == 3
    assert "not a medical device" in disclaimer


@pytest.mark.parametrize(
    ("files", "header"),
    [
        (["a.png", "b.png"], "File"),
        (["x/a.png", "b.png"], "File"),
        (["x/a.png", "/x/b.png"], "File"),
        (["x/a.png", "y/b.png"], "File"),
        (["xy/a.png", "x/b.png"], "File"),
        (["/a.png", "/b.png"], "/"),
        (["x/y/a.png", "x/z/b.png"], "x/"),
        (["x/a.png", "-"], "File"),
    ],
)
def test_a_table_names_the_common_folder_once(
    capsys: pytest.CaptureFixture[str], files: list[str], header: str
) -> None:
    table = DigitizationTable()
    for file in files:
        table.show(file, digitized())
    table.close()
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.split() == [header, "Layout", "mm/s", "mm/mV", "Seconds", "Quality"]
    for file, row in zip(files, rows[: len(files)], strict=True):
        name = "standard input" if file == "-" else file.removeprefix(header)
        assert row.split() == [*name.split(), "strip", "25", "10", "2.0", "good"]


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_a_table_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    table = ClassificationTable()
    table.show("scan-with-a-long-name-" * 6 + ".png", result())
    table.close()
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= int(width)
    assert "".join(line.split()[0] for line in lines[1:]).startswith("scan-with-a-long-name-" * 6)


def test_places_are_named_or_their_folders(capsys: pytest.CaptureFixture[str]) -> None:
    print_places("Pictures", [])
    print_places("Pictures", [Path("out/read.png"), Path("out/why [1].png")])
    print_places("Pictures", [Path("out", f"{n}.png") for n in range(3)] + [Path("a/b/c.png")])
    assert capsys.readouterr() == (
        "",
        "Pictures: out/read.png, out/why [1].png\nPictures: out/, a/b/\n",
    )
