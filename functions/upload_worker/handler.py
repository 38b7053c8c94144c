"""Classifies uploads from the queue and stores their results.

It parses users' bytes, so it can neither sign tokens nor change accounts: it has no token keys,
and a database user for predictions alone.
"""

from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.upload_worker import upload_events
from heartsense.allocator import reuse_freed_memory
from heartsense.classifier import released
from heartsense.service.settings import LambdaSettings, load

logger = Logger()
# AWS clients are not patched: X-Ray would store their parameters and errors.
tracer = Tracer(patch_modules=["pymongo"])
reuse_freed_memory()
if load(LambdaSettings).takes_snapshot:
    released()  # load the model into the snapshot, else with the first image


# Outcomes are findings, so neither they nor errors are captured in traces.
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle uploads from the queue, or an event of S3 as it is."""
    if event["Records"][0]["eventSource"] == "aws:sqs":
        return upload_events.from_queue(event, context)
    return upload_events.from_bucket(event)
