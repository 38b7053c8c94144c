"""The predict function's handler, called with the events that AWS sends."""

import base64
import io
import os
import subprocess
import sys

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pymongo.database import Database

from functions.predict.form import read_field
from tests.support.function_events import Event, objects, parsed, picture_event, predict, read_event
from tests.support.paths import ROOT

SAMPLE = (ROOT / "samples" / "hypertrophy-half-gain.png").read_bytes()


def stored(database: Database[Event]) -> dict[str, list[Event]]:
    """The documents of all collections that hold any."""
    found = {name: list(database[name].find()) for name in database.list_collection_names()}
    return {name: documents for name, documents in found.items() if documents}


def test_an_image_is_classified_and_nothing_is_stored(deployed: Database[Event]) -> None:
    before = stored(deployed)
    status, result = parsed(predict(read_event("predict.json")))
    assert status == 200
    assert "hypertrophy" in [*result["findings"], *result["possible"]]
    assert result["scale"]["gain_mm_per_mv"] == 5
    assert len(result["conditions"]) == 6
    assert "pictures" not in result or result["pictures"] is None
    assert objects() == []
    assert stored(deployed) == before


def test_pictures_come_with_the_answer_when_asked_for(deployed: Database[Event]) -> None:
    status, result = parsed(predict(picture_event(SAMPLE, "image/png", pictures="true")))
    assert status == 200
    given_pictures = result["pictures"]
    likely = {f["id"] for f in result["conditions"] if f["status"] == "likely"}
    assert set(given_pictures["heatmaps"]) == likely
    for url in (given_pictures["picture"], given_pictures["overlay"]):
        kind, _, content = url.partition(";base64,")
        assert kind == "data:image/jpeg"
        assert (
            Image.open(io.BytesIO(base64.b64decode(content))).size
            == Image.open(io.BytesIO(SAMPLE)).size
        )


def test_multipart_forms_of_browsers_and_curl_are_accepted(deployed: Database[Event]) -> None:
    request = httpx.Request("POST", "http://x", files={"image": ("a.png", SAMPLE, "image/png")})
    event = picture_event(request.read(), request.headers["content-type"])
    assert parsed(predict(event)) == parsed(predict(read_event("predict.json")))


@settings(max_examples=200)
@given(content=st.binary(), others=st.dictionaries(st.sampled_from("abc"), st.text()))
def test_a_forms_picture_arrives_byte_for_byte(content: bytes, others: dict[str, str]) -> None:
    request = httpx.Request("POST", "http://x", data=others, files={"image": ("x", content)})
    assert read_field(request.headers["content-type"], request.read(), "image") == content


PDF = (ROOT / "samples" / "paced.pdf").read_bytes()
REFUSED = {
    "text": (b"hello", "text/plain", {}, 415, "unsupported_media_type"),
    "json": (b"{}", "application/json", {}, 415, "unsupported_media_type"),
    "nothing": (b"", "image/png", {}, 400, "empty_file"),
    "not a picture": (b"hello", "image/png", {}, 415, "not_an_image"),
    "half a picture": (SAMPLE[:20000], "image/png", {}, 422, "truncated_image"),
    "page 99": (PDF, "application/pdf", {"page": "99"}, 422, "invalid_request"),
    "page 2": (PDF, "application/pdf", {"page": "2"}, 422, "no_such_page"),
    "page x": (PDF, "application/pdf", {"page": "x"}, 422, "invalid_request"),
    "no boundary": (b"x", "multipart/form-data", {}, 422, "invalid_request"),
    "no field": (
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
        {},
        422,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(
    deployed: Database[Event], case: str
) -> None:
    body, content_type, query, status, code = REFUSED[case]
    answer = predict(picture_event(body, content_type, **query))
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    found, problem = parsed(answer)
    assert (found, problem["code"]) == (status, code)
    assert problem["detail"].endswith(".")


def test_a_sheet_without_an_ecg_is_refused(deployed: Database[Event]) -> None:
    sheet = io.BytesIO()
    Image.new("RGB", (800, 600), "white").save(sheet, "PNG")
    status, problem = parsed(predict(picture_event(sheet.getvalue(), "image/png")))
    assert (status, problem["code"]) == (422, "no_ecg_found")
    assert problem["detail"].endswith(problem["advice"]["text"])


def test_a_body_that_came_as_text_is_refused(deployed: Database[Event]) -> None:
    event = read_event("predict.json") | {"isBase64Encoded": False, "body": "\ufffdPNG"}
    assert parsed(predict(event))[0] == 422


@pytest.mark.parametrize("function", ["predict", "upload_worker"])
@pytest.mark.parametrize(("kind", "loaded"), [("snap-start", 1), ("on-demand", 0)])
def test_a_snapshot_holds_the_model(function: str, kind: str, loaded: int) -> None:
    program = (
        f"import functions.{function}.handler\n"
        "from heartsense.classifier import released\n"
        "print(released.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": kind},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(loaded)
