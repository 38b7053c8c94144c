"""What `make build` made: a folder for each function and layer, and how large they are."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from devstack.errors import DevStackError
from devstack.function_pool import ROOT
from devstack.template import Function, Template

BUILT = ROOT / ".aws-sam" / "build"
# Lambda's limit for a function with all its layers, unzipped.
LIMIT_BYTES = 250 * 1024 * 1024


class Artifacts:
    """The folders of one build.

    Parameters
    ----------
    folder
        Where `sam build` put them, with the template that names them.

    Raises
    ------
    DevStackError
        Nothing was built there.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        built = folder / "template.yaml"
        if not built.is_file():
            raise DevStackError(f"Nothing is built in {folder}: run make build.")
        self._folder = folder
        self.functions: dict[str, Function] = Template(built).functions
        self._layers: dict[str, list[str]] = {
            name: [layer["Ref"] for layer in resource["Properties"].get("Layers", [])]
            for name, resource in yaml_parse(built.read_text())["Resources"].items()
            if name in self.functions
        }

    def function(self, name: str) -> Path:
        """What Lambda unpacks into /var/task."""
        return self._folder / name

    def layers(self, name: str) -> list[Path]:
        """What Lambda unpacks into /opt, the layers of one function in their order."""
        return [self._folder / layer for layer in self._layers[name]]

    def all_layers(self) -> list[Path]:
        """Every layer that some function has."""
        return [self._folder / name for name in sorted({*chain(*self._layers.values())})]

    def size(self, name: str) -> int:
        """A function with its layers, unzipped, in bytes."""
        return size([self.function(name), *self.layers(name)])


def size(folders: Iterable[Path]) -> int:
    """What files hold, in bytes."""
    return sum(
        path.lstat().st_size
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    )


def report(artifacts: Artifacts) -> str:
    """A table of sizes; DevStackError when Lambda would refuse a function."""
    layers = artifacts.all_layers()
    lines = [_line(layer.name, size([layer])) for layer in layers]
    lines.append(_line("all layers", size(layers)))
    for name in artifacts.functions:
        with_layers = ", ".join(layer.name for layer in artifacts.layers(name))
        lines.append(f"{_line(name, artifacts.size(name))}  with {with_layers}")
    if large := [name for name in artifacts.functions if artifacts.size(name) > LIMIT_BYTES]:
        raise DevStackError(
            "\n".join([f"Too large for Lambda (250 MiB unzipped): {', '.join(large)}.", *lines])
        )
    return "\n".join(lines)


def _line(name: str, count: int) -> str:
    return f"{name:<18}{count / 1e6:7.1f} MB"
