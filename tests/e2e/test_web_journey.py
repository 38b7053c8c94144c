"""One person's way through the web page, and a doctor's, over the whole `serve`."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, expect

from devstack.static_pages import security_headers
from functions.report.schemas import MAX_EXPORT_LINES
from tests.support.browser import PASSWORD, Visitor, link_in, new_account, newest_mail
from tests.support.devstack_process import eventually
from tests.support.image_files import contradicting_page, drawing
from tests.support.running_service import Service, new_address


@pytest.fixture
def doctor(browser: Browser, service: Service) -> Iterator[Visitor]:
    someone = Visitor(browser, service)
    someone.sign_in(new_account(service, "doctor", "administrator"))
    yield someone
    someone.close()


def test_from_registration_to_export(visitor: Visitor, doctor: Visitor) -> None:
    email = register(visitor)
    result = upload(visitor)
    toggle_pictures(visitor)
    send_report(visitor, email)
    send_again(visitor, result)
    review(doctor, result)
    export(doctor, result)
    read_the_doctors_word(visitor, result)
    ask_for_the_new_report(visitor, email)
    delete(visitor)


def test_a_doctor_takes_the_emergency_back(visitor: Visitor, doctor: Visitor) -> None:
    """The red banner goes, the doctor's word leads, the machine's answer is struck through."""
    visitor.sign_in(new_account(visitor.service))
    visitor.choose("inferior-infarction.png")
    visitor.read()
    visitor.page.wait_for_url(re.compile("/result#.+"))
    expect(visitor.page.locator(".emergency")).to_contain_text("Call an emergency number now.")
    expect(visitor.page.locator(".findings")).to_have_text(
        "Likely: Signs of a heart attack, new or old"
    )
    visitor.page.wait_for_load_state("networkidle")
    visitor.screens("emergency")
    result = visitor.page.url.partition("#")[2]
    correct(doctor, result, "Signs of a heart attack, new or old", "Normal ECG", "As in 2019.")
    page = visitor.page
    page.reload()
    expect(page.locator(".findings")).to_have_text("A doctor says: Normal ECG")
    expect(page.locator(".review-note")).to_contain_text("A doctor corrected this result on")
    expect(page.locator(".review-note")).to_contain_text("As in 2019.")
    expect(page.locator(".emergency")).to_have_count(0)
    expect(page.locator(".urgency")).to_contain_text("this ECG asks for nothing more")
    struck = page.locator("del.earlier-answer")
    expect(struck).to_contain_text("Likely: Signs of a heart attack, new or old")
    expect(page.locator("[data-condition]")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    visitor.screens("doctors-word")
    visitor.go("/history")
    expect(page.locator(".entry-title")).to_have_text("A doctor says: Normal ECG")
    expect(page.locator(".entry")).to_contain_text("Corrected by a doctor")
    expect(page.locator(".entry")).not_to_contain_text("emergency")
    visitor.screens("history-doctors-word")


def test_a_page_that_could_not_be_read_is_taken_again(visitor: Visitor, tmp_path: Path) -> None:
    """One block with the reason and what to do: no figures, no cards."""
    file = tmp_path / "mirrored.png"
    contradicting_page().save(file)
    visitor.sign_in(new_account(visitor.service))
    visitor.choose(file)
    visitor.read()
    page = visitor.page
    page.wait_for_url(re.compile("/result#.+"))
    block = page.locator(".retake")
    expect(block).to_contain_text("Take it again")
    expect(block).to_contain_text("The leads do not fit together")
    expect(block).to_contain_text("Lay the paper flat")
    page.wait_for_load_state("networkidle")
    visitor.screens("take-it-again")
    shown = page.locator("main").inner_text()
    for figure in ("%", "/min", "Heart rate", "Not assessed", "Normal ECG", "poor"):
        assert figure not in shown, figure
    expect(page.locator("[data-condition]")).to_have_count(0)
    visitor.go("/history")
    expect(page.locator(".entry")).to_contain_text("Take it again")


def register(visitor: Visitor) -> str:
    """Register, confirm by the mailed link, sign in."""
    email = new_address()
    page = visitor.go("/register")
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit]")
    expect(page.locator("#sent-step h1")).to_be_focused()

    link = link_in(newest_mail(visitor.service, email, "Confirm your address for HeartSense"))
    visitor.go(link)
    assert "token" not in page.url  # not left where the history keeps it
    page.click("#confirm")
    expect(page.locator("#done-step")).to_be_visible()

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
    expect(page.locator("#preview-step")).to_contain_text("Doctors working with this service")
    visitor.read()
    page.wait_for_url(re.compile("/result#.+"))
    expect(page.locator("progress")).to_be_visible()
    expect(page.locator(".findings")).to_have_text("Likely: Normal ECG")
    expect(page.locator("[data-condition]")).to_have_count(6)
    expect(page.locator("[data-condition=normal]")).to_contain_text("Of ten ECGs")
    expect(page.locator("[data-condition=normal]")).to_contain_text("MLARAM: yes")
    expect(page.get_by_role("row", name="Heart rate")).to_contain_text("64 /min")
    expect(page.get_by_role("row", name="Heart rate")).to_contain_text("50 to 100")
    return page.url.partition("#")[2]


def toggle_pictures(visitor: Visitor) -> None:
    """Overlay and heat-map take the picture's place, also by keyboard."""
    page = visitor.page
    image = page.locator(".image-frame img")
    shown = {}
    page.get_by_label("Original", exact=True).focus()
    for view, alt in (("picture", "uploaded"), ("overlay", "traces"), ("heatmap", "evidence")):
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
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".reports li")).to_have_attribute("data-status", "sent")
    page.wait_for_timeout(300)
    visitor.screens("result-with-report")
    mail = newest_mail(visitor.service, email, "Your HeartSense report")
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content_type() == "application/pdf"
    document = pypdf.PdfReader(io.BytesIO(attachment.get_content()))
    text = "\n".join(page.extract_text() for page in document.pages)
    for words in ("Normal ECG", "Heart rate", "not a medical device"):
        assert words in text
    assert sum(len(page.images) for page in document.pages) >= 1


