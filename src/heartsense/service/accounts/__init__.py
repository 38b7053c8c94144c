"""Accounts: registration, sign-in, sessions, access tokens and deletion.

Modules are imported on first use: most functions only verify access tokens.
"""

from typing import TYPE_CHECKING

from heartsense.lazy_imports import lazy_names

if TYPE_CHECKING:
    from heartsense.service.accounts.access_tokens import (
        Identity,
        KeyRing,
        Role,
        VerificationKeys,
        issue_access_token,
        verify_access_token,
    )
    from heartsense.service.accounts.account import Account
    from heartsense.service.accounts.account_deletion import AccountDeletion
    from heartsense.service.accounts.authentication import AuthenticationService
    from heartsense.service.accounts.idle_accounts import IdleAccounts
    from heartsense.service.accounts.password_reset import PasswordChange, PasswordReset
    from heartsense.service.accounts.registration import RegistrationService
    from heartsense.service.accounts.repository import AccountRepository, create_indexes
    from heartsense.service.accounts.sessions import SessionService, Tokens, current_identity

__all__ = [
    "Account",
    "AccountDeletion",
    "AccountRepository",
    "AuthenticationService",
    "Identity",
    "IdleAccounts",
    "KeyRing",
    "PasswordChange",
    "PasswordReset",
    "RegistrationService",
    "Role",
    "SessionService",
    "Tokens",
    "VerificationKeys",
    "create_indexes",
    "current_identity",
    "issue_access_token",
    "verify_access_token",
]

__getattr__ = lazy_names(
    __name__,
    {
        "access_tokens": (
            "Identity",
            "KeyRing",
            "Role",
            "VerificationKeys",
            "issue_access_token",
            "verify_access_token",
        ),
        "account": ("Account",),
        "account_deletion": ("AccountDeletion",),
        "authentication": ("AuthenticationService",),
        "idle_accounts": ("IdleAccounts",),
        "password_reset": ("PasswordChange", "PasswordReset"),
        "registration": ("RegistrationService",),
        "repository": ("AccountRepository", "create_indexes"),
        "sessions": ("SessionService", "Tokens", "current_identity"),
    },
)
