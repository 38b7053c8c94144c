"""Publishes web/ to the bucket behind the stack's CloudFront distribution."""

import mimetypes
import secrets
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from devstack.processes import DevStackError

# Holds the API's URL for the web page; "" in the checkout means the page's own origin.
API_FILE = "config.js"


def publish(web: Path, outputs: Mapping[str, str], api: str, s3: Any, cloudfront: Any) -> int:
    """Upload all files, delete others from the bucket, and invalidate CloudFront's cache.

    Parameters
    ----------
    web
        The folder of the web page.
    outputs
        The stack's outputs.
    api
        The API's URL, without a trailing slash.
    s3, cloudfront
        boto3 clients.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    DevStackError
        The stack has no web hosting.
    """
    if "WebBucket" not in outputs:
        raise DevStackError("This stack has no web hosting: deploy it with HostsWeb=yes.")
    bucket = outputs["WebBucket"]
    files = {str(path.relative_to(web)): path for path in web.rglob("*") if path.is_file()}
    for name, path in sorted(files.items()):
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=_config(api) if name == API_FILE else path.read_bytes(),
            ContentType=_media_type(name),
        )
    _delete_others(s3, bucket, files)
    cloudfront.create_invalidation(
        DistributionId=outputs["WebDistribution"],
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": secrets.token_hex(8),
        },
    )
    return len(files)


def _delete_others(s3: Any, bucket: str, files: Container[str]) -> None:
    """Delete the bucket's objects that are none of these files."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if entry["Key"] not in files:
                s3.delete_object(Bucket=bucket, Key=entry["Key"])


def _config(api: str) -> bytes:
    return f'export const API = "{api}";\n'.encode()


def _media_type(name: str) -> str:
    if name.endswith(".webmanifest"):
        return "application/manifest+json"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
