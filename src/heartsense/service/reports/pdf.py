"""Renders a report as an accessible PDF: tagged (PDF/UA-1), with embedded fonts and real text.

Typst writes PDF/UA-1 and refuses to break the standard (a figure without alternative text, headings
that skip a level), lays out tables and long texts itself, and is one wheel that includes its fonts.
Of the other maintained libraries, fpdf2 and reportlab need manual layout and write no tags
(reportlab only in its commercial edition), and WeasyPrint needs Pango and other system libraries,
which the Lambda layer would have to include for both architectures.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from heartsense.service.reports.view_model import ReportView


def render(view: ReportView, images: Mapping[str, bytes], created_at: datetime) -> bytes:
    """Render a report as a PDF.

    Parameters
    ----------
    view
        The texts and figures of the report.
    images
        The files that `view.images` names.
    created_at
        Date of the document; the same input gives the same bytes.
    """
    import typst  # here: 84 MB, and most requests write no report

    with TemporaryDirectory(prefix="report-") as folder:
        root = Path(folder)
        for image in view.images:
            (root / image.file).write_bytes(images[image.file])
        (root / "report.json").write_text(json.dumps(asdict(view)))
        (root / "report.typ").write_text(_template())
        pdf = typst.compile(
            root / "report.typ",
            root=root,
            ignore_system_fonts=True,  # the same layout on every machine
            pdf_standards="ua-1",
            timestamp=int(created_at.timestamp()),
        )
    assert isinstance(pdf, bytes)  # typst returns a list only for several pages of images
    return pdf


@cache
def _template() -> str:
    return files("heartsense.service.reports").joinpath("report.typ").read_text()
