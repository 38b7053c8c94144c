"""Mails: written from templates, sent through SES."""

from heartsense.mail.letters import Letter, compose
from heartsense.mail.post import Post

__all__ = ["Letter", "Post", "compose"]
