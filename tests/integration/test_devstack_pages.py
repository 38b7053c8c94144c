"""The web page's files as `serve` gives them out, and that the cloud gives them the same way."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx
import pytest

from devstack.static_pages import StaticPages, security_headers
from devstack.template import Template
from heartsense.service.predictions.storage import CLIENT_CONFIG
from tests.support.paths import ROOT

Get = Callable[..., httpx.Response]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    for name in ("index", "login", "404"):
        (tmp_path / f"{name}.html").write_text(name)
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("export {};")
    pages = StaticPages({"openapi": "3.1.0"}, tmp_path, "https://pictures.test")

    async def answer(path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(pages)
        async with httpx.AsyncClient(transport=transport, base_url="http://web.test") as client:
            return await client.get(path, headers=headers)

    return lambda path, **headers: asyncio.run(answer(path, **headers))


@pytest.mark.parametrize(
    ("path", "page"), [("/", "index"), ("/login", "login"), ("/login.html", "login")]
)
def test_a_page_is_found_by_its_name(get: Get, path: str, page: str) -> None:
    answer = get(path)
    assert answer.text == page
    assert answer.headers["content-type"].startswith("text/html")
    for name, value in security_headers("https://pictures.test").items():
        assert answer.headers[name] == value


def test_scripts_have_a_scripts_type(get: Get) -> None:
    assert "javascript" in get("/js/a.js").headers["content-type"]


def test_a_file_is_sent_again_only_when_it_changed(get: Get) -> None:
    known = get("/login").headers["etag"]
    assert get("/login", **{"If-None-Match": known}).status_code == 304


@pytest.mark.parametrize("path", ["/nowhere", "/js", "/js/", "/../secret", "/%2e%2e/secret"])
def test_browsers_get_a_page_for_a_missing_path(get: Get, path: str) -> None:
    answer = get(path, Accept="text/html")
    assert (answer.status_code, answer.text) == (404, "404")
    assert "content-security-policy" in answer.headers


def test_the_cloud_sends_the_same_headers() -> None:
    template = Template(ROOT / "template.yaml")
    web = template.nested("WebStack")
    (policy,) = web.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    settings = policy["ResponseHeadersPolicyConfig"]
    security = settings["SecurityHeadersConfig"]
    bucket = template.physical_id("PicturesBucket")
    own = security_headers(f"https://{bucket}.s3.eu-central-1.amazonaws.com")
    # There the API has a host of its own.
    parts = security["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    cloud = dict(part.split(" ", 1) for part in parts)
    cloud["connect-src"] = " ".join(
        source for source in cloud["connect-src"].split() if "execute-api" not in source
    )
    assert cloud == dict(
        part.split(" ", 1) for part in own.pop("Content-Security-Policy").split("; ")
    )
    sent = {item["Header"]: item["Value"] for item in settings["CustomHeadersConfig"]["Items"]}
    sent["X-Frame-Options"] = security["FrameOptions"]["FrameOption"]
    sent["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    sent["X-Content-Type-Options"] = "nosniff" if "ContentTypeOptions" in security else ""
    assert sent == own


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_image_urls_are_allowed_by_the_content_security_policy(region: str) -> None:
    s3 = boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=CLIENT_CONFIG,
    )
    expected = f"https://pictures.s3.{region}.amazonaws.com/"
    assert s3.generate_presigned_post("pictures", "uploads/a/b")["url"] == expected
    link = s3.generate_presigned_url("get_object", {"Bucket": "pictures", "Key": "x"})
    assert link.startswith(expected)
