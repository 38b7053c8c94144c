"""A report on its way: one mail to one address, and how far it got.

::

    pending ──> sending ──> sent ──> bounced, complained
       │           │ └────> unconfirmed (──> sent or failed, where SES says so late)
       └───────────┴──────> failed

``sending`` is written before SES is called, so whatever happens in the call, nobody calls again:
a report of which nobody can tell whether it went out reads ``unconfirmed`` and stays that way.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


UNDER_WAY = (Status.PENDING, Status.SENDING)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What is asked for: the report of a prediction, to an address (as written, and its key)."""

    owner: str
    prediction: str
    to: str
    to_key: str


@dataclass(frozen=True, slots=True)
class Report:
    """One mail.

    Attributes
    ----------
    turn
        0 for the first report of its draft; each resend has the next.
    attempts
        How often somebody set about sending it.
    reason
        A code that says why it did not arrive, where that is known.
    ses_id
        What SES calls the mail.
    """

    id: str
    draft: ReportRequest
    turn: int
    status: Status
    created_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    ses_id: str | None = None
    reason: str | None = None
