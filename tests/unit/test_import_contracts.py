"""Each contract of pyproject.toml on who may import whom, broken once and seen broken."""

import sys

import grimp
import pytest

from tests.support.import_linting import Import, broken_contracts, contracts

LAYERS = "Layers of the package"
DIGITIZER_LAYERS = "Layers of the digitizer"
SERVICE_LAYERS = "Layers of the service"
INDEPENDENT = "Functions, training and devstack are independent"
COMMAND_LINE = "The command line is not in the layer"
AWS = "AWS clients"
MONGODB = "MongoDB"
TERMINALS = "Terminals"

STRANGERS = "What reads strangers' bytes for anyone knows no callers"
UPLOADS = "What reads users' bytes signs no tokens"
# About what is reached by any number of imports: one at the bottom breaks them, too.
REACHES = {STRANGERS, UPLOADS}

VIOLATIONS = [
    # Up the package.
    (LAYERS, "heartsense.digitizer", "from heartsense.service import accounts"),
    (LAYERS, "heartsense.classifier", "from heartsense.service import email"),
    (LAYERS, "heartsense.service.batch.run", "import heartsense.cli.progress"),
    (LAYERS, "heartsense.images.page", "import heartsense.digitizer"),
    (LAYERS, "heartsense.digitizer", "import heartsense.measurements"),
    (LAYERS, "heartsense.measurements", "import heartsense.views"),
    (LAYERS, "heartsense.views.polyline", "import heartsense.rendering"),
    (LAYERS, "heartsense.views.standard", "import heartsense.classifier"),
    (LAYERS, "heartsense.ecg", "import heartsense.conditions"),
    (
        "import heartsense loads the ECG half alone",
        "heartsense",
        "from heartsense.service import predictions",
    ),
    # Up the digitizer.
    (
        DIGITIZER_LAYERS,
        "heartsense.digitizer.trace_extraction.ink_runs",
        "import heartsense.digitizer.scale.legend",
    ),
    (
        DIGITIZER_LAYERS,
        "heartsense.digitizer.scale.legend",
        "import heartsense.digitizer.page_layout.layouts",
    ),
    (
        DIGITIZER_LAYERS,
        "heartsense.digitizer.ink.segmentation",
        "import heartsense.digitizer.rectified_page",
    ),
    # Up the service.
    (SERVICE_LAYERS, "heartsense.service.accounts", "import heartsense.service.http"),
    (SERVICE_LAYERS, "heartsense.service.database", "import heartsense.service.accounts"),
    (SERVICE_LAYERS, "heartsense.service.predictions", "import heartsense.service.reports"),
    # Between applications.
    (INDEPENDENT, "devstack.gateway", "import training"),
    (INDEPENDENT, "training.records", "import devstack"),
    (INDEPENDENT, "training.records", "import functions"),
    (INDEPENDENT, "functions.predict.handler", "import devstack"),
    (INDEPENDENT, "functions.predict.handler", "import training"),
    (COMMAND_LINE, "functions.predict.handler", "from heartsense.cli import app"),
    (COMMAND_LINE, "training.records", "import heartsense.cli.tables"),
    ("The package imports no application", "heartsense.cli.tables", "import training"),
    (
        "Functions are independent of each other",
        "functions.report.handler",
        "import functions.auth.cookies",
    ),
    (
        "Functions without the inference layer import nothing of it",
        "functions.auth.handler",
        "from heartsense.measurements import measure",
    ),
    (
        STRANGERS,
        "functions.predict.handler",
        "from heartsense.service.http import authentication",
    ),
    (
        UPLOADS,
        "functions.upload_worker.dependencies",
        "from heartsense.service.accounts import KeyRing",
    ),
    # Past a vendor library's adapter.
    ("PDF decoding", "heartsense.images.page", "import pypdfium2"),
    ("HEIC decoding", "heartsense.images.raster", "import pi_heif"),
    ("TensorFlow Lite", "heartsense.classifier.encoder", "import ai_edge_litert"),
    ("WFDB records", "heartsense.ecg", "def save():\n    import wfdb"),
    (TERMINALS, "heartsense.classifier.ensemble", "from rich import print"),
    (TERMINALS, "functions.predict.handler", "import typer"),
    (AWS, "heartsense.measurements", "import boto3"),
    (AWS, "functions.predict.handler", "from botocore.exceptions import ClientError"),
    (
        "Powertools for AWS Lambda",
        "heartsense.images.page",
        "from aws_lambda_powertools import Logger",
    ),
    (MONGODB, "heartsense.measurements", "import pymongo"),
    (MONGODB, "heartsense.service.accounts", "from pymongo.errors import PyMongoError"),
    ("Data models", "heartsense.classifier", "from pydantic import BaseModel"),
    ("E-mail templates", "heartsense.service.reports.email_builder", "import jinja2"),
    ("E-mail addresses", "functions.auth.schemas", "import email_validator"),
    ("Passwords", "heartsense.service.accounts", "import bcrypt"),
    ("Access tokens", "functions.auth.cookies", "import jwt"),
    ("Codes of authenticator apps", "functions.auth.cookies", "import pyotp"),
    ("Codes of authenticator apps", "functions.auth.cookies", "import segno"),
    ("Passkeys", "functions.auth.cookies", "import webauthn"),
    ("Forms", "functions.predict.image_body", "import python_multipart"),
    ("PDF reports", "heartsense.service.reports.service", "import typst"),
    ("TensorFlow", "training.fit.members", "import tensorflow"),
    ("Machine learning", "heartsense.classifier.ensemble", "import sklearn"),
    ("Parallel jobs", "heartsense.service.batch.run", "import joblib"),
    ("Clusters", "training.fit.members", "import distributed"),
    ("Figures", "heartsense.rendering.drawing", "import matplotlib"),
    ("Tables", "heartsense.measurements", "import pandas"),
    ("HTTP server and client", "heartsense.service.contact", "import httpx"),
    ("SMTP server", "devstack.gateway", "import aiosmtpd"),
    ("Cloud emulator", "devstack.servers", "import ministack"),
    ("SAM templates", "devstack.gateway", "import samtranslator"),
]
ADDED = [(module, statement) for _, module, statement in VIOLATIONS]
OWN = ("heartsense", "functions", "training", "devstack")
ANYWHERE = {"numpy", "PIL", *sys.stdlib_module_names}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[Import, list[str]]:
    found = broken_contracts(ADDED, tmp_path_factory.mktemp("tree"))
    return dict(zip(ADDED, found, strict=True))


@pytest.mark.parametrize(
    ("contract", "module", "statement"),
    VIOLATIONS,
    ids=[f"{module}: {statement.split(maxsplit=1)[1]}" for module, statement in ADDED],
)
def test_a_forbidden_import_breaks_its_contract_alone(
    broken: dict[Import, list[str]], contract: str, module: str, statement: str
) -> None:
    found = set(broken[module, statement])
    assert contract in found
    assert found - REACHES <= {contract}


def test_every_contract_is_tried() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == {
        contract["name"] for contract in contracts()
    }


def test_every_external_library_is_protected() -> None:
    graph = grimp.build_graph(*OWN, include_external_packages=True, cache_dir=None)
    protected = {
        module for contract in contracts() for module in contract.get("protected_modules", [])
    }
    external = {name for name in graph.modules if graph.is_module_squashed(name)}
    assert external - ANYWHERE == protected
