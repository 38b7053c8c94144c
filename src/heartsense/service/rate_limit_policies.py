"""Rate-limit policies: the numbers behind docs/security.md.

A sign-in counts against address and source together, against the source alone (one source trying
many addresses) and against the address alone (many sources trying one address). From a source of
an earlier successful sign-in only the first applies, so strangers cannot lock the owner out.
"""

from datetime import timedelta

from heartsense.service.email.address import Address
from heartsense.service.rate_limiter import LimitKey, RateLimit

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

_SIGN_IN = RateLimit("sign-in", free_attempts=5, initial_delay=_SECOND, max_delay=15 * _MINUTE)
_SIGN_IN_SOURCE = RateLimit(
    "sign-in-source", free_attempts=20, initial_delay=_SECOND, max_delay=15 * _MINUTE
)
_SIGN_IN_ADDRESS = RateLimit(
    "sign-in-address", free_attempts=20, initial_delay=_SECOND, max_delay=_MINUTE
)

# Who gets here knows the password: few guesses, whatever their source.
_SECOND_FACTOR = RateLimit(
    "second-factor", free_attempts=5, initial_delay=30 * _SECOND, max_delay=_HOUR
)

# At most the lifetime of a reset link: the owner's newest link works however often others ask.
_MAIL_ADDRESS = RateLimit(
    "mail-address", free_attempts=3, initial_delay=_MINUTE, max_delay=10 * _MINUTE
)
_MAIL_SOURCE = RateLimit("mail-source", free_attempts=10, initial_delay=_MINUTE, max_delay=_HOUR)
_RESET_SOURCE = RateLimit(
    "password-reset-source", free_attempts=20, initial_delay=_SECOND, max_delay=15 * _MINUTE
)
_UPLOAD = RateLimit("upload", free_attempts=60, initial_delay=10 * _SECOND, max_delay=15 * _MINUTE)
_EXPORT = RateLimit("export", free_attempts=3, initial_delay=10 * _MINUTE, max_delay=12 * _HOUR)
_CONTACT_SOURCE = RateLimit(
    "contact-source", free_attempts=5, initial_delay=_MINUTE, max_delay=_HOUR
)

_REPORT = RateLimit("report", free_attempts=20, initial_delay=_MINUTE, max_delay=_HOUR)
# Stricter for other people's mailboxes, per owner and per address.
_REPORT_OTHER_ADDRESS = RateLimit(
    "report-other-address", free_attempts=5, initial_delay=_MINUTE, max_delay=_HOUR
)
_REPORT_ADDRESS = RateLimit(
    "report-address", free_attempts=3, initial_delay=10 * _MINUTE, max_delay=12 * _HOUR
)


def sign_in(address: Address, source: str) -> LimitKey:
    """The limit on every sign-in."""
    return LimitKey(_SIGN_IN, f"{address.key} {source}")


def sign_in_from_unknown_source(address: Address, source: str) -> tuple[LimitKey, LimitKey]:
    """Further limits on sign-ins from a source without an earlier successful one."""
    return LimitKey(_SIGN_IN_SOURCE, source), LimitKey(_SIGN_IN_ADDRESS, address.key)


def second_factor(account_id: str) -> LimitKey:
    """The limit on proofs of a second factor, right or wrong."""
    return LimitKey(_SECOND_FACTOR, account_id)


def account_email(address: Address, source: str) -> tuple[LimitKey, LimitKey]:
    """Limits on requests that send an e-mail about an account to `address`."""
    return LimitKey(_MAIL_SOURCE, source), LimitKey(_MAIL_ADDRESS, address.key)


def password_reset(source: str) -> LimitKey:
    """The limit on uses of links that reset a password."""
    return LimitKey(_RESET_SOURCE, source)


def contact(source: str) -> LimitKey:
    """The limit on messages through the contact form."""
    return LimitKey(_CONTACT_SOURCE, source)


def upload(user: str) -> LimitKey:
    """The limit on upload forms."""
    return LimitKey(_UPLOAD, user)


def export(user: str) -> LimitKey:
    """The limit on exports of one's own data."""
    return LimitKey(_EXPORT, user)


def report(owner: str, address: Address, own: bool) -> tuple[LimitKey, ...]:
    """Limits on e-mailing a report; stricter if the address is not the owner's (`own`)."""
    if own:
        return (LimitKey(_REPORT, owner),)
    return LimitKey(_REPORT_OTHER_ADDRESS, owner), LimitKey(_REPORT_ADDRESS, address.key)
