"""Import-linter on a copy of the tree, with one import added at a time.

The linting is a program of its own, because import-linter finds packages as Python does, and the
tests' process has imported those of the real tree.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from importlinter import api
from importlinter.application.use_cases import create_report, read_user_options

ROOT = Path(__file__).parents[2]
PACKAGES = ("src/heartsense", "functions", "training", "devstack")

Import = tuple[str, str]
"""A module and the import statement that is added to it."""


def contract_names() -> list[str]:
    """The contracts of pyproject.toml."""
    found = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    return [contract["name"] for contract in found]


def broken_contracts(imports: Iterable[Import], folder: Path) -> list[list[str]]:
    """The contracts that each import breaks when it is the only one added; a copy is in folder."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=lambda _, names: _not_python(names)
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    linted = subprocess.run(
        [sys.executable, __file__],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder / 'src'}:{folder}"},
        input=json.dumps(list(imports)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    broken: list[list[str]] = json.loads(linted.stdout.splitlines()[-1])
    return broken


def _not_python(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".py")} | {"__pycache__"}


def _broken_with(module: str, statement: str) -> list[str]:
    """The contracts that break while `statement` is in `module`."""
    path = Path("src" if module.startswith("heartsense") else ".", *module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    source = path.read_text()
    path.write_text(f"{source}\n{statement}\n")
    try:
        # What did not change since the last time comes parsed out of import-linter's cache.
        report = create_report(read_user_options("pyproject.toml"))
    finally:
        path.write_text(source)
    return [contract.name for contract, check in report.get_contracts_and_checks() if not check.kept]


if __name__ == "__main__":
    print(json.dumps([_broken_with(*added) for added in json.load(sys.stdin)]))