def send_again(visitor: Visitor, result: str) -> None:
    """Where nobody can tell whether a mail went out, the person decides."""
    reports = visitor.service.database["reports"]
    reports.update_one({"prediction": result}, {"$set": {"status": "unconfirmed"}})
    page = visitor.page
    page.reload()
    report = page.locator("[data-status=unconfirmed]")
    expect(report).to_contain_text("We could not confirm")
    report.get_by_role("button", name="Send again").click()
    expect(page.locator("[data-status=sent]")).to_have_count(1)
    expect(report).to_have_count(1)


def review(doctor: Visitor, result: str) -> None:
    """The doctor finds it, measures on the signal, and corrects the answer."""
    page = doctor.go("/doctor")
    entry = page.locator(f"a[href$='{result}']")
    expect(page.locator(".entry", has=entry)).to_contain_text("Not reviewed")
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
    knob = page.locator(".caliper-y .caliper-handle").first.bounding_box()
    assert knob
    page.mouse.move(knob["x"] + 4, knob["y"] + 4)
    page.mouse.down()
    page.mouse.move(knob["x"] + 4, knob["y"] - 60)
    page.mouse.up()
    assert "ΔV 0.00" not in reading.inner_text()
    page.wait_for_timeout(300)
    doctor.screens("review")

    correct(doctor, result, "Normal ECG", "Another change in the ECG", "Left axis, slow R wave.")
    doctor.go("/doctor")
    expect(page.locator(".entry", has=entry)).to_contain_text("Corrected")
    expect(page.locator(".entry", has=entry)).to_contain_text(
        "A doctor says: Another change in the ECG"
    )


def correct(doctor: Visitor, result: str, wrong: str, right: str, comment: str) -> None:
    """The doctor replaces one condition by another."""
    page = doctor.go(f"/review#{result}")
    page.get_by_label("No, correct the findings").check()
    page.get_by_label(wrong, exact=True).uncheck()
    page.get_by_label(right, exact=True).check()
    page.get_by_label("Comment").fill(comment)
    page.get_by_role("button", name="Submit review").click()
    expect(page.locator(".feedback-list")).to_contain_text(right)


