"""Every page of the web page: who can use it, what it weighs, what it refuses, how it looks."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from heartsense.urgency import WHAT_TO_DO
from tests.support.browser import SCREENS, Visitor, new_account
from tests.support.image_files import drawing, encrypted_pdf, saved, uncertain_strip
from tests.support.paths import SAMPLES
from tests.support.reading_grade import grade
from tests.support.running_service import Service

PUBLIC = (
    "",
    "login",
    "register",
    "verify",
    "forgot",
    "reset",
    "contact",
    "about",
    "privacy",
    "nowhere",
)
OWN = ("history", "doctor", "account")
MAX_BYTES = 160_000
MAX_REQUESTS = 40


@pytest.fixture(scope="module")
def doctor(browser: Browser, service: Service) -> Iterator[Visitor]:
    someone = Visitor(browser, service)
    someone.sign_in(new_account(service, "doctor"))
    yield someone
    someone.close()


def look_at(visitor: Visitor, name: str) -> None:
    """No barrier that axe knows, wide and narrow, in light and in dark; and pictures of it."""
    visitor.page.wait_for_load_state("networkidle")
    visitor.screens(name)
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(visitor.page)
        assert found.violations_count == 0, f"{name}, {scheme}:\n{found.generate_report()}"


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_for_everybody(visitor: Visitor, name: str) -> None:
    page = visitor.go(f"/{name}")
    expect(page.locator("h1").first).to_be_visible()
    assert page.title().endswith(" – HeartSense")
    look_at(visitor, name or "try")


@pytest.mark.parametrize("name", OWN)
def test_a_page_for_members(doctor: Visitor, name: str) -> None:
    page = doctor.go(f"/{name}")
    expect(page.locator("h1")).to_be_visible()
    look_at(doctor, name)


def test_trying_it_without_an_account(visitor: Visitor) -> None:
    page = visitor.go("/")
    visitor.choose("inferior-infarction.png")
    expect(page.locator("canvas")).to_be_visible()
    look_at(visitor, "prepare")
    visitor.read()
    expect(page.get_by_role("heading", name="ECG result")).to_be_focused()
    expect(page.locator(".emergency")).to_contain_text("Call an emergency number now")
    expect(page.locator(".image-frame img")).to_have_attribute(
        "src", re.compile("^data:image/jpeg")
    )
    page.get_by_label("Evidence: Signs of a heart attack").check()
    expect(page.locator(".heat-legend")).to_be_visible()
    look_at(visitor, "try-result")
    page.emulate_media(media="print")
    page.pdf(path=SCREENS / "try-result-print.pdf", format="A4")
    assert visitor.context.cookies() == []


def test_results_reviews_and_uncertain_answers_have_no_barriers(
    doctor: Visitor, tmp_path: Path
) -> None:
    doctor.go("/")
    uncertain_strip().save(tmp_path / "strip.png")
    doctor.choose(tmp_path / "strip.png")
    look_at(doctor, "prepare-member")
    doctor.read()
    page = doctor.page
    expect(page.locator(".findings")).to_have_text("Uncertain")
    expect(page.locator(".reasons")).to_contain_text("One lead")
    expect(page.locator(".beats")).to_contain_text("beats")
    limitations = page.get_by_role("region", name="Limitations")
    expect(limitations).to_contain_text("Not assessed: Signs of a heart attack")
    expect(limitations).to_contain_text(re.compile("Not measurable on this image: .*PR interval"))
    look_at(doctor, "result-uncertain")
    doctor.go(page.url.replace("/result", "/review"))
    expect(page.locator(".lead-trace")).to_have_count(1)
    look_at(doctor, "review-strip")


def test_a_picture_on_its_side_is_turned_before_it_is_sent(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.go("/")
    with Image.open(SAMPLES / "normal.png") as upright:
        upright.rotate(90, expand=True).save(tmp_path / "side.png")
    visitor.choose(tmp_path / "side.png")
    page = visitor.page
    wide = "canvas => canvas.width > canvas.height"
    assert not page.locator("canvas").evaluate(wide)
    page.get_by_role("button", name="Rotate right").click()
    assert page.locator("canvas").evaluate(wide)
    visitor.read()
    expect(page.locator(".findings")).to_have_text("Likely: Normal ECG")


def test_a_page_of_a_document_is_chosen(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.choose("paced.pdf")
    page = visitor.page
    expect(page.get_by_text("Your browser cannot preview this type of file")).to_be_visible()
    page.get_by_label("Page").fill("7")
    visitor.read()
    assert "page" in visitor.alert()
    page.get_by_label("Page").fill("1")
    visitor.read()
    expect(page.locator(".findings")).to_be_visible()


def test_a_large_picture_is_made_smaller_to_be_tried(visitor: Visitor, tmp_path: Path) -> None:
    visitor.go("/")
    file = tmp_path / "large.bmp"
    with Image.open(SAMPLES / "normal.png") as picture:
        picture.convert("RGBA").save(file)
    assert file.stat().st_size > 4_000_000
    page = visitor.page
    visitor.choose(file)
    expect(page.get_by_text("a smaller copy will be uploaded")).to_be_visible()
    with page.expect_request(re.compile("/predict")) as sent:
        visitor.read()
    assert sent.value.headers["content-type"] == "image/jpeg"
    expect(page.locator(".findings")).to_have_text("Likely: Normal ECG")


def test_a_picture_may_be_dropped_or_pasted(visitor: Visitor) -> None:
    for event, carrier in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page = visitor.go("/")
        page.evaluate(
            """async ([event, carrier]) => {
                const canvas = document.createElement("canvas");
                const blob = await new Promise((done) => canvas.toBlob(done));
                const data = new DataTransfer();
                data.items.add(new File([blob], "given.png", { type: "image/png" }));
                const kind = event === "drop" ? DragEvent : ClipboardEvent;
                document.dispatchEvent(new kind(event, { [carrier]: data, bubbles: true }));
            }""",
            [event, carrier],
        )
        expect(page.locator("#file-name")).to_have_text("given.png")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"no picture", "is not supported"),
        ("empty.png", b"", "is empty"),
        ("large.png", bytes(20_000_001), "larger than 20 MB"),
        ("secret.pdf", encrypted_pdf(), "password"),
        ("long.pdf", bytes(4_000_001), "Sign in to upload up to 20 MB"),
        ("lie.png", b"\x89PNG\r\n\x1a\nnothing", "damaged"),
        ("line.png", saved(drawing().resize((1600, 960)), "PNG"), "No ECG trace was found"),
    ],
)
def test_a_refusal_is_a_sentence(
    visitor: Visitor, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    visitor.go("/")
    visitor.choose(file)
    if visitor.page.locator("#preview-step").is_visible():
        visitor.read()
    said = visitor.alert()
    assert words in said
    assert said.endswith(".")


def test_everything_can_be_reached_by_keyboard(visitor: Visitor) -> None:
    page = visitor.go("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_focused()
    reached = set()
    for _ in range(15):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.textContent || document.activeElement.type")
        )
    assert {"HeartSense", "Try it", "Sign in", "file", "Privacy", "Contact"} <= reached


def test_texts_need_no_more_than_eight_years_of_school(visitor: Visitor) -> None:
    page = visitor.go("/about")
    texts = page.evaluate("import('/locales/en.js').then((module) => module.default)")
    for name in ("limitations", "privacy", "about", "problems"):
        group = " ".join(sentences(texts[name]))
        assert grade(group) <= 8, (name, grade(group))
    for urgency, words in WHAT_TO_DO.items():
        assert grade(f"{words.title} {words.text}") <= 8, urgency


def sentences(texts: Any) -> Iterator[str]:
    """The texts of a group that are whole sentences."""
    if isinstance(texts, str):
        if texts.endswith("."):
            yield texts
        return
    for text in texts.values() if isinstance(texts, dict) else texts:
        yield from sentences(text)


def test_what_pages_weigh(visitor: Visitor, service: Service) -> None:
    """Prints Lighthouse-style figures; times are not checked: machines differ."""
    figures = {}
    for name in ("", "login", "about"):
        fresh = Visitor(visitor.context.browser, service)  # type: ignore[arg-type]
        page = fresh.go(f"/{name}")
        page.wait_for_load_state("networkidle")
        figures[f"/{name}"] = page.evaluate(
            """() => {
                const [visit] = performance.getEntriesByType("navigation");
                const files = performance.getEntriesByType("resource");
                const paint = performance.getEntriesByName("first-contentful-paint")[0];
                const sum = (name) => [visit, ...files].reduce((all, one) => all + one[name], 0);
                return {
                    requests: files.length + 1,
                    bytes: sum("transferSize"),
                    first_paint_ms: Math.round(paint.startTime),
                    interactive_ms: Math.round(visit.domContentLoadedEventEnd),
                };
            }"""
        )
        fresh.close()
    print(json.dumps(figures, indent=1))
    (SCREENS.parent / "web-figures.json").write_text(json.dumps(figures, indent=1))
    for found in figures.values():
        assert found["bytes"] < MAX_BYTES
        assert found["requests"] < MAX_REQUESTS


def test_the_api_can_be_tried_under_its_content_security_policy(visitor: Visitor) -> None:
    visitor.page.goto("/docs")
    visitor.page.locator("#operations-predictions-list_predictions_predictions_get").click()
    visitor.page.get_by_role("button", name="Try it out").click()
    expect(visitor.page.get_by_role("button", name="Execute")).to_be_visible()


def test_a_page_that_could_not_be_loaded_completely_is_loaded_again(visitor: Visitor) -> None:
    lost = [2]  # requests that find no network

    def answer(route: Route) -> None:
        if lost[0]:
            lost[0] -= 1
            route.abort("internetdisconnected")
        else:
            route.continue_()

    visitor.page.route("**/js/dom.js", answer)
    page = visitor.go("/about")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("could not be loaded completely")  # twice in a row
    alert.get_by_role("button").click()
    expect(page.get_by_role("navigation")).to_be_visible()

    lost[0] = 1
    page.reload()
    expect(page.get_by_role("navigation")).to_be_visible()
    visitor.not_loaded.clear()


def test_what_only_reads_is_asked_for_again_when_the_network_fails(visitor: Visitor) -> None:
    visitor.sign_in(new_account(visitor.service))
    page = visitor.page
    page.route("**/predictions?*", lambda route: route.abort("connectionreset"), times=1)
    with page.expect_event("requestfailed", lambda request: "/predictions?" in request.url):
        visitor.go("/history")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)

    page.route("**/predictions?*", lambda route: route.abort("connectionreset"))
    page.reload()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("Connection lost")
