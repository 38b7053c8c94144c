"""Metrics as CloudWatch reads them from a function's log."""

import json
from typing import Any


def metrics_of(log: str) -> list[tuple[str, float, dict[str, str]]]:
    """Name, value and dimensions of each metric in the log, by the embedded metric format."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"_aws"')]
    return [found for line in lines for found in _metrics(line)]


def _metrics(line: dict[str, Any]) -> list[tuple[str, float, dict[str, str]]]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"].startswith("HeartSense")
    assert line["_aws"]["Timestamp"] > 0
    (names,) = directive["Dimensions"]
    dimensions = {name: line[name] for name in names}
    return [
        (metric["Name"], value, dimensions)
        for metric in directive["Metrics"]
        for value in line[metric["Name"]]
    ]
