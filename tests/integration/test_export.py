"""One's own data: everything in one archive, and nobody else's."""

import hashlib
import io
import json
import os
import tracemalloc
import zipfile
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
import pytest
from pymongo.database import Database

from heartsense.service.accounts import AccountRepository
from heartsense.service.audit import pseudonym
from heartsense.service.exports import (
    ExportArchive,
    ExportBuilder,
    ExportRepository,
    S3ExportStorage,
    Status,
)
from heartsense.service.maintenance import account_deletion
from heartsense.service.predictions import MongoPredictionRepository
from heartsense.service.predictions.consent import TEXTS
from tests.integration.test_report_http import Sender, code
from tests.support.devstack_process import eventually
from tests.support.function_events import Event, batch, call, objects
from tests.support.handler_environment import RING
from tests.support.running_service import Service
from tests.support.sample_results import classified_sample
from tests.support.signed_in_accounts import new_person

SAMPLE = "inferior-infarction.png"
MIB = 1024 * 1024
NOW = datetime.now(UTC)


def exported(person: Sender) -> zipfile.ZipFile:
    """The archive that somebody gets."""
    begun = person.http.post("/me/export")
    assert begun.status_code == 202, begun.text
    state: dict[str, Any] = {}

    def ready() -> bool:
        answer = person.http.get("/me/export")
        assert answer.status_code == 200, answer.text
        state.update(answer.json())
        assert state["status"] != "failed"
        return bool(state["status"] == "ready")

    assert eventually(ready)
    with person.service.browser() as anyone:  # as the page does, without the token
        downloaded = anyone.get(state["url"])
    assert downloaded.status_code == 200
    assert "attachment" in downloaded.headers["content-disposition"]
    assert len(downloaded.content) == state["size"]
    return zipfile.ZipFile(io.BytesIO(downloaded.content))


def test_an_export_has_everything_of_ones_own_and_nothing_of_others(service: Service) -> None:
    patient, doctor = Sender(service), Sender(service, "doctor")
    found = patient.predicted(SAMPLE)
    agreement = {"$set": {"keep_for_training": True}}
    service.database["predictions"].update_one({"_id": found}, agreement)
    foreign = Sender(service).predicted(SAMPLE)
    review = {"verdict": "confirmed", "comment": "Well seen."}
    path = f"/predictions/{found}/feedback"
    doctor.http.post(path, json=review).raise_for_status()
    report_id = patient.sent(found)["id"]
    wrote = {"name": "Ada", "email": patient.email, "subject": "Hi", "message": "Hello there."}
    patient.http.post("/contact", json=wrote).raise_for_status()

    archive = exported(patient)
    assert archive.testzip() is None
    names = set(archive.namelist())
    artifacts = classified_sample(SAMPLE).artifacts
    assert names == {
        *("README.txt", "account.json", "consent-texts.json", "reports.json", "messages.json"),
        *("audit.jsonl", f"predictions/{found}/prediction.json"),
        *(f"predictions/{found}/{name}" for name in artifacts),
        f"predictions/{found}/report-{report_id}.pdf",
    }
    for name, content in artifacts.items():
        assert archive.read(f"predictions/{found}/{name}") == content
    account = json.loads(archive.read("account.json"))
    assert (account["id"], account["email"]) == (patient.person.id, patient.email)
    prediction = json.loads(archive.read(f"predictions/{found}/prediction.json"))
    assert prediction["result"]["findings"] == ["myocardial_infarction"]
    assert prediction["training_consent"]["given_at"] == prediction["created_at"]
    assert [entry["comment"] for entry in prediction["reviews"]] == ["Well seen."]
    assert json.loads(archive.read("consent-texts.json")) == TEXTS
    (report,) = json.loads(archive.read("reports.json"))
    assert (report["to"], report["prediction"]) == (patient.email, found)
    (attached,) = service.mail(patient.email).iter_attachments()
    assert archive.read(f"predictions/{found}/report-{report_id}.pdf") == attached.get_content()
    (message,) = json.loads(archive.read("messages.json"))
    assert message["message"] == "Hello there."
    audit = [json.loads(line) for line in archive.read("audit.jsonl").splitlines()]
    assert [(entry["by"], entry["action"]) for entry in audit] == [
        (pseudonym(doctor.person.id), "reviewed"),
        ("you", "data_exported"),
    ]
    everything = b"".join(archive.read(name) for name in names)
    for secret in (doctor.person.id, doctor.email, foreign, "password_hash", "refresh"):
        assert secret.encode() not in everything


