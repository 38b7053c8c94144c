"""The commands for pictures: they wire files, the package and the terminal, and nothing else.

Everything heavy is imported inside functions, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from heartsense.allocator import reuse_freed_memory
from heartsense.cli.inputs import find_inputs
from heartsense.cli.outputs import STANDARD_OUTPUT, Job, plan, save_picture
from heartsense.reference_ranges import Sex

if TYPE_CHECKING:
    from PIL import Image

    from heartsense.cli.runner import Output
    from heartsense.ecg import Digitized
    from heartsense.result import Result

REFUSED: Final = 2
"""Exit status when any file was refused."""
_WRITTEN: Final = (("Signals", ("signal", "record")), ("Pictures", ("overlay", "heatmap")))

app = typer.Typer(name="heartsense", no_args_is_help=True, pretty_exceptions_enable=False)

FilesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Image or PDF files, folders of them, or - for standard input.",
        show_default=False,
    ),
]
PageOption = Annotated[
    int, typer.Option("--page", metavar="N", help="The page of a PDF or TIFF file.")
]
OverlayOption = Annotated[
    str | None,
    typer.Option(metavar="PNG", help="Draw the traces that were read over the picture."),
]
_SEVERAL = (
    "For several files, an output option takes a folder or a path with {name} in it, which stands "
    "for the file's name without its ending."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from heartsense import __version__

        typer.echo(f"heartsense {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Read ECGs from pictures. HeartSense is not a medical device."""
    reuse_freed_memory()


@app.command(epilog=_SEVERAL)
def classify(
    files: FilesArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per file.")] = False,
    overlay: OverlayOption = None,
    heatmap: Annotated[
        str | None,
        typer.Option(metavar="PNG", help="Draw which parts of the ECG led to each finding."),
    ] = None,
    page: PageOption = 1,
    sex: Annotated[
        Sex | None, typer.Option(help="Whose normal ranges to compare with; else both are shown.")
    ] = None,
    age: Annotated[
        int | None,
        typer.Option(min=0, max=130, metavar="YEARS", help="The same for the age."),
    ] = None,
) -> None:
    """Find six groups of heart conditions in pictures of ECGs.

    The exit status is 0 when every file was read and 2 when any was refused.
    """
    from heartsense.cli.runner import run

    jobs = plan(find_inputs(files), {"overlay": overlay, "heatmap": heatmap})
    # On a terminal, a progress bar and lines of JSON would be written into each other.
    done = run(
        jobs,
        lambda job: _classify(job, page),
        _classification_output(as_json, len(jobs), sex, age),
        show_progress=not (as_json and os.isatty(1)),
    )
    _end(jobs, done, show_places=not as_json)


@app.command(epilog=_SEVERAL)
def digitize(
    files: FilesArgument,
    csv: Annotated[
        str | None,
        typer.Option(
            metavar="CSV", help="Write time in seconds and each lead in mV; - for standard output."
        ),
    ] = None,
    wfdb: Annotated[
        str | None,
        typer.Option(metavar="DIR/NAME", help="Write a WFDB record: 16 bits, 1000 units/mV."),
    ] = None,
    overlay: OverlayOption = None,
    page: PageOption = 1,
) -> None:
    """Read the signals of an ECG's leads, in millivolts, from pictures.

    The exit status is 0 when every file was read and 2 when any was refused.
    """
    from heartsense.cli.runner import run

    inputs = find_inputs(files)
    to_stdout = csv == STANDARD_OUTPUT and len(inputs) == 1 and not inputs[0].in_folder
    signal = None if to_stdout else csv
    jobs = plan(inputs, {"signal": signal, "record": wfdb, "overlay": overlay})
    output = _digitization_output(to_stdout, len(jobs))
    _end(jobs, run(jobs, lambda job: _digitize(job, page), output))


def _classification_output(
    as_json: bool, files: int, sex: Sex | None, age: int | None
) -> Output[dict[str, Any]]:
    if as_json:
        from heartsense.cli.streams import JsonLines

        return JsonLines()
    if files > 1:
        from heartsense.cli.tables import ClassificationTable

        return ClassificationTable()
    from heartsense.cli.cards import ClassificationCard

    return ClassificationCard(sex, age)


def _digitization_output(to_stdout: bool, files: int) -> Output[Digitized]:
    if to_stdout:
        from heartsense.cli.streams import Csv

        return Csv()
    if files > 1:
        from heartsense.cli.tables import DigitizationTable

        return DigitizationTable()
    from heartsense.cli.cards import DigitizationCard

    return DigitizationCard()


def _classify(job: Job, page: int) -> dict[str, Any]:
    """Classify one input and draw what was asked for."""
    from heartsense.pipeline import read

    result = read(job.input.read(), page=page)
    if path := job.outputs.get("overlay"):
        save_picture(result.overlay(), path)
    if path := job.outputs.get("heatmap"):
        save_picture(_heatmaps(result), path)
    return result.to_dict()


def _heatmaps(result: Result) -> Image.Image:
    """The heat maps of all conditions present, one below the other, each under its title."""
    from PIL import Image

    maps = [result.heatmap(condition) for condition in result.heatmaps or (None,)]
    sheet = Image.new("RGB", (maps[0].width, sum(picture.height for picture in maps)))
    top = 0
    for picture in maps:
        sheet.paste(picture, (0, top))
        top += picture.height
    return sheet


def _digitize(job: Job, page: int) -> Digitized:
    """Digitize one input and write what was asked for."""
    from heartsense.digitizer import digitize
    from heartsense.images import open_page

    pixels = open_page(job.input.read(), page=page).pixels
    digitized = digitize(pixels)
    if path := job.outputs.get("signal"):
        digitized.ecg.to_csv(path)
    if path := job.outputs.get("record"):
        digitized.ecg.to_wfdb(path)
    if path := job.outputs.get("overlay"):
        from heartsense.rendering import draw_overlay

        save_picture(draw_overlay(pixels, digitized), path)
    return digitized


def _end(jobs: Sequence[Job], done: Sequence[Job], *, show_places: bool = True) -> None:
    """Say where files were written, and end with the exit status."""
    if show_places:
        from heartsense.cli.terminal import print_places

        for title, kinds in _WRITTEN:
            paths = [job.outputs[kind] for job in done for kind in kinds if kind in job.outputs]
            print_places(title, paths)
    raise typer.Exit(0 if len(done) == len(jobs) else REFUSED)
