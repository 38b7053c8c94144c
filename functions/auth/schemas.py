"""Request and response bodies of the auth function."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from heartsense.service.accounts import Tokens
from heartsense.service.http.validators import (
    Email,
    reject_controls,
    reject_controls_except_newlines,
)

SingleLine = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(reject_controls)]
MultiLine = Annotated[
    str, Field(min_length=1, max_length=5000), AfterValidator(reject_controls_except_newlines)
]
# The rules for new passwords are in heartsense.service.accounts.passwords.
Password = Annotated[
    str,
    Field(min_length=1, max_length=256, json_schema_extra={"format": "password"}),
    AfterValidator(reject_controls),
]
Token = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(reject_controls)]
Transport = Annotated[
    Literal["cookie", "body"],
    Field(description="Where to put the refresh token: in an HttpOnly cookie or in the body."),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RegisterBody(Body):
    name: SingleLine
    email: Email
    password: Password


class VerifyBody(Body):
    token: Token


class LoginBody(Body):
    email: Email
    password: Password
    transport: Transport = "cookie"


class RefreshBody(Body):
    """Without `refresh_token`, the cookie is used."""

    refresh_token: Token | None = None
    attempt: Annotated[
        Token | None,
        Field(
            description="A random text. If the response is lost, the same request may be repeated "
            "within a minute and returns the same refresh token."
        ),
    ] = None


class LogoutBody(Body):
    """Without `refresh_token`, the cookie is used."""

    refresh_token: Token | None = None


class ProfileBody(Body):
    name: SingleLine


class DeleteAccountBody(Body):
    password: Password


class ForgotPasswordBody(Body):
    email: Email


class ResetPasswordBody(Body):
    token: Token
    password: Password
    attempt: Annotated[
        Token | None,
        Field(
            description="A random text. If the response is lost, the same request may be repeated "
            "within a minute; a repetition neither checks nor changes the password."
        ),
    ] = None


class ChangePasswordBody(Body):
    current_password: Password
    new_password: Password
    transport: Transport = "cookie"


class ContactBody(Body):
    name: SingleLine
    email: Email
    subject: SingleLine
    message: MultiLine


class Accepted(BaseModel):
    """The same for every address; the e-mail says what happens next."""

    detail: str


class TokenResponse(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(default=None, description="Only with transport `body`.")

    @classmethod
    def from_tokens(cls, tokens: Tokens, transport: str) -> "TokenResponse":
        return cls(
            access_token=tokens.access,
            expires_in=tokens.access_expires_in,
            refresh_token=tokens.refresh if transport == "body" else None,
        )


class Profile(BaseModel):
    id: str
    name: str
    email: str
    verified: bool
    roles: list[str]
    created_at: datetime
