"""Debian's chromium in front of a whole `serve`, and the people who use it."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from heartsense.service.accounts import AccountRepository
from heartsense.service.accounts.email_tokens import EmailToken
from heartsense.service.accounts.passwords import hash_password
from heartsense.service.email.address import read_address
from tests.conftest import CI
from tests.support.devstack_process import eventually
from tests.support.paths import ROOT, SAMPLES
from tests.support.running_service import Service, new_address, plain_text
from tests.support.signed_in_accounts import give_second_factor

CHROMIUM = Path("/usr/bin/chromium")
SCREENS = ROOT / "out" / "screens"
PASSWORD = "seven otters under a violet bridge"
PATIENCE = 30_000  # milliseconds; on a busy machine
RECOVERY_CODES: dict[str, list[str]] = {}  # by address
WIDTHS = {1440: 900, 375: 812}
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; without one a test skips, but fails under CI.

    Not for the session: while playwright runs, its thread can run no other event loop.
    """
    if not CHROMIUM.exists():
        reason = f"no {CHROMIUM}: apt-get install chromium"
        pytest.fail(reason) if CI else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, service: Service) -> Iterator["Visitor"]:
    """Somebody who is not signed in."""
    someone = Visitor(browser, service)
    yield someone
    someone.close()


class Visitor:
    """A page of its own browser profile that must not say anything on its console."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.context = browser.new_context(
            base_url=service.url,
            reduced_motion="reduce",
            viewport={"width": 1440, "height": 900},
        )
        self.service = service
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.not_loaded: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)
        self.page.on("requestfailed", self._failed)

    def _heard(self, message: Any) -> None:
        # The browser itself writes there that an answer was a refusal.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def _asked(self, request: Any) -> None:
        own = (self.service.url, self.service.serving.endpoints["AWS"], "data:", "blob:")
        if not request.url.startswith(own):
            self.foreign.append(request.url)

    def _failed(self, request: Any) -> None:
        # A page that is left gives up its requests. A network that changes, as when a container
        # starts beside the browser, is what pages are loaded again for.
        usual = {"net::ERR_ABORTED", "net::ERR_NETWORK_CHANGED"}
        own_file = request.resource_type in {"document", "script", "stylesheet"}
        if own_file and request.failure not in usual:
            self.not_loaded.append(f"{request.url}: {request.failure}")

    def close(self) -> None:
        self.context.close()
        assert self.not_loaded == []
        assert self.faults == []
        assert self.foreign == []

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def choose(self, file: Path | str) -> None:
        """Choose a file, or a sample by its name, and wait until it is taken or refused."""
        self.page.set_input_files("#choose-step input:not([capture])", SAMPLES / file)
        expect(
            self.page.locator("#preview-step, #notices [role=alert]").filter(visible=True)
        ).to_be_visible()

    def read(self) -> None:
        self.page.click("#preview-step [type=submit]")

    def sign_in(self, email: str) -> None:
        self.go("/login")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("#first-step [type=submit]")
        if email in RECOVERY_CODES:
            self.page.fill("[name=code]", RECOVERY_CODES[email].pop())
            self.page.click("#second-step [type=submit]")
        self.page.wait_for_url("/")

    def alert(self) -> str:
        """The sentence that says why something was not done."""
        return self.page.locator("[role=alert]:visible").first.inner_text()

    def screens(self, name: str) -> None:
        """What it looks like, wide and narrow, in light and in dark."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, name
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                picture = SCREENS / f"{name}-{width}-{scheme}.png"
                self.page.screenshot(path=picture, full_page=True)
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light")


def new_account(service: Service, *roles: str) -> str:
    """The address of an account that is confirmed, with the password PASSWORD and more `roles`.

    With roles it has a second factor, as it needs one; `Visitor.sign_in` knows its codes.
    """
    email = new_address()
    store = AccountRepository(service.database)
    now = datetime.now(UTC)
    link = EmailToken(secrets.token_hex(8), now + timedelta(days=1))
    created = store.create(read_address(email), "Test Person", hash_password(PASSWORD), link, now)
    assert created
    assert store.verify(created, link.digest, now)
    for role in roles:
        store.grant(created, role)
    if roles:
        RECOVERY_CODES[email] = give_second_factor(service.database, created)
    return email


def newest_mail(service: Service, address: str, subject: str) -> MimeMessage:
    """The newest mail of a subject to an address, waited for."""
    found: list[MimeMessage] = []

    def arrived() -> bool:
        found[:] = [mail for mail in service.mails(address) if mail["Subject"] == subject]
        return bool(found)

    assert eventually(arrived), f"no mail {subject!r} to {address}"
    return found[-1]


def link_in(mail: MimeMessage) -> str:
    match = re.search(r"https?://\S+", plain_text(mail))
    assert match
    return match[0]
