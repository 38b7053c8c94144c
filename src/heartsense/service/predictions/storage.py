"""Object storage of predictions: the uploaded image, and the artifacts rendered from it.

``uploads/OWNER/ID`` is the file as uploaded. It is deleted once classified, and its metadata with
it. Artifacts stay under ``answers/OWNER/ID/``: the page image as read (``picture.jpg``), the
overlay, the heat-maps and the signal, and the reports that were sent. ``exports/OWNER/`` has
archives of `service.exports`.
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
"""How long an upload form is valid."""
LINK_SECONDS = 300
"""How long a download link is valid."""

PAGE_IMAGE, OVERLAY, SIGNAL = "picture.jpg", "overlay.png", "signal.json"
_MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "json": "application/json",
    "pdf": "application/pdf",
}
CLIENT_CONFIG = Config(
    signature_version="s3v4",
    retries={"mode": "standard", "max_attempts": 3},
    connect_timeout=3,
    read_timeout=10,
    # A regional endpoint: the global one redirects new buckets, and a form post cannot follow a
    # redirect. The web page's content security policy allows only the regional one.
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
"""The client's configuration: endpoint style, signature version, timeouts and retries."""

_UPLOAD_KEY = re.compile(r"uploads/([0-9a-f]{1,64})/([0-9a-f]{1,64})")


def heatmap_name(condition: str) -> str:
    """The artifact name of a condition's heat-map."""
    return f"heatmap-{condition}.png"


def report_name(report_id: str) -> str:
    """The artifact name of a report's PDF."""
    return f"report-{report_id}.pdf"


def upload_key(owner: str, prediction_id: str) -> str:
    """The object key of an upload."""
    return f"uploads/{owner}/{prediction_id}"


def parse_upload_key(key: str) -> tuple[str, str] | None:
    """Owner and prediction id of an upload's key; None for any other key."""
    match = _UPLOAD_KEY.fullmatch(key)
    return None if match is None else (match[1], match[2])


def artifact_key(owner: str, prediction_id: str, name: str = "") -> str:
    """The object key of an artifact; without a name, the prefix of a prediction's artifacts."""
    return f"answers/{owner}/{prediction_id}/{name}"


class PredictionStorage(Protocol):
    """Stores the objects of predictions. Deleting what is not there is no error."""

    def read_upload(self, owner: str, prediction_id: str) -> bytes | None:
        """The uploaded file; None if there is none."""

    def save_artifacts(
        self, owner: str, prediction_id: str, artifacts: Mapping[str, bytes]
    ) -> None:
        """Save artifacts by name, replacing those of the same name."""

    def delete_upload(self, owner: str, prediction_id: str) -> None:
        """Delete the uploaded file."""

    def delete(self, owner: str, prediction_id: str) -> None:
        """Delete the uploaded file and all artifacts of a prediction."""

    def delete_by_owner(self, owner: str) -> None:
        """Delete all objects of an owner."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned form: the browser posts its `fields` first and the file last.

    `expires_in` is in seconds.
    """

    url: str
    fields: Mapping[str, str]
    expires_in: int


class S3PredictionStorage:
    """`PredictionStorage` in an S3 bucket, with presigned upload forms and download links.

    Parameters
    ----------
    bucket
        The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3 = _client()

    def read_upload(self, owner: str, prediction_id: str) -> bytes | None:
        return self._get(upload_key(owner, prediction_id))

    def read_artifact(self, owner: str, prediction_id: str, name: str) -> bytes | None:
        """An artifact; None if there is none of this name."""
        return self._get(artifact_key(owner, prediction_id, name))

    def save_artifacts(
        self, owner: str, prediction_id: str, artifacts: Mapping[str, bytes]
    ) -> None:
        for name, content in artifacts.items():
            self._s3.put_object(
                Bucket=self._bucket,
                Key=artifact_key(owner, prediction_id, name),
                Body=content,
                ContentType=_MEDIA_TYPES[name.rpartition(".")[2]],
            )

    def delete_artifact(self, owner: str, prediction_id: str, name: str) -> None:
        """Delete one artifact; no error if there is none of this name."""
        key = artifact_key(owner, prediction_id, name)
        self._s3.delete_object(Bucket=self._bucket, Key=key)

    def delete_upload(self, owner: str, prediction_id: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=upload_key(owner, prediction_id))

    def delete(self, owner: str, prediction_id: str) -> None:
        self.delete_upload(owner, prediction_id)
        self._delete_below(artifact_key(owner, prediction_id))

    def delete_by_owner(self, owner: str) -> None:
        self._delete_below(f"uploads/{owner}/")
        self._delete_below(f"answers/{owner}/")
        self._delete_below(f"exports/{owner}/")

    def upload_form(
        self, owner: str, prediction_id: str, content_type: str, size: int
    ) -> UploadForm:
        """A form that accepts one file of exactly this media type and size in bytes."""
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

    def download_link(self, owner: str, prediction_id: str, name: str) -> str:
        """A link to an artifact, valid for `LINK_SECONDS` for anyone who has it."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": artifact_key(owner, prediction_id, name),
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=LINK_SECONDS,
        )

    def _get(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def _delete_below(self, prefix: str) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        ):
            for found in page.get("Contents", []):
                self._s3.delete_object(Bucket=self._bucket, Key=found["Key"])


@cache
def _client() -> "S3Client":
    return boto3.client("s3", config=CLIENT_CONFIG)
