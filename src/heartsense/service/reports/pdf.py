"""A report as a PDF that everybody can read: tagged (PDF/UA-1), its fonts within, its text text.

By typst, because it writes PDF/UA-1 and refuses to write one that breaks the standard (a figure
without a text, headings that skip a level), lays out tables and long texts by itself, and is one
wheel with its fonts in it. Of the other kept libraries, fpdf2 and reportlab place boxes by hand
and write no tags (reportlab's are in its commercial edition), and WeasyPrint needs Pango and other
system libraries, which a Lambda layer would have to carry for both machines.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from heartsense.service.reports.view_model import Content


def render(content: Content, pictures: Mapping[str, bytes], made_at: datetime) -> bytes:
    """Lay a report out.

    Parameters
    ----------
    content
        What it says.
    pictures
        The files that `content.pictures` names.
    made_at
        Stands in the file as its date; the same content at the same time gives the same bytes.
    """
    with TemporaryDirectory(prefix="report-") as folder:
        root = Path(folder)
        for name in (picture.file for picture in content.pictures):
            (root / name).write_bytes(pictures[name])
        (root / "content.json").write_text(json.dumps(asdict(content)))
        (root / "report.typ").write_text(_template())
        pdf = typst.compile(
            root / "report.typ",
            root=root,
            ignore_system_fonts=True,  # the same looks everywhere
            pdf_standards="ua-1",
            timestamp=int(made_at.timestamp()),
        )
    assert isinstance(pdf, bytes)  # typst has one answer for one file
    return pdf


@cache
def _template() -> str:
    return files("heartsense.service.reports").joinpath("report.typ").read_text()
