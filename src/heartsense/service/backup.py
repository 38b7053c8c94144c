"""Backup and restore of a whole service: its database and its pictures, as files in a folder.

::

    FOLDER/manifest.json              what follows, with sizes and SHA-256 digests; written last
           database/COLLECTION.bson   as mongodump writes it: the documents one after another
           pictures/KEY               the bucket's objects

Everything is streamed. A folder without a manifest is no backup. A restore checks every digest
before it changes anything. Until it is whole, the collection `unfinished_restore` names the backup:
repeating it finishes what was interrupted.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import boto3
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from heartsense.errors import BackupError
from heartsense.service import maintenance

FORMAT = 1
_MANIFEST = "manifest.json"
_MARK = "unfinished_restore"  # a collection that only an interrupted restore leaves
_CHUNK = 1024 * 1024
_BATCH = 500  # documents in one write
_DELETED_AT_ONCE = 1000  # the most that S3 takes

Documents = Database[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a backup holds."""

    documents: int
    pictures: int


def back_up(database: Documents, bucket: str, folder: Path, now: datetime) -> Counts:
    """Write a backup to a new folder, whole or not at all.

    The database comes first. What is deleted meanwhile may be in it without its pictures; for a
    state of one moment, use the database's own backups (docs/deploy.md).

    Raises
    ------
    BackupError
        The folder exists, or an object's key is no path.
    """
    if folder.exists():
        raise BackupError(f"{folder} exists. Name a folder that does not.")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    files: dict[str, dict[str, Any]] = {}
    for name in sorted(database.list_collection_names()):
        path = f"database/{name}.bson"
        batches = database[name].find_raw_batches()
        files[path] = _write(partial / path, batches)
        files[path]["documents"] = sum(1 for _ in _documents(partial / path))
    s3 = boto3.client("s3")
    for key in _keys(s3, bucket):
        found = s3.get_object(Bucket=bucket, Key=key)
        path = f"pictures/{_safe(key)}"
        files[path] = _write(partial / path, found["Body"].iter_chunks(_CHUNK))
        files[path] |= {"content_type": found["ContentType"], "metadata": found["Metadata"]}
    manifest = {"format": FORMAT, "created_at": now.isoformat(), "files": files}
    (partial / _MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    partial.rename(folder)
    return _counts(files)


def restore(database: Documents, bucket: str, folder: Path, *, overwrite: bool = False) -> Counts:
    """Restore a backup, so that the service holds what is in it and nothing else.

    Raises
    ------
    BackupError
        The folder is no whole backup, or something is stored and `overwrite` is false, unless that
        is what an interrupted restore of the same backup left. Nothing has changed.
    """
    files = _checked(folder)
    s3 = boto3.client("s3")
    mark = {"_id": hashlib.sha256((folder / _MANIFEST).read_bytes()).hexdigest()}
    interrupted = database[_MARK].find_one(mark) is not None
    if not overwrite and not interrupted and not _is_empty(database, s3, bucket):
        raise BackupError(
            "The database or the bucket is not empty. Restore into new ones, or use --overwrite "
            "to delete what they hold."
        )
    database[_MARK].replace_one(mark, mark, upsert=True)
    for name in database.list_collection_names():
        if name != _MARK:
            database[name].drop()
    for path in files:
        if path.startswith("database/"):
            _insert(database, folder / path)
    maintenance.create_indexes(database)
    kept = {path.removeprefix("pictures/") for path in files if path.startswith("pictures/")}
    _delete(s3, bucket, [key for key in _keys(s3, bucket) if key not in kept])
    for key in sorted(kept):
        entry = files[f"pictures/{key}"]
        with (folder / "pictures" / key).open("rb") as file:
            extra = {"ContentType": entry["content_type"], "Metadata": entry["metadata"]}
            s3.upload_fileobj(file, bucket, key, ExtraArgs=extra)
    database[_MARK].drop()
    return _counts(files)


def _checked(folder: Path) -> dict[str, dict[str, Any]]:
    """The files of a manifest, each as large and with the digest that it says."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        files: dict[str, dict[str, Any]] = manifest["files"]
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder} is no backup: it has no readable {_MANIFEST}.") from None
    if not known:
        raise BackupError(f"{folder} is a backup of another version.")
    for path, entry in files.items():
        try:
            with (folder / _safe(path)).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            found = None
        if found != entry["sha256"]:
            raise BackupError(f"{folder / path} is missing or damaged. Nothing was restored.")
    return files


def _is_empty(database: Documents, s3: Any, bucket: str) -> bool:
    stored = (database[name].find_one({}, {"_id": 1}) for name in database.list_collection_names())
    return not any(stored) and next(_keys(s3, bucket), None) is None


def _insert(database: Documents, path: Path) -> None:
    batch: list[Any] = []
    collection = database[path.stem]
    for document in _documents(path):
        batch.append(RawBSONDocument(document))
        if len(batch) == _BATCH:
            collection.insert_many(batch)
            batch = []
    if batch:
        collection.insert_many(batch)


def _documents(path: Path) -> Iterator[bytes]:
    """The documents of a BSON file; each begins with its length."""
    with path.open("rb") as file:
        while header := file.read(4):
            rest = int.from_bytes(header, "little") - len(header)
            yield header + _exactly(file, rest)


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise BackupError("A document ends too early.")
    return found


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            yield entry["Key"]


def _delete(s3: Any, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _DELETED_AT_ONCE):
        objects = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _write(path: Path, chunks: Any) -> dict[str, Any]:
    """Write chunks to a file; its size and digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _safe(key: str) -> str:
    """The key, if it is a path below a folder."""
    path = PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts or str(path) != key:
        raise BackupError(f"{key!r} cannot be the name of a file.")
    return key


def _counts(files: dict[str, dict[str, Any]]) -> Counts:
    documents = sum(entry.get("documents", 0) for entry in files.values())
    return Counts(documents, sum(path.startswith("pictures/") for path in files))
