"""The second step of signing in: after the password, a code or a passkey."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from heartsense.errors import SessionEndedError, WrongSecondFactorError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts.account import Account
from heartsense.service.accounts.authentication import Challenge
from heartsense.service.accounts.passkeys import (
    Passkey,
    PasskeyError,
    PasskeyVerifier,
    credential_id,
    new_challenge,
)
from heartsense.service.accounts.recovery_codes import recovery_digest
from heartsense.service.accounts.second_factor_repository import (
    Kind,
    SecondFactorRepository,
    SecondFactors,
)
from heartsense.service.accounts.totp import TotpSecrets, matching_step
from heartsense.service.clock import utc_now
from heartsense.service.ids import digest, join_token, new_secret, split_token
from heartsense.service.rate_limiter import RateLimiter

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Proof:
    """One of three: a code of an app, a recovery code, or an authenticator's response."""

    code: str | None = None
    recovery_code: str | None = None
    passkey: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SecondStep:
    """Begins and completes the second step."""

    factors: SecondFactorRepository
    limiter: RateLimiter
    totp_secrets: TotpSecrets
    passkeys: PasskeyVerifier

    def begin(self, account: Account) -> Challenge | None:
        """A challenge for an account whose password was right; None if it has changed since."""
        found = self.factors.find(account.id)
        if found is None:
            return None
        secret, challenge = new_secret(), new_challenge()
        stored = {
            "digest": digest(secret),
            "passkey": challenge,
            "expires_at": utc_now() + LIFETIME,
        }
        if not self.factors.add_challenge(account, stored):
            return None
        known = [factor["credential_id"] for factor in found.of_kind(Kind.PASSKEY)]
        return Challenge(
            token=join_token(account.id, secret),
            expires_in=int(LIFETIME.total_seconds()),
            methods=_methods(found),
            passkey_options=self.passkeys.request_options(challenge, known) if known else None,
        )

    def complete(self, token: str, proof: Proof) -> Account:
        """The account whose second factor `proof` is.

        Raises
        ------
        SessionEndedError
            The challenge has expired or was used: the password is asked for again.
        WrongSecondFactorError
            The proof is wrong, or was used before.
        TooManyAttemptsError
            The proof was not checked.
        """
        account_id, secret = split_token(token, 2) or ("", "")
        challenge_digest = digest(secret)
        opened = self.factors.by_challenge(account_id, challenge_digest, utc_now())
        if opened is None:
            raise _expired()
        found, challenge = opened
        limit = rate_limit_policies.second_factor(account_id)
        self.limiter.acquire(limit)
        if not self._is_right(found, proof, challenge["passkey"]):
            raise WrongSecondFactorError("This code or passkey is wrong, or was used before.")
        if not self.factors.spend_challenge(account_id, challenge_digest):
            raise _expired()
        self.limiter.reset(limit)
        return found.account

    def _is_right(self, found: SecondFactors, proof: Proof, challenge: bytes) -> bool:
        if proof.passkey is not None:
            return self._is_passkey(found, proof.passkey, challenge)
        if proof.recovery_code is not None:
            code = recovery_digest(proof.recovery_code)
            return self.factors.spend_recovery_code(found.account.id, code)
        return proof.code is not None and self._is_code(found, proof.code)

    def _is_code(self, found: SecondFactors, code: str) -> bool:
        now = utc_now()
        for factor in found.of_kind(Kind.TOTP):
            secret = self.totp_secrets.decrypt(factor["secret"], found.account.id)
            step = None if secret is None else matching_step(secret, code, now)
            if step is not None and self.factors.spend_step(
                found.account.id, factor["id"], step, now
            ):
                return True
        return False

    def _is_passkey(
        self, found: SecondFactors, credential: dict[str, Any], challenge: bytes
    ) -> bool:
        named = credential_id(credential)
        for factor in found.of_kind(Kind.PASSKEY):
            if factor["credential_id"] == named:
                old = factor["sign_count"]
                passkey = Passkey(factor["credential_id"], factor["public_key"], old)
                try:
                    new = self.passkeys.used(credential, challenge, passkey)
                except PasskeyError:
                    return False
                return self.factors.set_sign_count(
                    found.account.id, factor["id"], old, new, utc_now()
                )
        return False


def _methods(found: SecondFactors) -> tuple[str, ...]:
    kinds = [str(kind) for kind in Kind if found.of_kind(kind)]
    return (*kinds, "recovery_code") if found.recovery_codes_left else tuple(kinds)


def _expired() -> SessionEndedError:
    return SessionEndedError("This sign-in took too long. Enter your password again.")
