"""E-mails: addresses, composed from templates, sent through SES."""

from heartsense.service.email.message import Attachment, EmailMessage, compose
from heartsense.service.email.ses import SesMailer

__all__ = ["Attachment", "EmailMessage", "SesMailer", "compose"]
