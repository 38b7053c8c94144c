"""One person's way through the web page, and a doctor's, over the whole `serve`."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser, expect
from pymongo import MongoClient

from local.pages import security_headers
from tests.browsing import (
    PASSWORD,
    Visitor,
    chromium,
    link_in,
    mail_to,
    new_member,
    served,
)
from tests.encoded import drawing
from tests.test_local_serve import Serving


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with served(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, serving: Serving) -> Iterator[Visitor]:
    someone = Visitor(browser, serving)
    yield someone
    someone.close()


@pytest.fixture
def doctor(browser: Browser, serving: Serving) -> Iterator[Visitor]:
    someone = Visitor(browser, serving)
    someone.sign_in(new_member(serving, "doctor", "administrator").email)
    yield someone
    someone.close()


def test_from_registration_to_export(visitor: Visitor, doctor: Visitor) -> None:
    email = register(visitor)
    result = upload(visitor)
    toggle_pictures(visitor)
    send_report(visitor, email)
    send_again(visitor)
    review(doctor, result)
    export(doctor, result)
    visitor.go(f"/result#{result}")
    visitor.page.reload()
    said = visitor.page.locator(".feedback-list")
    expect(said).to_contain_text("Corrected")
    expect(said).to_contain_text("Left axis")
    delete(visitor)


def register(visitor: Visitor) -> str:
    """Register, confirm by the mailed link, sign in."""
    email = "ada@example.org"
    page = visitor.go("/register")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit]")
    expect(page.locator("#sent h1")).to_be_focused()

    link = link_in(mail_to(visitor.serving, email))
    visitor.go(link)
    assert "token" not in page.url  # not left where the history keeps it
    page.click("#confirm")
    expect(page.locator("#done")).to_be_visible()

    visitor.sign_in(email)
    (cookie,) = visitor.context.cookies()
    assert cookie["name"].startswith("__Host-")
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "eyJ" not in kept  # no token where another script could find it
    return email


def upload(visitor: Visitor) -> str:
    """Upload a picture, see how it goes; the prediction's id."""
    page = visitor.go("/")
    visitor.choose("normal.png")
    consent = page.get_by_role("checkbox")
    expect(consent).not_to_be_checked()
    consent.check()
    expect(page.locator("#prepare")).to_contain_text("Doctors who work with this service may look")
    visitor.read()
    page.wait_for_url(re.compile("/result#.+"))
    expect(page.locator("progress")).to_be_visible()
    expect(page.locator(".findings")).to_have_text("Normal ECG")
    expect(page.locator("[data-condition]")).to_have_count(6)
    expect(page.locator("[data-condition=normal]")).to_contain_text("very likely")
    expect(page.locator("[data-condition=normal]")).to_contain_text("MLARAM: yes")
    expect(page.get_by_role("row", name="Heart rate")).to_contain_text("64 /min")
    expect(page.get_by_role("row", name="Heart rate")).to_contain_text("60 to 100")
    return page.url.partition("#")[2]


def toggle_pictures(visitor: Visitor) -> None:
    """Overlay and heat-map take the picture's place, also by keyboard."""
    page = visitor.page
    image = page.locator(".paper img")
    shown = {}
    page.get_by_label("Your picture", exact=True).focus()
    for view, alt in (("picture", "handed in"), ("overlay", "traces"), ("heatmap", "spoke for")):
        expect(image).to_have_attribute("alt", re.compile(alt))
        expect(image).to_have_attribute("src", re.compile(view))
        expect(image).to_have_js_property("complete", value=True)
        shown[view] = (
            image.get_attribute("src") or "",
            image.evaluate("image => image.naturalWidth"),
        )
        page.keyboard.press("ArrowRight")
    assert len({source for source, _ in shown.values()}) == 3
    assert all(width > 500 for _, width in shown.values())


