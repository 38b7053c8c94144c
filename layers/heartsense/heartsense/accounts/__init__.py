"""Who may do what: access tokens and the identities they speak for."""

from heartsense.accounts.tokens import (
    Identity,
    KeyRing,
    issue_access_token,
    read_access_token,
)

__all__ = ["Identity", "KeyRing", "issue_access_token", "read_access_token"]
