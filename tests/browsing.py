"""Debian's chromium in front of a whole `serve`, and the people who use it."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pymongo import MongoClient

from heartsense.accounts import AccountStore, read_address
from heartsense.accounts.passwords import hash_password
from heartsense.accounts.store import Link
from tests.conftest import CI
from tests.test_local_serve import ROOT, Serving
from tests.test_local_servers import eventually

CHROMIUM = Path("/usr/bin/chromium")
SAMPLES = ROOT / "samples"
SCREENS = ROOT / "out" / "screens"
PASSWORD = "seven otters under a violet bridge"
PATIENCE = 30_000  # milliseconds; on a busy machine
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


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; without one a test skips, but fails under CI."""
    if not CHROMIUM.exists():
        reason = f"no {CHROMIUM}: apt-get install chromium"
        pytest.fail(reason) if CI else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def served(data: Path) -> Iterator[Serving]:
    """The real application on this machine."""
    running = Serving(data, template=ROOT / "template.yaml")
    assert running.parts.get("HeartSense") == running.url, running.said
    yield running
    assert running.stop() == 0, running.said


class Visitor:
    """A page of its own browser profile that must not say anything on its console."""

    def __init__(self, browser: Browser, serving: Serving) -> None:
        self.context = browser.new_context(
            base_url=serving.url, reduced_motion="reduce", viewport={"width": 1440, "height": 900}
        )
        self.serving = serving
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        # The browser itself writes there that an answer was a refusal.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def _asked(self, request: Any) -> None:
        own = (self.serving.url, self.serving.parts["AWS"], "data:", "blob:")
        if not request.url.startswith(own):
            self.foreign.append(request.url)

    def close(self) -> None:
        self.context.close()
        assert self.faults == []
        assert self.foreign == []

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def choose(self, file: Path | str) -> None:
        """Choose a file, or a sample by its name, and wait until it is taken or refused."""
        self.page.set_input_files("#choose input:not([capture])", SAMPLES / file)
        expect(
            self.page.locator("#prepare, #notices [role=alert]").filter(visible=True)
        ).to_be_visible()

    def read(self) -> None:
        self.page.click("#prepare [type=submit]")

    def sign_in(self, email: str) -> None:
        self.go("/login")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("form [type=submit]")
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


@dataclass(frozen=True)
class Member:
    id: str
    email: str


def new_member(serving: Serving, *roles: str) -> Member:
    """An account with a confirmed address, the password PASSWORD and further `roles`."""
    email = f"{secrets.token_hex(8)}@example.org"
    with MongoClient[dict[str, Any]](serving.parts["MongoDB"]) as client:
        store = AccountStore(client["heartsense"])
        now = datetime.now(UTC)
        link = Link(secrets.token_hex(8), now + timedelta(days=1))
        created = store.create(
            read_address(email), "Test Person", hash_password(PASSWORD), link, now
        )
        assert created
        assert store.verify(created, link.digest, now)
        for role in roles:
            store.grant(created, role)
    return Member(created, email)


def mail_to(serving: Serving, address: str, subject: str = "") -> EmailMessage:
    """The newest mail to an address, waited for."""
    found: list[EmailMessage] = []

    def arrived() -> bool:
        files = sorted(Path(serving.parts["Mails"]).glob("*.eml"), key=lambda f: f.stat().st_mtime)
        mails = [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]
        found[:] = [m for m in mails if address in m["To"] and subject in ("", m["Subject"])]
        return bool(found)

    assert eventually(arrived), f"no mail to {address}"
    return found[-1]


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    match = re.search(r"https?://\S+", body.get_content())
    assert match
    return match[0]
