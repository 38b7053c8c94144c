"""Fixtures that belong to one folder of tests are there, however its tests are collected."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PYTEST = (sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider")


@pytest.mark.slow
@pytest.mark.parametrize("collected", ["tests", "tests/integration"])
def test_fixtures_of_servers_are_found(collected: str) -> None:
    """``make test`` collects all folders at once, ``make test-integration`` one."""
    chosen = ("--ignore", "tests/unit", "--ignore", "tests/e2e", "-k", "test_audit_chain")
    planned = subprocess.run(
        [*PYTEST, "--setup-plan", *chosen, collected],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert planned.returncode == 0, planned.stdout
    assert "SETUP    F mongodb" in planned.stdout


def test_unit_tests_load_no_fixtures_of_servers() -> None:
    listed = subprocess.run(
        [*PYTEST, "--collect-only", "--trace-config", "tests/unit/test_numeric.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tests.conftest" in listed.stdout
    assert "tests.support" not in listed.stdout
