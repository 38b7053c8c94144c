"""The contact form: messages are stored and e-mailed to the operator."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from heartsense.service import rate_limit_policies
from heartsense.service.email import EmailMessage, SesMailer
from heartsense.service.email.address import Address
from heartsense.service.ids import new_id
from heartsense.service.rate_limiter import RateLimiter

COLLECTION = "messages"
RETENTION = timedelta(days=365)


def create_indexes(database: Database[dict[str, Any]]) -> None:
    """Create the indexes of contact messages; may be repeated."""
    database[COLLECTION].create_index("expires_at", expireAfterSeconds=0)
    database[COLLECTION].create_index("email_key")


@dataclass(frozen=True, slots=True)
class ContactService:
    database: Database[dict[str, Any]]
    limiter: RateLimiter
    mailer: SesMailer
    operator_address: str

    def submit(self, name: str, address: Address, subject: str, message: str, source: str) -> None:
        """Store a message, then e-mail it to the operator.

        Raises
        ------
        TooManyAttemptsError
        EmailNotSentError
            The message is stored; a retry stores it a second time, which does no harm.
        """
        self.limiter.acquire(rate_limit_policies.contact(source))
        now = datetime.now(UTC)
        self.database[COLLECTION].insert_one(
            {
                "_id": new_id(),
                "name": name,
                "email": address.text,
                "email_key": address.key,
                "subject": subject,
                "message": message,
                "created_at": now,
                "expires_at": now + RETENTION,
            }
        )
        self.mailer.send(
            EmailMessage(
                self.operator_address,
                "contact",
                f"Contact form: {subject}",
                {"name": name, "address": address.text, "message": message},
                reply_to=(name, address.text),
            )
        )


def messages_from(database: Database[dict[str, Any]], address: Address) -> list[dict[str, Any]]:
    """All messages sent from an address, oldest first."""
    fields = ("name", "email", "subject", "message", "created_at")
    found = database[COLLECTION].find({"email_key": address.key}).sort("created_at")
    return [{name: message.get(name) for name in fields} for message in found]


def delete_messages(database: Database[dict[str, Any]], address: Address) -> None:
    """Delete all messages sent from an address."""
    database[COLLECTION].delete_many({"email_key": address.key})
