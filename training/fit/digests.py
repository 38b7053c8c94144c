"""The digests of the model's files, and the version that follows from them."""

import json
from pathlib import Path
from typing import Any, Final

from heartsense.classifier import reading, statements
from heartsense.classifier.model_artifact import BACKBONE, BEATS, ENSEMBLE, MANIFEST
from heartsense.classifier.strip.model import ARRAYS, SETTINGS
from heartsense.files import sha256

_OPTIONAL: Final = (
    *(ARRAYS, SETTINGS, BEATS),
    *(statements.ARRAYS, statements.SETTINGS, reading.ARRAYS),
)
"""Files for strips, single beats, statements and reading errors."""


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of the model's files; the optional ones may be missing."""
    optional = (n for n in _OPTIONAL if (folder / n).is_file())
    names = [BACKBONE, ENSEMBLE, *optional]
    return {name: sha256((folder / name).read_bytes()) for name in names}


def version_of(digests: dict[str, str]) -> str:
    """A version that changes with any byte of the model."""
    return "1.0.0+" + sha256("".join(sorted(digests.values())).encode())[:8]


def renew_manifest(folder: Path, **entries: Any) -> None:
    """Name the files as they are now, the version that follows, and further entries."""
    manifest = json.loads((folder / MANIFEST).read_text())
    digests = file_digests(folder)
    manifest |= {"version": version_of(digests), "sha256": digests, **entries}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
