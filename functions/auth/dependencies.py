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
from heartsense.service.accounts.devices import Client, device_name
from heartsense.service.accounts.idle_accounts import NOTICE, RemainingTime
from heartsense.service.accounts.idle_repository import IdleAccountRepository
from heartsense.service.accounts.owner_notices import OwnerNotices
from heartsense.service.accounts.passkeys import PasskeyVerifier
from heartsense.service.accounts.second_factor_repository import SecondFactorRepository
from heartsense.service.accounts.second_factors import SecondFactorService
from heartsense.service.accounts.second_step import SecondStep
from heartsense.service.accounts.totp import TotpSecrets
from heartsense.service.audit import AuditLog, AuditTrail
from heartsense.service.contact import ContactService
from heartsense.service.database import database
from heartsense.service.email import EmailGateway, SesMailer, Suppressions
from heartsense.service.http.authentication import build_rate_limiter, key_ring
from heartsense.service.settings import (
    MailSettings,
    PicturesSettings,
    RetentionSettings,
    WebSettings,
    load,
    secret,
)


def _source(request: Request) -> str:
    """A keyed digest of the client's network, for rate limits."""
    ip_address = request.resolved_event["requestContext"]["identity"]["sourceIp"]
    return build_rate_limiter().source(ip_address)


def _client(request: Request) -> Client:
    return Client(_source(request), device_name(request.headers.get("user-agent", "")))


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
    return AuthenticationService(
        _accounts(), build_rate_limiter(), _sessions(), _second_step(), _notices()
    )


def _notices() -> OwnerNotices:
    return OwnerNotices(_mailer(), _public_url())


def _totp_secrets() -> TotpSecrets:
    return TotpSecrets(secret("LIMITER_KEY").encode())


def _passkeys() -> PasskeyVerifier:
    return PasskeyVerifier(load(WebSettings).web_origin)


def _second_step() -> SecondStep:
    return SecondStep(
        SecondFactorRepository(database()), build_rate_limiter(), _totp_secrets(), _passkeys()
    )


def _second_factors() -> SecondFactorService:
    return SecondFactorService(
        SecondFactorRepository(database()),
        _authentication(),
        _totp_secrets(),
        _passkeys(),
        _notices(),
    )


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


ClientDependency = Annotated[Client, Depends(_client)]
SecondStepDependency = Annotated[SecondStep, Depends(_second_step)]
SecondFactorsDependency = Annotated[SecondFactorService, Depends(_second_factors)]
Source = Annotated[str, Depends(_source)]
AccountsDependency = Annotated[AccountRepository, Depends(_accounts)]
SessionsDependency = Annotated[SessionService, Depends(_sessions)]
AuthenticationDependency = Annotated[AuthenticationService, Depends(_authentication)]
RegistrationDependency = Annotated[RegistrationService, Depends(_registration)]
PasswordResetDependency = Annotated[PasswordReset, Depends(_password_reset)]
PasswordChangeDependency = Annotated[PasswordChange, Depends(_password_change)]
ContactDependency = Annotated[ContactService, Depends(_contact)]
AccountDeletionDependency = Annotated[AccountDeletion, Depends(_account_deletion)]
