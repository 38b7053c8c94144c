"""How fast what may be tried: the numbers behind docs/security.md.

A sign-in is counted for the address and source together, for the source alone (one source, many
addresses), and for the address alone (one address, many sources). Where a sign-in to the address
has succeeded before, only the first counts: strangers elsewhere cannot lock an owner out.
"""

from datetime import timedelta

from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import LimitKey, RateLimit

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

_SIGN_IN = RateLimit("sign-in", free=5, first=_SECOND, longest=15 * _MINUTE)
_SIGN_IN_SOURCE = RateLimit("sign-in-source", free=20, first=_SECOND, longest=15 * _MINUTE)
_SIGN_IN_ADDRESS = RateLimit("sign-in-address", free=20, first=_SECOND, longest=_MINUTE)

# No longer than a reset link holds: however often strangers ask, the owner's newest link works.
_MAIL_ADDRESS = RateLimit("mail-address", free=3, first=_MINUTE, longest=10 * _MINUTE)
_MAIL_SOURCE = RateLimit("mail-source", free=10, first=_MINUTE, longest=_HOUR)
_UPLOAD = RateLimit("upload", free=60, first=10 * _SECOND, longest=15 * _MINUTE)
_CONTACT_SOURCE = RateLimit("contact-source", free=5, first=_MINUTE, longest=_HOUR)

_REPORT = RateLimit("report", free=20, first=_MINUTE, longest=_HOUR)
# A stranger's mailbox: few, whoever asks.
_REPORT_ELSEWHERE = RateLimit("report-elsewhere", free=5, first=_MINUTE, longest=_HOUR)
_REPORT_ADDRESS = RateLimit("report-address", free=3, first=10 * _MINUTE, longest=12 * _HOUR)


def sign_in(address: Address, source: str) -> LimitKey:
    """What every sign-in counts for."""
    return LimitKey(_SIGN_IN, f"{address.key} {source}")


def sign_in_by_stranger(address: Address, source: str) -> tuple[LimitKey, LimitKey]:
    """What counts besides `sign_in` where no sign-in to the address has succeeded before."""
    return LimitKey(_SIGN_IN_SOURCE, source), LimitKey(_SIGN_IN_ADDRESS, address.key)


def mail(address: Address, source: str) -> tuple[LimitKey, LimitKey]:
    """What causing a mail to an address counts for."""
    return LimitKey(_MAIL_SOURCE, source), LimitKey(_MAIL_ADDRESS, address.key)


def contact(source: str) -> LimitKey:
    """What writing through the contact form counts for."""
    return LimitKey(_CONTACT_SOURCE, source)


def upload(user: str) -> LimitKey:
    """What asking for an upload counts for."""
    return LimitKey(_UPLOAD, user)


def report(owner: str, address: Address, own: bool) -> tuple[LimitKey, ...]:
    """What mailing a report counts for; more where the address is not the account's own."""
    if own:
        return (LimitKey(_REPORT, owner),)
    return LimitKey(_REPORT_ELSEWHERE, owner), LimitKey(_REPORT_ADDRESS, address.key)
