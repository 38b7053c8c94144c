"""Whatever happens to deliveries, each upload ends with exactly one outcome.

`SCHEDULES=10000 .venv/bin/pytest ...` tries as many.
"""

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from heartsense.errors import ClassificationFailedError, PredictionNotFoundError
from heartsense.service.predictions import (
    MAX_ATTEMPTS,
    ImageClassification,
    MongoPredictionRepository,
    PredictionDeletion,
    Refusal,
    Status,
    UploadProcessor,
    UploadState,
    create_indexes,
)
from heartsense.service.predictions.repository import COLLECTION
from tests.support.interleaving import Actor, SteppedDatabase, pause

SCHEDULES = int(os.environ.get("SCHEDULES", 1000 if os.environ.get("CI") else 100))
NOW = datetime.now(UTC)
OWNERS = ("a1", "b2")
CONTENTS = (b"one", b"two", b"refused")


@dataclass
class MemoryStorage:
    """`PredictionStorage` as objects in a dictionary; every object is a step of its own."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def read_upload(self, owner: str, prediction_id: str) -> bytes | None:
        pause()
        return self.objects.get(f"uploads/{owner}/{prediction_id}")

    def save_artifacts(
        self, owner: str, prediction_id: str, artifacts: Mapping[str, bytes]
    ) -> None:
        for name, content in artifacts.items():
            pause()
            self.objects[f"answers/{owner}/{prediction_id}/{name}"] = content

    def delete_upload(self, owner: str, prediction_id: str) -> None:
        pause()
        self.objects.pop(f"uploads/{owner}/{prediction_id}", None)

    def delete(self, owner: str, prediction_id: str) -> None:
        self.delete_upload(owner, prediction_id)
        self._delete_below(f"answers/{owner}/{prediction_id}/")

    def delete_by_owner(self, owner: str) -> None:
        self._delete_below(f"uploads/{owner}/")
        self._delete_below(f"answers/{owner}/")

    def _delete_below(self, prefix: str) -> None:
        for key in [key for key in self.objects if key.startswith(prefix)]:
            pause()
            self.objects.pop(key, None)


def classify(data: bytes, page: int) -> ImageClassification:
    if data == b"refused":
        return ImageClassification(refusal=Refusal("no_ecg_found", "No ECG."))
    return ImageClassification(
        result={"read": data.decode(), "page": page},
        heatmaps=("hypertrophy",),
        artifacts={"picture.jpg": data, "overlay.png": data},
    )


@dataclass
class Message:
    owner: str
    prediction_id: str
    receives: int = 0


@dataclass
class World:
    """Uploads, a queue that delivers at least once, and what runs at the moment."""

    random: Random
    database: Database[dict[str, Any]]
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    queue: list[Message] = field(default_factory=list)
    running: dict[Actor, Message | None] = field(default_factory=dict)
    deletions: list[tuple[str, str, Actor]] = field(default_factory=list)
    deleted_related: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        repository = MongoPredictionRepository(SteppedDatabase(self.database))  # type: ignore[arg-type]
        self.processor = UploadProcessor(repository, self.storage, classify, "m1")
        self.deletion = PredictionDeletion(repository, self.storage, self.deleted_related.add)
        self.repository = MongoPredictionRepository(self.database)

    def upload(self) -> None:
        owner, content = self.random.choice(OWNERS), self.random.choice(CONTENTS)
        prediction = self.repository.create(owner, 1, False, datetime.now(UTC))
        self.uploads[prediction.id] = owner, content
        self.storage.objects[f"uploads/{owner}/{prediction.id}"] = content
        # S3 tells once, or more often.
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.queue.append(Message(owner, prediction.id, self.random.choice((0, 0, 0, 3))))

    def deliver(self) -> None:
        message = self.queue.pop(self.random.randrange(len(self.queue)))
        message.receives += 1
        attempt = message.receives
        if attempt >= MAX_ATTEMPTS:
            self.given_up.add(message.prediction_id)

        def run() -> None:
            self.processor.process(message.owner, message.prediction_id, attempt)

        self.running[Actor(run)] = message

    def delete(self) -> None:
        prediction_id = self.random.choice(list(self.uploads))
        owner = self.uploads[prediction_id][0]
        actor = Actor(lambda: self.deletion.delete(owner, prediction_id))
        self.running[actor] = None
        self.deletions.append((owner, prediction_id, actor))

    def crash(self) -> None:
        self.step(crash=True)

    def step(self, *, crash: bool = False) -> None:
        actor = self.random.choice(list(self.running))
        message = self.running[actor]
        if crash:
            actor.crash()
        else:
            actor.step()
        if actor.ended:
            del self.running[actor]
            lost = crash or self.random.randrange(10) == 0
            if message is not None and lost:
                self.queue.append(message)

    def choices(self) -> list[Callable[[], None]]:
        """What may happen next, what is likelier more often."""
        return [
            self.delete,
            *[self.upload] * (len(self.uploads) < 5),
            *[self.deliver] * (3 * bool(self.queue)),
            *[self.step] * (20 * bool(self.running)),
            *[self.crash] * bool(self.running),
        ]

    def run(self) -> None:
        """A while of anything, then no more faults until everything is delivered."""
        for _ in range(self.random.randint(1, 4)):
            self.upload()
        for _ in range(self.random.randint(5, 60)):
            self.random.choice(self.choices())()
        while self.running or self.queue:
            if self.queue:
                self.deliver()
            for actor in list(self.running):
                actor.finish()
                del self.running[actor]
        self.deletion.sweep()


@pytest.fixture(scope="module")
def predictions(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        database = client["schedules"]
        create_indexes(database)
        yield database
        client.drop_database("schedules")


@pytest.mark.no_cover  # thousands of runs of the same lines, slow to trace
@settings(max_examples=SCHEDULES, suppress_health_check=[*HealthCheck], report_multiple_bugs=False)
@given(random=st.randoms(use_true_random=False))
def test_every_upload_ends_with_exactly_one_outcome(
    predictions: Database[dict[str, Any]], random: Random
) -> None:
    predictions[COLLECTION].delete_many({})
    world = World(random, predictions)
    world.run()

    kept = [*predictions[COLLECTION].find({})]
    assert {document["status"] for document in kept} <= {"done", "failed", "duplicate"}
    keys = Counter(document["key"] for document in kept if "key" in document)
    assert set(keys.values()) <= {1}

    asked = {(owner, world.uploads[name][1]) for owner, name, _ in world.deletions}
    for prediction_id, (owner, content) in world.uploads.items():
        prediction = world.repository.get(prediction_id)
        if prediction is None:
            assert (owner, content) in asked
            continue
        assert prediction.owner == owner
        if prediction.sha256 is None:
            assert prediction.refusal is not None
            assert prediction.refusal.code == "classification_failed"
            assert prediction_id in world.given_up
            continue
        assert prediction.sha256 == hashlib.sha256(content).hexdigest()
        if content == b"refused":
            assert prediction.status is Status.FAILED
            assert prediction.refusal is not None
        else:
            assert prediction.result == {"read": content.decode(), "page": 1}

    for owner, prediction_id, actor in world.deletions:
        if actor.returned:
            assert world.repository.upload_state(prediction_id) is UploadState.GONE
            assert prediction_id in world.deleted_related
        assert isinstance(actor.error, PredictionNotFoundError | None)
        assert f"uploads/{owner}/{prediction_id}" not in world.storage.objects

    done = {(d["owner"], d["_id"]) for d in kept if d["status"] == "done"}
    expected = {f"answers/{o}/{i}/{n}" for o, i in done for n in ("picture.jpg", "overlay.png")}
    assert set(world.storage.objects) == expected


@pytest.mark.parametrize("asked", ["first", "second"])
def test_a_deletion_during_a_second_upload_of_the_same_image_is_final(
    predictions: Database[dict[str, Any]], asked: str
) -> None:
    """Some steps of the delivery, some of the deletion, then the rest of either."""
    for delivered, deleted in itertools.product(range(14), range(12)):
        predictions[COLLECTION].delete_many({})
        world = World(Random(0), predictions)
        ids = {
            name: world.repository.create("a1", 1, False, NOW).id for name in ("first", "second")
        }
        world.storage.objects |= {f"uploads/a1/{id}": b"one" for id in ids.values()}
        world.processor.process("a1", ids["first"])
        delivery = Actor(partial(world.processor.process, "a1", ids["second"]))
        deletion = Actor(partial(world.deletion.delete, "a1", ids[asked]))
        for actor, steps in ((delivery, delivered), (deletion, deleted)):
            for _ in range(steps):
                if not actor.ended:
                    actor.step()
        delivery.finish()
        deletion.finish()
        assert (delivery.error, deletion.error) == (None, None)
        moment = f"after {delivered} and {deleted} steps"
        assert world.repository.upload_state(ids[asked]) is UploadState.GONE, moment
        assert f"answers/a1/{ids[asked]}/picture.jpg" not in world.storage.objects, moment
        world.deletion.sweep()
        assert predictions[COLLECTION].count_documents({"status": "deleting"}) == 0


def test_an_upload_that_never_succeeds_fails_with_its_reason(
    predictions: Database[dict[str, Any]],
) -> None:
    def broken(data: bytes, page: int) -> ImageClassification:
        raise MemoryError

    repository, storage = MongoPredictionRepository(predictions), MemoryStorage()
    processor = UploadProcessor(repository, storage, broken, "m1")
    prediction = repository.create("d4", 1, False, datetime.now(UTC))
    storage.objects[f"uploads/d4/{prediction.id}"] = b"one"
    for attempt in range(1, MAX_ATTEMPTS):
        with pytest.raises(MemoryError):
            processor.process("d4", prediction.id, attempt)
        assert repository.upload_state(prediction.id) is UploadState.PENDING
    with pytest.raises(ClassificationFailedError):
        processor.process("d4", prediction.id, MAX_ATTEMPTS)
    failed = repository.get(prediction.id)
    assert failed is not None
    assert failed.status is Status.FAILED
    assert failed.refusal is not None
    assert failed.refusal.code == "classification_failed"
    assert storage.objects == {}
    # It says nothing about the picture: the same one may come again.
    again = repository.create("d4", 1, False, datetime.now(UTC))
    storage.objects[f"uploads/d4/{again.id}"] = b"one"
    assert (
        UploadProcessor(repository, storage, classify, "m1").process("d4", again.id)
        is UploadState.DONE
    )
    classified = repository.get(again.id)
    assert classified is not None
    assert classified.status is Status.DONE


def test_another_model_classifies_again(predictions: Database[dict[str, Any]]) -> None:
    repository, storage = MongoPredictionRepository(predictions), MemoryStorage()
    found = []
    for version in ("m1", "m1", "m2"):
        prediction = repository.create("c3", 1, False, datetime.now(UTC))
        storage.objects[f"uploads/c3/{prediction.id}"] = b"one"
        UploadProcessor(repository, storage, classify, version).process("c3", prediction.id)
        kept = repository.get(prediction.id)
        assert kept is not None
        found.append((kept.id, kept.model_version))
    assert found[0] == found[1]
    assert found[2][1] == "m2"
    assert found[2][0] != found[0][0]
