"""E-mails: addresses, composed from templates, sent through SES."""

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
