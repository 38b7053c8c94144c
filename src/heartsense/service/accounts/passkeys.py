"""Passkeys (WebAuthn, level 2): keys that an authenticator holds and that it signs challenges with.

The library is imported where it is used: it takes longer to load than most sign-ins take.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_CHALLENGE_BYTES = 32
_TIMEOUT_MS = 300_000


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is stored of a passkey; `sign_count` tells a copied authenticator from its original."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class PasskeyError(Exception):
    """What an authenticator sent does not check out."""


@dataclass(frozen=True, slots=True)
class PasskeyVerifier:
    """Checks what authenticators sign for one web page.

    Parameters
    ----------
    origin
        The page's origin. Its host name is the scope of the passkeys (the relying party's id).
    """

    origin: str

    @property
    def relying_party(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def creation_options(
        self, account_id: str, address: str, challenge: bytes, known: Iterable[bytes]
    ) -> dict[str, Any]:
        """The argument of ``navigator.credentials.create``, as JSON; `known` are not made again."""
        from webauthn import generate_registration_options

        return _to_dict(
            generate_registration_options(
                rp_id=self.relying_party,
                rp_name="HeartSense",
                user_id=account_id.encode(),
                user_name=address,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                exclude_credentials=_descriptors(known),
            )
        )

    def request_options(self, challenge: bytes, known: Iterable[bytes]) -> dict[str, Any]:
        """The argument of ``navigator.credentials.get``, as JSON."""
        from webauthn import generate_authentication_options

        return _to_dict(
            generate_authentication_options(
                rp_id=self.relying_party,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                allow_credentials=_descriptors(known),
            )
        )

    def created(self, credential: dict[str, Any], challenge: bytes) -> Passkey:
        """The new passkey in a response to `creation_options`; PasskeyError if it is not valid."""
        from webauthn import verify_registration_response

        try:
            found = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self.origin,
            )
        except Exception as failure:  # the library's own, and those of what it parses with
            raise PasskeyError(type(failure).__name__) from None
        return Passkey(found.credential_id, found.credential_public_key, found.sign_count)

    def used(self, credential: dict[str, Any], challenge: bytes, passkey: Passkey) -> int:
        """The passkey's new sign count; PasskeyError if the response is not signed by it."""
        from webauthn import verify_authentication_response

        try:
            found = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except Exception as failure:  # the library's own, and those of what it parses with
            raise PasskeyError(type(failure).__name__) from None
        if found.credential_id != passkey.credential_id:
            raise PasskeyError("another credential")
        return found.new_sign_count


def new_challenge() -> bytes:
    """Random bytes for an authenticator to sign."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def credential_id(credential: dict[str, Any]) -> bytes | None:
    """The id that a response names; None if it has none."""
    from webauthn import base64url_to_bytes

    try:
        return base64url_to_bytes(credential["rawId"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _descriptors(known: Iterable[bytes]) -> list[Any]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=identifier) for identifier in known]


def _to_dict(options: Any) -> dict[str, Any]:
    from webauthn import options_to_json

    found: dict[str, Any] = json.loads(options_to_json(options))
    return found
