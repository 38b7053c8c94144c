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
from typing import Any

from importlinter import api
from importlinter.application import use_cases
from importlinter.application.user_options import UserOptions

ROOT = Path(__file__).parents[2]
PACKAGES = ("src/heartsense", "functions", "training", "devstack")

Import = tuple[str, str]
"""A module and the import statement that is added to it."""


def contracts() -> list[dict[str, Any]]:
    """The contracts as pyproject.toml has them."""
    found: list[dict[str, Any]] = api.read_configuration(str(ROOT / "pyproject.toml"))[
        "contracts_options"
    ]
    return found


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


def main() -> None:
    """Print, as JSON, what each of the imports on stdin breaks; the working directory is linted."""
    options = use_cases.read_user_options("pyproject.toml")
    use_cases._register_contract_types(options)
    print(json.dumps([_broken_with(options, *added) for added in json.load(sys.stdin)]))


def _broken_with(options: UserOptions, module: str, statement: str) -> list[str]:
    """The contracts that break while `statement` is in `module`."""
    path = Path("src" if module.startswith("heartsense") else ".", *module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    source = path.read_text()
    path.write_text(f"{source}\n{statement}\n")
    try:
        # What did not change since the last time comes parsed out of import-linter's cache.
        report = use_cases.create_report(options)
    finally:
        path.write_text(source)
    return [
        contract.name for contract, check in report.get_contracts_and_checks() if not check.kept
    ]


if __name__ == "__main__":
    main()
