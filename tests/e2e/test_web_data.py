"""One's own data in the browser: who has seen it, consent withdrawn, everything downloaded."""

import io
import re
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Visitor, new_account
from tests.support.running_service import Service


@pytest.fixture
def doctor(browser: Browser, service: Service) -> Iterator[Visitor]:
    someone = Visitor(browser, service)
    someone.sign_in(new_account(service, "doctor"))
    yield someone
    someone.close()


def test_a_patient_sees_who_looked_withdraws_consent_and_downloads_everything(
    visitor: Visitor, doctor: Visitor
) -> None:
    visitor.sign_in(new_account(visitor.service))
    visitor.choose("normal.png")
    page = visitor.page
    page.get_by_label("Use this image to train future versions").check()
    visitor.read()
    page.wait_for_url(re.compile("/result#.+"))
    seen = page.locator("section", has=page.get_by_role("heading", name="Who has seen this"))
    expect(seen).to_contain_text("Nobody but you.")
    result = page.url.partition("#")[2]

    doctor.go(f"/review#{result}")
    expect(doctor.page.get_by_text("Your review")).to_be_visible()
    page.reload()
    seen.locator("summary").click()
    expect(seen).to_contain_text(re.compile(r"A doctor \([0-9a-f]{8}\) opened the result\."))

    consent = page.locator("section", has=page.get_by_role("heading", name="Use for training"))
    expect(consent).to_contain_text("you agreed")
    consent.get_by_role("button", name="Withdraw consent").click()
    expect(consent.get_by_role("status")).to_contain_text("no longer used for training")
    page.reload()
    expect(seen).to_be_visible()
    expect(consent).to_have_count(0)

    visitor.go("/account")
    page.get_by_role("button", name="Prepare ZIP file").click()
    link = page.locator("#data").get_by_role("link", name="Download")
    expect(link).to_be_focused()
    archive = httpx.get(str(link.get_attribute("href")), trust_env=False).content
    assert f"predictions/{result}/picture.jpg" in zipfile.ZipFile(io.BytesIO(archive)).namelist()
