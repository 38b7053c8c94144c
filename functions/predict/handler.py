"""Predictions over HTTP, and the classification of uploads."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.predict import schemas, upload_events
from functions.predict.dependencies import (
    Picture,
    PredictionDeletionDependency,
    StorageDependency,
    Store,
    UploadDependency,
)
from functions.predict.image_body import REQUEST_BODY
from functions.predict.inline_images import inlined
from heartsense.classifier import released
from heartsense.errors import DigitizerError, ImageError, NoSuchPictureError
from heartsense.images import MAX_PAGES
from heartsense.pipeline import read
from heartsense.service import metrics
from heartsense.service.http import (
    BEARER_AUTH,
    Caller,
    build_api,
    openapi_responses,
    readable_prediction,
)
from heartsense.service.http.validators import Cursor, Limit
from heartsense.service.predictions import (
    LINK_SECONDS,
    OVERLAY,
    PICTURE,
    SIGNAL,
    Prediction,
    Status,
    heatmap_name,
)
from heartsense.service.settings import LambdaSettings, load

logger = Logger()
# Not AWS's own calls: X-Ray would keep their parameters and errors.
tracer = Tracer(patch_modules=["pymongo"])
api = build_api()
if load(LambdaSettings).takes_snapshot:
    released()  # into the snapshot; else the first picture waits for it

_HIDDEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


_LINK = openapi_responses(200, "A link that works for five minutes", *_HIDDEN, model=schemas.Link)


@api.post(
    "/predict",
    summary="Classify a picture now; nothing of it is kept",
    tags=["predict"],
    openapi_extensions={"x-request-body": REQUEST_BODY},
    responses=openapi_responses(
        200,
        "What the picture shows",
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        model=schemas.PictureResult,
    ),
)
def predict(
    picture: Picture,
    page: Annotated[int, Query(ge=1, le=MAX_PAGES, description="Page of a PDF or TIFF.")] = 1,
    pictures: Annotated[
        bool, Query(description="Whether to answer with the page, overlay and heat-maps too.")
    ] = False,
) -> schemas.PictureResult:
    """Open to anyone. Larger pictures, up to 20 MB, go through an upload."""
    try:
        result = read(picture, page=page)
    except (ImageError, DigitizerError) as error:
        metrics.count_picture(error.code)
        raise
    metrics.count_picture(None)
    logger.info("classified", model_version=result.model_version)
    return schemas.PictureResult(pictures=inlined(result) if pictures else None, **result.to_dict())


@api.post(
    "/uploads",
    summary="Ask for a form to upload a picture with",
    tags=["predictions"],
    status_code=201,
    security=BEARER_AUTH,
    responses=openapi_responses(
        201,
        "The form, good for ten minutes and one picture of this type and size",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
        model=schemas.Upload,
    ),
)
def upload(
    body: Annotated[schemas.UploadBody, Body()], caller: Caller, office: UploadDependency
) -> tuple[schemas.Upload, int]:
    """The picture is classified as soon as it has arrived; ask the prediction for it."""
    prediction_id, form = office.ask(
        caller.user_id, body.content_type, body.size, body.page, body.keep_for_training
    )
    answer = schemas.Upload(
        prediction_id=prediction_id,
        url=form.url,
        fields=dict(form.fields),
        expires_in=form.expires_in,
    )
    return answer, HTTPStatus.CREATED


@api.get(
    "/predictions",
    summary="The own predictions, newest first",
    tags=["predictions"],
    security=BEARER_AUTH,
    responses=openapi_responses(
        200,
        "Some predictions",
        *(HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT),
        model=schemas.PredictionList,
    ),
)
def list_predictions(
    caller: Caller,
    store: Store,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> schemas.PredictionList:
    """Pictures that were uploaded more than once appear once."""
    found, following = store.newest(caller.user_id, limit, cursor)
    return schemas.PredictionList(items=[*map(schemas.Summary.of, found)], next_cursor=following)


@api.get(
    "/predictions/<id>",
    summary="A prediction: pending, done with its result, or failed with the reason",
    tags=["predictions"],
    security=BEARER_AUTH,
    responses=openapi_responses(200, "The prediction", *_HIDDEN, model=schemas.PredictionBody),
)
def get_prediction(id: str, caller: Caller, store: Store) -> schemas.PredictionBody:
    """Of the caller, or any for a doctor."""
    return schemas.PredictionBody.of(readable_prediction(store, caller, id))


@api.delete(
    "/predictions/<id>",
    summary="Delete a prediction with its pictures",
    tags=["predictions"],
    status_code=204,
    security=BEARER_AUTH,
    responses=openapi_responses(204, "Deleted", *_HIDDEN),
)
def delete_prediction(
    id: str, caller: Caller, office: PredictionDeletionDependency
) -> Response[str]:
    """The picture, what was drawn of it and the result are gone. May be repeated if it fails."""
    office.delete(caller.user_id, id)
    logger.info("prediction_deleted", prediction=id)
    return Response(204, body="", headers={"Cache-Control": "no-store"})


@api.get(
    "/predictions/<id>/picture",
    summary="The page as it was read (JPEG)",
    tags=["pictures"],
    security=BEARER_AUTH,
    responses=_LINK,
)
def get_picture(id: str, caller: Caller, store: Store, pictures: StorageDependency) -> schemas.Link:
    """A link to it, because pictures are too large for this answer."""
    return _link(pictures, readable_prediction(store, caller, id), PICTURE)


@api.get(
    "/predictions/<id>/overlay",
    summary="What was read, drawn over the page (PNG)",
    tags=["pictures"],
    security=BEARER_AUTH,
    responses=_LINK,
)
def get_overlay(id: str, caller: Caller, store: Store, pictures: StorageDependency) -> schemas.Link:
    """A link to it, because pictures are too large for this answer."""
    return _link(pictures, readable_prediction(store, caller, id), OVERLAY)


@api.get(
    "/predictions/<id>/heatmap",
    summary="What spoke for a finding, drawn over the page (PNG)",
    tags=["pictures"],
    security=BEARER_AUTH,
    responses=_LINK,
)
def get_heatmap(
    id: str,
    caller: Caller,
    store: Store,
    pictures: StorageDependency,
    condition: Annotated[
        str | None, Query(max_length=100, description="By default the first that is present.")
    ] = None,
) -> schemas.Link:
    """There is one for each condition that is present."""
    prediction = readable_prediction(store, caller, id)
    wanted = condition or next(iter(prediction.heatmaps), None)
    if wanted not in prediction.heatmaps:
        raise NoSuchPictureError("There is no such heat-map: this condition is not present.")
    return _link(pictures, prediction, heatmap_name(str(wanted)))


@api.get(
    "/predictions/<id>/signal",
    summary="The leads as they were read, in mV (JSON)",
    tags=["pictures"],
    security=BEARER_AUTH,
    responses=_LINK,
)
def get_signal(id: str, caller: Caller, store: Store, pictures: StorageDependency) -> schemas.Link:
    """A link to it."""
    return _link(pictures, readable_prediction(store, caller, id), SIGNAL)


def _link(pictures: StorageDependency, prediction: Prediction, name: str) -> schemas.Link:
    if prediction.status is not Status.DONE:
        raise NoSuchPictureError("There are no pictures: the prediction is not done.")
    url = pictures.link(prediction.owner, prediction.id, name)
    return schemas.Link(url=url, expires_in=LINK_SECONDS)


# Answers hold findings: neither they nor errors go into traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an API Gateway event, or take uploads from the queue or from S3 itself."""
    if "httpMethod" in event:
        return api.resolve(event, context)
    if event["Records"][0]["eventSource"] == "aws:sqs":
        return upload_events.from_queue(event, context)
    return upload_events.from_bucket(event)
