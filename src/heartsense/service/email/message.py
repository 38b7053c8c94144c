"""Composes e-mails from templates: a plain text and an HTML body, and attachments.

Mail programs ignore style sheets, so css-inline writes the styles into the elements. It is one 4 MB
wheel; premailer needs lxml, cssutils and requests, 20 MB together, to do the same. Both libraries
are imported with the first e-mail: most calls send none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage as MimeMessage
from email.policy import SMTP
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Environment


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file; `media_type` is like ``application/pdf``."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """An e-mail before it is composed.

    Parameters
    ----------
    to
        The recipient's address.
    template
        The name of its two files in ``templates/``.
    subject
        One line.
    values
        The variables of the templates.
    reply_to
        Name and address for replies, if not the sender.
    attachments
        Attached files.
    message_id
        A Message-ID, where it must be the same every time the message is composed.
    """

    to: str
    template: str
    subject: str
    values: Mapping[str, str] = field(default_factory=dict)
    reply_to: tuple[str, str] | None = None
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = None


def compose(email: EmailMessage, sender: str) -> MimeMessage:
    """Compose an e-mail as a MIME message.

    Headers are set through types of the standard library's `email`, which reject line breaks
    (ValueError): a subject or a name cannot add a header.
    """
    message = MimeMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Mailbox(addr_spec=email.to)
    message["Subject"] = _literal(email.subject)
    if email.reply_to is not None:
        name, address = email.reply_to
        message["Reply-To"] = Mailbox(_literal(name), addr_spec=address)
    if email.message_id is not None:
        message["Message-ID"] = email.message_id
    # Stops automatic replies, which could loop (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(email, "txt"), cte="quoted-printable")
    message.add_alternative(
        _inliner().inline(_body(email, "html")), subtype="html", cte="quoted-printable"
    )
    for file in email.attachments:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _literal(text: str) -> str:
    """The same text with encoded words (RFC 2047) split by an invisible space.

    The standard library would decode such a word and write out a line break hidden in it.
    """
    return text.replace("=?", "=\N{ZERO WIDTH SPACE}?")


def _body(email: EmailMessage, kind: str) -> str:
    template = _templates().get_template(f"{email.template}.{kind}.j2")
    return template.render(subject=email.subject, **email.values)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("heartsense.service.email"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False)