def test_nobody_has_an_export_before_asking_for_it(service: Service) -> None:
    person = Sender(service)
    assert code(person.http.get("/me/export")) == (404, "no_such_export")
    with service.browser() as stranger:
        for method in ("GET", "POST"):
            assert code(stranger.request(method, "/me/export")) == (401, "not_signed_in")


def test_exports_are_limited(service: Service) -> None:
    person = Sender(service)
    answers: list[httpx.Response] = [person.http.post("/me/export") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2


# --- The worker ----------------------------------------------------------------------------------


def builder(database: Database[Event], archive: Any = None) -> ExportBuilder:
    storage = S3ExportStorage(os.environ["PICTURES_BUCKET"])
    exports, accounts = ExportRepository(database), AccountRepository(database)
    return ExportBuilder(exports, accounts, storage, archive or ExportArchive(database, storage))


def build(database: Database[Event], export_id: str, receives: int = 1) -> Status:
    answer = call("export", batch({"export": export_id}, receives=receives))
    assert answer == {"batchItemFailures": []}
    found = ExportRepository(database).get(export_id)
    assert found
    return found.status


@pytest.mark.slow
def test_images_of_any_size_are_streamed(deployed: Database[Event]) -> None:
    owner, bucket, s3 = (
        new_person(deployed, RING),
        os.environ["PICTURES_BUCKET"],
        boto3.client("s3"),
    )
    made = MongoPredictionRepository(deployed).create(owner.id, 1, False, NOW)
    digests = {}
    for number in range(4):
        content = os.urandom(20 * MIB)
        name = f"heatmap-{number}.png"
        s3.put_object(Bucket=bucket, Key=f"answers/{owner.id}/{made.id}/{name}", Body=content)
        digests[f"predictions/{made.id}/{name}"] = hashlib.sha256(content).hexdigest()
    del content
    export = ExportRepository(deployed).begin(owner.id, NOW)
    tracemalloc.start()
    try:
        assert builder(deployed).build(export.id) is Status.READY
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MIB  # of 80: parts of 8, and the copies that clients make of them
    link = S3ExportStorage(bucket).download_link(owner.id, export.id)
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(link, trust_env=False).content))
    read = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in digests}
    assert read == digests


def test_a_repeated_delivery_builds_once_and_the_last_one_gives_up(
    deployed: Database[Event],
) -> None:
    exports, owner = ExportRepository(deployed), new_person(deployed, RING)
    export = exports.begin(owner.id, NOW)
    assert exports.begin(owner.id, NOW) == export  # one at a time
    for _ in range(2):
        assert build(deployed, export.id) is Status.READY
    lost = exports.begin(owner.id, datetime.now(UTC))
    assert lost.id != export.id
    assert build(deployed, lost.id, receives=4) is Status.FAILED
    assert call("export", batch({"export": "made-up"})) == {"batchItemFailures": []}


def test_a_failed_build_leaves_no_archive_and_is_repeated(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ExportRepository(deployed).begin(new_person(deployed, RING).id, NOW)
    write = ExportArchive.write

    def broken(archive: ExportArchive, *rest: Any) -> None:
        write(archive, *rest)
        raise OSError("no more")

    with monkeypatch.context() as broken_once:
        broken_once.setattr(ExportArchive, "write", broken)
        answer = call("export", batch({"export": export.id}))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert objects() == []
    assert build(deployed, export.id) is Status.READY
    assert objects() == [f"exports/{export.owner}/{export.id}.zip"]


def test_a_deleted_account_leaves_no_export(
    deployed: Database[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, exports = new_person(deployed, RING), ExportRepository(deployed)
    ready = exports.begin(person.id, NOW)
    assert build(deployed, ready.id) is Status.READY
    overtaken = exports.begin(person.id, datetime.now(UTC))
    account = AccountRepository(deployed).by_id(person.id)
    assert account
    write = ExportArchive.write

    def deleted_meanwhile(archive: ExportArchive, *rest: Any) -> None:
        write(archive, *rest)
        account_deletion(deployed, os.environ["PICTURES_BUCKET"]).delete(account)

    monkeypatch.setattr(ExportArchive, "write", deleted_meanwhile)
    assert builder(deployed).build(overtaken.id) is None
    assert objects() == []
    assert deployed["exports"].count_documents({}) == 0
