"""The gateway over HTTP, in front of a handler that tells what it received."""

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.devstack import function_environment
from devstack.function_pool import FunctionPool
from devstack.gateway import Gateway, server
from devstack.processes import HOST, free_port
from devstack.servers import EMULATOR_ENVIRONMENT
from devstack.static_pages import StaticPages
from devstack.template import Template
from tests.support.paths import STUB_TEMPLATE


class Running:
    """A gateway with its functions in a thread, as one event loop runs them."""

    def __init__(self, folder: Path, *, timeout: float = 29, size: int = 2) -> None:
        self.port = free_port()
        self.log = folder / "echo.log"
        template = Template(STUB_TEMPLATE, {"WebOrigin": "http://web.test"})
        function = template.functions["EchoFunction"]
        environment = function_environment(
            function, {**EMULATOR_ENVIRONMENT, "MONGODB_URI": "mongodb://x"}, {}
        )
        self._pool = FunctionPool(function, environment, self.log, size)
        pages = StaticPages({"openapi": "3.1.0", "info": {"title": "</script>"}}, folder / "web")
        gateway = Gateway(template, {"EchoFunction": self._pool}, pages, timeout)
        self._server = server(gateway, self.port)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.http = httpx.Client(base_url=f"http://{HOST}:{self.port}", trust_env=False, timeout=30)

    async def _run(self) -> None:
        await self._pool.start()
        await self._server.serve()
        await self._pool.stop()

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join()

    def post(self, body: dict[str, Any]) -> httpx.Response:
        return self.http.post("/echo", json=body)

    def answering(self, answer: Any, **headers: str) -> httpx.Response:
        return self.http.post("/echo", json={"do": "answer", "answer": answer}, headers=headers)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("gateway"))
    yield running
    running.stop()


@pytest.fixture
def http(gateway: Running) -> httpx.Client:
    return gateway.http


def event(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["event"]
    return found


def test_an_event_holds_what_api_gateway_sends(http: httpx.Client) -> None:
    sent = event(
        http.post(
            "/echo?a=1&a=%C3%A4%2B&empty=&b=x+y",
            content=b'{"x": 1}',
            headers=[("X-Twice", "one"), ("X-Twice", "two"), ("X-Forwarded-For", "6.6.6.6")],
        )
    )
    assert sent["httpMethod"] == "POST"
    assert (sent["resource"], sent["path"]) == ("/echo", "/echo")
    assert sent["queryStringParameters"] == {"a": "ä+", "empty": "", "b": "x y"}
    assert sent["multiValueQueryStringParameters"]["a"] == ["1", "ä+"]
    assert sent["headers"]["X-Twice"] == "two"
    assert sent["multiValueHeaders"]["X-Twice"] == ["one", "two"]
    assert sent["headers"]["X-Forwarded-For"] == "6.6.6.6, 127.0.0.1"
    assert (sent["body"], sent["isBase64Encoded"]) == ('{"x": 1}', False)
    assert sent["pathParameters"] is None
    assert sent["stageVariables"] is None
    context = sent["requestContext"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["resourcePath"] == "/echo"
    assert context["stage"]
    assert context["requestId"]


def test_an_empty_request_has_nulls_not_empty_maps(http: httpx.Client) -> None:
    sent = event(http.get("/things/special"))
    for name in ("body", "queryStringParameters", "multiValueQueryStringParameters"):
        assert sent[name] is None


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/things/special", "/things/special", None),
        ("/things/a%2Fb%20c", "/things/{id}", {"id": "a%2Fb%20c"}),
        ("/files/a/b.txt", "/files/{path+}", {"path": "a/b.txt"}),
    ],
)
def test_paths_find_their_resource_and_stay_encoded(
    http: httpx.Client, path: str, resource: str, parameters: dict[str, str] | None
) -> None:
    sent = event(http.get(path))
    assert (sent["path"], sent["resource"]) == (path, resource)
    assert sent["pathParameters"] == parameters


@pytest.mark.parametrize(
    ("content_type", "binary"),
    [
        ("image/png", True),
        ("IMAGE/JPEG; q=1", True),
        ("application/pdf", True),
        ("multipart/form-data; boundary=x", True),
        ("application/octet-stream", False),
        ("text/plain", False),
    ],
)
def test_binary_media_types_arrive_as_base64(
    http: httpx.Client, content_type: str, binary: bool
) -> None:
    content = bytes(range(256))
    sent = event(http.post("/echo", content=content, headers={"Content-Type": content_type}))
    assert sent["isBase64Encoded"] is binary
    got = base64.b64decode(sent["body"]) if binary else sent["body"]
    assert got == (content if binary else content.decode(errors="replace"))


def test_the_function_runs_under_the_templates_environment(gateway: Running) -> None:
    echoed = gateway.post({}).json()
    environment = echoed["environment"]
    assert environment["SHARED"] == "heartsense-local-shared"
    assert environment["BUCKET"] == "heartsense-local-uploads"
    assert environment["ROLE"] == "rehearsal"
    assert "GONE" not in environment
    assert "MONGODB_URI_SECRET" not in environment  # the URI itself is given
    assert echoed["function"] == "EchoFunction"
    assert 0 < echoed["remaining"] <= 2000


def test_an_unknown_route_is_refused_as_the_template_says(http: httpx.Client) -> None:
    for response in (http.get("/nowhere"), http.delete("/echo"), http.get("/things/")):
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["cache-control"] == "no-store"
        body = response.json()
        assert body["code"] == "no_such_route"
        assert body["instance"] == f"urn:uuid:{response.headers['x-amzn-requestid']}"


