"""The released model's files: found, checked against their manifest, read without trust."""

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heartsense.classifier.backbone import Backbone
from heartsense.classifier.ensemble import Ensemble
from heartsense.conditions import CONDITION_IDS
from heartsense.errors import ModelChangedError, UnsafePickleError
from heartsense.files import (
    model_folder,
    of_this_version,
    other_version,
    read_checked_model_file,
    read_model_file,
)
from heartsense.measurements import FEATURE_NAMES

MANIFEST: Final = "manifest.json"
BACKBONE: Final = "backbone.tflite"
ENSEMBLE: Final = "ensemble.pkl"
BEATS: Final = "beats.pkl"
"""Judges pictures of a single beat; a model may lack it."""

_ALLOWED: Final = {
    # What numpy's own arrays and dtypes pickle to, and nothing else.
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


class _ArraysOnly(pickle.Unpickler):
    """Reads builtins and numpy arrays; refuses to import anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise UnsafePickleError(
                f"The model file asks for {module}.{name}, which a model never needs. "
                "Do not use it; get the released model again."
            )
        return super().find_class(module, name)


@dataclass(frozen=True, slots=True)
class Model:
    """A released model that matched its manifest.

    ``beats`` judges pictures of a single beat; None in a model that cannot.
    """

    version: str
    backbone: Backbone
    ensemble: Ensemble
    beats: Ensemble | None = None


def load_model(folder: Path | None = None) -> Model:
    """Read the model.

    Raises
    ------
    ModelMissingError
        If the folder or one of its files is not there.
    ModelChangedError
        If a file is not the one that the manifest names.
    UnsafePickleError
        If ``ensemble.pkl`` or ``beats.pkl`` holds anything but numpy arrays and builtins.
    """
    folder = folder or model_folder()
    manifest = read_manifest(folder)
    backbone = Backbone(_checked(folder / BACKBONE, manifest))
    ensemble = _ensemble(folder / ENSEMBLE, manifest)
    if ensemble.labels != CONDITION_IDS:
        raise other_version(ENSEMBLE)
    beats = _ensemble(folder / BEATS, manifest) if BEATS in manifest["sha256"] else None
    if beats is not None and not set(beats.labels) <= set(CONDITION_IDS):
        raise other_version(BEATS)
    return Model(str(manifest["version"]), backbone, ensemble, beats)


def _ensemble(path: Path, manifest: Mapping[str, Any]) -> Ensemble:
    state = read_state(_checked(path, manifest))
    with of_this_version(path.name):
        return Ensemble.from_state(state, FEATURE_NAMES)


def model_version(folder: Path | None = None) -> str:
    """The released model's version, without loading it; ModelError as for `load_model`."""
    return str(read_manifest(folder or model_folder())["version"])


def read_state(content: bytes) -> Any:
    """Unpickle numpy arrays and builtins. UnsafePickleError for anything else."""
    try:
        return _ArraysOnly(io.BytesIO(content)).load()
    except UnsafePickleError:
        raise
    except Exception as error:  # a broken pickle can raise almost anything
        raise UnsafePickleError(f"{ENSEMBLE} cannot be read: {type(error).__name__}.") from error


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """The version and the SHA-256 of each file; ModelError as for `load_model`."""
    content = read_model_file(folder / MANIFEST)
    try:
        manifest = json.loads(content)
        return {"version": manifest["version"], "sha256": dict(manifest["sha256"])}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelChangedError(f"{MANIFEST} is not a manifest of HeartSense.") from error


def read_optional_files(folder: Path, *names: str) -> tuple[bytes, ...] | None:
    """Files that a model may lack: all of them, or None if its manifest does not name the first.

    Raises
    ------
    ModelMissingError, ModelChangedError
        As for `load_model`.
    """
    manifest = read_manifest(folder)
    if names[0] not in manifest["sha256"]:
        return None
    return tuple(_checked(folder / name, manifest) for name in names)


def _checked(path: Path, manifest: Mapping[str, Any]) -> bytes:
    return read_checked_model_file(path, manifest["sha256"].get(path.name), MANIFEST)
