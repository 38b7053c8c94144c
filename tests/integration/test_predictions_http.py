"""A prediction's life over HTTP: form, upload to the bucket, queue, result, storage, deletion."""

import json
import re
import time
from typing import Any

import httpx
import pytest

from heartsense.service.accounts import AccountRepository
from heartsense.service.predictions import S3PredictionStorage, storage
from tests.support.devstack_process import eventually
from tests.support.paths import SAMPLES
from tests.support.running_service import BUCKET, Service
from tests.support.signed_in_accounts import Person, new_person

SAMPLE = (SAMPLES / "inferior-infarction.png").read_bytes()


class Caller:
    """Somebody signed in, over HTTP."""

    def __init__(self, service: Service, *roles: str) -> None:
        self.service = service
        self.person: Person = new_person(service.database, service.ring, *roles)
        self.http = service.browser()
        self.http.headers.update(self.person.headers)

    def form(self, content: bytes = SAMPLE, kind: str = "image/png", **more: Any) -> dict[str, Any]:
        body = {"content_type": kind, "size": len(content), **more}
        answer = self.http.post("/uploads", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def upload(self, content: bytes = SAMPLE, kind: str = "image/png", **more: Any) -> str:
        form = self.form(content, kind, **more)
        answer = post(form, content)
        assert answer.status_code in (200, 201, 204), answer.text
        return str(form["prediction_id"])

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def result(self, prediction_id: str) -> dict[str, Any]:
        """The prediction, once it is no longer pending."""
        path = f"/predictions/{prediction_id}"
        assert eventually(lambda: self.get(path).json()["status"] != "pending", 60)
        found: dict[str, Any] = self.get(path).json()
        return found


def post(form: dict[str, Any], content: bytes, **changed: str) -> httpx.Response:
    fields = {**form["fields"], **changed}
    return httpx.post(form["url"], data=fields, files={"file": ("x", content)}, trust_env=False)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def owner(service: Service) -> Caller:
    return Caller(service)


@pytest.fixture(scope="module")
def done(owner: Caller) -> str:
    prediction_id = owner.upload()
    assert owner.result(prediction_id)["status"] == "done"
    return prediction_id


def test_an_upload_becomes_a_result(owner: Caller) -> None:
    form = owner.form(keep_for_training=True)
    before = owner.get(f"/predictions/{form['prediction_id']}").json()
    assert (before["status"], before["heatmaps"]) == ("pending", [])
    assert before["keep_for_training"]
    assert code(owner.get(f"/predictions/{form['prediction_id']}/overlay")) == (
        404,
        "no_such_picture",
    )
    post(form, SAMPLE)
    found = owner.result(form["prediction_id"])
    assert found["status"] == "done"
    assert "myocardial_infarction" in found["result"]["findings"]
    assert "myocardial_infarction" in found["heatmaps"]
    assert found["finished_at"] >= found["created_at"]


def test_a_result_says_what_no_result_tells(owner: Caller, done: str) -> None:
    sentences = owner.get(f"/predictions/{done}").json()["result"]["limitations"]
    assert sentences[-1] == "A normal ECG does not rule out a heart problem."
    assert len(sentences) == 4


def test_measurements_are_compared_with_the_limits_of_the_person(owner: Caller, done: str) -> None:
    def shown(query: str) -> dict[str, dict[str, Any]]:
        found = owner.get(f"/predictions/{done}{query}").json()["result"]
        rows = {row["id"]: row for row in found["measurement_rows"]}
        assert list(rows) == list(found["measurements"])
        return rows

    both, woman = shown(""), shown("?sex=female&age=30")
    assert both["qtc_ms"]["normal_range"] == "341 to 449 (women 459)"
    assert woman["qtc_ms"]["normal_range"] == "341 to 459"
    assert both["cornell_mv"]["normal_range"] == "up to 2.80 (women 2.00)"
    assert woman["cornell_mv"]["normal_range"] == ""  # the criterion is for adults over 35
    assert both["axis_deg"]["word"] == "normal"
    assert "Surawicz" in both["axis_deg"]["source"]
    for query in ("?sex=x", "?age=-1", "?age=131", "?age=x"):
        assert code(owner.get(f"/predictions/{done}{query}")) == (422, "invalid_request")


def test_duplicate_uploads_are_listed_once(service: Service) -> None:
    caller = Caller(service)
    first, second = caller.upload(), caller.upload()
    assert caller.result(first)["id"] == caller.result(second)["id"]
    refused = caller.upload(b"no picture")
    assert caller.result(refused)["refusal"]["code"] == "not_an_image"
    items = caller.get("/predictions").json()["items"]
    assert [item["status"] for item in items] == ["failed", "done"]
    assert items[1]["findings"] == caller.result(first)["result"]["findings"]
    page = caller.get("/predictions?limit=1").json()
    rest = caller.get(f"/predictions?limit=1&cursor={page['next_cursor']}").json()
    assert page["items"] + rest["items"] == items
    assert rest.get("next_cursor") is None
    assert code(caller.get("/predictions?cursor=made-up")) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        ("picture", b"\xff\xd8\xff"),
        ("overlay", b"\x89PNG"),
        ("heatmap", b"\x89PNG"),
        ("heatmap?condition=myocardial_infarction", b"\x89PNG"),
        ("signal", b'{"rate":'),
    ],
)
def test_pictures_are_shown_by_links(owner: Caller, done: str, path: str, begins: bytes) -> None:
    answer = owner.get(f"/predictions/{done}/{path}").json()
    assert answer["expires_in"] == 300
    shown = httpx.get(answer["url"], trust_env=False)
    assert shown.status_code == 200
    assert shown.content.startswith(begins)


