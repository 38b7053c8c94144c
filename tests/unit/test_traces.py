"""What Lambda's traces may not hold: X-Ray keeps parameters and errors of the calls it patches."""

import os
import subprocess
import sys

from tests.support.paths import ROOT

# The archive's, which has no database, patches nothing; its tracer's settings hold for later ones.
PATCHED = """
import functions.auth.handler, functions.predictions.handler, functions.report.handler
import functions.upload_worker.handler, functions.upload_dispatcher.handler
import functions.archive.handler, functions.predict.handler
from aws_xray_sdk.core import patcher
print(*sorted(patcher._PATCHED_MODULES))
"""


def test_calls_to_aws_are_not_traced() -> None:
    """They name recipients, and the keys of archives' pictures."""
    in_lambda = {"LAMBDA_TASK_ROOT": "/var/task", "AWS_LAMBDA_FUNCTION_NAME": "any"}
    done = subprocess.run(
        [sys.executable, "-c", PATCHED],
        env={**os.environ, **in_lambda},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["pymongo"]
