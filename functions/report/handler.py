"""Reports and feedback over HTTP, delivery events of SES, and the scheduled sweep of the outbox."""

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.report import schemas
from functions.report.dependencies import (
    FeedbackServiceDependency,
    OutboxDependency,
    PredictionsDependency,
    ReportServiceDependency,
    ReviewsDependency,
    delivery_events,
    report_sender,
)
from heartsense.service import metrics
from heartsense.service.accounts import Role
from heartsense.service.audit import Action
from heartsense.service.database import UNAVAILABLE
from heartsense.service.email.address import read_address
from heartsense.service.feedback import Verdict
from heartsense.service.http.audit import Audit
from heartsense.service.http.authentication import BEARER_AUTH, Caller
from heartsense.service.http.authorization import as_role, readable_prediction, require_role
from heartsense.service.http.json_body import require_json
from heartsense.service.http.problems import openapi_responses
from heartsense.service.http.resolver import build_api
from heartsense.service.http.validators import Cursor, Limit
from heartsense.service.predictions import Status

logger = Logger()
# AWS clients are not patched: X-Ray would store their errors, and those of SES quote the recipient.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api(UNAVAILABLE)
api.use([require_json])

_READ_ERRORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_SEND_ERRORS = (
    *_READ_ERRORS,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_AUDITED_ERRORS = (*_READ_ERRORS, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)
_ROLE_ERRORS = (
    *(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@api.post(
    "/send-report",
    summary="Send the report of a prediction by e-mail",
    tags=["reports"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(
        202, "The report with its current status", *_SEND_ERRORS, model=schemas.ReportBody
    ),
)
def send_report(
    body: Annotated[schemas.SendReportBody, Body()],
    caller: Caller,
    service: ReportServiceDependency,
) -> tuple[schemas.ReportBody, int]:
    """To your own confirmed address, or to another one, whose owner sees that you asked for it.

    Idempotent: the same prediction and address return the existing report and send no second
    e-mail, unless a doctor has reviewed the prediction since: then a new report is sent.
    """
    address = None if body.email is None else read_address(body.email)
    report = service.request(caller.user_id, body.prediction_id, address)
    return schemas.ReportBody.of(report), HTTPStatus.ACCEPTED


@api.get(
    "/reports",
    summary="List my reports",
    tags=["reports"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Up to 100 reports",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
        model=schemas.ReportList,
    ),
)
def list_reports(
    caller: Caller,
    outbox: OutboxDependency,
    prediction_id: Annotated[
        str | None, Query(max_length=64, description="Only reports of this prediction.")
    ] = None,
) -> schemas.ReportList:
    """Newest first. Reports are deleted after 90 days."""
    found = outbox.list_by_owner(caller.user_id, prediction_id)
    return schemas.ReportList(items=[*map(schemas.ReportBody.of, found)])


@api.get(
    "/reports/<id>",
    summary="Get one of my reports",
    tags=["reports"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "The report", *_READ_ERRORS, model=schemas.ReportBody),
)
def get_report(id: str, caller: Caller, service: ReportServiceDependency) -> schemas.ReportBody:
    """With its delivery status."""
    return schemas.ReportBody.of(service.get(caller.user_id, id))


@api.post(
    "/reports/<id>/resend",
    summary="Send a report again, as a new one",
    tags=["reports"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(202, "The new report", *_SEND_ERRORS, model=schemas.ReportBody),
)
def resend_report(
    id: str, caller: Caller, service: ReportServiceDependency
) -> tuple[schemas.ReportBody, int]:
    """For a report that did not arrive or is `unconfirmed`; refused while it is being sent."""
    return schemas.ReportBody.of(service.resend(caller.user_id, id)), HTTPStatus.ACCEPTED


@api.get(
    "/reviews",
    summary="List predictions to review",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "A page of predictions", *_ROLE_ERRORS, model=schemas.ReviewableList
    ),
)
def list_reviews(
    caller: Caller,
    predictions: PredictionsDependency,
    reviews: ReviewsDependency,
    audit: Audit,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> schemas.ReviewableList:
    """For doctors. Newest first, each with its latest review, if any."""
    require_role(caller, Role.DOCTOR)
    found, next_cursor = predictions.newest(None, limit, cursor, Status.DONE)
    others = [(each.owner, each.id) for each in found if each.owner != caller.user_id]
    audit.record_all(as_role(caller, Role.DOCTOR), Action.RESULT_LISTED, others)
    latest = reviews.latest(prediction.id for prediction in found)
    items = [schemas.Reviewable.of(prediction, latest.get(prediction.id)) for prediction in found]
    return schemas.ReviewableList(items=items, next_cursor=next_cursor)


@api.post(
    "/predictions/<id>/feedback",
    summary="Confirm or correct a prediction",
    tags=["feedback"],
    status_code=201,
    security=BEARER_AUTH,
    responses=openapi_responses(
        201,
        "The review",
        *_AUDITED_ERRORS,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        model=schemas.ReviewBody,
    ),
)
def give_feedback(
    id: str,
    body: Annotated[schemas.FeedbackBody, Body()],
    caller: Caller,
    predictions: PredictionsDependency,
    service: FeedbackServiceDependency,
    audit: Audit,
) -> tuple[schemas.ReviewBody, int]:
    """For doctors. All reviews are stored, and the latest one counts."""
    require_role(caller, Role.DOCTOR)
    prediction = readable_prediction(predictions, caller, id, audit, Action.REVIEWED)
    verdict = Verdict(body.verdict)
    review = service.submit(prediction, caller.user_id, verdict, body.conditions, body.comment)
    logger.info("reviewed", prediction=prediction.id)
    return schemas.ReviewBody.of(review), HTTPStatus.CREATED


@api.get(
    "/predictions/<id>/feedback",
    summary="List the reviews of a prediction",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "The reviews", *_AUDITED_ERRORS, model=schemas.ReviewHistory),
)
def get_feedback(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    reviews: ReviewsDependency,
    audit: Audit,
) -> schemas.ReviewHistory:
    """Newest first. Of your own prediction, or of any if you are a doctor."""
    prediction = readable_prediction(predictions, caller, id, audit, Action.REVIEWS_READ)
    found = reviews.history(prediction.id)
    return schemas.ReviewHistory(items=[*map(schemas.ReviewBody.of, found)])


@api.get(
    "/feedback/export",
    summary="Export the latest reviews as JSON lines",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "One line per prediction; the `Link` header (`rel=next`) leads to the next page, if any",
        *_ROLE_ERRORS,
        text="application/x-ndjson",
    ),
)
def export_feedback(
    caller: Caller,
    service: FeedbackServiceDependency,
    audit: Audit,
    limit: Annotated[int, Query(ge=1, le=schemas.MAX_EXPORT_LINES)] = schemas.MAX_EXPORT_LINES,
    after: Annotated[
        str, Query(max_length=64, description="The last prediction id of the previous page.")
    ] = "",
) -> Response[str]:
    """For administrators, to train models. `picture_key` is null without the patient's consent."""
    require_role(caller, Role.ADMINISTRATOR)
    exported, next_after = service.export(after, limit)
    owned = [(prediction.owner, prediction.id) for prediction, _ in exported]
    audit.record_all(as_role(caller, Role.ADMINISTRATOR), Action.REVIEW_EXPORTED, owned)
    lines = "".join(line for _, line in exported)
    headers = {"Cache-Control": "no-store"}
    if next_after is not None:
        # Relative, because the path starts with the stage, which the function does not know.
        headers["Link"] = f'<?limit={limit}&after={next_after}>; rel="next"'
    return Response(HTTPStatus.OK, "application/x-ndjson", lines, headers)


def _record_delivery_events(event: dict[str, Any]) -> None:
    recorder, now = delivery_events(), datetime.now(UTC)
    for record in event["Records"]:
        recorder.record(json.loads(record["Sns"]["Message"]), now)


def _sweep(context: LambdaContext) -> None:
    sender = report_sender()
    metrics.record_oldest_pending(sender.oldest_pending_age())
    sender.sweep(lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()))


# Responses hold findings, so neither they nor errors are captured in traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Handle an API Gateway request, delivery events of SES through SNS, or the schedule."""
    if "httpMethod" in event:
        return api.resolve(event, context)
    if "Records" in event:
        _record_delivery_events(event)
    else:
        _sweep(context)
    return None