def test_preflight_responses_follow_the_template(http: httpx.Client) -> None:
    response = http.options("/files/x")
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "http://web.test"
    assert response.headers["access-control-allow-headers"] == "Authorization,Content-Type"
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-max-age"] == "600"
    assert "OPTIONS" in response.headers["access-control-allow-methods"]


def test_above_ten_megabytes_the_gateway_refuses(http: httpx.Client) -> None:
    response = http.post("/echo", content=bytes(10 * 1024 * 1024 + 1))
    assert response.status_code == 413


def test_above_lambdas_six_megabytes_the_gateway_refuses(http: httpx.Client) -> None:
    png = {"Content-Type": "image/png"}
    assert http.post("/echo", content=bytes(5 * 1024 * 1024), headers=png).status_code == 413
    # 4.4 MiB are 5.9 MiB of Base64.
    assert http.post("/echo", content=bytes(4_600_000), headers=png).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "ok",
        {},
        {"statusCode": "abc", "body": ""},
        {"statusCode": True, "body": ""},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "body": "", "cookies": []},
        {"statusCode": 200, "body": "", "headers": {"A": ["list"]}},
        {"statusCode": 200, "body": "", "multiValueHeaders": {"A": "text"}},
    ],
)
def test_a_malformed_response_is_a_502(gateway: Running, answer: Any) -> None:
    response = gateway.answering(answer)
    assert response.status_code == 502
    assert response.json()["code"] == "internal_error"


def test_headers_of_a_response(gateway: Running) -> None:
    response = gateway.answering(
        {
            "statusCode": "201",
            "headers": {"X-One": 1, "X-Both": "a", "WWW-Authenticate": "Bearer"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "X-Both": ["a", "b"]},
            "body": "text",
        }
    )
    assert response.status_code == 201
    assert response.text == "text"
    assert response.headers["x-one"] == "1"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers.get_list("x-both") == ["a", "b"]
    assert response.headers["content-type"] == "application/json"
    # API Gateway renames it.
    assert "www-authenticate" not in response.headers
    assert response.headers["x-amzn-remapped-www-authenticate"] == "Bearer"


def test_base64_is_decoded_for_clients_that_accept_a_binary_type(gateway: Running) -> None:
    answer = {
        "statusCode": 200,
        "headers": {"Content-Type": "image/png"},
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }
    assert gateway.answering(answer, Accept="image/png").content == b"\x89PNG"
    assert gateway.answering(answer, Accept="text/html").text == answer["body"]
    broken = {**answer, "body": "?"}
    assert gateway.answering(broken, Accept="image/png").status_code == 502


@pytest.mark.parametrize("way", ["raise", "die", "large"])
def test_a_failing_function_is_a_502_and_works_again(gateway: Running, way: str) -> None:
    assert gateway.post({"do": way}).status_code == 502
    assert gateway.post({}).status_code == 200


def test_what_a_handler_prints_is_logged_and_not_returned(gateway: Running) -> None:
    assert gateway.post({"do": "print"}).json()["event"]
    gateway.post({"do": "raise"})
    log = gateway.log.read_text()
    assert "RuntimeError: asked to" in log
    assert gateway.post({"do": "print"}).status_code == 200


def test_a_function_that_takes_too_long_is_ended(gateway: Running) -> None:
    before = gateway.post({}).json()["pid"]
    assert gateway.post({"do": "sleep", "seconds": 60}).status_code == 502
    assert gateway.post({}).json()["pid"] != before


def test_the_gateway_responds_504_after_its_timeout(tmp_path: Path) -> None:
    running = Running(tmp_path, timeout=0.2, size=1)
    try:
        assert running.post({"do": "sleep", "seconds": 1}).status_code == 504
    finally:
        running.stop()


def test_two_at_a_time_and_each_process_one(gateway: Running) -> None:
    pids: list[int] = []

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=30) as own:
            for _ in range(5):
                answer = own.post(
                    f"{gateway.http.base_url}/echo", json={"do": "sleep", "seconds": 0}
                )
                pids.append(answer.json()["pid"])

    together(ask, 6)
    assert len(pids) == 30
    assert 1 <= len(set(pids)) <= 2


def test_malformed_requests_do_no_harm(gateway: Running) -> None:
    for nonsense in (
        b"GET /\xff\xfe%zz?%%%=\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /things/%ff%00 HTTP/1.1\r\nHost: x\r\nX-\xc3\xa4: \xff\r\nConnection: close\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort",
        b"\x16\x03\x01\x02\x00",
    ):
        with socket.create_connection((HOST, gateway.port), timeout=10) as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            status = connection.recv(100).split(b" ")[1:2]
        assert status != [b"500"]
    assert gateway.post({}).status_code == 200


@pytest.mark.parametrize(
    "sent", [b"", b"GET /things/1 HT", b"GET /things/1 HTTP/1.1\r\nHost: x\r\n"]
)
def test_a_connection_without_a_whole_request_is_closed(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("devstack.http_protocol.REQUEST_SECONDS", 0.5)
    with socket.create_connection((HOST, gateway.port), timeout=5) as connection:
        for byte in sent:  # more bytes do not prolong it
            connection.sendall(bytes([byte]))
            time.sleep(0.4 / len(sent))
        assert connection.recv(1) == b""


def test_a_body_that_does_not_arrive_is_given_up(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.gateway.BODY_SECONDS", 0.5)
    with socket.create_connection((HOST, gateway.port), timeout=5) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_documentation_needs_nothing_from_elsewhere(http: httpx.Client) -> None:
    assert http.get("/openapi.json").json()["openapi"] == "3.1.0"
    page = http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "SwaggerUIBundle" in page.text
    assert "<script src=" not in page.text
    assert '"title": "<\\/script>"' in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]


def together(work: Callable[[], None], threads: int) -> None:
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
