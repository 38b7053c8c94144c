"""One OpenAPI document from the code of all functions."""

import importlib
import json
from pathlib import Path
from typing import Any

from heartsense.api.identity import SECURITY_SCHEME
from local.errors import LocalError

ROOT = Path(__file__).parents[1]
TITLE = "HeartSense"
DESCRIPTION = (
    "Reads an ECG from its picture: findings, how sure they are, and why. "
    "HeartSense is not a medical device."
)


def document() -> dict[str, Any]:
    """The merged document; LocalError where two functions say different things by one name."""
    merged: dict[str, Any] = {}
    for path in sorted(ROOT.glob("functions/*/app.py")):
        module = importlib.import_module(f"functions.{path.parent.name}.app")
        schema = module.app.get_openapi_json_schema(
            title=TITLE,
            version=_version(),
            description=DESCRIPTION,
            servers=None,
            security_schemes=SECURITY_SCHEME,
        )
        _merge(merged, json.loads(schema), "")
    merged["servers"] = [{"url": "/"}]
    return merged


def write(path: Path) -> None:
    """Write the document where it is committed."""
    path.write_text(_text())


def check(path: Path) -> None:
    """LocalError unless the committed document is the code's."""
    if not path.is_file() or path.read_text() != _text():
        raise LocalError(f"{path} is stale. Run `make openapi` and commit it.")


def _text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _merge(into: dict[str, Any], more: dict[str, Any], place: str) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value, f"{place}/{key}")
        elif into.setdefault(key, value) != value:
            raise LocalError(f"Two functions disagree about {place}/{key} in their OpenAPI.")


def _version() -> str:
    from importlib.metadata import version

    return version("heartsense")
