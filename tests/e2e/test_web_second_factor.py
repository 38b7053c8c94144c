"""Two-step sign-in in the browser: an app, recovery codes, and a passkey of chromium itself."""

import io
from collections.abc import Iterator

import pyotp
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from devstack.processes import free_port
from tests.support.browser import PASSWORD, Visitor, new_account
from tests.support.running_service import Service, serve


@pytest.fixture(scope="module")
def named_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service under a host name: browsers allow passkeys of no IP address."""
    port = free_port()
    origin = f"http://localhost:{port}"
    folder = tmp_path_factory.mktemp("named")
    with serve(folder, firewall=False, port=port, WEB_ORIGIN=origin) as running:
        running.url = origin
        yield running


def enter_password(visitor: Visitor, email: str) -> Page:
    page = visitor.go("/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("#first-step [type=submit]")
    expect(page.locator("#second-step")).to_be_visible()
    return page


def test_an_app_is_added_used_and_removed(visitor: Visitor) -> None:
    email = new_account(visitor.service)
    visitor.sign_in(email)
    page = visitor.go("/account")
    expect(page.locator("#two-step")).to_contain_text("Two-step sign-in is off.")
    page.fill("#two-step [name=password]", PASSWORD)
    page.click("#two-step [type=submit]")
    secret = page.locator("#totp-secret").inner_text()
    shown_code = page.locator("#totp-qr-code").screenshot()
    (scanned,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown_code)))
    assert f"secret={secret}" in scanned.text
    page.fill("#confirm-app [name=code]", pyotp.TOTP(secret).now())
    page.click("#confirm-app [type=submit]")
    shown = page.locator("#recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    expect(page.locator("#two-step")).to_contain_text("My phone (App)")
    visitor.screens("two-step")

    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.wait_for_url("/")
    enter_password(visitor, email)
    page.fill("#second-step [name=code]", "000000")
    page.click("#second-step [type=submit]")
    assert "wrong" in visitor.alert()
    page.fill("#second-step [name=code]", codes[0])
    page.click("#second-step [type=submit]")
    page.wait_for_url("/")

    visitor.go("/account")
    expect(page.locator("#two-step")).to_contain_text("Recovery codes left: 9")
    page.fill("#two-step [name=password]", PASSWORD)
    page.get_by_role("button", name="Remove: My phone").click()
    expect(page.locator("#two-step")).to_contain_text("Two-step sign-in is off.")


def test_a_passkey_is_added_and_signs_in(browser: Browser, named_service: Service) -> None:
    visitor = Visitor(browser, named_service)
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    email = new_account(named_service)
    visitor.sign_in(email)
    page = visitor.go("/account")
    page.fill("#two-step [name=password]", PASSWORD)
    page.fill("#two-step [name=name]", "Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#recovery-codes code")).to_have_count(10)
    expect(page.locator("#two-step")).to_contain_text("Laptop (Passkey)")
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.wait_for_url("/")
    enter_password(visitor, email)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("/")
    visitor.go("/account")
    expect(page.locator("#verified")).to_have_text("Confirmed")
    visitor.close()


def test_another_device_is_signed_out_on_the_account_page(
    browser: Browser, visitor: Visitor
) -> None:
    email = new_account(visitor.service)
    other = Visitor(browser, visitor.service)
    other.sign_in(email)
    visitor.sign_in(email)
    page = visitor.go("/account")
    items = page.locator("#sessions li")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("This device")
    items.last.get_by_role("button").click()
    expect(items).to_have_count(1)
    other.page.goto("/account")
    other.page.wait_for_url("**/login#next=*")
    other.close()
