"""How fast what may be tried: the numbers behind docs/security.md.

A sign-in is counted for the address and source together, for the source alone (one source, many
addresses), and for the address alone (one address, many sources). Where a sign-in to the address
has succeeded before, only the first counts: strangers elsewhere cannot lock an owner out.
"""

from datetime import timedelta

from heartsense.accounts.addresses import Address
from heartsense.accounts.limiter import Budget, Pace

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

_SIGN_IN = Pace("sign-in", free=5, first=_SECOND, longest=15 * _MINUTE)
_SIGN_IN_SOURCE = Pace("sign-in-source", free=20, first=_SECOND, longest=15 * _MINUTE)
_SIGN_IN_ADDRESS = Pace("sign-in-address", free=20, first=_SECOND, longest=_MINUTE)

# No longer than a reset link holds: however often strangers ask, the owner's newest link works.
_MAIL_ADDRESS = Pace("mail-address", free=3, first=_MINUTE, longest=10 * _MINUTE)
_MAIL_SOURCE = Pace("mail-source", free=10, first=_MINUTE, longest=_HOUR)
_UPLOAD = Pace("upload", free=60, first=10 * _SECOND, longest=15 * _MINUTE)
_CONTACT_SOURCE = Pace("contact-source", free=5, first=_MINUTE, longest=_HOUR)

_REPORT = Pace("report", free=20, first=_MINUTE, longest=_HOUR)
# A stranger's mailbox: few, whoever asks.
_REPORT_ELSEWHERE = Pace("report-elsewhere", free=5, first=_MINUTE, longest=_HOUR)
_REPORT_ADDRESS = Pace("report-address", free=3, first=10 * _MINUTE, longest=12 * _HOUR)


def sign_in(address: Address, source: str) -> Budget:
    """What every sign-in counts for."""
    return Budget(_SIGN_IN, f"{address.key} {source}")


def sign_in_by_stranger(address: Address, source: str) -> tuple[Budget, Budget]:
    """What counts besides `sign_in` where no sign-in to the address has succeeded before."""
    return Budget(_SIGN_IN_SOURCE, source), Budget(_SIGN_IN_ADDRESS, address.key)


def mail(address: Address, source: str) -> tuple[Budget, Budget]:
    """What causing a mail to an address counts for."""
    return Budget(_MAIL_SOURCE, source), Budget(_MAIL_ADDRESS, address.key)


def contact(source: str) -> Budget:
    """What writing through the contact form counts for."""
    return Budget(_CONTACT_SOURCE, source)


def upload(user: str) -> Budget:
    """What asking for an upload counts for."""
    return Budget(_UPLOAD, user)


def report(owner: str, address: Address, own: bool) -> tuple[Budget, ...]:
    """What mailing a report counts for; more where the address is not the account's own."""
    if own:
        return (Budget(_REPORT, owner),)
    return Budget(_REPORT_ELSEWHERE, owner), Budget(_REPORT_ADDRESS, address.key)
