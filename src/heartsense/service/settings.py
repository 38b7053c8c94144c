"""The environment as typed models, checked where a function starts.

A setting is an environment variable of the field's name in capitals. A secret is ``NAME`` itself
(one machine) or, in the cloud, the Secrets Manager entry that ``NAME_SECRET`` names.
"""

import os
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from heartsense.errors import SettingsError

# A rotated secret reaches every running function within this time.
SECRET_SECONDS = 300


class Settings(BaseSettings):
    """Base of every group of settings: frozen, and empty strings count as unset."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)


class DatabaseSettings(Settings):
    mongodb_database: str = "heartsense"


class PicturesSettings(Settings):
    pictures_bucket: str


class ArchiveSettings(Settings):
    archive_bucket: str


class WebSettings(Settings):
    """Where the web page lives: the one origin that browsers may call from."""

    web_origin: str = "http://127.0.0.1:8000"


class MailSettings(Settings):
    """Who mails come from, who reads the contact form, and where links in mails lead."""

    mail_from: str
    operator_address: str
    public_url: str


class ReportSettings(Settings):
    """By which configuration set SES tells the fate of reports; empty for none."""

    ses_configuration_set: str = ""


class MetricsSettings(Settings):
    """Under which names metrics are kept; in the cloud each stack has its own namespace."""

    powertools_metrics_namespace: str = "HeartSense"
    powertools_service_name: str = "heartsense"


class LambdaSettings(Settings):
    """What Lambda says of itself."""

    aws_lambda_initialization_type: str = "on-demand"

    @property
    def takes_snapshot(self) -> bool:
        """Whether SnapStart keeps this process as it is when its modules are loaded."""
        return self.aws_lambda_initialization_type == "snap-start"


SomeSettings = TypeVar("SomeSettings", bound=Settings)


def load(group: type[SomeSettings]) -> SomeSettings:
    """Read one group from the environment; SettingsError names what is missing, never values."""
    try:
        return group()
    except ValidationError as failure:
        faults = "; ".join(
            f"{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in failure.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"Set the environment right: {faults}.") from None


def secret(name: str) -> str:
    """The secret `name`, from the environment or from Secrets Manager, kept for five minutes."""
    if value := os.environ.get(name):
        return value
    entry = os.environ.get(f"{name}_SECRET")
    if not entry:
        raise SettingsError(f"Set {name}, or {name}_SECRET to the name of its secret.")
    # Only the cloud has secrets of this kind; elsewhere boto3 need not even be there.
    from aws_lambda_powertools.utilities.parameters import get_secret

    return get_secret(entry, max_age=SECRET_SECONDS)