def read_the_doctors_word(visitor: Visitor, result: str) -> None:
    """It leads, and what the machine said is struck through."""
    page = visitor.go(f"/result#{result}")
    page.reload()
    expect(page.locator(".findings")).to_have_text("A doctor says: Another change in the ECG")
    expect(page.locator("del.earlier-answer")).to_contain_text("Likely: Normal ECG")
    said = page.locator(".feedback-list")
    expect(said).to_contain_text("Corrected")
    expect(said).to_contain_text("Left axis")


def ask_for_the_new_report(visitor: Visitor, email: str) -> None:
    """It begins with the doctor's word."""
    before = len(visitor.service.mails(email))
    visitor.page.get_by_role("button", name="Send report").click()
    assert eventually(lambda: len(visitor.service.mails(email)) > before)
    mail = newest_mail(visitor.service, email, "Your HeartSense report")
    (attachment,) = mail.iter_attachments()
    text = pypdf.PdfReader(io.BytesIO(attachment.get_content())).pages[0].extract_text()
    assert "A doctor says: Another change in the ECG" in " ".join(text.split())


def export(doctor: Visitor, result: str) -> None:
    """All pages of it: the first one's predictions are gone."""
    reviews = doctor.service.database["feedback"]
    (review,) = reviews.find({"_id": result})
    gone = [f"-{number:03}" for number in range(MAX_EXPORT_LINES + 1)]
    reviews.insert_many([{**review, "_id": name} for name in gone])
    page = doctor.go("/account")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    reviews.delete_many({"_id": {"$in": gone}})
    lines = map(json.loads, download.value.path().read_text().splitlines())
    (exported,) = (line for line in lines if line["prediction_id"] == result)
    assert exported["verdict"] == "corrected"
    assert exported["conditions"] == ["fusion_or_miscellaneous"]
    assert exported["picture_key"]  # the patient agreed


def delete(visitor: Visitor) -> None:
    """Only after a question."""
    page = visitor.go("/history")
    entry = page.get_by_role("listitem").filter(has_text="Another change in the ECG")
    entry.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(entry).to_be_visible()
    entry.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(entry).to_have_count(0)
    page.reload()
    expect(page.locator("main")).to_contain_text("No ECGs yet")


def test_a_lost_connection_during_an_upload_is_shown_and_the_upload_can_be_repeated(
    visitor: Visitor,
) -> None:
    visitor.sign_in(new_account(visitor.service))
    page = visitor.page
    visitor.choose("hypertrophy.jpg")
    network = visitor.context.new_cdp_session(page)

    def upload_at(speed: int) -> None:
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
        network.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": speed})

    upload_at(100_000)
    visitor.read()
    expect(page.locator(".progress .percentage")).to_have_text(re.compile(r"^[1-9]\d?%"))
    visitor.context.set_offline(True)
    assert "Connection lost" in visitor.alert()
    visitor.context.set_offline(False)
    upload_at(-1)
    visitor.read()
    expect(page.locator(".findings")).to_contain_text("thick or large heart wall")


def test_a_refused_image_is_explained_in_place_of_the_result(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.sign_in(new_account(visitor.service))
    file = tmp_path / "line.png"
    drawing().resize((1600, 960)).save(file)
    visitor.choose(file)
    visitor.read()
    visitor.page.wait_for_url(re.compile("/result#.+"))
    assert "No ECG trace was found" in visitor.alert()
    visitor.go("/history")
    expect(visitor.page.locator(".entry")).to_contain_text("No ECG trace was found")


def test_the_page_is_served_under_its_policy(visitor: Visitor) -> None:
    answer = visitor.page.request.get("/login")
    for name, value in security_headers(visitor.service.serving.endpoints["AWS"]).items():
        assert answer.headers[name.lower()] == value
    assert visitor.page.request.get("/nowhere").status == 404
