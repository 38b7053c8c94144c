"""What requests to the auth function say, and what it answers.

Texts are taken as they are or refused; nothing is trimmed, shortened or escaped.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from heartsense.accounts import Tokens, read_address

_LINE_BREAKS = {"\n", "\r", "\t"}


def _no_controls(text: str) -> str:
    """Refuse what is no character: controls (NUL among them) and halves of surrogate pairs."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("contains control characters")
    return text


def _no_controls_but_lines(text: str) -> str:
    _no_controls("".join(character for character in text if character not in _LINE_BREAKS))
    return text


def _address(text: str) -> str:
    read_address(text)
    return text


Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}, examples=["ada@example.org"]),
    AfterValidator(_address),
]
Line = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_no_controls)]
Text = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(_no_controls_but_lines)]
# How long a good one may be is for heartsense.accounts to say, in words.
Password = Annotated[
    str,
    Field(min_length=1, max_length=256, json_schema_extra={"format": "password"}),
    AfterValidator(_no_controls),
]
Token = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_controls)]
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
            expires_in=tokens.access_seconds,
            refresh_token=tokens.refresh if transport == "body" else None,
        )


class Profile(BaseModel):
    id: str
    name: str
    email: str
    verified: bool
    roles: list[str]
    created_at: datetime
