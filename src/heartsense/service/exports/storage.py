"""Archives of exports in the bucket, written and read as streams.

``exports/OWNER/ID.zip`` expires after a day. Neither side holds more than a part in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3

from heartsense.service.predictions.storage import CLIENT_CONFIG, LINK_SECONDS, artifact_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 8 * 1024 * 1024  # S3 takes 10,000 parts of 5 MiB or more
CHUNK_BYTES: Final = 1024 * 1024


def export_key(owner: str, export_id: str) -> str:
    """The object key of an export's archive."""
    return f"exports/{owner}/{export_id}.zip"


class S3ExportStorage:
    """Archives in an S3 bucket.

    Parameters
    ----------
    bucket
        The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3 = _client()

    @contextmanager
    def writer(self, owner: str, export_id: str) -> "Iterator[PartWriter]":
        """A file that becomes the archive when the block ends, and nothing when it fails."""
        writer = PartWriter(self._s3, self._bucket, export_key(owner, export_id))
        try:
            yield writer
            writer.complete()
        except BaseException:
            writer.abort()
            raise

    def artifacts(self, owner: str, prediction_id: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The artifacts of a prediction, each with its name and its bytes in chunks."""
        prefix = artifact_key(owner, prediction_id)
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Contents", []):
                try:
                    body = self._s3.get_object(Bucket=self._bucket, Key=found["Key"])["Body"]
                except self._s3.exceptions.NoSuchKey:
                    continue  # deleted since it was listed
                yield found["Key"].removeprefix(prefix), body.iter_chunks(CHUNK_BYTES)

    def download_link(self, owner: str, export_id: str) -> str:
        """A link to the archive, valid for `LINK_SECONDS` for anyone who has it."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": export_key(owner, export_id),
                "ResponseCacheControl": "no-store",
                "ResponseContentDisposition": 'attachment; filename="heartsense-export.zip"',
            },
            ExpiresIn=LINK_SECONDS,
        )

    def delete(self, owner: str, export_id: str) -> None:
        """Delete an archive; no error if there is none."""
        self._s3.delete_object(Bucket=self._bucket, Key=export_key(owner, export_id))


class PartWriter:
    """A file that can only be written: a multipart upload, of which one part is in memory."""

    def __init__(self, s3: "S3Client", bucket: str, key: str) -> None:
        self._s3 = s3
        self._bucket, self._key = bucket, key
        self._upload = s3.create_multipart_upload(
            Bucket=bucket, Key=key, ContentType="application/zip"
        )["UploadId"]
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        self.size = 0

    def write(self, content: bytes) -> int:
        self._buffer += content
        self.size += len(content)
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(content)

    def flush(self) -> None:
        """Parts are sent when they are full."""

    def complete(self) -> None:
        self._send(bytes(self._buffer))
        self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            MultipartUpload={"Parts": self._parts},
        )

    def abort(self) -> None:
        self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload)

    def _send(self, content: bytes) -> None:
        number = len(self._parts) + 1
        answer = self._s3.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            PartNumber=number,
            Body=content,
        )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})


@cache
def _client() -> "S3Client":
    return boto3.client("s3", config=CLIENT_CONFIG)
