"""Links in mails: one secret each, kept as its digest in the account it speaks for.

The secret stands behind the ``#``: browsers send that part to no server, so that it is in no log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from heartsense.errors import LinkRefusedError
from heartsense.service.accounts.repository import EmailToken
from heartsense.service.ids import digest, join_token, new_secret, split_token

VERIFY = timedelta(hours=24)
RESET = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that has not been mailed yet."""

    secret: str
    kept: EmailToken

    @classmethod
    def for_(cls, lifetime: timedelta, now: datetime) -> "NewLink":
        secret = new_secret()
        return cls(secret, EmailToken(digest(secret), now + lifetime))

    def url(self, public_url: str, page: str, account_id: str) -> str:
        return f"{public_url.rstrip('/')}/{page}#token={join_token(account_id, self.secret)}"


def read_link(token: str) -> tuple[str, str]:
    """The account's id and the secret's digest; LinkRefusedError for anything but a token."""
    parts = split_token(token, 2)
    if parts is None:
        raise refused()
    return parts[0], digest(parts[1])


def refused() -> LinkRefusedError:
    """One answer for every link that does not work, whatever the reason."""
    return LinkRefusedError("This link does not work or no longer works. Ask for a new one.")
