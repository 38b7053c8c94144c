"""The built functions as Lambda runs them: python3.13, and nothing on the path but artifacts."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devstack.artifacts import LIMIT_BYTES, Artifacts, report, size
from devstack.processes import DevStackError
from devstack.runtime import Runtime
from devstack.servers import EMULATOR_ENVIRONMENT
from heartsense.pipeline import read
from heartsense.service.accounts import KeyRing
from tests.support.handler_environment import token_environment
from tests.support.image_files import heic
from tests.support.paths import ROOT, SAMPLES


@pytest.fixture(scope="module")
def environment(mongodb_uri: str, emulator_url: str) -> dict[str, str]:
    return {
        **EMULATOR_ENVIRONMENT,
        "AWS_ENDPOINT_URL": emulator_url,
        "MONGODB_URI": mongodb_uri,
        "UPLOAD_QUEUE_URL": f"{emulator_url}/000000000000/uploads",
        **token_environment(KeyRing.generate()),
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


@pytest.fixture(scope="module")
def predict(
    artifacts: Artifacts, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    log = tmp_path_factory.mktemp("predict") / "log"
    with Runtime(artifacts, "PredictFunction", environment, log) as runtime:
        yield runtime


def request(method: str, path: str, kind: str = "", body: bytes = b"") -> dict[str, Any]:
    """An event of API Gateway, after the example in events/."""
    event = json.loads((ROOT / "events" / "predict.json").read_text())
    event |= {"httpMethod": method, "path": path, "resource": path}
    event["requestContext"] |= {"httpMethod": method, "path": path, "resourcePath": path}
    event["headers"]["Content-Type"] = kind
    event["multiValueHeaders"]["Content-Type"] = [kind]
    event["body"] = base64.b64encode(body).decode() if body else None
    event["isBase64Encoded"] = bool(body)
    return event  # type: ignore[no-any-return]


def picture(name: str) -> dict[str, Any]:
    return request("POST", "/predict", "image/png", (SAMPLES / name).read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["normal.png", "hypertrophy.jpg", "paced.pdf"])
def test_the_layers_answer_as_the_checkout_does(predict: Runtime, name: str) -> None:
    answer = predict.invoke(picture(name))
    assert answer["statusCode"] == 200, answer["body"]
    served = json.loads(answer["body"])
    here = read((SAMPLES / name).read_bytes()).to_dict()
    assert served["findings"] == here["findings"]
    for theirs, ours in zip(served["conditions"], here["conditions"], strict=True):
        assert theirs["id"] == ours["id"]
        assert theirs["probability"] == pytest.approx(ours["probability"], abs=0.02)


@pytest.mark.slow
def test_phones_photos_are_read_by_the_layers(predict: Runtime) -> None:
    photo = heic(Image.open(SAMPLES / "normal.png").convert("RGB"))
    answer = predict.invoke(request("POST", "/predict", "image/heic", photo))
    assert answer["statusCode"] == 200, answer["body"]


@pytest.mark.slow
def test_a_refusal_is_a_problem(predict: Runtime) -> None:
    answer = predict.invoke(request("POST", "/predict", "image/png", b"no picture"))
    assert answer["statusCode"] == 415
    assert json.loads(answer["body"])["code"] == "not_an_image"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "path"),
    [
        ("AuthFunction", "/me"),
        ("PredictionsFunction", "/predictions"),
        ("ReportFunction", "/reports"),
    ],
)
def test_a_protected_route_needs_a_token(
    artifacts: Artifacts, environment: dict[str, str], tmp_path: Path, function: str, path: str
) -> None:
    with Runtime(artifacts, function, environment, tmp_path / "log") as runtime:
        answer = runtime.invoke(request("GET", path))
    assert answer["statusCode"] == 401
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    assert json.loads(answer["body"])["code"] == "not_signed_in"


@pytest.mark.slow
def test_layers_hold_bytecode_and_no_tests_headers_or_other_machines_parts(
    artifacts: Artifacts,
) -> None:
    files = [path for layer in artifacts.all_layers() for path in layer.rglob("*")]
    assert {path.parent.name for path in files if path.name == "interpreter.pyc"} >= {
        "ai_edge_litert"
    }
    own = [path for name in artifacts.functions for path in artifacts.function(name).rglob("*")]
    unwanted = ("*.pyi", "*.h", "*.a", "*WebGpu*", "libLiteRt.so", ".git*", "*.env")
    assert [path for path in files + own if any(map(path.match, unwanted))] == []
    sources = [path for path in files if path.suffix == ".py"]
    assert all("heartsense" in path.parts for path in sources)
    compiled = {path.stem.partition(".")[0] for path in files if path.suffix == ".pyc"}
    assert {path.stem for path in sources} <= compiled


@pytest.mark.slow
def test_sizes_are_printed_and_checked(
    artifacts: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PredictFunction" in report(artifacts)
    predict = [artifacts.function("PredictFunction"), *artifacts.layers("PredictFunction")]
    assert size(predict) == artifacts.size("PredictFunction") < 150e6 < LIMIT_BYTES
    monkeypatch.setattr("devstack.artifacts.LIMIT_BYTES", artifacts.size("AuthFunction"))
    with pytest.raises(DevStackError, match=r"Too large for Lambda.*PredictFunction"):
        report(artifacts)


@pytest.mark.slow
def test_the_sizes_in_the_documentation_are_those_of_the_build(artifacts: Artifacts) -> None:
    table = (ROOT / "docs" / "deploy.md").read_text().partition("| `make build`, x86_64 |")[2]
    rows = re.findall(r"^\| (.+) \| (\d+) MB \|$", table, flags=re.MULTILINE)
    names = re.compile(r"\b[A-Z]\w+(?:Layer|Function)\b|all layers")
    told = {name: int(count) for row, count in rows for name in names.findall(row)}
    layers = artifacts.all_layers()
    built = {layer.name: size([layer]) for layer in layers} | {"all layers": size(layers)}
    built |= {name: artifacts.size(name) for name in artifacts.functions}
    megabytes = {name: count / 1e6 for name, count in built.items() if name != "ArchiveFunction"}
    assert told == pytest.approx(megabytes, abs=2)


def test_a_missing_build_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DevStackError, match="run make build"):
        Artifacts(tmp_path)
