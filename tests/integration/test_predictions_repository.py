"""The store contract, kept by the MongoDB implementation over its socket."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from heartsense.advice import ADVICE
from heartsense.errors import InvalidRequestError
from heartsense.service.predictions import (
    MongoPredictionRepository,
    Outcome,
    PredictionRepository,
    Refusal,
    Status,
    UploadState,
    create_indexes,
)
from heartsense.service.predictions.repository import COLLECTION

NOW = datetime.now(UTC).replace(microsecond=0)  # pending ones of long ago would expire
RESULT = {"findings": ["normal"], "measurements": {"heart_rate_bpm": 61.5, "pr_ms": None}}


@pytest.fixture
def store(mongodb: Database[dict[str, Any]]) -> PredictionRepository:
    create_indexes(mongodb)
    create_indexes(mongodb)  # as often as one likes
    return MongoPredictionRepository(mongodb)


def outcome(key: str | None = "k", **fields: Any) -> Outcome:
    return Outcome(key, **{"result": RESULT, "sha256": "s", "model_version": "m", **fields})


def test_a_new_prediction_is_pending(store: PredictionRepository) -> None:
    made = store.create("a", 3, True, NOW)
    assert made == store.get(made.id)
    assert (made.status, made.page, made.keep_for_training) == (Status.PENDING, 3, True)
    assert (made.created_at, made.result, made.refusal) == (NOW, None, None)
    assert store.upload_state(made.id) is UploadState.PENDING


def test_a_prediction_is_finished_once(store: PredictionRepository) -> None:
    made = store.create("a", 1, False, NOW)
    later = NOW + timedelta(seconds=2)
    assert store.finish(made.id, outcome(heatmaps=("normal",)), later) is UploadState.DONE
    assert store.finish(made.id, outcome("other", result={}), NOW) is UploadState.DONE
    done = store.get(made.id)
    assert done is not None
    assert (done.status, done.result, done.finished_at) == (Status.DONE, RESULT, later)
    assert (done.sha256, done.model_version, done.heatmaps) == ("s", "m", ("normal",))


def test_a_refusal_is_an_outcome(store: PredictionRepository) -> None:
    made = store.create("a", 1, False, NOW)
    refusal = Refusal("no_ecg_found", "Send a sharp picture.", ADVICE["hold_still"])
    store.finish(made.id, outcome(result=None, refusal=refusal), NOW)
    failed = store.get(made.id)
    assert failed is not None
    assert (failed.status, failed.refusal, failed.result) == (Status.FAILED, refusal, None)


def test_a_duplicate_upload_links_to_the_first(store: PredictionRepository) -> None:
    first, second, third = (store.create("a", 1, False, NOW) for _ in range(3))
    assert store.link_duplicate(first.id, "k") is UploadState.PENDING
    store.finish(first.id, outcome(), NOW)
    assert store.finish(second.id, outcome(), NOW) is UploadState.DUPLICATE
    assert store.link_duplicate(third.id, "k") is UploadState.DUPLICATE
    assert store.get(second.id) == store.get(third.id) == store.get(first.id)
    assert [shown.id for shown in store.newest("a", 10)[0]] == [first.id]
    assert set(store.begin_deletion(first.id)) == {first.id, second.id, third.id}
    store.remove(first.id)
    assert [store.get(one.id) for one in (first, second, third)] == [None] * 3


@pytest.mark.parametrize("consents", [(True, False), (False, True), (False, False)])
def test_one_refused_consent_counts_for_all_uploads_of_an_image(
    store: PredictionRepository, consents: tuple[bool, ...]
) -> None:
    made = [store.create("a", 1, consent, NOW) for consent in consents]
    for prediction in made:
        store.finish(prediction.id, outcome(), NOW)
        kept = store.get(prediction.id)
    assert kept is not None
    assert not kept.keep_for_training


def test_consent_to_both_uploads_is_stored(store: PredictionRepository) -> None:
    first, second = (store.create("a", 1, True, NOW) for _ in range(2))
    store.finish(first.id, outcome(), NOW)
    store.link_duplicate(second.id, "k")
    kept = store.get(second.id)
    assert kept is not None
    assert kept.keep_for_training


def test_many_are_read_together(store: PredictionRepository) -> None:
    done, twin, hidden, waiting, unasked = (store.create("a", 1, False, NOW) for _ in range(5))
    store.finish(done.id, outcome(), NOW)
    store.finish(twin.id, outcome(), NOW)
    store.begin_deletion(hidden.id)
    asked = [one.id for one in (done, twin, hidden, waiting)]
    assert store.get_many([*asked, "made-up"]) == {id: store.get(id) for id in asked[::3]}
    assert store.get_many([]) == {}
    assert store.get(unasked.id) is not None


def test_one_of_parallel_finishes_of_the_same_key_wins(store: PredictionRepository) -> None:
    made = [store.create("a", 1, False, NOW).id for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        tickets = [*pool.map(lambda name: store.finish(name, outcome(), NOW), made)]
    assert tickets.count(UploadState.DONE) == 1
    assert tickets.count(UploadState.DUPLICATE) == 11
    (shown,), _ = store.newest("a", 20)
    assert {found.id for name in made if (found := store.get(name))} == {shown.id}


def test_a_prediction_being_deleted_is_hidden_and_its_deletion_can_be_finished(
    store: PredictionRepository,
) -> None:
    made = store.create("a", 1, False, NOW)
    store.finish(made.id, outcome(), NOW)
    store.begin_deletion(made.id)
    assert store.get(made.id) is None
    assert store.newest("a", 10) == ([], None)
    assert store.upload_state(made.id) is UploadState.GONE
    assert store.unfinished_deletions() == store.unfinished_deletions("a") == [("a", made.id)]
    assert store.unfinished_deletions("b") == []
    # Its key is free: the same picture may come again before the deletion ends.
    again = store.create("a", 1, False, NOW)
    assert store.finish(again.id, outcome(), NOW) is UploadState.DONE
    store.remove(made.id)
    assert store.unfinished_deletions() == []
    assert store.get(again.id) is not None


def test_a_deleted_prediction_cannot_be_finished(store: PredictionRepository) -> None:
    made = store.create("a", 1, False, NOW)
    store.begin_deletion(made.id)
    assert store.finish(made.id, outcome(), NOW) is UploadState.GONE
    store.remove(made.id)
    assert store.finish(made.id, outcome(), NOW) is UploadState.GONE


def test_lists_continue_where_they_ended(store: PredictionRepository) -> None:
    # Two of each time: ids decide between them.
    made = [store.create("a", 1, False, NOW + timedelta(seconds=n // 2)) for n in range(9)]
    store.create("b", 1, False, NOW)
    newest = [p.id for p in sorted(made, key=lambda p: (p.created_at, p.id), reverse=True)]
    found, cursor = [], None
    while True:
        page, cursor = store.newest("a", 2, cursor)
        found += [prediction.id for prediction in page]
        if cursor is None:
            break
        store.create("a", 1, False, NOW + timedelta(hours=1))  # newer ones do not disturb
    assert found == newest


def test_lists_of_all_owners_by_status(store: PredictionRepository) -> None:
    made = [store.create(owner, 1, False, NOW) for owner in "abc"]
    store.finish(made[1].id, outcome(), NOW)
    assert [found.id for found in store.newest(None, 10, status=Status.DONE)[0]] == [made[1].id]
    assert len(store.newest(None, 10)[0]) == 3


@pytest.mark.parametrize("cursor", ["", "x", "1-", "-a", "1-g", "9" * 15 + "-a", '{"$gt":""}'])
def test_a_made_up_cursor_is_refused(store: PredictionRepository, cursor: str) -> None:
    with pytest.raises(InvalidRequestError):
        store.newest("a", 10, cursor)


def test_only_pending_predictions_expire(
    store: PredictionRepository, mongodb: Database[dict[str, Any]]
) -> None:
    waiting, done, twin = (store.create("a", 1, False, NOW) for _ in range(3))
    store.finish(done.id, outcome(), NOW)
    store.finish(twin.id, outcome(), NOW)
    expiring = {found["_id"] for found in mongodb[COLLECTION].find({"expires_at": {"$lte": NOW}})}
    assert not expiring
    later = {"expires_at": {"$lte": NOW + timedelta(days=2)}}
    assert {found["_id"] for found in mongodb[COLLECTION].find(later)} == {waiting.id}
    (ttl,) = (
        index for index in mongodb[COLLECTION].list_indexes() if index["key"] == {"expires_at": 1}
    )
    assert ttl["expireAfterSeconds"] == 0


def test_all_reports_of_an_owner_are_deleted(store: PredictionRepository) -> None:
    mine, other = store.create("a", 1, False, NOW), store.create("b", 1, False, NOW)
    store.remove_all("a")
    assert store.get(mine.id) is None
    assert store.get(other.id) is not None
