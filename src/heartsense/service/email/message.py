"""A mail's two bodies from its templates: plain text, and HTML for those who want it.

Mail programs drop style sheets, so css-inline writes the styles into the elements. It is one
4 MB wheel; premailer needs lxml, cssutils and requests, 20 MB together, to do the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage as MimeMessage
from email.policy import SMTP
from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter; `media_type` is like ``application/pdf``."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """What is to be said to whom.

    Parameters
    ----------
    to
        The address.
    template
        Which mail: the name of its two files in ``templates/``.
    subject
        One line.
    values
        What the templates ask for.
    reply_to
        Where an answer goes, as (name, address), if not to the sender.
    attachments
        Files that go with it.
    message_id
        The message's own id, where it must be the same each time it is written.
    """

    to: str
    template: str
    subject: str
    values: Mapping[str, str] = field(default_factory=dict)
    reply_to: tuple[str, str] | None = None
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = None


def compose(letter: EmailMessage, sender: str) -> MimeMessage:
    """Write a letter out as a message.

    The headers are set through `email`'s own types, which refuse line breaks: a subject or a name
    cannot add a header (ValueError).
    """
    message = MimeMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Mailbox(addr_spec=letter.to)
    message["Subject"] = _literal(letter.subject)
    if letter.reply_to is not None:
        name, address = letter.reply_to
        message["Reply-To"] = Mailbox(_literal(name), addr_spec=address)
    if letter.message_id is not None:
        message["Message-ID"] = letter.message_id
    # Automatic answers to automatic mails go round in circles (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(letter, "txt"), cte="quoted-printable")
    message.add_alternative(
        _inliner().inline(_body(letter, "html")), subtype="html", cte="quoted-printable"
    )
    for file in letter.attachments:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _literal(text: str) -> str:
    """Text that looks the same and holds no encoded word (RFC 2047): an invisible space splits it.

    `email` would decode such a word, and then write out the line break that was hidden in it.
    """
    return text.replace("=?", "=\N{ZERO WIDTH SPACE}?")


def _body(letter: EmailMessage, kind: str) -> str:
    template = _templates().get_template(f"{letter.template}.{kind}.j2")
    return template.render(subject=letter.subject, **letter.values)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("heartsense.service.email"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)
