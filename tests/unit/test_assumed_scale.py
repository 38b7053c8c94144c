"""What a page does not show of its scale is assumed, and every screen says so in the same words."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache

import pytest
from PIL import Image

import heartsense
from heartsense import Result
from heartsense.classifier.assumed_gain import with_assumed_gain
from heartsense.classifier.statements import Statement, StatementEvidence, Worth
from heartsense.cli.cards import DigitizationCard
from heartsense.conclusion import statement_in_words
from heartsense.scale_warnings import ASSUMED_GAIN_REASON, SCALE_WARNINGS, assumed_scale
from heartsense.service.reports.view_model import report_view
from training.render import PageSpec, render_page
from training.render.spec import Legend, Pulse
from training.simulate import simulate

GAIN = SCALE_WARNINGS["gain_assumed"]
SPEED = SCALE_WARNINGS["speed_assumed"]
READ_AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@cache
def read(pulse: Pulse, legend: Legend) -> Result:
    spec = PageSpec(layout="3x4+1", pulse=pulse, legend=legend)
    return heartsense.read(Image.fromarray(render_page(simulate(), spec).pixels))


def test_a_page_that_shows_its_scale_says_nothing_of_it() -> None:
    result = read("left", "bottom")
    assert result.digitized.warnings == ()
    assert not {GAIN, SPEED} & set(result.warnings)
    assert all(ASSUMED_GAIN_REASON not in finding.reason for finding in result.conditions)


def test_an_assumed_gain_is_said_where_voltages_count() -> None:
    result = read("none", "none")
    assert result.digitized.warnings == ("speed_assumed", "gain_assumed")
    assert {GAIN, SPEED} <= set(result.warnings)
    said = {f.id for f in result.conditions if f.reason.endswith(ASSUMED_GAIN_REASON)}
    assert said == {"hypertrophy"}
    assert {GAIN, SPEED} <= set(result.to_dict()["warnings"])  # which the page lists


def test_a_statement_on_voltages_names_the_gain_that_was_assumed() -> None:
    worth = Worth(0.5, 0.5, 10)
    voltages = (StatementEvidence("Cornell voltage", "3.1 mV", ("aVL", "V3")),)
    tall = with_assumed_gain(Statement("tall", "Tall waves", voltages, "", worth))
    assert statement_in_words(asdict(tall)) == (
        "Tall waves (Cornell voltage in aVL, V3 3.1 mV; gain 10 mm/mV, assumed)"
    )
    wide = Statement("wide", "Wide", (StatementEvidence("QRS", "134 ms", ()),), "", worth)
    assert with_assumed_gain(wide) == wide


def test_a_pulse_leaves_only_the_speed_to_assume() -> None:
    result = read("left", "none")
    assert SPEED in result.warnings
    assert GAIN not in result.warnings


def test_the_report_says_once_what_was_assumed_also_of_older_results() -> None:
    result = read("none", "none").to_dict()
    remarks = report_view(result, READ_AT).remarks
    assert [remarks.count(GAIN), remarks.count(SPEED)] == [1, 1]
    older = {**result, "warnings": [w for w in result["warnings"] if w not in (GAIN, SPEED)]}
    assert sorted(report_view(older, READ_AT).remarks) == sorted(remarks)


def test_the_command_line_says_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    DigitizationCard().show("page.png", read("none", "none").digitized)
    printed = " ".join(capsys.readouterr().out.split())
    assert GAIN in printed
    assert SPEED in printed


def test_only_what_is_standard_was_assumed() -> None:
    assert assumed_scale("legend", "pulse") == ()
    assert assumed_scale("layout", "standard") == ("gain_assumed",)
    assert assumed_scale("standard", "legend") == ("speed_assumed",)