def test_a_link_is_for_one_object_only(owner: Caller, done: str) -> None:
    url = owner.get(f"/predictions/{done}/overlay").json()["url"]
    bare = url.partition("?")[0]
    forged = url.replace("overlay.png", "picture.jpg")
    assert httpx.get(forged, trust_env=False).status_code in (400, 403), bare


def test_a_condition_that_is_not_present_has_no_heat_map(owner: Caller, done: str) -> None:
    wanted = f"/predictions/{done}/heatmap?condition=normal"
    assert code(owner.get(wanted)) == (404, "no_such_picture")


def test_other_users_can_neither_see_nor_delete_a_prediction_but_doctors_can_see_it(
    service: Service, owner: Caller, done: str
) -> None:
    stranger, doctor = Caller(service), Caller(service, "doctor")
    paths = [f"/predictions/{done}{part}" for part in ("", "/overlay", "/heatmap", "/signal")]
    for path in [*paths, f"/predictions/{done}/picture"]:
        assert code(stranger.get(path)) == (404, "no_such_prediction")
        assert doctor.get(path).status_code == 200
        assert code(service.browser().get(path)) == (401, "not_signed_in")
    for other in (stranger, doctor):
        answer = other.http.delete(f"/predictions/{done}")
        assert code(answer) == (404, "no_such_prediction")
    nothing = code(stranger.get("/predictions/0123456789abcdef01234567"))
    assert nothing == (404, "no_such_prediction")
    assert stranger.get("/predictions").json()["items"] == []
    assert owner.get(f"/predictions/{done}").status_code == 200


def test_a_revoked_doctor_loses_access_at_once(service: Service, done: str) -> None:
    doctor = Caller(service, "doctor")
    assert doctor.get(f"/predictions/{done}").status_code == 200
    AccountRepository(service.database).revoke(doctor.person.id, "doctor")
    assert code(doctor.get(f"/predictions/{done}")) == (404, "no_such_prediction")


def test_a_deleted_prediction_leaves_nothing(service: Service) -> None:
    caller = Caller(service)
    first, second = caller.upload(), caller.upload()
    assert caller.result(second)["status"] == "done"
    caller.result(first)
    kept = service.leftovers(first, second)
    assert kept
    link = caller.get(f"/predictions/{second}/overlay").json()["url"]
    assert caller.http.delete(f"/predictions/{second}").status_code == 204
    assert service.leftovers(first, second) == []
    for prediction_id in (first, second):
        path = f"/predictions/{prediction_id}"
        assert code(caller.get(path)) == (404, "no_such_prediction")
        assert code(caller.http.delete(path)) == (404, "no_such_prediction")
    assert httpx.get(link, trust_env=False).status_code == 404


