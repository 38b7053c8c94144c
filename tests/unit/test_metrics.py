"""What functions count, and the alarm on it."""

import json
from datetime import timedelta

import pytest

from devstack.template import Template
from heartsense.service import metrics
from tests.support.embedded_metrics import metrics_of
from tests.support.paths import ROOT


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "HeartSense/heartsense-prod")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "report")


def test_each_count_is_a_line_that_cloudwatch_takes(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count_upload("given_up")
    metrics.count_image(None)
    metrics.count_image("no_ecg_found")
    metrics.count_report("sent")
    metrics.record_oldest_pending(timedelta(minutes=2))
    log = capsys.readouterr().out
    assert metrics_of(log) == [
        ("Uploads", 1, {"service": "report", "outcome": "given_up"}),
        ("PicturesClassified", 1, {"service": "report"}),
        ("PicturesRefused", 1, {"service": "report", "code": "no_ecg_found"}),
        ("Reports", 1, {"service": "report", "status": "sent"}),
        ("OldestPendingReport", 120, {"service": "report"}),
    ]
    directives = [json.loads(line)["_aws"]["CloudWatchMetrics"] for line in log.splitlines()]
    assert {found["Namespace"] for (found,) in directives} == {"HeartSense/heartsense-prod"}


def test_the_alarm_watches_the_metric_of_the_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    template = Template(ROOT / "template.yaml")
    alarms = template.nested("AlarmStack").resources("AWS::CloudWatch::Alarm")
    alarm = alarms["PendingReportsAlarm"]
    function = template.functions["ReportFunction"].environment
    assert alarm["Namespace"] == function["POWERTOOLS_METRICS_NAMESPACE"]
    metrics.record_oldest_pending(timedelta(hours=2))
    ((name, value, dimensions),) = metrics_of(capsys.readouterr().out)
    assert alarm["MetricName"] == name
    assert {found["Name"]: found["Value"] for found in alarm["Dimensions"]} == dimensions
    assert value > alarm["Threshold"]
    assert function["POWERTOOLS_SERVICE_NAME"] == dimensions["service"]
