"""Tokens in links of e-mails: one secret each, of which an account stores the digest.

The token stands behind the ``#`` of its link: browsers do not send that part, so no log has it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from heartsense.errors import InvalidLinkError
from heartsense.service.ids import digest, join_token, new_secret, split_token

VERIFICATION_LIFETIME = timedelta(hours=24)
RESET_LIFETIME = timedelta(minutes=10)
RETRY_WINDOW = timedelta(minutes=1)
"""A client that lost the response to a reset may repeat it for this long, with its `attempt`."""


@dataclass(frozen=True, slots=True)
class EmailToken:
    """The stored part of a token: its secret's digest, and when it expires."""

    digest: str
    expires_at: datetime

    def to_document(self) -> dict[str, Any]:
        return {"digest": self.digest, "expires_at": self.expires_at}


@dataclass(frozen=True, slots=True)
class SpentReset:
    """The reset token that was spent last, and which attempt may repeat it for a while.

    `attempt` is the digest of a random text of the client, None if it sent none. It tells nothing
    about the password, so repeating a reset cannot be used to guess one.
    """

    digest: str
    attempt: str | None
    repeatable_until: datetime

    def to_document(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "attempt": self.attempt,
            "repeatable_until": self.repeatable_until,
        }


@dataclass(frozen=True, slots=True)
class NewEmailToken:
    """A token that has not been e-mailed yet."""

    secret: str
    stored: EmailToken

    @classmethod
    def create(cls, lifetime: timedelta, now: datetime) -> "NewEmailToken":
        secret = new_secret()
        return cls(secret, EmailToken(digest(secret), now + lifetime))

    def url(self, public_url: str, page: str, account_id: str) -> str:
        """The link to e-mail, to one of the web pages."""
        return f"{public_url.rstrip('/')}/{page}#token={join_token(account_id, self.secret)}"


def parse_email_token(token: str) -> tuple[str, str]:
    """The account's id and the secret's digest; InvalidLinkError if the token is malformed."""
    parts = split_token(token, 2)
    if parts is None:
        raise invalid_link()
    return parts[0], digest(parts[1])


def invalid_link() -> InvalidLinkError:
    """The same error whether a link is malformed, unknown, replaced, used or expired."""
    return InvalidLinkError("This link is invalid or has expired. Request a new one.")
