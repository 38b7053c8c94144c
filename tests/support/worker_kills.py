"""Workers killed (kill -9) while many people use the service; then what must hold, holds or not.

Gateway, database, bucket and queues stay up, as in the cloud: it is functions that die there.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx

from heartsense.service.predictions import OVERLAY, PAGE_IMAGE, SIGNAL
from tests.support.devstack_process import eventually, process_tree
from tests.support.paths import SAMPLES
from tests.support.running_service import BUCKET, PASSWORD, Member, Service, new_address

_SAMPLES = [
    ("image/jpeg", (SAMPLES / "atrial-flutter-strip.jpg").read_bytes()),
    ("image/png", (SAMPLES / "inferior-infarction.png").read_bytes()),
    ("image/png", b"no picture at all"),
]
_UPLOADS_OF_ONE = 3  # an address gets three reports without waiting
_TRIES = 60
_AGAIN = (400, 429, 500, 502, 503, 504)  # 400: a link that a repeated request replaced
_PATIENCE_SECONDS = 240
_UNDER_WAY = ("pending", "sending")
_SETTLE_SECONDS = 420  # a report that was being sent is `unconfirmed` after five minutes


@dataclass
class Accepted:
    """What the service said yes to; and names, which only their own thread writes."""

    uploads: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """What was killed and accepted, how it ended, and what of it must not be."""

    kills: Counter[str]
    accepted: Accepted
    ends: Counter[str]
    lost: list[str]
    double: list[str]

    def __str__(self) -> str:
        killed = ", ".join(f"{name} {count}" for name, count in self.kills.most_common())
        ends = ", ".join(f"{count} {name}" for name, count in sorted(self.ends.items()))
        return (
            f"{self.kills.total()} kills ({killed}); {len(self.accepted.uploads)} uploads and "
            f"{len(self.accepted.reports)} reports accepted: {ends}; "
            f"{len(self.double)} double, {len(self.lost)} lost {[*self.double, *self.lost]}"
        )


def kill_workers(
    service: Service, kills: int, *, pause: float, people: int = 2, seed: int = 0
) -> Outcome:
    """Kill workers of functions, `pause` seconds apart on average, while people work; then look."""
    accepted, over = Accepted(), threading.Event()
    threads = [
        threading.Thread(target=_work, args=(service, accepted, over, random.Random(seed + n)))
        for n in range(people)
    ]
    for thread in threads:
        thread.start()
    rng, killed = random.Random(seed), Counter[str]()
    while killed.total() < kills and any(thread.is_alive() for thread in threads):
        time.sleep(rng.expovariate(1 / pause))
        if name := _kill_one(service, rng):
            killed[name] += 1
            print(f"{killed.total()} killed: {name}; {len(accepted.uploads)} uploads", flush=True)
    over.set()
    for thread in threads:
        thread.join()
    eventually(lambda: not _under_way(service, accepted), _SETTLE_SECONDS)
    return _judge(service, killed, accepted)


def _kill_one(service: Service, rng: random.Random) -> str:
    """Kill the process of a function; the function's name, empty if none was there."""
    workers = {}
    for pid in process_tree(service.serving.process.pid):
        with suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"devstack.worker" in arguments:
                workers[pid] = arguments[-2].decode().split(".")[1]
    if not workers:
        return ""
    pid = rng.choice(sorted(workers))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return workers[pid]
    return ""


def _work(service: Service, accepted: Accepted, over: threading.Event, rng: random.Random) -> None:
    while not over.is_set():
        person = _Person(service, accepted)
        for number in range(_UPLOADS_OF_ONE):
            if over.is_set():
                break
            person.rename(f"Ada {number}")
            if prediction := person.upload(*rng.choice(_SAMPLES)):
                person.ask_for_report(prediction)


