"""One batch of an archive, as statemachines/archive.asl.json passes it."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.archive.schemas import Batch
from heartsense.service.batch.bucket import BucketBatch
from heartsense.service.settings import ArchiveSettings, load

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Classify the images of a batch and return the counts of outcomes."""
    batch = Batch.model_validate(event)
    archive = BucketBatch(load(ArchiveSettings).archive_bucket)
    counts = archive.classify(batch.batch_input.run, batch.keys)
    logger.info("batch", **counts)
    return counts
