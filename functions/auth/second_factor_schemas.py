"""Request and response bodies about second factors and sessions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from functions.auth.schemas import Body, Password, SingleLine, Token, Transport
from heartsense.service.accounts.authentication import Challenge
from heartsense.service.accounts.second_factor_repository import SecondFactors
from heartsense.service.accounts.second_step import Proof
from heartsense.service.accounts.sessions import ListedSession

Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="The six digits of the app.")]
Credential = Annotated[
    dict[str, Any],
    Field(max_length=20, description="The JSON of the browser's PublicKeyCredential."),
]


class SecondStepBody(Body):
    """The challenge of the first step, and one of the three proofs."""

    challenge: Token
    code: Code | None = None
    recovery_code: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    passkey: Credential | None = None
    transport: Transport = "cookie"

    def proof(self) -> Proof:
        return Proof(self.code, self.recovery_code, self.passkey)


class PasswordBody(Body):
    password: Password


class ConfirmTotpBody(Body):
    name: SingleLine
    code: Code


class ConfirmPasskeyBody(Body):
    name: SingleLine
    credential: Credential


class SecondStepRequired(BaseModel):
    """The password was right, and the account has a second factor."""

    code: Literal["second_factor_required"] = "second_factor_required"
    challenge: str = Field(description="For `POST /login/second-factor`; works once.")
    expires_in: int = Field(description="Seconds.")
    methods: list[str] = Field(examples=[["totp", "passkey", "recovery_code"]])
    passkey_options: dict[str, Any] | None = Field(
        default=None, description="For `PublicKeyCredential.parseRequestOptionsFromJSON`."
    )

    @classmethod
    def of(cls, challenge: Challenge) -> "SecondStepRequired":
        return cls(
            challenge=challenge.token,
            expires_in=challenge.expires_in,
            methods=[*challenge.methods],
            passkey_options=challenge.passkey_options,
        )


class SecondFactor(BaseModel):
    id: str
    kind: Literal["totp", "passkey"]
    name: str
    created_at: datetime
    last_used_at: datetime | None


class SecondFactorList(BaseModel):
    items: list[SecondFactor]
    recovery_codes_left: int
    required: bool = Field(
        description="Whether the account's roles need one before they open data of others."
    )

    @classmethod
    def of(cls, found: SecondFactors, required: bool) -> "SecondFactorList":
        items = [SecondFactor.model_validate(factor) for factor in found.stored]
        return cls(items=items, recovery_codes_left=found.recovery_codes_left, required=required)


class TotpSecret(BaseModel):
    secret: str = Field(description="In base 32, for typing.")
    uri: str = Field(description="The same as an `otpauth://` link.")
    qr_code: list[str] = Field(
        description="Rows of the link's QR code, without a margin: 1 is dark, 0 is light."
    )


class PasskeyOptions(BaseModel):
    options: dict[str, Any] = Field(
        description="For `PublicKeyCredential.parseCreationOptionsFromJSON`."
    )


class RecoveryCodes(BaseModel):
    recovery_codes: list[str] = Field(
        description="Shown this once; each works once. Empty if the account has some already."
    )


class Session(BaseModel):
    id: str
    device: str = Field(examples=["Firefox on Linux"])
    created_at: datetime
    last_seen_at: datetime = Field(description="To a quarter of an hour.")
    current: bool

    @classmethod
    def of(cls, found: ListedSession) -> "Session":
        return cls(
            id=found.id,
            device=found.device,
            created_at=found.created_at,
            last_seen_at=found.last_seen_at,
            current=found.current,
        )


class SessionList(BaseModel):
    items: list[Session]