def test_an_upload_after_the_deletion_is_not_stored(service: Service) -> None:
    caller = Caller(service)
    form = caller.form()
    assert caller.http.delete(f"/predictions/{form['prediction_id']}").status_code == 204
    assert post(form, SAMPLE).status_code in (200, 201, 204)
    s3 = service.serving.client("s3")
    prefix = form["fields"]["key"]
    assert eventually(lambda: not s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents"))
    assert service.leftovers(form["prediction_id"]) == []


def test_a_form_takes_its_own_picture_only(owner: Caller) -> None:
    form = owner.form()
    refused = (400, 403)
    assert post(form, SAMPLE + b"x").status_code in refused
    assert post(form, SAMPLE[:-1]).status_code in refused
    assert post(form, SAMPLE, **{"Content-Type": "text/html"}).status_code in refused
    assert post(form, SAMPLE, key="uploads/elsewhere").status_code in refused
    pending = owner.get(f"/predictions/{form['prediction_id']}").json()
    assert pending["status"] == "pending"


def test_an_expired_form_is_refused(
    service: Service, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "FORM_SECONDS", 1)
    monkeypatch.setattr(storage, "_client", lambda: service.serving.client("s3"))
    form = S3PredictionStorage(BUCKET).upload_form("a", "b", "image/png", len(SAMPLE))
    time.sleep(2)
    sent = {"url": form.url, "fields": dict(form.fields)}
    assert post(sent, SAMPLE).status_code in (400, 403)


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": "text/html", "size": 1},
        {"content_type": "image/svg+xml", "size": 1},
        {"content_type": "image/png", "size": 0},
        {"content_type": "image/png", "size": 20_000_001},
        {"content_type": "image/png", "size": "1"},
        {"content_type": "image/png"},
        {"content_type": "image/png", "size": 1, "page": 0},
        {"content_type": "image/png", "size": 1, "page": 51},
        {"content_type": "image/png", "size": 1, "owner": "somebody"},
    ],
)
def test_the_parameters_of_an_upload_form_are_validated(
    owner: Caller, body: dict[str, Any]
) -> None:
    assert code(owner.http.post("/uploads", json=body)) == (422, "invalid_request")


def test_a_later_page_of_a_document(service: Service) -> None:
    caller = Caller(service)
    content = (SAMPLES / "paced.pdf").read_bytes()
    one = caller.upload(content, "application/pdf")
    two = caller.upload(content, "application/pdf", page=2)
    assert caller.result(one)["status"] == "done"
    assert caller.result(two)["refusal"]["code"] == "no_such_page"
    assert caller.result(one)["id"] == one


def test_logs_hold_no_findings(service: Service, owner: Caller, done: str) -> None:
    owner.get(f"/predictions/{done}")
    log = (service.serving.data / "logs" / "UploadWorkerFunction.log").read_text()
    assert done in log
    assert not re.search("infarction|hypertrophy|arrhythmia|Bearer", log)


def test_predict_is_open_and_stores_nothing(service: Service) -> None:
    before = service.database["predictions"].count_documents({})
    answer = service.browser().post(
        "/predict", content=SAMPLE, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == 200
    assert "myocardial_infarction" in answer.json()["findings"]
    assert json.dumps(answer.json())
    form = service.browser().post("/predict", files={"image": ("ecg.png", SAMPLE, "image/png")})
    assert form.json() == answer.json()
    assert service.database["predictions"].count_documents({}) == before


def test_answers_about_health_are_kept_by_nobody(owner: Caller, done: str) -> None:
    paths = ["/me", "/predictions", f"/predictions/{done}", "/reports", "/reviews", "/nowhere"]
    paths += [f"/predictions/{done}/{name}" for name in ("picture", "overlay", "heatmap", "signal")]
    for path in paths:
        headers = owner.get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["strict-transport-security"].startswith("max-age=63072000"), path
    link = owner.get(f"/predictions/{done}/picture").json()["url"]
    assert httpx.get(link, trust_env=False).headers["cache-control"] == "no-store"
