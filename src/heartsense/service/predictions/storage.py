"""The objects of predictions: what was uploaded, and what was drawn of it.

``uploads/OWNER/ID`` is a picture as it was handed in. It is gone once it is classified, and with it
its metadata; what stays is under ``answers/OWNER/ID/``: the page as it was read (``picture.jpg``),
the overlay, the heat-maps and the signal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FORM_SECONDS = 600
LINK_SECONDS = 300

PICTURE, OVERLAY, SIGNAL = "picture.jpg", "overlay.png", "signal.json"
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "json": "application/json"}
CLIENT = Config(
    signature_version="s3v4",
    retries={"mode": "standard", "max_attempts": 3},
    connect_timeout=3,
    read_timeout=10,
    # A regional address: the global one redirects young buckets, and a form cannot follow. The
    # page's policy allows that address only, in us-east-1 too.
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
"""How the bucket is reached, and what its links look like."""

_UPLOAD_KEY = re.compile(r"uploads/([0-9a-f]{1,64})/([0-9a-f]{1,64})")


def heatmap_name(condition: str) -> str:
    """The name of a condition's heat-map."""
    return f"heatmap-{condition}.png"


def upload_key(owner: str, prediction_id: str) -> str:
    """Where a picture is uploaded to."""
    return f"uploads/{owner}/{prediction_id}"


def read_upload_key(key: str) -> tuple[str, str] | None:
    """(owner, id) of an upload's key; None for any other key."""
    match = _UPLOAD_KEY.fullmatch(key)
    return None if match is None else (match[1], match[2])


def answer_key(owner: str, prediction_id: str, name: str = "") -> str:
    """Where a derived picture is kept; without a name the folder of all of them."""
    return f"answers/{owner}/{prediction_id}/{name}"


class Pictures(Protocol):
    """Keeps the objects of predictions."""

    def upload(self, owner: str, prediction_id: str) -> bytes | None:
        """What was uploaded; None if it is not there (any more)."""

    def keep(self, owner: str, prediction_id: str, pictures: Mapping[str, bytes]) -> None:
        """Keep derived pictures by name; the same names again replace them."""

    def forget_upload(self, owner: str, prediction_id: str) -> None:
        """Delete what was uploaded, if it is there."""

    def forget(self, owner: str, prediction_id: str) -> None:
        """Delete what was uploaded and all that was derived of it, if it is there."""

    def forget_owner(self, owner: str) -> None:
        """Delete everything of an owner."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form that a browser posts, its `fields` first and the file last."""

    url: str
    fields: Mapping[str, str]
    expires_in: int


class S3Pictures:
    """`Pictures` in a bucket, and links to them.

    Parameters
    ----------
    bucket
        The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3 = _client()

    def upload(self, owner: str, prediction_id: str) -> bytes | None:
        return self._get(upload_key(owner, prediction_id))

    def read(self, owner: str, prediction_id: str, name: str) -> bytes | None:
        """A derived picture; None if it is not there."""
        return self._get(answer_key(owner, prediction_id, name))

    def keep(self, owner: str, prediction_id: str, pictures: Mapping[str, bytes]) -> None:
        for name, content in pictures.items():
            self._s3.put_object(
                Bucket=self._bucket,
                Key=answer_key(owner, prediction_id, name),
                Body=content,
                ContentType=_TYPES[name.rpartition(".")[2]],
            )

    def forget_upload(self, owner: str, prediction_id: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=upload_key(owner, prediction_id))

    def forget(self, owner: str, prediction_id: str) -> None:
        self.forget_upload(owner, prediction_id)
        self._forget_below(answer_key(owner, prediction_id))

    def forget_owner(self, owner: str) -> None:
        self._forget_below(f"uploads/{owner}/")
        self._forget_below(f"answers/{owner}/")

    def form(self, owner: str, prediction_id: str, content_type: str, size: int) -> UploadForm:
        """A form that takes one picture of exactly this type and size (bytes), for a while."""
        conditions: list[Any] = [
            {"Content-Type": content_type},
            ["content-length-range", size, size],
        ]
        signed = self._s3.generate_presigned_post(
            self._bucket,
            upload_key(owner, prediction_id),
            Fields={"Content-Type": content_type},
            Conditions=conditions,
            ExpiresIn=FORM_SECONDS,
        )
        return UploadForm(signed["url"], signed["fields"], FORM_SECONDS)

    def link(self, owner: str, prediction_id: str, name: str) -> str:
        """A link that shows a derived picture to whoever holds it, for `LINK_SECONDS`."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": answer_key(owner, prediction_id, name)},
            ExpiresIn=LINK_SECONDS,
        )

    def _get(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def _forget_below(self, prefix: str) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        ):
            for found in page.get("Contents", []):
                self._s3.delete_object(Bucket=self._bucket, Key=found["Key"])


@cache
def _client() -> "S3Client":
    return boto3.client("s3", config=CLIENT)
