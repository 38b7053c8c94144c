"""Mails: written from templates, sent through SES."""

from heartsense.mail.letters import Attachment, Letter, compose
from heartsense.mail.post import Post

__all__ = ["Attachment", "Letter", "Post", "compose"]
