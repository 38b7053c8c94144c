"""The ``model-card`` step: ``docs/model-card.md`` from the model's own files.

Figures come from the manifest, the ensemble and the networks' files; the words around them from
``model_card.md`` beside this file. A test fails when the page is not what this step writes.
"""

import json
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final

import typer

from heartsense.classifier.ensemble import TIERS, Ensemble
from heartsense.classifier.model_artifact import MANIFEST, load_model
from heartsense.conditions import CONDITION_IDS
from heartsense.digitizer.ink import network as ink_network
from heartsense.digitizer.trace_extraction import centreline_network
from training import DOCS_DIR, MODEL_DIR

PAGE: Final = DOCS_DIR / "model-card.md"
_WORDS: Final = Path(__file__).with_suffix(".md")
_PTBXL: Final = ("cinc-samples", "ptbxl-first500", "ptbxl-more", "ptbxl-sara-es")
_DATABASES: Final = ("PTB-XL", "LUDB")
_NOT_MEASURED: Final = "not measured"


def model_card(
    model: Annotated[Path, typer.Option(help="Model folder.")] = MODEL_DIR,
    out: Annotated[Path, typer.Option(help="The page that is written.")] = PAGE,
) -> None:
    """Write the model card of a model."""
    out.write_text(card(model), encoding="utf-8")


def card(folder: Path) -> str:
    """The text of the model card."""
    manifest = json.loads((folder / MANIFEST).read_text())
    data = manifest["data"]
    return Template(_WORDS.read_text(encoding="utf-8")).substitute(
        version=manifest["version"],
        ptbxl=sum(data.get(source, 0) for source in _PTBXL),
        zscored=f"{data['ptbxl-zscored']:,}",
        ludb=data["ludb"],
        cap=f"{manifest['settings']['cap']:,}",
        performance=_performance(manifest.get("metrics", {})),
        **_described(folder / ink_network.DESCRIPTION, "photos", "drawn", "steps"),
        **_described(folder / centreline_network.DESCRIPTION, "curves", "records"),
        tiers=_tiers(load_model(folder).ensemble),
    )


def _described(path: Path, *names: str) -> dict[str, str]:
    """What a network was trained on."""
    described = json.loads(path.read_text())
    return {name: f"{described[name]:,}" for name in names}


def _performance(metrics: dict[str, Any]) -> str:
    """A table of the figures through pictures that the manifest quotes."""
    if not metrics:
        return f"Through pictures: {_NOT_MEASURED}."
    lines = [
        "| through pictures | macro AUROC | calibration error | conditions left `possible` |",
        "|---|---|---|---|",
    ]
    for part, m in metrics.items():
        low, high = m["interval"]
        auroc = f"{m['macro_auroc']:.3f} ({low:.3f} to {high:.3f})"
        share = 100 * m["unsure"]
        lines.append(f"| {part} | {auroc} | {m['calibration_error']:.3f} | {share:.0f} % |")
    return "\n".join(lines)


def _tiers(ensemble: Ensemble) -> str:
    """What each status meant on each database, with millivolts."""
    means = ensemble.calibrations[-1].tier_means
    lines = [
        f"| condition | status | {' | '.join(f'{d}: had it (records)' for d in _DATABASES)} |",
        "|---|---|---|---|",
    ]
    for id, by_tier in zip(CONDITION_IDS, means, strict=True):
        for tier in reversed(TIERS):
            shares = [by_tier[tier].sources[database] for database in _DATABASES]
            cells = " | ".join(f"{100 * share:.0f} % ({records})" for share, records in shares)
            lines.append(f"| `{id}` | {tier} | {cells} |")
    return "\n".join(lines)
