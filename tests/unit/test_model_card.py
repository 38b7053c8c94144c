"""The model card is that of the released model: a stale one fails."""

import json
import shutil
from pathlib import Path

import pytest

from training import MODEL_DIR
from training.__main__ import main
from training.model_card import PAGE, card


def test_the_page_is_that_of_the_released_model() -> None:
    stale = "docs/model-card.md is stale: python -m training model-card"
    assert PAGE.read_text(encoding="utf-8") == card(MODEL_DIR), stale


def test_the_card_follows_the_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL_DIR, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["data"]["ludb"] = 12345
    manifest["metrics"] = {
        "pooled": {
            "macro_auroc": 0.9,
            "interval": [0.85, 0.95],
            "calibration_error": 0.02,
            "unsure": 0.3,
        }
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SystemExit) as end:
        main(["model-card", "--model", str(folder), "--out", str(tmp_path / "card.md")])
    assert end.value.code == 0
    text = (tmp_path / "card.md").read_text()
    assert "| 12345 |" in text
    assert "| pooled | 0.900 (0.850 to 0.950) | 0.020 | 30 % |" in text
    assert manifest["version"] in text
