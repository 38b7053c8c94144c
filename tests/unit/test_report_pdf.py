"""The report's PDF: complete, readable, accessible, and the same as the result."""

import io
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from heartsense.conclusion import statement_in_words
from heartsense.conditions import CONDITIONS, condition
from heartsense.reference_ranges import measurement_rows, quality_label
from heartsense.service.feedback import Review, Verdict, with_review
from heartsense.service.predictions import PAGE_IMAGE, heatmap_name
from heartsense.service.reports import formatting
from heartsense.service.reports.pdf import render
from heartsense.service.reports.view_model import (
    ReportView,
    heatmap_image,
    page_image,
    report_view,
)
from tests.support.paths import ROOT
from tests.support.reading_grade import grade
from tests.support.sample_results import classified_sample, unreadable

OUT = ROOT / "out" / "report"
BRAND = (0xB9, 0x1C, 0x1C)
READ_AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
NAMES = [
    "normal.png",
    "inferior-infarction.png",
    "atrial-flutter.jpg",
    "paced.pdf",
]


def view_of(name: str) -> tuple[ReportView, dict[str, bytes]]:
    found = classified_sample(name)
    assert found.result is not None
    images = [heatmap_image(heatmap_name(id), id) for id in found.heatmaps]
    if not images:
        images = [page_image(PAGE_IMAGE)]
    return report_view(found.result, READ_AT, images), dict(found.artifacts)


@cache
def written(name: str) -> bytes:
    return render(*view_of(name), READ_AT)


@cache
def reader(name: str) -> PdfReader:
    return PdfReader(io.BytesIO(written(name)))


@cache
def text(pdf: PdfReader) -> str:
    """All of a document's text, with one space between words."""
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_was_found(name: str) -> None:
    result = classified_sample(name).result
    assert result is not None
    read = text(reader(name))
    assert result["headline"] in read
    for found in result["conditions"]:
        about = condition(found["id"])
        assert about.title in read
        assert about.explanation in read
        assert all(link.removeprefix("https://").rstrip("/") in read for link in about.links)
        if found["status"] == "likely":
            assert about.next_steps in read
        if found["status"] != "not_assessed":
            figure = formatting.percent(found["probability"])
            assert f"{found['status_label']} {' '.join(figure.split())}" in read
    for said in result["statements"]:
        assert statement_in_words(said) in read
    assert ("What else this ECG shows" in read) == bool(result["statements"])
    for reason in result["reasons"]:
        assert reason in read
    assert result["model_version"] in read
    assert "4 March 2026, 05:06 UTC" in read
    assert "HeartSense is not a medical device" in read


PAGE_BREAK = re.compile(
    r"HeartSense is not a medical device\. Show this report to a doctor\. "
    r"Page \d+ of \d+ HeartSense ECG report "
)


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_every_measurement_with_its_normal_range(name: str) -> None:
    result = classified_sample(name).result
    assert result is not None
    read = text(reader(name))
    unbroken = PAGE_BREAK.sub("", read).replace(" ", "")
    for line in measurement_rows(result["measurements"]):
        if line.value:
            expected = f"{line.title} {line.meaning} {line.value} {line.normal_range}"
            assert " ".join(expected.split()) in read, expected
        else:
            assert line.title in read[read.index("These are missing:") :]
        # Lines and pages may break anywhere in a source.
        assert line.comparison is None or line.source.replace(" ", "") in unbroken


def test_words_stand_beside_what_is_out_of_range() -> None:
    read = text(reader("paced.pdf"))
    assert re.search(r"\b(19|20)\d ms up to 110 ▲ wide", read)
    assert re.search(r"−\d+ degrees −30 to 90 ▼ left axis deviation", read)
    assert re.search(r"Heart rate beats per minute \d+ /min 50 to 100 normal", read)


@pytest.mark.parametrize("name", NAMES)
def test_an_infarction_comes_with_a_banner_and_nothing_else_does(name: str) -> None:
    result = classified_sample(name).result
    assert result is not None
    read = text(reader(name))
    advice = result["what_to_do"]["title"]
    assert result["what_to_do"]["text"] in read
    infarction = "myocardial_infarction" in result["findings"]
    assert (result["urgency"] == "emergency") == infarction
    assert (read.index(advice) < read.index("Summary")) == infarction


