"""The whole service for tests over HTTP: gateway, real handlers, database, bucket, mail folder."""

import itertools
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from heartsense.service.accounts import KeyRing
from tests.support.devstack_process import DevStackProcess, eventually
from tests.support.paths import ROOT

PASSWORD = "four words that do not belong"
BUCKET = "heartsense-local-pictures-000000000000-eu-central-1"


class Service:
    """A running `python -m devstack serve` with the real template, and a look behind it."""

    def __init__(self, serving: DevStackProcess, database: Database[dict[str, Any]]) -> None:
        self.serving = serving
        self.url = serving.url
        self.database = database
        self._sources = itertools.count(2)
        self._clients: list[httpx.Client] = []

    def close(self) -> None:
        for client in self._clients:
            client.close()

    @property
    def ring(self) -> KeyRing:
        return KeyRing.from_json((self.serving.data / "token-keys.json").read_text())

    def browser(self, source: str | None = None) -> httpx.Client:
        """A client at a network address of its own, so that only its own tries are counted."""
        if source is None:
            number = next(self._sources)
            source = f"127.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        transport = httpx.HTTPTransport(local_address=source)
        client = httpx.Client(base_url=self.url, transport=transport, timeout=60, trust_env=False)
        self._clients.append(client)
        return client

    def mails(self, to: str) -> list[MimeMessage]:
        """The mails to an address, oldest first."""
        folder = Path(self.serving.endpoints["Mails"])
        read = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(folder.glob("*.eml"))
        ]
        return [mail for mail in read if mail["To"] == to]

    def mail(self, to: str, number: int = 0) -> MimeMessage:
        """One mail to an address, once it is there."""
        assert eventually(lambda: len(self.mails(to)) > number), f"no mail {number} to {to}"
        return self.mails(to)[number]

    def token(self, to: str, number: int = 0) -> str:
        """The token of the link in one mail to an address."""
        (token,) = re.findall(r"#token=(\S+)", plain_text(self.mail(to, number)))
        return str(token)

    def leftovers(self, *traces: str) -> list[str]:
        """Where in the whole database and in the bucket one of the texts still is.

        But for the audit, which keeps ids of deleted accounts.
        """
        found = [
            f"{name}: {text}"
            for name in self.database.list_collection_names()
            if name != "audit"
            for document in self.database[name].find()
            for text in traces
            if text in repr(document)
        ]
        s3 = self.serving.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", []):
                content = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                found += [
                    f"bucket: {entry['Key']}"
                    for text in traces
                    if text in entry["Key"] or text.encode() in content
                ]
        return found


@dataclass
class Member:
    """Somebody with an account made over HTTP, signed in."""

    service: Service
    http: httpx.Client
    email: str
    password: str = PASSWORD
    access: str = ""
    refresh: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    @property
    def id(self) -> str:
        return str(self.refresh.split(".")[0])

    def sign_in(self) -> httpx.Response:
        answer = self.http.post(
            "/login", json={"email": self.email, "password": self.password, "transport": "body"}
        )
        if answer.status_code == 200:
            self.keep(answer)
        return answer

    def keep(self, answer: httpx.Response) -> None:
        """Remember the tokens of an answer."""
        assert answer.status_code == 200, answer.text
        self.access, self.refresh = answer.json()["access_token"], answer.json()["refresh_token"]

    def delete(self) -> httpx.Response:
        return self.http.request(
            "DELETE", "/me", json={"password": self.password}, headers=self.headers
        )


def plain_text(mail: MimeMessage) -> str:
    """The words of a mail's text body."""
    body = mail.get_body(("plain",))
    assert body
    return " ".join(body.get_content().split())


def new_address() -> str:
    return f"{secrets.token_hex(8)}@example.org"


def new_member(service: Service, *, verified: bool = True) -> Member:
    """Register, confirm the address by the mail, and sign in."""
    member = Member(service, service.browser(), new_address())
    answer = member.http.post(
        "/register", json={"name": "Ada", "email": member.email, "password": member.password}
    )
    assert answer.status_code == 202, answer.text
    if verified:
        token = service.token(member.email)
        assert member.http.post("/verify", json={"token": token}).status_code == 204
    assert member.sign_in().status_code == 200
    return member


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real functions of template.yaml, served once for each test process.

    Without the firewall: tests send more from one address than it lets through.
    """
    with serve(tmp_path_factory.mktemp("service"), firewall=False) as running:
        yield running


@contextmanager
def serve(
    data: Path, *, firewall: bool, port: int | None = None, **environment: str
) -> Iterator[Service]:
    """Serve template.yaml for as long as the block runs."""
    serving = DevStackProcess(
        data, template=ROOT / "template.yaml", firewall=firewall, port=port, **environment
    )
    assert "MongoDB" in serving.endpoints, serving.output
    with MongoClient[dict[str, Any]](serving.endpoints["MongoDB"], tz_aware=True) as client:
        running = Service(serving, client["heartsense"])
        yield running
        running.close()
    assert serving.stop() == 0, serving.output
