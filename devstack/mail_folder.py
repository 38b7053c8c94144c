"""An SMTP server that saves every e-mail as an .eml file."""

import asyncio
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.processes import HOST

logger = logging.getLogger(__name__)

MAIL_LIMIT = 40 * 1024 * 1024  # SES's limit, in bytes


class MailFolder:
    """Saves e-mails under names that sort by time of arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Save one e-mail, called by aiosmtpd; the file appears complete or not at all.

        Where it cannot be saved, the sender is told so, and the e-mail is not lost.
        """
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(2)}"
        partial = self._folder / f".{name}"
        try:
            partial.write_bytes(raw)
            partial.rename(self._folder / f"{name}.eml")
        except OSError as error:
            logger.error("no e-mail can be saved: %s", error.strerror)
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return "452 4.3.1 The mail folder is full or cannot be written"
        return "250 OK"


async def serve_mail(folder: Path, port: int) -> asyncio.Server:
    """Start the SMTP server on `port` in this event loop."""
    handler = MailFolder(folder)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(handler, data_size_limit=MAIL_LIMIT, enable_SMTPUTF8=True), HOST, port
    )
