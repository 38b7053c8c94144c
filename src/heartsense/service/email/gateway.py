"""The one place that e-mails leave through: the same rules for each of them.

Nothing goes to an address that bounced or complained, and SES publishes what becomes of each e-mail
to the configuration set, so that the next bounce or complaint is known too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage as MimeMessage
from typing import TYPE_CHECKING, Protocol

from heartsense.service.email.address import Address, read_address
from heartsense.service.email.ses_client import RetryPolicy, ses_client

if TYPE_CHECKING:
    from mypy_boto3_ses.type_defs import SendRawEmailRequestTypeDef


class SuppressedAddressError(Exception):
    """No e-mail goes to this address any more."""


class SuppressionList(Protocol):
    """The addresses that no e-mail goes to."""

    def contains(self, address: Address) -> bool:
        """Whether an address is suppressed; SuppressionsUnavailableError if nobody can tell."""


@dataclass(frozen=True, slots=True)
class EmailGateway:
    """Hands e-mails to SES.

    Parameters
    ----------
    sender
        The From address, verified in SES.
    suppressions
        The addresses that no e-mail goes to.
    configuration_set
        The SES configuration set that publishes delivery events; empty for none.
    """

    sender: str
    suppressions: SuppressionList
    configuration_set: str = ""

    def send(
        self,
        message: MimeMessage,
        to: str,
        policy: RetryPolicy,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Send a message; returns the message id of SES.

        Raises
        ------
        SuppressedAddressError
            Nothing was sent, because the address bounced or complained.
        SuppressionsUnavailableError
            Nothing was sent, because the suppressions could not be read.
        BotoCoreError, ClientError
            Those of the call to SES.
        """
        if self.suppressions.contains(read_address(to)):
            raise SuppressedAddressError
        request: SendRawEmailRequestTypeDef = {
            "Source": self.sender,
            "Destinations": [to],
            "RawMessage": {"Data": message.as_bytes()},
        }
        if tags:
            request["Tags"] = [{"Name": name, "Value": value} for name, value in tags.items()]
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        return ses_client(policy).send_raw_email(**request)["MessageId"]
