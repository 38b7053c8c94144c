"""What `make build` makes, for the tests that run it."""

import fcntl
import platform
import subprocess

import pytest

from devstack.artifacts import Artifacts
from tests.support.paths import ROOT

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
ENVIRONMENTS = (".tools/runtime/installed", ".tools/emulator/installed")


@pytest.fixture(scope="session")
def artifacts() -> Artifacts:
    """Functions and layers as they are deployed, built anew where a source has changed."""
    with (ROOT / "tools" / "sam" / "pyproject.toml").open() as lock:  # one build at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(
            ["make", f"ARCH={ARCHITECTURE}", "build", *ENVIRONMENTS],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert built.returncode == 0, built.stdout + built.stderr
    return Artifacts()
