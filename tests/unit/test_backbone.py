"""Loading the backbone: LiteRT's native code and the process's standard error."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from ai_edge_litert.interpreter import Interpreter

from heartsense.classifier.backbone import Backbone
from heartsense.files import model_folder


@pytest.fixture(scope="module")
def content() -> bytes:
    return (model_folder() / "backbone.tflite").read_bytes()


def test_nothing_is_printed(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    Backbone(content)
    assert capfd.readouterr() == ("", "")


def test_standard_error_is_restored_after_loads_in_parallel(
    content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Backbone, [content] * 4))
    os.write(2, b"said afterwards\n")
    assert capfd.readouterr().err == "said afterwards\n"


def test_standard_error_is_restored_after_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not a valid"):
        Backbone(b"no model")
    os.write(2, b"said afterwards\n")
    assert capfd.readouterr().err == "said afterwards\n"


def test_what_else_is_printed_while_loading_is_passed_on(
    content: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def complaining(**options: object) -> object:
        os.write(2, b"ERROR: a kernel is missing\n" * 5000)  # more than a pipe holds
        return Interpreter(**options)

    monkeypatch.setattr("heartsense.litert.Interpreter", complaining)
    Backbone(content)
    assert capfd.readouterr().err == "ERROR: a kernel is missing\n" * 5000


def test_it_loads_without_standard_error(content: bytes) -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        Backbone(content)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
