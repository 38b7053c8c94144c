"""A drill: fill a service, back it up, destroy everything, restore, sign in and read the same."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import httpx
import pytest

from tests.integration.test_report_http import Sender
from tests.support.running_service import BUCKET, Service, new_member, serve

PICTURES = ("picture", "overlay", "heatmap", "signal")


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that nobody else uses: it is destroyed."""
    with serve(tmp_path_factory.mktemp("drill"), firewall=False) as running:
        yield running


def admin(service: Service, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator runs it, with the environment that `serve` wrote, and more."""
    lines = (service.serving.data / "environment").read_text().splitlines()
    environment = {**os.environ, **dict(line.split("=", 1) for line in lines), **more}
    return subprocess.run(
        [str(Path(sys.executable).with_name("heartsense")), "admin", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def contents(service: Service) -> dict[str, bytes]:
    """Every object of the bucket."""
    s3 = service.serving.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def documents(service: Service) -> dict[str, list[dict[str, Any]]]:
    """Every document but the counters, which each request changes."""
    names = sorted({*service.database.list_collection_names()} - {"attempts"})
    return {name: [*service.database[name].find().sort("_id", 1)] for name in names}


def destroy(service: Service) -> None:
    for name in service.database.list_collection_names():
        service.database[name].drop()
    s3 = service.serving.client("s3")
    for key in contents(service):
        s3.delete_object(Bucket=BUCKET, Key=key)
    assert contents(service) == {}


def read(service: Service, token: dict[str, str], prediction: str) -> list[Any]:
    """The result, and the bytes of its pictures."""
    http = service.browser()
    http.headers.update(token)
    found = http.get(f"/predictions/{prediction}")
    assert found.status_code == 200, found.text
    links = [http.get(f"/predictions/{prediction}/{name}").json()["url"] for name in PICTURES]
    return [found.json(), *(httpx.get(link, trust_env=False).content for link in links)]


def test_everything_is_destroyed_and_restored(own_service: Service, tmp_path: Path) -> None:
    service = own_service
    member = new_member(service)
    owner = Sender(service)
    prediction = owner.predicted()
    before = read(service, owner.person.headers, prediction)
    assert all(before)
    stored, pictures = documents(service), contents(service)
    folder = tmp_path / "backup"

    made = admin(service, "backup", folder)
    assert made.returncode == 0, made.stderr
    assert f"and {len(pictures)} pictures" in made.stdout
    # As mongorestore reads it: documents one after another, a file a collection.
    for name, found in stored.items():
        read_back = bson.decode_all((folder / "database" / f"{name}.bson").read_bytes())
        assert {str(one["_id"]) for one in read_back} == {str(one["_id"]) for one in found}
    again = admin(service, "backup", folder)
    assert (again.returncode, "exists" in again.stderr) == (1, True)

    refused = admin(service, "restore", folder)
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    assert documents(service) == stored

    destroy(service)
    assert member.sign_in().status_code == 401
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    accounts = damaged / "database" / "accounts.bson"
    accounts.write_bytes(accounts.read_bytes()[:-1] + b"\x01")
    broken = admin(service, "restore", damaged, "--overwrite")
    assert (broken.returncode, "damaged" in broken.stderr) == (1, True)
    assert service.database["accounts"].find_one() is None

    # Signing in has counted attempts: what is stored now is to go.
    restored = admin(service, "restore", folder, "--overwrite")
    assert restored.returncode == 0, restored.stderr
    assert documents(service) == stored
    assert contents(service) == pictures
    assert service.database["accounts"].index_information()["email_key_1"]["unique"]
    assert member.sign_in().status_code == 200
    assert member.http.get("/me", headers=member.headers).json()["email"] == member.email
    assert read(service, owner.person.headers, prediction) == before


def test_a_restore_leaves_nothing_else_and_can_be_repeated(
    own_service: Service, tmp_path: Path
) -> None:
    service = own_service
    folder = tmp_path / "backup"
    assert admin(service, "backup", folder).returncode == 0
    stored, pictures = documents(service), contents(service)
    later = new_member(service, verified=False)
    service.serving.client("s3").put_object(Bucket=BUCKET, Key="uploads/later", Body=b"x")
    for _ in range(2):
        assert admin(service, "restore", folder, "--overwrite").returncode == 0
    assert documents(service) == stored
    assert contents(service) == pictures
    assert later.sign_in().status_code == 401


def test_an_interrupted_restore_is_repeated_as_it_was(own_service: Service, tmp_path: Path) -> None:
    service = own_service
    new_member(service, verified=False)
    folder, other = tmp_path / "backup", tmp_path / "other"
    assert admin(service, "backup", folder).returncode == 0
    stored, pictures = documents(service), contents(service)
    assert admin(service, "backup", other).returncode == 0

    # The bucket goes away when the database is restored: there is none of this name.
    broken = admin(service, "restore", folder, "--overwrite", PICTURES_BUCKET="no-such-bucket")
    assert broken.returncode != 0
    refused = admin(service, "restore", other)
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    assert admin(service, "restore", folder).returncode == 0
    assert documents(service) == stored
    assert contents(service) == pictures
    assert admin(service, "restore", folder).returncode == 1  # it is whole now


def test_an_unfinished_backup_is_none(own_service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    answer = admin(own_service, "restore", folder, "--overwrite")
    assert (answer.returncode, "no backup" in answer.stderr) == (1, True)
