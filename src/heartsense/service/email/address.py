"""E-mail addresses: which ones are taken, and when two are the same."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address; `key` is the same for all spellings of one mailbox.

    `text` is where mail goes: as typed, with the domain in its ASCII form (IDNA).
    """

    text: str
    key: str


def read_address(text: str) -> Address:
    """Read an address; ValueError for one that cannot be used.

    Before the @ only ASCII is taken, and an international domain is kept and shown in its ASCII
    form: an address that only looks like another one is refused or visibly different. Upper and
    lower case are one mailbox, as with every provider of note; ``+tags`` are not stripped, because
    only the provider knows what they mean.
    """
    try:
        checked = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        # Its text quotes the address.
        raise ValueError("not an e-mail address that can be used") from None
    ascii_text = checked.ascii_email
    # An encoded word is allowed everywhere but here (RFC 2047, 5), and yet programs decode it.
    if ascii_text is None or "=?" in ascii_text:
        raise ValueError("not an e-mail address that can be used")
    return Address(ascii_text, ascii_text.lower())
