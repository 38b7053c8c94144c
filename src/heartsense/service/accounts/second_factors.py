"""Adding and removing second factors."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from heartsense.errors import (
    InvalidAccessTokenError,
    SecondFactorNotFoundError,
    WrongSecondFactorError,
)
from heartsense.service.accounts.access_tokens import Identity
from heartsense.service.accounts.authentication import AuthenticationService
from heartsense.service.accounts.owner_notices import OwnerNotices
from heartsense.service.accounts.passkeys import PasskeyError, PasskeyVerifier, new_challenge
from heartsense.service.accounts.recovery_codes import new_recovery_codes, recovery_digest
from heartsense.service.accounts.second_factor_repository import (
    Document,
    Kind,
    SecondFactorRepository,
    SecondFactors,
)
from heartsense.service.accounts.totp import (
    TotpSecrets,
    matching_step,
    new_totp_secret,
    provisioning_uri,
)
from heartsense.service.clock import utc_now
from heartsense.service.ids import new_id

LIFETIME = timedelta(minutes=10)
"""How long a factor may take from the first request to its confirmation."""

MAX_FACTORS = 5


@dataclass(frozen=True, slots=True)
class SecondFactorService:
    """Second factors of the signed-in account; the password is asked for again."""

    factors: SecondFactorRepository
    authentication: AuthenticationService
    totp_secrets: TotpSecrets
    passkeys: PasskeyVerifier
    notices: OwnerNotices

    def of_account(self, account_id: str) -> SecondFactors:
        found = self.factors.find(account_id)
        if found is None:
            raise InvalidAccessTokenError("This account no longer exists.")
        return found

    def begin_totp(self, account_id: str, password: str, source: str) -> tuple[str, str]:
        """A new secret for an authenticator app, and its link.

        Raises
        ------
        WrongPasswordError, TooManyAttemptsError
        WrongSecondFactorError
            There are too many already.
        """
        account = self.authentication.reauthenticate(account_id, password, source)
        secret = new_totp_secret()
        encrypted = self.totp_secrets.encrypt(secret, account_id)
        self._begin(account_id, Kind.TOTP, {"secret": encrypted})
        return secret, provisioning_uri(secret, account.address.text)

    def confirm_totp(self, identity: Identity, name: str, code: str) -> list[str]:
        """Add the app, which shows `code`; returns the recovery codes if it is the first factor.

        Raises
        ------
        WrongSecondFactorError
            The code is wrong, or it was not begun within `LIFETIME`.
        """
        pending = self._pending(identity, Kind.TOTP)
        secret = self.totp_secrets.decrypt(pending["secret"], identity.user_id)
        step = None if secret is None else matching_step(secret, code, utc_now())
        if step is None:
            raise WrongSecondFactorError("This code is wrong. Enter the one that the app shows.")
        return self._add(identity, name, {**_kept(pending, "secret"), "last_step": step})

    def begin_passkey(self, account_id: str, password: str, source: str) -> dict[str, Any]:
        """The options for the browser to make a passkey with; raises like `begin_totp`."""
        account = self.authentication.reauthenticate(account_id, password, source)
        challenge = new_challenge()
        found = self._begin(account_id, Kind.PASSKEY, {"challenge": challenge})
        known = [factor["credential_id"] for factor in found.of_kind(Kind.PASSKEY)]
        return self.passkeys.creation_options(account_id, account.address.text, challenge, known)

    def confirm_passkey(
        self, identity: Identity, name: str, credential: dict[str, Any]
    ) -> list[str]:
        """Add the passkey of an authenticator's response; like `confirm_totp`."""
        pending = self._pending(identity, Kind.PASSKEY)
        try:
            passkey = self.passkeys.created(credential, pending["challenge"])
        except PasskeyError:
            raise WrongSecondFactorError("This passkey cannot be used. Try again.") from None
        kept = {
            "credential_id": passkey.credential_id,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
        }
        return self._add(identity, name, {**_kept(pending), **kept})

    def remove(self, account_id: str, factor_id: str, password: str, source: str) -> None:
        """Remove a factor.

        Raises
        ------
        WrongPasswordError, TooManyAttemptsError, SecondFactorNotFoundError
        """
        account = self.authentication.reauthenticate(account_id, password, source)
        if not self.factors.remove(account_id, factor_id):
            raise SecondFactorNotFoundError("There is no such second factor.")
        self.notices.second_factors_changed(account)

    def replace_recovery_codes(self, account_id: str, password: str, source: str) -> list[str]:
        """New recovery codes; the previous ones stop working. Raises like `remove`."""
        account = self.authentication.reauthenticate(account_id, password, source)
        codes = new_recovery_codes()
        if not self.factors.set_recovery_codes(account_id, [*map(recovery_digest, codes)]):
            raise SecondFactorNotFoundError("Add a second factor first.")
        self.notices.second_factors_changed(account)
        return codes

    def _begin(self, account_id: str, kind: Kind, secret: Document) -> SecondFactors:
        found = self.of_account(account_id)
        if len(found.stored) >= MAX_FACTORS:
            raise WrongSecondFactorError(
                f"An account has at most {MAX_FACTORS} second factors. Remove one first."
            )
        pending = {"id": new_id(), "kind": str(kind), "expires_at": utc_now() + LIFETIME}
        self.factors.set_pending(account_id, {**pending, **secret})
        return found

    def _pending(self, identity: Identity, kind: Kind) -> Document:
        pending = self.of_account(identity.user_id).pending
        if pending is None or pending["kind"] != kind or pending["expires_at"] <= utc_now():
            raise WrongSecondFactorError("This took too long. Start again.")
        return pending

    def _add(self, identity: Identity, name: str, factor: Document) -> list[str]:
        found = self.of_account(identity.user_id)
        codes = [] if found.stored else new_recovery_codes()
        document = {**factor, "name": name, "created_at": utc_now(), "last_used_at": None}
        digests = [*map(recovery_digest, codes)]
        if not self.factors.add(
            identity.user_id, factor["id"], document, digests, identity.session_id
        ):
            raise WrongSecondFactorError("Another request was first. Start again.")
        self.notices.second_factors_changed(found.account)
        return codes


def _kept(pending: Document, *more: str) -> Document:
    return {field: pending[field] for field in ("id", "kind", *more)}
