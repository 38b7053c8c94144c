"""Draw docs/figures/photo-best.jpg, photo-median.jpg and photo-worst.jpg.

    DATA=../shared/data/ptbxl/records500/00000
    PYTHONPATH=. .venv/bin/python tools/overlay_figures.py $DATA/0000?_hr.hea

Each record is drawn as a photographed page by the seed and its name, and read; the best, the
median and the worst are saved with the traces that were read over them. Only records whose licence
allows it (PTB-XL: CC BY 4.0) belong into the documentation.
"""

import argparse
from pathlib import Path

import numpy as np

from heartsense.ecg import Digitized
from training.benchmark.digitizing import render_and_digitize
from training.benchmark.fidelity import compare_signals
from training.benchmark.overlay import draw_thumbnail
from training.render import RenderedPage
from training.sources import Record

FIGURES = Path(__file__).parents[1] / "docs" / "figures"


def main() -> None:
    """Draw and read the pages, and save three of them."""
    parser = argparse.ArgumentParser(description="Draw overlays of photographed pages.")
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--layout", default="3x4+1")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pages = []
    for record in options.records:
        ratio, page, read = draw_and_read(record.with_suffix(""), options.layout, options.seed)
        print(f"{record.stem}: {10 * np.log10(ratio):.1f} dB", flush=True)
        pages.append((ratio, record.stem, page, read))
    pages.sort(key=lambda page: page[:2])
    for name, at in (("worst", 0), ("median", len(pages) // 2), ("best", -1)):
        _, stem, page, read = pages[at]
        (FIGURES / f"photo-{name}.jpg").write_bytes(draw_thumbnail(page.pixels, read))
        print(f"{name}: {stem}")


def draw_and_read(
    record: Path, layout: str, seed: int
) -> tuple[float, RenderedPage, Digitized | None]:
    """Ratio of signal to error, 1 where the page is refused; the page, and what was read."""
    ptbxl = Record(record.name, "ptbxl", "", frozenset(), record)
    page, read, _ = render_and_digitize(ptbxl, "photo", layout, seed)
    return compare_signals(page.ecg, read.ecg if read else None).ratio, page, read


if __name__ == "__main__":
    main()
