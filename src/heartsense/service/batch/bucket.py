"""Classifies batches of objects in an S3 bucket.

``results/pictures/VERSION/SHA256.jsonl`` holds the records of one content, without file names: no
run classifies that content again. ``results/runs/RUN/BATCH.jsonl`` holds the records of one batch;
BATCH is a hash of its keys, so the same batch replaces its records.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3

from heartsense.classifier import model_version
from heartsense.errors import FileMissingError
from heartsense.images import MAX_BYTES
from heartsense.service.batch.records import (
    Record,
    classify_document,
    from_jsonl,
    refusal,
    to_jsonl,
    with_key,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 1 << 20
_MEDIA_TYPE = "application/jsonl"


class BucketBatch:
    """Classifies objects of one bucket with the current model."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._version = model_version()
        self._s3: S3Client = boto3.client("s3")

    def classify(self, run: str, keys: Sequence[str]) -> dict[str, Any]:
        """Classify the images of a batch and store their records under the run's name.

        Returns
        -------
        dict
            ``results``, the key of the records; the number of ``pictures``, of those ``classified``
            now or ``known`` before, and of those ``refused``.
        """
        counts: Counter[str] = Counter()
        records: list[Record] = []
        for key in keys:
            found = self._records(key, counts)
            counts["refused"] += any("error" in record for record in found)
            records += found
        batch = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]
        results = f"results/runs/{run}/{batch}.jsonl"
        self._put(results, records)
        numbers = {name: counts[name] for name in ("classified", "known", "refused")}
        return {"results": results, "pictures": len(keys), **numbers}

    def _records(self, key: str, counts: Counter[str]) -> list[Record]:
        try:
            data, sha256 = self._read(key)
        except self._s3.exceptions.NoSuchKey:
            missing = FileMissingError("There is no such object. Check the manifest.")
            return with_key(key, None, self._version, [refusal(missing)])
        cache_key = f"results/pictures/{self._version}/{sha256}.jsonl"
        records = self._cached(cache_key)
        counts["classified" if records is None else "known"] += 1
        if records is None:
            records = classify_document(data)
            self._put(cache_key, records)
        return with_key(key, sha256, self._version, records)

    def _read(self, key: str) -> tuple[bytes, str]:
        """The object up to one byte above the size limit, and the SHA-256 of all of it."""
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        digest = hashlib.sha256()
        data = b""
        while chunk := body.read(_CHUNK_BYTES):
            digest.update(chunk)
            data += chunk[: MAX_BYTES + 1 - len(data)]
        return data, digest.hexdigest()

    def _cached(self, key: str) -> list[Record] | None:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        return from_jsonl(found)

    def _put(self, key: str, records: Sequence[Record]) -> None:
        self._s3.put_object(
            Bucket=self._bucket, Key=key, Body=to_jsonl(records), ContentType=_MEDIA_TYPE
        )