class _Person:
    """Somebody with a confirmed account, who repeats each request until it gets through."""

    def __init__(self, service: Service, accepted: Accepted) -> None:
        self._accepted = accepted
        self._member = Member(service, service.browser(), new_address())
        email = self._member.email
        self._json("POST", "/register", {"name": "Ada", "email": email, "password": PASSWORD})
        _sent(self._verify)
        self._member.keep(_sent(self._member.sign_in))

    def rename(self, name: str) -> None:
        self._json("PATCH", "/me", {"name": name})
        self._accepted.names[self._member.email] = name

    def upload(self, kind: str, content: bytes) -> str:
        """Upload an image and wait for its end; the prediction's id if there is a result."""
        asked = self._json("POST", "/uploads", {"content_type": kind, "size": len(content)})
        form: dict[str, Any] = asked.json()
        stored = httpx.post(
            form["url"],
            data=form["fields"],
            files={"file": ("x", content)},
            trust_env=False,
            timeout=60,
        )
        assert stored.is_success, stored.text
        prediction = str(form["prediction_id"])
        self._accepted.uploads.append(prediction)
        for _ in range(_PATIENCE_SECONDS):
            found = self._json("GET", f"/predictions/{prediction}").json()
            if found["status"] != "pending":
                return prediction if found["status"] == "done" else ""
            time.sleep(1)
        return ""

    def ask_for_report(self, prediction: str) -> None:
        asked = self._json("POST", "/send-report", {"prediction_id": prediction})
        self._accepted.reports.append(asked.json()["id"])

    def _json(self, method: str, path: str, body: Any = None) -> httpx.Response:
        member = self._member
        headers = member.headers if member.access else {}
        return _sent(lambda: member.http.request(method, path, json=body, headers=headers))

    def _verify(self) -> httpx.Response:
        """By the last link: each repeated registration sends another one."""
        service, email = self._member.service, self._member.email
        token = service.token(email, max(0, len(service.mails(email)) - 1))
        return self._member.http.post("/verify", json={"token": token})


def _sent(request: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, once it is a good one: what meets a dying worker gets 502, and is repeated."""
    for _ in range(_TRIES):
        with suppress(httpx.TransportError):
            answer = request()
            if answer.is_success:
                return answer
            assert answer.status_code in _AGAIN, answer.text
        time.sleep(0.5)
    raise AssertionError(f"never answered: {answer.status_code} {answer.text}")


def _under_way(service: Service, accepted: Accepted) -> list[str]:
    database = service.database
    ids = {"_id": {"$in": accepted.uploads}, "status": "pending"}
    uploads = [found["_id"] for found in database["predictions"].find(ids)]
    reports = database["reports"].find({"_id": {"$in": accepted.reports}})
    return uploads + [found["_id"] for found in reports if found["status"] in _UNDER_WAY]


def _judge(service: Service, killed: Counter[str], accepted: Accepted) -> Outcome:
    outcome = Outcome(killed, accepted, Counter(), [], [])
    mails = _report_mails(service)
    for prediction in accepted.uploads:
        _judge_upload(service, prediction, outcome)
    for report in set(accepted.reports):
        found = service.database["reports"].find_one({"_id": report})
        status = found["status"] if found else "gone"
        outcome.ends[f"reports {status}"] += 1
        if status not in ("sent", "unconfirmed", "failed") or (
            status == "sent" and not mails[report]
        ):
            outcome.lost.append(f"report {report} is {status}, {mails[report]} e-mails")
    outcome.double += [f"report {id}: {count} e-mails" for id, count in mails.items() if count > 1]
    for email, name in accepted.names.items():
        account = service.database["accounts"].find_one({"email_key": email})
        # The next name may have been on its way when the thread ended.
        if account is None or account["name"] < name:
            outcome.lost.append(f"name {name} of {email}")
    return outcome


def _judge_upload(service: Service, prediction: str, outcome: Outcome) -> None:
    found = service.database["predictions"].find_one({"_id": prediction})
    status = found["status"] if found else "gone"
    outcome.ends[f"uploads {status}"] += 1
    # A duplicate is shown as the same image of the same person, which is there already.
    if found is None or status not in ("done", "failed", "duplicate"):
        outcome.lost.append(f"upload {prediction} is {status}")
    elif status == "done":
        s3 = service.serving.client("s3")
        prefix = f"answers/{found['owner']}/{prediction}/"
        kept = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        names = {entry["Key"].removeprefix(prefix) for entry in kept}
        if not {OVERLAY, PAGE_IMAGE, SIGNAL} <= names:
            outcome.lost.append(f"pictures of {prediction}: {sorted(names)}")


def _report_mails(service: Service) -> Counter[str]:
    folder = Path(service.serving.endpoints["Mails"])
    headers = (message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml"))
    return Counter(mail["X-HeartSense-Report"] for mail in headers if "X-HeartSense-Report" in mail)
