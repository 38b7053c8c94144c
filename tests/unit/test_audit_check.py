"""`make audit` never says that all is well when nothing was looked up."""

import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

# What pip-audit 2.10 prints: its last line, or a package that the index has no advisories of.
CLEAN = "No known vulnerabilities found"
FOUND = "Found 2 known vulnerabilities in 1 package"
OFFLINE = "ERROR:pip_audit._cli:Failed to resolve 'pypi.org'"
UNKNOWN = "wfdb  Dependency not found on PyPI and could not be audited: wfdb (4.3.1)"


@pytest.mark.parametrize(
    ("said", "status", "expected", "told"),
    [
        (CLEAN, 0, 0, ""),
        (FOUND, 1, 1, ""),
        (OFFLINE, 1, 3, "NOTHING WAS AUDITED"),
        (f"{CLEAN}\n{UNKNOWN}", 0, 3, "1 PACKAGES WERE NOT AUDITED"),
        (f"{FOUND}\n{UNKNOWN}", 1, 1, "1 PACKAGES WERE NOT AUDITED"),
    ],
)
def test_the_status_tells_clean_from_not_looked_up(
    tmp_path: Path, said: str, status: int, expected: int, told: str
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {status}\n")
    program.chmod(0o755)
    check = subprocess.run(
        [ROOT / "tools" / "audit" / "check", program, "none.txt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == expected
    assert check.stderr.startswith(told)
    assert bool(check.stderr) == bool(told)
