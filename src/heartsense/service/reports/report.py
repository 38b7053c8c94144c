"""A report: one e-mail to one address, and its status.

::

    pending ──> sending ──> sent ──> bounced, complained
       │           │ └────> unconfirmed (──> sent or failed, where SES says so late)
       └───────────┴──────> failed

``sending`` is stored before SES is called, and only the holder of that state calls it. If the
outcome of the call is lost, the report becomes ``unconfirmed`` and is not sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Status of a report, as stored and served."""

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
    """Which prediction's report goes to which address: `to` as typed, `to_key` normalised."""

    owner: str
    prediction: str
    to: str
    to_key: str


@dataclass(frozen=True, slots=True)
class Report:
    """One e-mail.

    Attributes
    ----------
    revision
        0 for the first report of a request; each resend adds 1.
    attempts
        How often sending was started.
    ses_id
        The message id that SES gave.
    reason
        A code for why it did not arrive, where that is known.
    """

    id: str
    request: ReportRequest
    revision: int
    status: Status
    created_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    ses_id: str | None = None
    reason: str | None = None
