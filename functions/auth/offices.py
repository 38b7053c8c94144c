"""What the routes work with, made from the environment for each request."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.request import Request

from heartsense import upkeep
from heartsense.accounts import (
    AccountStore,
    Closing,
    Contact,
    Limiter,
    PasswordChange,
    Recovery,
    Registration,
    Sessions,
    SignIn,
)
from heartsense.api import database, key_ring
from heartsense.mail import Post
from heartsense.settings import MailSettings, PicturesSettings, load


def _source(request: Request) -> str:
    ip_address = request.resolved_event["requestContext"]["identity"]["sourceIp"]
    return _limiter().source(ip_address)


def _store() -> AccountStore:
    return AccountStore(database())


def _limiter() -> Limiter:
    return Limiter(database(), key_ring().derived("limiter"))


def _post() -> Post:
    return Post(load(MailSettings).mail_from)


def _public_url() -> str:
    return load(MailSettings).public_url


def _sessions() -> Sessions:
    return Sessions(_store(), key_ring())


def _signin() -> SignIn:
    return SignIn(_store(), _limiter(), _sessions())


def _registration() -> Registration:
    return Registration(_store(), _limiter(), _post(), _public_url())


def _recovery() -> Recovery:
    return Recovery(_store(), _limiter(), _post(), _public_url())


def _password_change() -> PasswordChange:
    return PasswordChange(_store(), _sessions(), _signin(), _post(), _public_url())


def _contact() -> Contact:
    return Contact(database(), _limiter(), _post(), load(MailSettings).operator_address)


def _closing() -> Closing:
    return upkeep.closing(database(), load(PicturesSettings).pictures_bucket)


def sweep() -> int:
    """Finish deletions that were cut off; how many."""
    return upkeep.sweep(database(), load(PicturesSettings).pictures_bucket)


Source = Annotated[str, Depends(_source)]
Store = Annotated[AccountStore, Depends(_store)]
SessionsOffice = Annotated[Sessions, Depends(_sessions)]
SignInOffice = Annotated[SignIn, Depends(_signin)]
RegistrationOffice = Annotated[Registration, Depends(_registration)]
RecoveryOffice = Annotated[Recovery, Depends(_recovery)]
PasswordOffice = Annotated[PasswordChange, Depends(_password_change)]
ContactOffice = Annotated[Contact, Depends(_contact)]
ClosingOffice = Annotated[Closing, Depends(_closing)]
