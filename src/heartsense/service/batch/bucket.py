"""An archive in a bucket, batch by batch: what a folder and a results file are on one machine.

``results/pictures/VERSION/SHA256.jsonl`` holds the lines of one content, without a name: a picture
that has them is not classified again, by whatever run. ``results/runs/RUN/BATCH.jsonl`` holds the
lines of one batch; BATCH is made of its pictures' names, so the same batch again replaces them.
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
    Line,
    document_lines,
    from_jsonl,
    keyed,
    refusal,
    to_jsonl,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1 << 20
_JSONL = "application/jsonl"


class BucketBatch:
    """The archive in one bucket, for the model that is there now."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._version = model_version()
        self._s3: S3Client = boto3.client("s3")

    def classify(self, run: str, keys: Sequence[str]) -> dict[str, Any]:
        """Classify a batch of pictures and keep their lines under the run's name.

        Returns
        -------
        dict
            ``results``, the key of the lines; how many ``pictures`` there were, how many were
            ``classified`` now or ``known``, and how many were ``refused``.
        """
        tally: Counter[str] = Counter()
        lines: list[Line] = []
        for key in keys:
            found = self._lines(key, tally)
            tally["refused"] += any("error" in line for line in found)
            lines += found
        batch = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]
        results = f"results/runs/{run}/{batch}.jsonl"
        self._put(results, lines)
        counts = {name: tally[name] for name in ("classified", "known", "refused")}
        return {"results": results, "pictures": len(keys), **counts}

    def _lines(self, key: str, tally: Counter[str]) -> list[Line]:
        try:
            data, sha256 = self._picture(key)
        except self._s3.exceptions.NoSuchKey:
            missing = FileMissingError("There is no such object. Check the manifest.")
            return keyed(key, None, self._version, [refusal(missing)])
        place = f"results/pictures/{self._version}/{sha256}.jsonl"
        lines = self._known(place)
        tally["classified" if lines is None else "known"] += 1
        if lines is None:
            lines = document_lines(data)
            self._put(place, lines)
        return keyed(key, sha256, self._version, lines)

    def _picture(self, key: str) -> tuple[bytes, str]:
        """The picture, one byte above the limit at most, and the whole object's SHA-256."""
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        digest = hashlib.sha256()
        data = b""
        while chunk := body.read(_CHUNK):
            digest.update(chunk)
            data += chunk[: MAX_BYTES + 1 - len(data)]
        return data, digest.hexdigest()

    def _known(self, place: str) -> list[Line] | None:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=place)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        return from_jsonl(found)

    def _put(self, key: str, lines: Sequence[Line]) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=to_jsonl(lines), ContentType=_JSONL)
