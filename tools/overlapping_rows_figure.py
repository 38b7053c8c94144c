"""Draw docs/figures/overlapping-rows.png: complexes of three rows, and the curve read of each.

    PYTHONPATH=. .venv/bin/python tools/overlapping_rows_figure.py \
        ../shared/data/ptbxl/records500/00000/00122_hr.hea

The record is drawn as a clean page in the layout 6x2, and read. Only records whose licence allows
it (PTB-XL: CC BY 4.0) belong into the documentation.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from heartsense.digitizer import digitize
from heartsense.ecg import Digitized
from training.benchmark.fidelity import compare_signals
from training.render import PageSpec, render_page
from training.sources import read_record

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "overlapping-rows.png"
SPEC: Final = PageSpec(layout="6x2", px_per_mm=6.0, row_mm=20.0)
LEADS: Final = {"V2": (200, 0, 60), "V3": (0, 90, 200), "V4": (0, 140, 60)}
SECONDS: Final = 1.2
ENLARGED: Final = 3


def main() -> None:
    """Draw and read the page, and save a part of it."""
    parser = argparse.ArgumentParser(description="Draw complexes of rows that overlap.")
    parser.add_argument("record", type=Path)
    record = parser.parse_args().record.with_suffix("")
    page = render_page(read_record(record), SPEC)
    read = digitize(page.pixels)
    print(f"{10 * np.log10(compare_signals(page.ecg, read.ecg).ratio):.1f} dB")
    draw(page.pixels, read).save(FIGURE)


def draw(pixels: np.ndarray, read: Digitized) -> Image.Image:
    """The part of the page before and after reading, side by side."""
    traces = {trace.lead: trace.points for trace in read.traces if trace.lead in LEADS}
    points = np.concatenate(list(traces.values()))
    left = float(points[:, 0].mean())
    width = SECONDS * SPEC.speed * SPEC.px_per_mm
    inside = points[(points[:, 0] >= left) & (points[:, 0] < left + width)]
    box = (int(left), int(inside[:, 1].min()) - 12, int(left + width), int(inside[:, 1].max()) + 12)
    part = Image.fromarray(pixels).crop(box)
    before = part.resize((part.width * ENLARGED, part.height * ENLARGED), Image.Resampling.LANCZOS)
    after = Image.blend(before, Image.new("RGB", before.size, "white"), 0.6)
    pen = ImageDraw.Draw(after)
    for lead, curve in traces.items():
        at = (curve - np.array(box[:2]) + 0.5) * ENLARGED
        pen.line([tuple(point) for point in at.tolist()], fill=LEADS[lead], width=3)
    both = Image.new("RGB", (before.width * 2 + 12, before.height), "white")
    both.paste(before, (0, 0))
    both.paste(after, (before.width + 12, 0))
    return both


if __name__ == "__main__":
    main()
