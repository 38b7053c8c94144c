"""The ``realism`` step: how well a classifier tells drawn pages from real ones."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypedDict

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from heartsense.images import open_page
from training.benchmark.patches import FEATURES, Features, page_patches, scale_page
from training.benchmark.real.pictures import read_pictures
from training.render import random_spec, render_page
from training.render.spec import PageKind
from training.sources import Record, read_manifest

FOLDS: Final = 5
_TILE: Final = (640, 480)


class Realism(TypedDict):
    """How well drawn pages are told from real ones; 0.5 is not at all, 1 always.

    ``patches`` is the AUROC over single patches, ``pages`` over pages by the mean of their patches,
    both by a classifier trained on other pages; ``office_prints`` that over the patches of drawn
    office prints only. ``telling`` are the features that tell most by themselves.
    """

    patches: float
    pages: float
    office_prints: float | None
    real_pages: int
    drawn_pages: int
    telling: dict[str, float]


def realism(
    real: Annotated[Path, typer.Option(help="Folder of real pictures.")],
    data: Annotated[Path, typer.Option(help="Folder of the records to draw.")],
    manifest: Annotated[Path, typer.Option(help="CSV that lists the records.")],
    page: Annotated[PageKind, typer.Option(help="Kind of the drawn pages.")] = "photo",
    layout: Annotated[str, typer.Option(help="Layout of the drawn pages.")] = "3x4+1",
    limit: Annotated[int, typer.Option(help="Pages to draw.")] = 40,
    patches: Annotated[int, typer.Option(help="Patches of each page.")] = 40,
    seed: Annotated[int, typer.Option(help="Chooses records, pages and patches.")] = 0,
    out: Annotated[Path | None, typer.Option(help="PNG of real beside drawn pages.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Tell drawn pages from real ones by simple features of patches, split by page."""
    records = [r for r in read_manifest(data, manifest) if r.source == "ludb"]
    pictures = [scale_page(open_page(p.path.read_bytes()).pixels) for p in read_pictures(real)]
    drawn, prints = _draw(records, page, layout, limit, seed)
    report = measure_realism(pictures, drawn, prints, patches, seed)
    if out is not None:
        save_side_by_side(pictures, drawn, out)
    typer.echo(json.dumps(report, indent=None if as_json else 2))


def _draw(
    records: Sequence[Record], page: PageKind, layout: str, limit: int, seed: int
) -> tuple[list[NDArray[np.uint8]], list[bool]]:
    """Drawn pages, and whether each is an office print."""
    order = np.random.default_rng(seed).permutation(len(records))[:limit]
    specs = [random_spec(np.random.default_rng([seed, int(i)]), page, layout) for i in order]
    pages = [
        scale_page(render_page(records[int(i)].read(), spec).pixels)
        for i, spec in zip(order, specs, strict=True)
    ]
    return pages, [spec.sheet_mm is not None for spec in specs]


def measure_realism(
    real: Sequence[NDArray[np.uint8]],
    drawn: Sequence[NDArray[np.uint8]],
    prints: Sequence[bool],
    patches: int,
    seed: int,
) -> Realism:
    """Train on some pages, tell apart the patches of the others.

    Parameters
    ----------
    real, drawn : sequences of uint8 arrays, shape (height, width, 3)
    prints : sequence of bool
        Which drawn pages are office prints.
    patches : int
        Of each page.
    seed : int
    """
    rng = np.random.default_rng(seed)
    pages = [*real, *drawn]
    x = np.concatenate([page_patches(pixels, patches, rng)[0] for pixels in pages])
    group = np.repeat(np.arange(len(pages)), patches)
    y = group >= len(real)
    score = _cross_validated(x, y, group, seed)
    by_page = score.reshape(len(pages), patches).mean(axis=1)
    chosen = np.array([True] * len(real) + list(prints))
    kept = chosen[group]
    alone = [max(a, 1 - a) for a in (roc_auc_score(y, column) for column in x.T)]
    telling = sorted(zip(FEATURES, alone, strict=True), key=lambda pair: -pair[1])[:6]
    return {
        "patches": round(float(roc_auc_score(y, score)), 3),
        "pages": round(float(roc_auc_score(np.arange(len(pages)) >= len(real), by_page)), 3),
        "office_prints": round(float(roc_auc_score(y[kept], score[kept])), 3)
        if any(prints)
        else None,
        "real_pages": len(real),
        "drawn_pages": len(drawn),
        "telling": {name: round(float(auroc), 3) for name, auroc in telling},
    }


def _cross_validated(
    x: Features, y: NDArray[np.bool_], group: NDArray[np.int64], seed: int
) -> Features:
    """The probability of being drawn, of each patch by a classifier that never saw its page."""
    score = np.zeros(len(y))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(x, y, group):
        forest = ExtraTreesClassifier(
            200, min_samples_leaf=3, class_weight="balanced", random_state=seed
        )
        score[test] = forest.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return score


def save_side_by_side(
    real: Sequence[NDArray[np.uint8]], drawn: Sequence[NDArray[np.uint8]], out: Path
) -> None:
    """A sheet to look at: real pages in the left column, drawn ones in the right."""
    rows = min(len(real), len(drawn), 8)
    sheet = Image.new("RGB", (2 * _TILE[0], rows * _TILE[1]), (128, 128, 128))
    for column, pages in enumerate((real, drawn)):
        for row in range(rows):
            tile = Image.fromarray(pages[row])
            tile.thumbnail(_TILE)
            sheet.paste(tile, (column * _TILE[0], row * _TILE[1]))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out)