def test_a_page_to_take_again_says_why_and_nothing_else() -> None:
    found = unreadable()
    assert found.result is not None
    view = report_view(found.result, READ_AT, [page_image(PAGE_IMAGE)])
    pdf = render(view, dict(found.artifacts), READ_AT)
    read = text(PdfReader(io.BytesIO(pdf)))
    assert "Take it again The leads do not fit together" in read
    assert found.result["what_to_do"]["text"] in read
    assert "HeartSense is not a medical device" in read
    for absent in ("%", "/min", "Heart rate", "Not assessed", *(c.title for c in CONDITIONS)):
        assert absent not in read, absent
    save(pdf, "take-it-again")


@pytest.mark.parametrize("verdict", Verdict)
def test_a_doctors_word_comes_first(verdict: Verdict) -> None:
    found = classified_sample("inferior-infarction.png")
    assert found.result is not None
    infarction = "myocardial_infarction"
    seen = {Verdict.CONFIRMED: infarction, Verdict.CORRECTED: "normal"}[verdict]
    review = Review("d1", verdict, (seen,), "Compared with one of 2019.", READ_AT)
    images = [heatmap_image(heatmap_name(infarction), infarction)]
    view = report_view(with_review(found.result, review), READ_AT, images)
    pdf = render(view, dict(found.artifacts), READ_AT)
    save(pdf, f"review-{verdict}")
    read = text(PdfReader(io.BytesIO(pdf)))
    banner = "Call an emergency number now."
    assert (banner in read) == (verdict is Verdict.CONFIRMED)
    order = [
        f"A doctor says: {condition(seen).title}",
        f"A doctor {verdict} it on 4 March 2026",
        "Compared with one of 2019.",
        "What HeartSense said before",
        "Likely: Signs of a heart attack, new or old",
    ]
    assert [read.index(words) for words in order] == sorted(read.index(words) for words in order)
    assert view.review is not None
    assert view.review.corrected == (verdict is Verdict.CORRECTED)
    assert not re.search(r"\d\s%", read)


def test_both_kinds_are_among_the_samples() -> None:
    found = [(classified_sample(name).result or {})["findings"] for name in NAMES]
    assert any("myocardial_infarction" in ids for ids in found)
    assert any(ids == ["normal"] for ids in found)
    assert any((classified_sample(name).result or {})["possible"] for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_its_pictures_are_those_of_the_result(name: str) -> None:
    found = classified_sample(name)
    names = [heatmap_name(id) for id in found.heatmaps] or [PAGE_IMAGE]
    sizes = [Image.open(io.BytesIO(found.artifacts[file])).size for file in names]
    shown = [image.image for page in reader(name).pages for image in page.images]
    assert [picture.size for picture in shown if picture] == sizes


@pytest.mark.parametrize("name", NAMES)
def test_it_is_tagged_for_screen_readers(name: str) -> None:
    pdf = reader(name)
    catalog: Any = pdf.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en-GB"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert pdf.metadata.title == "ECG report"
    kinds = [element["/S"] for element in structure(catalog["/StructTreeRoot"]) if "/S" in element]
    assert {"/H1", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure", "/Link", "/L"} <= set(kinds)
    figures = [e for e in structure(catalog["/StructTreeRoot"]) if e.get("/S") == "/Figure"]
    assert figures
    for figure in figures:
        assert len(str(figure["/Alt"])) > 20, figure


def structure(element: Any) -> Iterator[DictionaryObject]:
    if isinstance(element, IndirectObject):
        element = element.get_object()
    if isinstance(element, ArrayObject):
        for part in element:
            yield from structure(part)
    elif isinstance(element, DictionaryObject):
        yield element
        yield from structure(element.get("/K"))


@pytest.mark.parametrize("name", NAMES)
def test_its_fonts_are_in_it(name: str) -> None:
    found = 0
    for page in reader(name).pages:
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        for font in fonts.values():
            for part in font.get_object()["/DescendantFonts"]:
                descriptor = part.get_object()["/FontDescriptor"]
                assert {"/FontFile2", "/FontFile3"} & set(descriptor)
                found += 1
    assert found


def long_texts() -> ReportView:
    """A report in which everything is as long as it may ever get."""
    whole, _ = view_of("paced.pdf")
    words_of = " ".join(["Every trace and every lead of this picture was hard to read."] * 12)
    conditions = tuple(
        replace(
            condition,
            status="likely",
            status_label="Likely",
            reason=words_of,
            title=condition.title * 3,
        )
        for condition in whole.conditions
    )
    return replace(
        whole,
        headline=words_of,
        reasons=(words_of,) * 6,
        conditions=conditions,
        remarks=("x" * 60,),
        not_assessed=(words_of,) * 6,
    )


@pytest.mark.parametrize("name", [*NAMES, "long texts"])
def test_nothing_leaves_the_page(name: str) -> None:
    if name == "long texts":
        pdf = render(long_texts(), dict(classified_sample("paced.pdf").artifacts), READ_AT)
    else:
        pdf = written(name)
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document, 1):
        width, height = page.get_size()
        shown = page.get_textpage()
        for index in range(shown.count_chars()):
            left, bottom, right, top = shown.get_charbox(index)
            assert left >= 50, (number, shown.get_text_range(index, 20))
            assert right <= width - 50, (number, shown.get_text_range(index - 20, 20))
            assert 20 <= bottom <= top <= height - 20
        assert f"Page {number} of {len(document)}" in shown.get_text_range()
        shown.close()
        page.close()
    document.close()


@pytest.mark.parametrize("name", NAMES)
def test_its_pages_are_saved_as_images(name: str) -> None:
    assert 3 <= save(written(name), Path(name).stem) <= 5


def save(pdf: bytes, name: str) -> int:
    """Save the pages as images, to look at; how many there are."""
    OUT.mkdir(parents=True, exist_ok=True)
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, 1):
            shown = page.render(scale=1.5).to_pil()
            assert BRAND in {colour for _, colour in shown.getcolors(10**6) or ()}
            shown.save(OUT / f"{name}-{number}.png")
        return len(document)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert render(*view_of("normal.png"), READ_AT) == written("normal.png")


