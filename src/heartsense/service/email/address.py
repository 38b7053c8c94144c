"""E-mail addresses: which are accepted, and which are the same mailbox."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address; `key` is the same for all spellings of one mailbox.

    `text` is the address to send to: as typed, with the domain in its ASCII form (IDNA).
    """

    text: str
    key: str


def read_address(text: str) -> Address:
    """Parse an address; ValueError if it is not accepted.

    Only ASCII is accepted before the @, and an international domain is stored and shown in its
    ASCII form, so an address that merely looks like another one is rejected or visibly different.
    Case is ignored, as all large providers do. ``+tags`` are kept, as their meaning depends on the
    provider.
    """
    try:
        checked = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        # The message of the original error quotes the address.
        raise ValueError("not an e-mail address that can be used") from None
    ascii_text = checked.ascii_email
    # Encoded words are not allowed in addresses (RFC 2047, 5), but some programs decode them.
    if ascii_text is None or "=?" in ascii_text:
        raise ValueError("not an e-mail address that can be used")
    return Address(ascii_text, ascii_text.lower())