def send_report(visitor: Visitor, email: str) -> None:
    """Ask for the report; it comes by mail with a PDF that says what the page says."""
    page = visitor.page
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".reports li")).to_have_attribute("data-status", "sent")
    page.wait_for_timeout(300)
    visitor.screens("result-with-report")
    mail = mail_to(visitor.serving, email, "Your HeartSense report")
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content_type() == "application/pdf"
    document = pypdf.PdfReader(io.BytesIO(attachment.get_content()))
    text = "\n".join(page.extract_text() for page in document.pages)
    for words in ("Normal ECG", "Heart rate", "not a medical device"):
        assert words in text
    assert sum(len(page.images) for page in document.pages) >= 1


def send_again(visitor: Visitor) -> None:
    """Where nobody can tell whether a mail went out, the person decides."""
    with MongoClient[dict[str, Any]](visitor.serving.parts["MongoDB"]) as client:
        reports = client["heartsense"]["reports"]
        assert reports.update_many({}, {"$set": {"status": "unconfirmed"}}).modified_count == 1
    page = visitor.page
    page.reload()
    report = page.locator("[data-status=unconfirmed]")
    expect(report).to_contain_text("We cannot tell if this mail went out")
    report.get_by_role("button", name="Send it again").click()
    expect(page.locator("[data-status=sent]")).to_have_count(1)
    expect(report).to_have_count(1)


def review(doctor: Visitor, result: str) -> None:
    """The doctor finds it, measures on the signal, and corrects the answer."""
    page = doctor.go("/doctor")
    entry = page.locator(f"a[href$='{result}']")
    expect(page.locator(".entry", has=entry)).to_contain_text("Open")
    entry.click()
    expect(page.locator(".lead-trace")).to_have_count(13)  # twelve leads and the rhythm strip

    first = page.get_by_role("slider", name="Time caliper 1")
    reading = page.locator(".readout")
    before = int(re.search(r"Δt ([\d,]+) ms", reading.inner_text())[1].replace(",", ""))  # type: ignore[index]
    first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(reading).to_contain_text(f"Δt {before + 200:,} ms")  # 5 mm at 25 mm/s
    expect(reading).to_contain_text(f"({60_000 / (before + 200):.0f} /min)")
    page.get_by_role("slider", name="Voltage caliper 1").hover()
    knob = page.locator(".caliper-y .caliper-knob").first.bounding_box()
    assert knob
    page.mouse.move(knob["x"] + 4, knob["y"] + 4)
    page.mouse.down()
    page.mouse.move(knob["x"] + 4, knob["y"] - 60)
    page.mouse.up()
    assert "ΔV 0.00" not in reading.inner_text()
    page.wait_for_timeout(300)
    doctor.screens("review")

    page.get_by_label("No, I correct them").check()
    page.get_by_label("Normal ECG", exact=True).uncheck()
    page.get_by_label("Another change in the ECG", exact=True).check()
    page.get_by_label("Comment").fill("Left axis, slow R wave.")
    page.get_by_role("button", name="Save the judgement").click()
    expect(page.locator(".feedback-list")).to_contain_text("Another change in the ECG")
    doctor.go("/doctor")
    expect(page.locator(".entry", has=entry)).to_contain_text("Corrected")


def export(doctor: Visitor, result: str) -> None:
    page = doctor.go("/account")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    (line,) = download.value.path().read_text().splitlines()
    exported = json.loads(line)
    assert exported["prediction_id"] == result
    assert exported["verdict"] == "corrected"
    assert exported["conditions"] == ["fusion_or_miscellaneous"]
    assert exported["picture_key"]  # the patient agreed


def delete(visitor: Visitor) -> None:
    """Only after a question."""
    page = visitor.go("/history")
    entry = page.get_by_role("listitem").filter(has_text="Normal ECG")
    entry.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(entry).to_be_visible()
    entry.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(entry).to_have_count(0)
    page.reload()
    expect(page.locator("main")).to_contain_text("Nothing here yet")


def test_a_connection_lost_in_mid_upload_is_said_and_can_be_repeated(visitor: Visitor) -> None:
    visitor.sign_in(new_member(visitor.serving).email)
    page = visitor.page
    visitor.choose("hypertrophy.jpg")
    network = visitor.context.new_cdp_session(page)

    def upload_at(speed: int) -> None:
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
        network.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": speed})

    upload_at(100_000)
    visitor.read()
    expect(page.locator(".progress .figure")).to_have_text(re.compile(r"^[1-9]\d? %"))
    visitor.context.set_offline(True)
    assert "The connection was lost" in visitor.alert()
    visitor.context.set_offline(False)
    upload_at(-1)
    visitor.read()
    expect(page.locator(".findings")).to_contain_text("thick or large heart wall")


