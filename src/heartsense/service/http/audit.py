"""The audit trail of a request, under the id that the logs and problems have."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.request import Request

from heartsense.service.audit import AuditLog, AuditTrail
from heartsense.service.database import database


def _trail(request: Request) -> AuditTrail:
    request_id: str = request.resolved_event["requestContext"]["requestId"]
    return AuditTrail(AuditLog(database()), request_id)


Audit = Annotated[AuditTrail, Depends(_trail)]
