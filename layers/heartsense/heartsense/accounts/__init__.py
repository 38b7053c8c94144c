"""Who may do what: accounts, their sessions, and the access tokens that speak for them."""

from heartsense.accounts.addresses import Address, read_address
from heartsense.accounts.closing import Closing
from heartsense.accounts.contact import Contact
from heartsense.accounts.limiter import Limiter
from heartsense.accounts.recovery import PasswordChange, Recovery
from heartsense.accounts.registration import Registration
from heartsense.accounts.schema import create_indexes
from heartsense.accounts.sessions import Sessions, Tokens
from heartsense.accounts.signin import SignIn
from heartsense.accounts.store import Account, AccountStore
from heartsense.accounts.tokens import (
    Identity,
    KeyRing,
    issue_access_token,
    read_access_token,
)

__all__ = [
    "Account",
    "AccountStore",
    "Address",
    "Closing",
    "Contact",
    "Identity",
    "KeyRing",
    "Limiter",
    "PasswordChange",
    "Recovery",
    "Registration",
    "Sessions",
    "SignIn",
    "Tokens",
    "create_indexes",
    "issue_access_token",
    "read_access_token",
    "read_address",
]
