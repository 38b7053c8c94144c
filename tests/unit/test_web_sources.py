"""What the web page's own code does not do."""

import re

import pytest

from tests.support.paths import ROOT

# Ways in which text becomes markup or code.
DANGEROUS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc)\b"
    r"|(setTimeout|setInterval)\(\s*[\"'`]"
)
SOURCES = sorted([*ROOT.glob("web/**/*.js"), *ROOT.glob("web/**/*.html")])


@pytest.mark.parametrize("code", ["a.innerHTML = b", "setTimeout('x()', 1)", "new Function(b)"])
def test_the_pattern_finds_what_it_should(code: str) -> None:
    assert DANGEROUS.search(code)


def test_no_text_becomes_markup_or_code() -> None:
    assert len(SOURCES) > 20
    found = [path.name for path in SOURCES if DANGEROUS.search(path.read_text())]
    assert found == []


def test_no_page_has_a_script_or_a_handler_of_its_own() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:", re.IGNORECASE)
    pages = [path for path in SOURCES if path.suffix == ".html"]
    assert pages
    assert [path.name for path in pages if inline.search(path.read_text())] == []
