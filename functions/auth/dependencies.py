"""What the routes work with, made from the environment for each request."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.request import Request

from heartsense.service import maintenance
from heartsense.service.accounts import (
    AccountDeletion,
    AccountRepository,
    AuthenticationService,
    PasswordChange,
    PasswordReset,
    RegistrationService,
    SessionService,
)
from heartsense.service.contact import ContactService
from heartsense.service.database import database
from heartsense.service.email import SesMailer
from heartsense.service.http import key_ring
from heartsense.service.rate_limiter import RateLimiter
from heartsense.service.settings import MailSettings, PicturesSettings, load


def _source(request: Request) -> str:
    ip_address = request.resolved_event["requestContext"]["identity"]["sourceIp"]
    return _limiter().source(ip_address)


def _store() -> AccountRepository:
    return AccountRepository(database())


def _limiter() -> RateLimiter:
    return RateLimiter(database(), key_ring().derive_key("limiter"))


def _post() -> SesMailer:
    return SesMailer(load(MailSettings).mail_from)


def _public_url() -> str:
    return load(MailSettings).public_url


def _sessions() -> SessionService:
    return SessionService(_store(), key_ring())


def _signin() -> AuthenticationService:
    return AuthenticationService(_store(), _limiter(), _sessions())


def _registration() -> RegistrationService:
    return RegistrationService(_store(), _limiter(), _post(), _public_url())


def _recovery() -> PasswordReset:
    return PasswordReset(_store(), _limiter(), _post(), _public_url())


def _password_change() -> PasswordChange:
    return PasswordChange(_store(), _sessions(), _signin(), _post(), _public_url())


def _contact() -> ContactService:
    return ContactService(database(), _limiter(), _post(), load(MailSettings).operator_address)


def _closing() -> AccountDeletion:
    return maintenance.account_deletion(database(), load(PicturesSettings).pictures_bucket)


def sweep() -> int:
    """Finish deletions that were cut off; how many."""
    return maintenance.sweep(database(), load(PicturesSettings).pictures_bucket)


Source = Annotated[str, Depends(_source)]
Store = Annotated[AccountRepository, Depends(_store)]
SessionsDependency = Annotated[SessionService, Depends(_sessions)]
AuthenticationDependency = Annotated[AuthenticationService, Depends(_signin)]
RegistrationDependency = Annotated[RegistrationService, Depends(_registration)]
PasswordResetDependency = Annotated[PasswordReset, Depends(_recovery)]
PasswordChangeDependency = Annotated[PasswordChange, Depends(_password_change)]
ContactDependency = Annotated[ContactService, Depends(_contact)]
AccountDeletionDependency = Annotated[AccountDeletion, Depends(_closing)]
