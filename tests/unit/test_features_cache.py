import pytest

from training.features.cache import fingerprint
from training.features.extraction import InputKind


@pytest.mark.parametrize("kind", ["shown", "clean", "photo"])
def test_the_code_that_features_depend_on_is_where_the_cache_looks_for_it(kind: InputKind) -> None:
    assert len(fingerprint(kind)) == 12


def test_features_off_pages_depend_on_more_code_than_features_of_signals() -> None:
    assert fingerprint("clean") != fingerprint("shown")
