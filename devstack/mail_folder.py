"""The mail folder: an SMTP server that keeps every mail as an .eml file."""

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.processes import HOST

MAIL_LIMIT = 40 * 1024 * 1024  # what SES takes, in bytes


class MailFolder:
    """Keeps mails under names that sort by the time they came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd for each mail; the file appears whole or not at all."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(2)}"
        partial = self._folder / f".{name}"
        partial.write_bytes(raw)
        partial.rename(self._folder / f"{name}.eml")
        return "250 kept"


async def serve_mail(folder: Path, port: int) -> asyncio.Server:
    """Listen on `port` in this event loop."""
    keeper = MailFolder(folder)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=MAIL_LIMIT, enable_SMTPUTF8=True), HOST, port
    )