def test_a_report_without_a_picture_can_be_written() -> None:
    whole, _ = view_of("normal.png")
    read = text(PdfReader(io.BytesIO(render(replace(whole, images=()), {}, READ_AT))))
    assert "What the result is based on" not in read


def prose(view: ReportView) -> Iterator[str]:
    """Every sentence of a report; titles, names and figures stand alone."""
    alone = {
        "title",
        "headline",
        "read_on",
        "model_version",
        "emergency",
        "retake",
        "review",
        "range_sources",
        "statements",  # a doctor's terms and figures
    }
    for field in fields(view):
        value = getattr(view, field.name)
        if field.name in alone:
            continue
        if isinstance(value, str):
            yield value
        elif field.name == "conditions":
            for found in value:
                yield from (found.reason, found.explanation, found.next_steps)
        elif field.name == "images":
            for image in value:
                yield from (image.caption, image.alt)
        elif field.name == "measurements":
            yield from (line.meaning for line in value)
        else:
            yield from value


@pytest.mark.parametrize("name", [*NAMES, "all remarks"])
def test_a_patient_can_read_every_sentence(name: str) -> None:
    if name == "all remarks":
        result = dict(classified_sample("normal.png").result or {})
        result["scale"] = {"speed_source": "standard", "gain_source": "standard"}
        result["warnings"] = ["scale_without_grid"]
        whole = report_view(result, READ_AT, complete=False)
        assert len(whole.remarks) == 4
    else:
        whole, _ = view_of(name)
    sentences = [sentence for sentence in prose(whole) if sentence]
    assert grade(" ".join(sentences)) <= 8
    for sentence in sentences:
        assert grade(sentence) <= 8, (grade(sentence), sentence)


def test_the_reading_grade_separates_hard_from_easy() -> None:
    assert grade("The heart beats. It is well.") < 3
    assert grade("Electrocardiographic abnormalities necessitate individualised evaluation.") > 12


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.0, "under 1 %"), (0.01, "1 %"), (0.33, "33 %"), (0.99, "99 %"), (1.0, "over 99 %")],
)
def test_a_probability_is_never_certain(probability: float, expected: str) -> None:
    shown = formatting.percent(probability)
    assert shown.replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize(
    ("score", "label"),
    [(1.0, "good"), (0.8, "good"), (0.799, "fair"), (0.45, "fair"), (0.449, "poor"), (0.0, "poor")],
)
def test_the_image_quality_is_given_in_one_word(score: float, label: str) -> None:
    assert quality_label(score) == label
    assert formatting.quality(score).lower().startswith(f"{label}.")
