from pathlib import Path

import pytest

from heartsense.digitizer.trace_extraction.centreline_network import NETWORK
from training.features.cache import fingerprint
from training.features.extraction import InputKind


@pytest.mark.parametrize("kind", ["shown", "clean", "photo"])
def test_the_code_that_features_depend_on_is_where_the_cache_looks_for_it(kind: InputKind) -> None:
    assert len(fingerprint(kind)) == 12


def test_features_off_pages_depend_on_more_code_than_features_of_signals() -> None:
    assert fingerprint("clean") != fingerprint("shown")


def test_another_network_that_reads_pages_gives_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTSENSE_MODEL", str(tmp_path))
    found = []
    for content in (b"one", b"other"):
        (tmp_path / NETWORK).write_bytes(content)
        fingerprint.cache_clear()
        found.append((fingerprint("clean"), fingerprint("shown")))
    fingerprint.cache_clear()
    assert found[0][0] != found[1][0]
    assert found[0][1] == found[1][1]
