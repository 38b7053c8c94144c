"""Who looked at what: the records that accesses to others' data leave, and who sees them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.service.audit import RETENTION, SCHEMA, pseudonym
from heartsense.service.predictions import MongoPredictionRepository
from heartsense.service.predictions.prediction import Outcome
from tests.integration.test_cli_admin import Operator
from tests.integration.test_report_http import Sender, code
from tests.support.function_events import Event, call, parsed
from tests.support.handler_environment import RING
from tests.support.running_service import Service, new_member
from tests.support.sample_results import classified_sample
from tests.support.signed_in_accounts import new_person

PICTURES = ("picture", "overlay", "heatmap", "signal")


@pytest.fixture
def patient(service: Service) -> Sender:
    return Sender(service)


@pytest.fixture
def doctor(service: Service) -> Sender:
    return Sender(service, "doctor")


def records(service: Service, owner: str) -> list[dict[str, Any]]:
    return [*service.database["audit"].find({"owner": owner}).sort([("at", 1), ("_id", 1)])]


def seen(patient: Sender, **query: str) -> list[dict[str, Any]]:
    answer = patient.http.get("/me/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_a_doctor_reads_and_reviews_is_recorded_and_the_patient_sees_it(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    found = patient.predicted()
    assert doctor.http.get(f"/predictions/{found}").status_code == 200
    for name in PICTURES:
        assert doctor.http.get(f"/predictions/{found}/{name}").status_code == 200
    assert doctor.http.get(f"/predictions/{found}/feedback").status_code == 200
    review = {"verdict": "confirmed", "comment": "A secret remark."}
    answer = doctor.http.post(f"/predictions/{found}/feedback", json=review)
    assert answer.status_code == 201
    assert doctor.http.get("/reviews", params={"limit": 1}).status_code == 200
    expected = ["result_read", *["picture_read"] * 4, "reviews_read", "reviewed", "result_listed"]
    kept = records(service, patient.person.id)
    assert sorted(record["action"] for record in kept) == sorted(expected)
    for record in kept:
        assert (record["actor"], record["role"]) == (doctor.person.id, "doctor")
        assert record["subject"] == found
        assert record["expires_at"] - record["at"] == RETENTION
        assert record.keys() == {
            *("_id", "schema", "at", "actor", "role", "action", "owner", "subject"),
            *("request_id", "expires_at", "number", "previous", "previous_at", "digest"),
        }
    assert "secret" not in repr(kept)
    items = seen(patient, prediction_id=found)
    assert sorted(item["action"] for item in items) == sorted(expected)
    assert {item["by"] for item in items} == {pseudonym(doctor.person.id)}
    assert {item["role"] for item in items} == {"doctor"}
    assert doctor.person.id not in json.dumps(items)
    assert items == sorted(items, key=lambda item: item["at"], reverse=True)
    assert seen(patient, prediction_id="other") == []
    assert seen(doctor) == []


def test_the_request_id_is_that_of_problems_and_logs(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    store = MongoPredictionRepository(service.database)
    waiting = store.create(patient.person.id, 1, False, datetime.now(UTC))
    refused = doctor.http.get(f"/predictions/{waiting.id}/picture")
    assert code(refused) == (404, "no_such_picture")
    (record,) = records(service, patient.person.id)
    assert refused.json()["instance"] == f"urn:uuid:{record['request_id']}"


def test_ones_own_data_and_refused_requests_leave_no_record(
    service: Service, patient: Sender
) -> None:
    found = patient.predicted()
    for path in ("", *(f"/{name}" for name in PICTURES), "/feedback"):
        assert patient.http.get(f"/predictions/{found}{path}").status_code == 200
        stranger = Sender(service).http.get(f"/predictions/{found}{path}")
        assert code(stranger) == (404, "no_such_prediction")
    assert records(service, patient.person.id) == []


def test_exports_and_deletions_are_recorded(
    service: Service, patient: Sender, doctor: Sender
) -> None:
    found = patient.predicted()
    review = {"verdict": "confirmed"}
    doctor.http.post(f"/predictions/{found}/feedback", json=review).raise_for_status()
    administrator = Sender(service, "administrator")
    assert administrator.http.get("/feedback/export").status_code == 200
    exported = [item for item in seen(patient) if item["action"] == "review_exported"]
    assert [(item["prediction_id"], item["role"]) for item in exported] == [
        (found, "administrator")
    ]
    assert patient.http.delete(f"/predictions/{found}").status_code == 204
    assert code(patient.http.delete("/predictions/made-up")) == (404, "no_such_prediction")
    deleted = [r for r in records(service, patient.person.id) if r["role"] == "owner"]
    assert [(r["action"], r["actor"], r["subject"]) for r in deleted] == [
        ("prediction_deleted", patient.person.id, found)
    ]
    member = new_member(service, verified=False)
    assert member.delete().status_code == 204
    (record,) = records(service, member.id)
    assert (record["action"], record["actor"]) == ("account_deleted", member.id)


# --- What cannot be recorded does not take place -------------------------------------------------


def request(function: str, token: str, method: str, path: str, body: Any = None) -> Any:
    """One request, as API Gateway passes it."""
    event: Event = {
        "httpMethod": method,
        "path": path,
        "headers": {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"requestId": "r1", "identity": {"sourceIp": "10.0.0.1"}},
    }
    return parsed(call(function, event))


@pytest.mark.parametrize(
    ("function", "role", "method", "path", "body"),
    [
        ("predictions", "doctor", "GET", "/predictions/{}", None),
        ("predictions", "doctor", "GET", "/predictions/{}/picture", None),
        ("report", "doctor", "GET", "/predictions/{}/feedback", None),
        ("report", "doctor", "POST", "/predictions/{}/feedback", {"verdict": "confirmed"}),
        ("report", "doctor", "GET", "/reviews", None),
        ("predictions", "owner", "DELETE", "/predictions/{}", None),
    ],
)
def test_an_access_that_cannot_be_recorded_is_refused(
    deployed: Database[Event], function: str, role: str, method: str, path: str, body: Any
) -> None:
    store = MongoPredictionRepository(deployed)
    owner = new_person(deployed, RING)
    found = store.create(owner.id, 1, False, datetime.now(UTC))
    outcome = Outcome(found.id, classified_sample("normal.png").result)
    store.finish(found.id, outcome, datetime.now(UTC))
    caller = owner if role == "owner" else new_person(deployed, RING, role)
    # A second record is impossible from here on.
    deployed["audit"].create_index("schema", unique=True)
    deployed["audit"].insert_one({"schema": SCHEMA})
    before = deployed["predictions"].find_one({"_id": found.id})
    status, problem = request(function, caller.token, method, path.format(found.id), body)
    assert (status, problem["code"]) == (503, "audit_unavailable")
    assert deployed["predictions"].find_one({"_id": found.id}) == before
    assert deployed["feedback"].count_documents({}) == 0


# --- The operator --------------------------------------------------------------------------------


def test_the_operator_reads_the_audit_and_leaves_records_too(
    mongodb_uri: str, mongodb: Database[Event], bucket: str
) -> None:
    operator = Operator(
        MONGODB_URI=mongodb_uri, MONGODB_DATABASE=mongodb.name, PICTURES_BUCKET=bucket
    )
    person, other = new_person(mongodb, RING), new_person(mongodb, RING)
    mongodb["accounts"].update_many({}, {"$set": {"verified_at": datetime.now(UTC)}})
    address, others = address_of(mongodb, person.id), address_of(mongodb, other.id)
    for command in (("grant", "doctor"), ("revoke", "doctor"), ("end-sessions",)):
        assert operator.run(*command, address) == 0, operator.output
    assert operator.run("delete-user", "--yes", address) == 0

    def printed(*options: str) -> list[dict[str, Any]]:
        assert operator.run("audit", *options) == 0, operator.output
        return [json.loads(line) for line in operator.output.splitlines()]

    found = printed("--owner", person.id)
    actions = ["role_granted", "role_revoked", "sessions_ended", "account_deleted"]
    assert [record["action"] for record in found] == actions
    assert {record["owner"] for record in found} == {person.id}
    assert found[0]["subject"] == "doctor"
    actor = found[0]["actor"]
    assert actor.startswith("operator:")
    assert printed("--actor", actor) == printed() == found
    assert printed("--actor", "nobody") == printed("--since", "2999-01-01") == []
    assert printed("--since", "2020-01-01") == found
    assert printed("--owner", others) == []


def address_of(database: Database[Event], account: str) -> str:
    kept = database["accounts"].find_one({"_id": account})
    assert kept
    return str(kept["email"])
