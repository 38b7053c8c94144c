"""Predictions of signed-in users over HTTP: uploads, results, links to images."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.predictions import schemas
from functions.predictions.dependencies import (
    AuditLogDependency,
    ExportServiceDependency,
    PredictionDeletionDependency,
    PredictionsDependency,
    ReviewsDependency,
    StorageDependency,
    UploadServiceDependency,
)
from heartsense.errors import PictureNotFoundError
from heartsense.service.audit import Action
from heartsense.service.clock import utc_now
from heartsense.service.database import UNAVAILABLE
from heartsense.service.http.audit import Audit
from heartsense.service.http.authentication import BEARER_AUTH, Caller
from heartsense.service.http.authorization import as_owner, readable_prediction
from heartsense.service.http.json_body import require_json
from heartsense.service.http.problems import openapi_responses
from heartsense.service.http.resolver import build_api
from heartsense.service.http.result_body import AgeParameter, SexParameter
from heartsense.service.http.validators import Cursor, Limit
from heartsense.service.predictions import (
    LINK_SECONDS,
    OVERLAY,
    PAGE_IMAGE,
    SIGNAL,
    Prediction,
    S3PredictionStorage,
    Status,
    heatmap_name,
    no_such_prediction,
)

logger = Logger()
# AWS clients are not patched: X-Ray would store their parameters and errors.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api(UNAVAILABLE)
api.use([require_json])

_READ_ERRORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_AUDITED_ERRORS = (*_READ_ERRORS, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)
_LINK_RESPONSES = openapi_responses(
    200, "A link that is valid for five minutes", *_AUDITED_ERRORS, model=schemas.Link
)


@api.post(
    "/uploads",
    summary="Start an upload",
    tags=["predictions"],
    status_code=201,
    security=BEARER_AUTH,
    responses=openapi_responses(
        201,
        "The form, valid for ten minutes and one file of this type and size",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,  # raised by `require_json`
        model=schemas.Upload,
    ),
)
def start_upload(
    body: Annotated[schemas.UploadBody, Body()], caller: Caller, uploads: UploadServiceDependency
) -> tuple[schemas.Upload, int]:
    """The image is classified when it arrives. Poll the prediction for the result."""
    prediction_id, form = uploads.start(
        caller.user_id, body.content_type, body.size, body.page, body.keep_for_training
    )
    upload = schemas.Upload(
        prediction_id=prediction_id,
        url=form.url,
        fields=dict(form.fields),
        expires_in=form.expires_in,
    )
    return upload, HTTPStatus.CREATED


@api.get(
    "/predictions",
    summary="List my predictions",
    tags=["predictions"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "A page of predictions",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
        model=schemas.PredictionList,
    ),
)
def list_predictions(
    caller: Caller,
    predictions: PredictionsDependency,
    reviews: ReviewsDependency,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> schemas.PredictionList:
    """Newest first. Repeated uploads of the same file appear once."""
    found, next_cursor = predictions.newest(caller.user_id, limit, cursor)
    latest = reviews.latest(prediction.id for prediction in found)
    items = [schemas.Summary.of(prediction, latest.get(prediction.id)) for prediction in found]
    return schemas.PredictionList(items=items, next_cursor=next_cursor)


@api.get(
    "/predictions/<id>",
    summary="Get a prediction",
    tags=["predictions"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "The prediction", *_AUDITED_ERRORS, model=schemas.PredictionBody
    ),
)
def get_prediction(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    reviews: ReviewsDependency,
    audit: Audit,
    sex: SexParameter = None,
    age: AgeParameter = None,
) -> schemas.PredictionBody:
    """Pending, done with its result, or failed with a reason. Doctors can read any.

    Once a doctor has reviewed it, the findings and the urgency are the doctor's, and `machine` has
    those of the classifier.
    """
    prediction = readable_prediction(predictions, caller, id, audit, Action.RESULT_READ)
    review = reviews.latest([prediction.id]).get(prediction.id)
    return schemas.PredictionBody.of(prediction, review, sex, age)


@api.delete(
    "/predictions/<id>",
    summary="Delete a prediction",
    tags=["predictions"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(204, "Deleted", *_AUDITED_ERRORS),
)
def delete_prediction(
    id: str, caller: Caller, deletion: PredictionDeletionDependency, audit: Audit
) -> Response[str]:
    """With its image, its artifacts and its result. Can be repeated if it fails."""
    found = deletion.owned(caller.user_id, id)
    audit.record(as_owner(caller), Action.PREDICTION_DELETED, caller.user_id, found)
    deletion.delete(caller.user_id, found)
    logger.info("prediction_deleted", prediction=id)
    return Response(204, body="", headers={"Cache-Control": "no-store"})


@api.delete(
    "/predictions/<id>/training-consent",
    summary="Withdraw consent to training",
    tags=["predictions"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(204, "The image is no longer used for training", *_READ_ERRORS),
)
def withdraw_consent(id: str, caller: Caller, predictions: PredictionsDependency) -> Response[str]:
    """The result stays. Models that were trained before are not changed."""
    prediction = predictions.get(id)
    if prediction is None or prediction.owner != caller.user_id:
        raise no_such_prediction()
    predictions.withdraw_consent(prediction.id, utc_now())
    return Response(204, body="", headers={"Cache-Control": "no-store"})


@api.get(
    "/predictions/<id>/picture",
    summary="Get the page image (JPEG)",
    tags=["images"],
    security=BEARER_AUTH,
    responses=_LINK_RESPONSES,
)
def get_picture(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    storage: StorageDependency,
    audit: Audit,
) -> schemas.Link:
    """Returns a link."""
    prediction = readable_prediction(predictions, caller, id, audit, Action.PICTURE_READ)
    return _link(storage, prediction, PAGE_IMAGE)


@api.get(
    "/predictions/<id>/overlay",
    summary="Get the overlay of the digitized traces (PNG)",
    tags=["images"],
    security=BEARER_AUTH,
    responses=_LINK_RESPONSES,
)
def get_overlay(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    storage: StorageDependency,
    audit: Audit,
) -> schemas.Link:
    """Returns a link."""
    prediction = readable_prediction(predictions, caller, id, audit, Action.PICTURE_READ)
    return _link(storage, prediction, OVERLAY)


@api.get(
    "/predictions/<id>/heatmap",
    summary="Get the heat-map of a condition (PNG)",
    tags=["images"],
    security=BEARER_AUTH,
    responses=_LINK_RESPONSES,
)
def get_heatmap(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    storage: StorageDependency,
    audit: Audit,
    condition: Annotated[
        str | None, Query(max_length=100, description="The first that is likely by default.")
    ] = None,
) -> schemas.Link:
    """Returns a link. There is a heat-map for each likely condition."""
    prediction = readable_prediction(predictions, caller, id, audit, Action.PICTURE_READ)
    wanted = condition or next(iter(prediction.heatmaps), None)
    if wanted not in prediction.heatmaps:
        raise PictureNotFoundError("There is no such heat-map: this condition is not likely.")
    return _link(storage, prediction, heatmap_name(str(wanted)))


@api.get(
    "/predictions/<id>/signal",
    summary="Get the digitized leads in mV (JSON)",
    tags=["images"],
    security=BEARER_AUTH,
    responses=_LINK_RESPONSES,
)
def get_signal(
    id: str,
    caller: Caller,
    predictions: PredictionsDependency,
    storage: StorageDependency,
    audit: Audit,
) -> schemas.Link:
    """Returns a link."""
    prediction = readable_prediction(predictions, caller, id, audit, Action.PICTURE_READ)
    return _link(storage, prediction, SIGNAL)


@api.get(
    "/me/audit",
    summary="List who did what with my data",
    tags=["account"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Up to 100 records",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
        model=schemas.AuditList,
    ),
)
def list_audit(
    caller: Caller,
    audit_log: AuditLogDependency,
    prediction_id: Annotated[
        str | None, Query(max_length=64, description="Only records of this prediction.")
    ] = None,
) -> schemas.AuditList:
    """Newest first: each time somebody else saw, reviewed or exported something of yours.

    `by` stands for one person, whom the operator can name.
    """
    found = audit_log.by_others(caller.user_id, prediction_id)
    return schemas.AuditList(items=[*map(schemas.AuditItem.of, found)])


@api.post(
    "/me/export",
    summary="Start an export of everything that my account owns",
    tags=["account"],
    status_code=202,
    security=BEARER_AUTH,
    responses=openapi_responses(
        202,
        "The export, or the one that is being built",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
        HTTPStatus.SERVICE_UNAVAILABLE,
        model=schemas.ExportBody,
    ),
)
def start_export(
    caller: Caller, exports: ExportServiceDependency, audit: Audit
) -> tuple[schemas.ExportBody, int]:
    """The archive is built in the background. Poll `GET /me/export` for its link."""
    audit.record(as_owner(caller), Action.DATA_EXPORTED, caller.user_id)
    return schemas.ExportBody.of(exports.start(caller.user_id)), HTTPStatus.ACCEPTED


@api.get(
    "/me/export",
    summary="Get the link to my newest export (ZIP)",
    tags=["account"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200, "The export, once it is ready with a link", *_READ_ERRORS, model=schemas.ExportBody
    ),
)
def get_export(caller: Caller, exports: ExportServiceDependency) -> schemas.ExportBody:
    """Images, results, reviews, consents, reports, messages and the audit. Deleted after a day."""
    return schemas.ExportBody.of(*exports.latest(caller.user_id))


def _link(storage: S3PredictionStorage, prediction: Prediction, name: str) -> schemas.Link:
    if prediction.status is not Status.DONE:
        raise PictureNotFoundError("There are no images: the prediction is not done.")
    url = storage.download_link(prediction.owner, prediction.id, name)
    return schemas.Link(url=url, expires_in=LINK_SECONDS)


# Responses hold findings, so neither they nor errors are captured in traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an API Gateway request."""
    return api.resolve(event, context)