def test_what_is_no_ecg_is_said_where_the_result_would_be(visitor: Visitor, tmp_path: Path) -> None:
    visitor.sign_in(new_member(visitor.serving).email)
    file = tmp_path / "line.png"
    drawing().resize((1600, 960)).save(file)
    visitor.choose(file)
    visitor.read()
    visitor.page.wait_for_url(re.compile("/result#.+"))
    assert "No ECG trace was found" in visitor.alert()
    visitor.go("/history")
    expect(visitor.page.locator(".entry")).to_contain_text("No ECG trace was found")


def test_a_session_lasts_over_pages_and_ends_with_signing_out(visitor: Visitor) -> None:
    visitor.sign_in(new_member(visitor.serving).email)
    first = visitor.context.cookies()[0]["value"]
    page = visitor.go("/account")
    expect(page.locator("#verified")).to_have_text("confirmed")
    assert visitor.context.cookies()[0]["value"] != first  # a refresh token works once
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert visitor.context.cookies() == []
    visitor.go("/history")
    page.wait_for_url(re.compile("/login#next="))


def test_an_account_is_changed_recovered_and_closed(visitor: Visitor) -> None:
    member = new_member(visitor.serving)
    visitor.sign_in(member.email)
    page = visitor.go("/account")
    expect(page.locator("#email")).to_have_text(member.email)
    page.fill("#profile [name=name]", "Grace")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#profile [role=status]")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#profile [name=name]")).to_have_value("Grace")

    page.fill("#password [name=current_password]", PASSWORD)
    page.fill("#password [name=new_password]", "heartsense1")
    page.locator("#password [type=submit]").click()
    assert "among the first that are guessed" in visitor.alert()
    page.fill("#password [name=new_password]", f"{PASSWORD}, again")
    page.locator("#password [type=submit]").click()
    expect(page.locator("#password [role=status]")).to_contain_text("password is changed")

    visitor.go("/forgot")
    page.fill("[name=email]", member.email)
    page.locator("form [type=submit]").click()
    expect(page.locator("#sent")).to_be_visible()
    visitor.go(link_in(mail_to(visitor.serving, member.email, "Your HeartSense password")))
    page.fill("[name=password]", PASSWORD)
    page.locator("form [type=submit]").click()
    expect(page.locator("#done")).to_be_visible()

    visitor.sign_in(member.email)
    visitor.go("/account")
    page.fill("#close [name=password]", PASSWORD)
    page.locator("#close [type=submit]").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    page.wait_for_url("/")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert visitor.context.cookies() == []


def test_a_message_reaches_the_operator(visitor: Visitor) -> None:
    page = visitor.go("/contact")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=subject]", "A question")
    page.fill("[name=message]", "What is a lead?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("passed on")
    body = mail_to(visitor.serving, "operator@example.org").get_body(("plain",))
    assert body
    assert "What is a lead?" in body.get_content()


def test_a_link_that_does_not_work_is_said(visitor: Visitor) -> None:
    for address in ("/verify", "/verify#token=made.up"):
        page = visitor.go(address)
        page.reload()
        page.get_by_role("button", name="Confirm my address").click()
        assert "Ask for a new one" in visitor.alert()


def test_two_tabs_take_turns_at_refreshing(visitor: Visitor) -> None:
    visitor.sign_in(new_member(visitor.serving).email)
    tabs = [visitor.context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto("/account", wait_until="commit")
    for tab in tabs:
        expect(tab.locator("#verified")).to_have_text("confirmed")


def test_the_page_is_served_under_its_policy(visitor: Visitor) -> None:
    answer = visitor.page.request.get("/login")
    for name, value in security_headers(visitor.serving.parts["AWS"]).items():
        assert answer.headers[name.lower()] == value
    assert visitor.page.request.get("/nowhere").status == 404
