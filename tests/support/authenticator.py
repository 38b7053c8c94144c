"""An authenticator in software: makes passkeys and signs with them, in WebAuthn's own bytes."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT, _USER_VERIFIED, _ATTESTED = 0x01, 0x04, 0x40
_ES256 = -7


class Authenticator:
    """Holds one passkey (ES256) of a page; `count` is how often it has signed."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.id = secrets.token_bytes(16)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What ``navigator.credentials.create`` gives, with self attestation."""
        client = self._client_data("webauthn.create", options["challenge"])
        length = len(self.id).to_bytes(2, "big")
        attested = bytes(16) + length + self.id + self._cose_key()
        data = self._authenticator_data(attested)
        statement = {"alg": _ES256, "sig": self._sign(data, client)}
        attestation = cbor2.dumps({"fmt": "packed", "attStmt": statement, "authData": data})
        return self._credential(client, attestationObject=_text(attestation))

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What ``navigator.credentials.get`` gives."""
        self.count += 1
        client = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data()
        return self._credential(
            client, authenticatorData=_text(data), signature=_text(self._sign(data, client))
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        found = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(found).encode()

    def _authenticator_data(self, attested: bytes = b"") -> bytes:
        party = urlsplit(self.origin).hostname or ""
        flags = _USER_PRESENT | _USER_VERIFIED | (_ATTESTED if attested else 0)
        counter = self.count.to_bytes(4, "big")
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + counter + attested

    def _cose_key(self) -> bytes:
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: _ES256, -1: 1, -2: x, -3: y})

    def _sign(self, data: bytes, client: bytes) -> bytes:
        return self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))

    def _credential(self, client: bytes, **response: str) -> dict[str, Any]:
        return {
            "id": _text(self.id),
            "rawId": _text(self.id),
            "type": "public-key",
            "response": {"clientDataJSON": _text(client), **response},
            "clientExtensionResults": {},
        }


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
