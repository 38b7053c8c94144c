"""The classification of one image, for anyone: stores nothing, and knows no callers.

It parses the bytes of strangers, so it has no database, no bucket and no secrets.
"""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.predict import schemas
from functions.predict.image_body import REQUEST_BODY, read_image
from functions.predict.inline_images import inline_images
from heartsense.allocator import reuse_freed_memory
from heartsense.classifier import released
from heartsense.errors import DigitizerError, ImageError
from heartsense.images import MAX_PAGES
from heartsense.pipeline import read
from heartsense.service import metrics
from heartsense.service.http.problems import openapi_responses
from heartsense.service.http.resolver import build_api
from heartsense.service.http.result_body import AgeParameter, SexParameter, in_words
from heartsense.service.settings import LambdaSettings, load

logger = Logger()
api = build_api()
reuse_freed_memory()
if load(LambdaSettings).takes_snapshot:
    released()  # load the model into the snapshot, else with the first image


@api.post(
    "/predict",
    summary="Classify an image without storing it",
    tags=["predict"],
    openapi_extensions={"x-request-body": REQUEST_BODY},
    responses=openapi_responses(
        200,
        "The findings",
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        model=schemas.PictureResult,
    ),
)
def predict(
    picture: Annotated[bytes, Depends(read_image)],
    page: Annotated[int, Query(ge=1, le=MAX_PAGES, description="Page of a PDF or TIFF.")] = 1,
    pictures: Annotated[
        bool, Query(description="Include the page, the overlay and the heat-maps.")
    ] = False,
    sex: SexParameter = None,
    age: AgeParameter = None,
) -> schemas.PictureResult:
    """Open to everyone. Use an upload for files over about 4 MB, up to 20 MB."""
    try:
        result = read(picture, page=page)
    except (ImageError, DigitizerError) as error:
        metrics.count_image(error.code)
        raise
    metrics.count_image(None)
    logger.info("classified", model_version=result.model_version)
    return schemas.PictureResult(
        pictures=inline_images(result) if pictures else None,
        **in_words(result.to_dict(), sex, age),
    )


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an API Gateway request."""
    return api.resolve(event, context)
