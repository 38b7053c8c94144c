"""What the routes work with, created from the environment for each request."""

from datetime import timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.request import Request

from heartsense.service import maintenance
from heartsense.service.accounts import (
    AccountDeletion,
    AccountRepository,
    AuthenticationService,
    IdleAccounts,
    PasswordChange,
    PasswordReset,
    RegistrationService,
    SessionService,
)
from heartsense.service.accounts.idle_accounts import NOTICE, RemainingTime
from heartsense.service.accounts.idle_repository import IdleAccountRepository
from heartsense.service.audit import AuditLog, AuditTrail
from heartsense.service.contact import ContactService
from heartsense.service.database import database
from heartsense.service.email import EmailGateway, SesMailer, Suppressions
from heartsense.service.http.authentication import build_rate_limiter, key_ring
from heartsense.service.settings import MailSettings, PicturesSettings, RetentionSettings, load


def _source(request: Request) -> str:
    """A keyed digest of the client's network, for rate limits."""
    ip_address = request.resolved_event["requestContext"]["identity"]["sourceIp"]
    return build_rate_limiter().source(ip_address)


def _accounts() -> AccountRepository:
    return AccountRepository(database())


def _mailer() -> SesMailer:
    mail = load(MailSettings)
    suppressions = Suppressions(database())
    return SesMailer(EmailGateway(mail.mail_from, suppressions, mail.ses_configuration_set))


def _public_url() -> str:
    return load(MailSettings).public_url


def _sessions() -> SessionService:
    return SessionService(_accounts(), key_ring())


def _authentication() -> AuthenticationService:
    return AuthenticationService(_accounts(), build_rate_limiter(), _sessions())


def _registration() -> RegistrationService:
    return RegistrationService(_accounts(), build_rate_limiter(), _mailer(), _public_url())


def _password_reset() -> PasswordReset:
    return PasswordReset(
        _accounts(), _account_deletion(), build_rate_limiter(), _mailer(), _public_url()
    )


def _password_change() -> PasswordChange:
    return PasswordChange(_accounts(), _sessions(), _authentication(), _mailer(), _public_url())


def _contact() -> ContactService:
    operator_address = load(MailSettings).operator_address
    return ContactService(database(), build_rate_limiter(), _mailer(), operator_address)


def _account_deletion() -> AccountDeletion:
    return maintenance.account_deletion(database(), load(PicturesSettings).pictures_bucket)


def sweep() -> int:
    """Finish interrupted deletions; returns how many."""
    return maintenance.sweep(database(), load(PicturesSettings).pictures_bucket)


def sweep_idle_accounts(request_id: str, remaining_time: RemainingTime) -> tuple[int, int]:
    """Warn the owners of idle accounts and delete what stays idle; returns how many of each."""
    days = load(RetentionSettings).idle_days
    if days == 0:
        return 0, 0
    idle = IdleAccounts(
        IdleAccountRepository(database()),
        _account_deletion(),
        AuditTrail(AuditLog(database()), request_id),
        _mailer(),
        _public_url(),
        max(timedelta(days=days), 2 * NOTICE),
    )
    return idle.sweep(remaining_time)


Source = Annotated[str, Depends(_source)]
AccountsDependency = Annotated[AccountRepository, Depends(_accounts)]
SessionsDependency = Annotated[SessionService, Depends(_sessions)]
AuthenticationDependency = Annotated[AuthenticationService, Depends(_authentication)]
RegistrationDependency = Annotated[RegistrationService, Depends(_registration)]
PasswordResetDependency = Annotated[PasswordReset, Depends(_password_reset)]
PasswordChangeDependency = Annotated[PasswordChange, Depends(_password_change)]
ContactDependency = Annotated[ContactService, Depends(_contact)]
AccountDeletionDependency = Annotated[AccountDeletion, Depends(_account_deletion)]
