"""Reports by e-mail and doctors' feedback over HTTP; the schedule that sends what was left; SES."""

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.report import schemas
from functions.report.dependencies import Feedback, History, Reports, Sent, Store, dispatch, fates
from heartsense.service import metrics
from heartsense.service.accounts import Role
from heartsense.service.email.address import read_address
from heartsense.service.feedback import Verdict
from heartsense.service.http import (
    BEARER_AUTH,
    Caller,
    build_api,
    openapi_responses,
    readable_prediction,
    require_json,
    require_role,
)
from heartsense.service.http.validators import Cursor, Limit
from heartsense.service.predictions import Status

logger = Logger()
# Not AWS's own calls: X-Ray would keep their errors, and SES's quote the recipient.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api()
api.use([require_json])

_HIDDEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE  # of a body: `json_only`
_ASKED = (*_HIDDEN, _TYPE, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_ROLE = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)


@api.post(
    "/send-report",
    summary="Mail the report of an own prediction",
    tags=["reports"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(
        202, "The report, as far as it is now", *_ASKED, model=schemas.ReportBody
    ),
)
def send_report(
    body: Annotated[schemas.SendReportBody, Body()], caller: Caller, office: Reports
) -> tuple[schemas.ReportBody, int]:
    """To the own address, once it is confirmed, or another, which is told who asked for it.

    The same prediction and address again give the same report, and no second mail.
    """
    address = None if body.email is None else read_address(body.email)
    report = office.request(caller.user_id, body.prediction_id, address)
    return schemas.ReportBody.of(report), HTTPStatus.ACCEPTED


@api.get(
    "/reports",
    summary="The own reports, newest first",
    tags=["reports"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Up to a hundred reports",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
        model=schemas.ReportList,
    ),
)
def list_reports(
    caller: Caller,
    outbox: Sent,
    prediction_id: Annotated[
        str | None, Query(max_length=64, description="Only those of this prediction.")
    ] = None,
) -> schemas.ReportList:
    """Kept for 90 days."""
    found = outbox.of_owner(caller.user_id, prediction_id)
    return schemas.ReportList(items=[*map(schemas.ReportBody.of, found)])


@api.get(
    "/reports/<id>",
    summary="A report of one's own",
    tags=["reports"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "The report", *_HIDDEN, model=schemas.ReportBody),
)
def get_report(id: str, caller: Caller, office: Reports) -> schemas.ReportBody:
    """How far it got."""
    return schemas.ReportBody.of(office.get(caller.user_id, id))


@api.post(
    "/reports/<id>/resend",
    summary="Mail a report once more, as a new one",
    tags=["reports"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(202, "The new report", *_ASKED, model=schemas.ReportBody),
)
def resend_report(id: str, caller: Caller, office: Reports) -> tuple[schemas.ReportBody, int]:
    """Where nobody knows if a mail went out, or it was lost. Not while it is being sent."""
    return schemas.ReportBody.of(office.resend(caller.user_id, id)), HTTPStatus.ACCEPTED


@api.get(
    "/reviews",
    summary="Predictions for doctors to review, newest first",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "Some predictions", *_ROLE, model=schemas.ReviewableList),
)
def list_reviews(
    caller: Caller,
    store: Store,
    history: History,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> schemas.ReviewableList:
    """Each with the review that counts, if it has one."""
    require_role(caller, Role.DOCTOR)
    found, following = store.newest(None, limit, cursor, Status.DONE)
    last = history.last(prediction.id for prediction in found)
    items = [schemas.Reviewable.of(prediction, last.get(prediction.id)) for prediction in found]
    return schemas.ReviewableList(items=items, next_cursor=following)


@api.post(
    "/predictions/<id>/feedback",
    summary="Confirm or correct a prediction",
    tags=["feedback"],
    status_code=201,
    security=BEARER_AUTH,
    responses=openapi_responses(
        201, "The review", *_HIDDEN, _TYPE, HTTPStatus.FORBIDDEN, model=schemas.ReviewBody
    ),
)
def give_feedback(
    id: str,
    body: Annotated[schemas.FeedbackBody, Body()],
    caller: Caller,
    store: Store,
    office: Feedback,
) -> tuple[schemas.ReviewBody, int]:
    """For doctors. All reviews are kept, and the last one counts."""
    require_role(caller, Role.DOCTOR)
    prediction = readable_prediction(store, caller, id)
    verdict = Verdict(body.verdict)
    review = office.give(prediction, caller.user_id, verdict, body.conditions, body.comment)
    logger.info("reviewed", prediction=prediction.id)
    return schemas.ReviewBody.of(review), HTTPStatus.CREATED


@api.get(
    "/predictions/<id>/feedback",
    summary="What doctors said of a prediction, newest first",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "The reviews", *_HIDDEN, model=schemas.ReviewHistory),
)
def get_feedback(id: str, caller: Caller, store: Store, history: History) -> schemas.ReviewHistory:
    """Of an own prediction, or any for a doctor."""
    found = history.history(readable_prediction(store, caller, id).id)
    return schemas.ReviewHistory(items=[*map(schemas.ReviewBody.of, found)])


@api.get(
    "/feedback/export",
    summary="The reviews that count, for training, as JSON lines",
    tags=["feedback"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "One line a prediction; `Link` (`rel=next`) leads to the next ones, if there are",
        *_ROLE,
        text="application/x-ndjson",
    ),
)
def export_feedback(
    caller: Caller,
    office: Feedback,
    limit: Annotated[int, Query(ge=1, le=schemas.MOST_LINES)] = schemas.MOST_LINES,
    after: Annotated[
        str, Query(max_length=64, description="The last prediction of the lines before.")
    ] = "",
) -> Response[str]:
    """For administrators. A picture's key is told only where the patient agreed to training."""
    require_role(caller, Role.ADMINISTRATOR)
    lines, following = office.export(after, limit)
    headers = {"Cache-Control": "no-store"}
    if following is not None:
        # Relative: the function does not know the API's stage, which is a part of the path.
        headers["Link"] = f'<?limit={limit}&after={following}>; rel="next"'
    return Response(HTTPStatus.OK, "application/x-ndjson", lines, headers)


def _note_fates(event: dict[str, Any]) -> None:
    office, now = fates(), datetime.now(UTC)
    for record in event["Records"]:
        office.note(json.loads(record["Sns"]["Message"]), now)


def _sweep(context: LambdaContext) -> None:
    office = dispatch()
    metrics.tell_pending(office.pending_for())
    office.sweep(lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()))


# Answers hold findings: neither they nor errors go into traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """Answer an API Gateway event, note what SES tells through SNS, or sweep on schedule."""
    if "httpMethod" in event:
        return api.resolve(event, context)
    if "Records" in event:
        _note_fates(event)
    else:
        _sweep(context)
    return None
