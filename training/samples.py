"""The ``samples`` step: renders the pictures in ``samples/`` and writes their README."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from heartsense.conditions import CONDITION_IDS
from training.render import Distortion, PageSpec, render_page
from training.render.command import save_page
from training.sources.ptbxl import conditions_of, read_database, read_statements, scp_codes
from training.sources.signals import read_record

SAMPLES_DIR: Final = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: file name, PTB-XL record, look, and JPEG quality."""

    file: str
    ecg_id: int
    spec: PageSpec
    quality: int = 85


SAMPLES: Final = (
    Sample(
        "normal.png",
        10,
        PageSpec(px_per_mm=5.5, ink_px=1.9, separators="ticks", highpass=0.15),
    ),
    Sample(
        "normal-grey.png",
        19,
        PageSpec(
            layout="6x2+1",
            px_per_mm=4.8,
            paper=(252, 252, 252),
            fine=(222, 222, 222),
            bold=(170, 170, 170),
            ink_px=1.6,
            row_mm=22.0,
            label_place="below",
            font="DejaVuSerif.ttf",
            highpass=0.5,
        ),
    ),
    Sample(
        "atrial-flutter.jpg",
        23,
        PageSpec(
            px_per_mm=3.8,
            paper=(253, 253, 253),
            fine=(208, 202, 196),
            bold=(160, 150, 142),
            grid="dots",
            ink=(0, 0, 0),
            ink_px=1.4,
            font="STIXGeneral.ttf",
            label_place="on",
            legend="none",
            pulse_s=0.09,
            pulse_gap=3.0,
            separators="lines",
            row_mm=36.0,
            highpass=0.5,
        ),
        quality=90,
    ),
    Sample(
        "atrial-flutter-strip.jpg",
        449,
        PageSpec(
            layout="strip",
            px_per_mm=6.5,
            paper=(244, 252, 242),
            fine=(200, 230, 198),
            bold=(130, 190, 130),
            ink_px=2.2,
            row_mm=40.0,
            pulse="right",
            pulse_gap=2.0,
        ),
    ),
    Sample(
        "ventricular-extrasystole.jpg",
        219,
        PageSpec(
            layout="12x1",
            px_per_mm=6.0,
            paper=(255, 240, 228),
            fine=(250, 210, 185),
            bold=(235, 160, 115),
            ink=(20, 25, 80),
            ink_px=1.9,
            row_mm=20.0,
            legend="top",
        ),
    ),
    Sample(
        "inferior-infarction.png",
        139,
        PageSpec(
            layout="3x4",
            px_per_mm=4.5,
            paper=(255, 225, 238),
            fine=(250, 190, 212),
            bold=(240, 130, 165),
            ink_px=1.8,
            row_mm=34.0,
            label_place="below",
            joined=True,
            highpass=0.5,
        ),
    ),
    Sample(
        "infarction-turned.jpg",
        270,
        PageSpec(
            px_per_mm=6.5,
            paper=(236, 240, 246),
            fine=(205, 214, 228),
            bold=(150, 166, 192),
            ink_px=2.2,
            separators="ticks",
            distortion=Distortion(rotation=3.5, gradient=0.05, blur=0.6, noise=3.0),
            highpass=0.5,
            seed=1,
        ),
    ),
    Sample(
        "hypertrophy.jpg",
        137,
        PageSpec(layout="6x2", px_per_mm=6.0, ink_px=2.0, row_mm=25.0, pulse="right"),
    ),
    Sample(
        "hypertrophy-half-gain.png",
        140,
        PageSpec(layout="3x4+1", px_per_mm=5.0, gain=5.0, ink_px=1.7, row_mm=26.0, highpass=0.5),
    ),
    Sample(
        "paced.pdf",
        143,
        PageSpec(
            layout="3x4+3",
            px_per_mm=6.0,
            rhythm=("V1", "II", "V5"),
            row_mm=26.0,
            ink_px=2.0,
            grid_on="plot",
            separators="ticks",
            highpass=0.5,
            distortion=Distortion(rotation=-0.8, blur=0.5),
        ),
    ),
)
"""Every condition at least once; records with clear labels."""


def samples(
    data: Annotated[Path, typer.Option(help="Folder that holds ptbxl/.")],
    out: Annotated[Path, typer.Option(help="Where the pictures go.")] = SAMPLES_DIR,
) -> None:
    """Draw the pictures of ``samples/`` and write its README."""
    table = {int(row["ecg_id"]): row for row in read_database(data)}
    statements = read_statements(data)
    rows = []
    for sample in SAMPLES:
        row = table[sample.ecg_id]
        page = render_page(read_record(data / "ptbxl" / row["filename_hr"]), sample.spec)
        save_page(page.pixels, out / sample.file, sample.quality)
        codes = scp_codes(row)
        said = ", ".join(f"{code} ({statements[code]})" for code in codes)
        found = conditions_of(codes)
        ours = ", ".join(f"`{c}`" for c in CONDITION_IDS if c in found)
        rows.append(
            f"| [{sample.file}]({sample.file}) | {sample.ecg_id:05d} | {_looks(sample.spec)} "
            f"| {said} | {ours} |"
        )
    (out / "README.md").write_text(_README.format(table="\n".join(rows)), encoding="utf-8")


def _looks(spec: PageSpec) -> str:
    looks = f"{spec.layout}, {spec.speed:g} mm/s, {spec.gain:g} mm/mV"
    turn = spec.distortion.rotation
    return f"{looks}, turned {turn:g} degrees" if turn else looks


_README: Final = """\
# Samples

Images to try HeartSense on, drawn by its own page renderer from PTB-XL records. No patient can be
identified from them. `python -m training samples --data DIR` draws them and writes this page again.

**The released model has seen these records while it was trained.** Its results on them show
how it works, not how well: for that see `docs/results.md`.

| picture | PTB-XL record | page | what the cardiologists said (SCP-ECG) | our conditions |
|---|---|---|---|---|
{table}

## Licence of the records

PTB-XL, a large publicly available electrocardiography dataset, by Patrick Wagner, Nils Strodthoff,
Ralf-Dieter Bousseljot, Dieter Kreiseler, Fatima I. Lunze, Wojciech Samek and Tobias Schaeffter;
PhysioNet, <https://physionet.org/content/ptb-xl/>, described in Scientific Data 7, 154 (2020),
<https://doi.org/10.1038/s41597-020-0495-6>. Licence: Creative Commons Attribution 4.0
International, <https://creativecommons.org/licenses/by/4.0/>. Changes made: the records were
filtered (high-pass) and drawn as pages. The pictures are given under the same licence.
"""
