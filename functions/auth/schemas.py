"""What requests to the auth function say, and what it answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from heartsense.service.accounts import Tokens
from heartsense.service.http.validators import (
    Email,
    reject_controls,
    reject_controls_except_newlines,
)

Line = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(reject_controls)]
Text = Annotated[
    str, Field(min_length=1, max_length=5000), AfterValidator(reject_controls_except_newlines)
]
# How long a good one may be is for heartsense.service.accounts to say, in words.
Password = Annotated[
    str,
    Field(min_length=1, max_length=256, json_schema_extra={"format": "password"}),
    AfterValidator(reject_controls),
]
Token = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(reject_controls)]
Transport = Annotated[
    Literal["cookie", "body"],
    Field(description="Where the refresh token goes: an HttpOnly cookie, or the answer's body."),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RegisterBody(Body):
    name: Line
    email: Email
    password: Password


class TokenBody(Body):
    token: Token


class LoginBody(Body):
    email: Email
    password: Password
    transport: Transport = "cookie"


class RefreshBody(Body):
    """Without `refresh_token`, the cookie's is meant."""

    refresh_token: Token | None = None
    attempt: Annotated[
        Token | None,
        Field(
            description="A random text. The same exchange with the same text may be repeated for "
            "a minute, if its answer got lost, and gives the same refresh token."
        ),
    ] = None


class LogoutBody(Body):
    """Without `refresh_token`, the cookie's is meant."""

    refresh_token: Token | None = None


class ProfileBody(Body):
    name: Line


class ConfirmBody(Body):
    password: Password


class ForgotBody(Body):
    email: Email


class ResetBody(Body):
    token: Token
    password: Password


class ChangeBody(Body):
    current_password: Password
    new_password: Password
    transport: Transport = "cookie"


class ContactBody(Body):
    name: Line
    email: Email
    subject: Line
    message: Text


class Accepted(BaseModel):
    """The same for everybody: what follows is in the mail."""

    detail: str


class SignedIn(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(default=None, description="Only with transport 'body'.")

    @classmethod
    def from_tokens(cls, tokens: Tokens, transport: str) -> "SignedIn":
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
