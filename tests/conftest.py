"""What every test may ask for, and which folder's tests may ask for more."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from training import DATA_DIR

CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

SERVERS = [
    "tests.support.servers",
    "tests.support.handler_environment",
    "tests.support.running_service",
]
FIXTURES = {
    "integration": SERVERS,
    "e2e": [*SERVERS, "tests.support.build_artifacts", "tests.support.browser"],
}

settings.register_profile(
    "heartsense",
    deadline=None,  # shared machines: a slow second is no failure
    derandomize=CI,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("heartsense")


class FolderFixtures:
    """Loads the fixtures of a folder when it is collected, so that unit tests start fast.

    A plugin of its own: pytest calls no hook of this file for a folder below it before it has
    collected something there, and then it is too late.
    """

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        if isinstance(collector, pytest.Directory):
            for plugin in FIXTURES.get(collector.path.name, []):
                collector.config.pluginmanager.import_plugin(plugin)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FolderFixtures())


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real records; without it a test skips, but fails under CI."""
    if (DATA_DIR / "manifest.csv").is_file():
        return DATA_DIR
    reason = f"no data folder at {DATA_DIR} (set HEARTSENSE_DATA)"
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)
