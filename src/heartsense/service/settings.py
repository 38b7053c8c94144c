"""The environment as typed models, checked when a function starts.

A setting is an environment variable named like the field, in capitals. A secret is ``NAME`` itself
(on one machine) or, in the cloud, the Secrets Manager entry named by ``NAME_SECRET``.
"""

import os
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from heartsense.errors import SettingsError

# Every running function sees a rotated secret within this time.
SECRET_CACHE_SECONDS = 300


class Settings(BaseModel):
    """Base of all groups of settings: frozen."""

    model_config = ConfigDict(frozen=True)


class DatabaseSettings(Settings):
    mongodb_database: str = "heartsense"


class PicturesSettings(Settings):
    pictures_bucket: str


class UploadQueueSettings(Settings):
    """The queue of uploads; the URL names its account and region."""

    upload_queue_url: str


class ExportQueueSettings(Settings):
    """The queue of exports; the URL names its account and region."""

    export_queue_url: str


class ArchiveSettings(Settings):
    archive_bucket: str


class WebSettings(Settings):
    """The web page's origin, the only one that browsers may call the API from."""

    web_origin: str = "http://127.0.0.1:8000"


class SecondFactorSettings(Settings):
    """Whether doctors and administrators need a second factor to open data of others."""

    second_factor_required: bool = True


class MailSettings(Settings):
    """How e-mails leave.

    The sender, the recipient of contact messages, the base URL of links, and the SES configuration
    set that publishes delivery events (empty for none).
    """

    mail_from: str
    operator_address: str
    public_url: str
    ses_configuration_set: str = ""


class RetentionSettings(Settings):
    """How many days an account may be idle before it is deleted; 0 for ever."""

    idle_days: int = 0


class MetricsSettings(Settings):
    """Names of metrics; in the cloud each stack has its own namespace."""

    powertools_metrics_namespace: str = "HeartSense"
    powertools_service_name: str = "heartsense"


class LambdaSettings(Settings):
    """Variables that Lambda sets."""

    aws_lambda_initialization_type: str = "on-demand"

    @property
    def takes_snapshot(self) -> bool:
        """Whether SnapStart takes a snapshot of this process after its modules are loaded."""
        return self.aws_lambda_initialization_type == "snap-start"


SettingsT = TypeVar("SettingsT", bound=Settings)


def load(group: type[SettingsT]) -> SettingsT:
    """Read a group of settings; empty variables count as unset.

    Raises
    ------
    SettingsError
        A variable is missing or invalid; it names the variables at fault, never their values.
    """
    found = {name: os.environ.get(name.upper()) for name in group.model_fields}
    try:
        return group.model_validate({name: value for name, value in found.items() if value})
    except ValidationError as failure:
        problems = "; ".join(
            f"{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
            for error in failure.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"Invalid environment variables: {problems}.") from None


def secret(name: str) -> str:
    """The secret `name` from the environment or Secrets Manager, cached for five minutes."""
    if value := os.environ.get(name):
        return value
    entry = os.environ.get(f"{name}_SECRET")
    if not entry:
        raise SettingsError(f"Set {name}, or {name}_SECRET to the name of its secret.")
    # Imported here: outside the cloud boto3 need not be installed.
    from aws_lambda_powertools.utilities.parameters import get_secret

    return get_secret(entry, max_age=SECRET_CACHE_SECONDS)
