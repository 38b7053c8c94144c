"""E-mails: addresses, composed from templates, sent through SES.

Modules are imported on first use: most functions only read addresses.
"""

from typing import TYPE_CHECKING

from heartsense.lazy_imports import lazy_names

if TYPE_CHECKING:
    from heartsense.service.email.gateway import EmailGateway
    from heartsense.service.email.message import Attachment, EmailMessage, compose
    from heartsense.service.email.ses import SesMailer
    from heartsense.service.email.suppressions import Suppressions

__all__ = [
    "Attachment",
    "EmailGateway",
    "EmailMessage",
    "SesMailer",
    "Suppressions",
    "compose",
]

__getattr__ = lazy_names(
    __name__,
    {
        "gateway": ("EmailGateway",),
        "message": ("Attachment", "EmailMessage", "compose"),
        "ses": ("SesMailer",),
        "suppressions": ("Suppressions",),
    },
)
