"""Who may do what: accounts, their sessions, and the access tokens that speak for them."""

from heartsense.service.accounts.access_tokens import (
    Identity,
    KeyRing,
    issue_access_token,
    read_access_token,
)
from heartsense.service.accounts.account_deletion import AccountDeletion
from heartsense.service.accounts.authentication import AuthenticationService
from heartsense.service.accounts.password_reset import PasswordChange, PasswordReset
from heartsense.service.accounts.registration import RegistrationService
from heartsense.service.accounts.repository import Account, AccountRepository
from heartsense.service.accounts.schema import create_indexes
from heartsense.service.accounts.sessions import Sessions, Tokens
from heartsense.service.contact import ContactService
from heartsense.service.email.address import Address, read_address
from heartsense.service.rate_limiter import RateLimiter

__all__ = [
    "Account",
    "AccountDeletion",
    "AccountRepository",
    "Address",
    "AuthenticationService",
    "ContactService",
    "Identity",
    "KeyRing",
    "PasswordChange",
    "PasswordReset",
    "RateLimiter",
    "RegistrationService",
    "Sessions",
    "Tokens",
    "create_indexes",
    "issue_access_token",
    "read_access_token",
    "read_address",
]
