"""A result as a card of HTML, for notebooks."""

import base64
import io
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from PIL import Image

from heartsense import result_schema as schema
from heartsense.reference_ranges import measurement_rows

_WIDTH: Final = 900  # pixels of the picture: as wide as a notebook's column


def html_card(result: schema.Result, overlay: Image.Image) -> str:
    """Findings, measurements, remarks and the page with what was read.

    Everything is escaped, nothing is loaded from elsewhere and nothing is a script.
    """
    remarks = "".join(f"<li>{escape(text)}</li>" for text in _remarks(result))
    summary = f"layout {result.layout}, quality {result.quality.score:.2f}"
    return (
        f"<div><p>{escape(summary)}</p><p><b>{escape(result.headline)}</b></p>"
        f"<p><b>{escape(result.what_to_do.title)}</b> {escape(result.what_to_do.text)}</p>"
        f"{'' if result.retake else _tables(result)}<ul>{remarks}</ul>"
        f'<img alt="The page with the leads that were read" src="{_data_url(overlay)}"></div>'
    )


def _tables(result: schema.Result) -> str:
    findings = _table(("Condition", "Status", "Probability"), map(_finding, result.conditions))
    measurements = _table(
        ("Measurement", "Value", "Normal range", "Compared"), _measurements(result)
    )
    return f'<div style="display:flex;gap:2em;flex-wrap:wrap">{findings}{measurements}</div>'


def _remarks(result: schema.Result) -> Iterator[str]:
    if result.beats is not None:
        yield result.beats.summary
    yield from result.reasons
    if result.advice is not None and not result.retake:
        yield result.advice.text
    yield from result.warnings


def _finding(finding: schema.Finding) -> tuple[str, str, str]:
    probability = (
        "–"
        if finding.probability is None or finding.status == "not_assessed"
        else f"{finding.probability:.0%}"
    )
    return finding.title, finding.status_label, probability


def _measurements(result: schema.Result) -> Iterator[tuple[str, str, str, str]]:
    for row in measurement_rows(result.measurements):
        yield row.title, row.value or "not measurable", row.normal_range or "–", row.word or "–"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _data_url(picture: Image.Image) -> str:
    picture.thumbnail((_WIDTH, _WIDTH))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
