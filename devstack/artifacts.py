"""Build artifacts of `make build`: the folder and size of each function and layer."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from devstack.function_pool import ROOT
from devstack.processes import DevStackError
from devstack.template import Function, Template

BUILT = ROOT / ".aws-sam" / "build"
# Lambda's limit for a function with all its layers, unzipped.
LIMIT_BYTES = 250 * 1024 * 1024


class Artifacts:
    """The artifacts of one build.

    Parameters
    ----------
    folder
        The output folder of `sam build`, with the built template.

    Raises
    ------
    DevStackError
        The folder holds no build.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        built = folder / "template.yaml"
        if not built.is_file():
            raise DevStackError(f"There is no build in {folder}: run make build.")
        self._folder = folder
        self.functions: dict[str, Function] = Template(built).functions
        self._layers: dict[str, list[str]] = {
            name: [layer["Ref"] for layer in resource["Properties"].get("Layers", [])]
            for name, resource in yaml_parse(built.read_text())["Resources"].items()
            if name in self.functions
        }

    def function(self, name: str) -> Path:
        """The folder that becomes /var/task."""
        return self._folder / name

    def layers(self, name: str) -> list[Path]:
        """The folders that are merged into /opt, in the order of the function's layers."""
        return [self._folder / layer for layer in self._layers[name]]

    def all_layers(self) -> list[Path]:
        """The folders of all layers that functions use."""
        return [self._folder / name for name in sorted({*chain(*self._layers.values())})]

    def size(self, name: str) -> int:
        """Unzipped size of a function with its layers, in bytes."""
        return size([self.function(name), *self.layers(name)])


def size(folders: Iterable[Path]) -> int:
    """Total size of all files in the folders, in bytes."""
    return sum(
        path.lstat().st_size
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    )


def report(artifacts: Artifacts) -> str:
    """A table of sizes; raises DevStackError when a function is above Lambda's limit."""
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
