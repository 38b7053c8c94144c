"""What functions do not load when they start; each takes longer than most requests."""

import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

OPENAPI = "aws_lambda_powertools.event_handler.openapi.models"
MAIL = {"jinja2", "css_inline"}
NOT_LOADED = {
    "predict": {OPENAPI, "aws_xray_sdk", "boto3", "pymongo", "jwt", *MAIL},
    "predictions": {OPENAPI, "zxcvbn", "numpy", *MAIL},
    "auth": {OPENAPI, "zxcvbn", "webauthn", "numpy", *MAIL},
    "report": {OPENAPI, "zxcvbn", "typst", "numpy", *MAIL},
    "upload_dispatcher": {OPENAPI, "aws_xray_sdk", "zxcvbn", "numpy", *MAIL},
    "archive": {OPENAPI, "aws_xray_sdk", "pymongo"},
}


@pytest.mark.parametrize("function", NOT_LOADED)
def test_a_function_starts_without(function: str) -> None:
    assert NOT_LOADED[function] & loaded(f"functions.{function}.handler") == set()


def test_a_decoder_starts_without_numpy() -> None:
    assert "numpy" not in loaded("heartsense.images.decoder")


def loaded(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}, sys; print(*sys.modules)"],
        env={**os.environ, "AWS_REGION": "eu-central-1", "LAMBDA_TASK_ROOT": "/var/task"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
