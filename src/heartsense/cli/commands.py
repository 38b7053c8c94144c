"""The commands: they wire files, the package and the terminal, and nothing else.

Everything heavy is imported inside functions, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartsense.cli.files import check_record, read_picture, save_picture, targets
from heartsense.errors import HeartSenseError

if TYPE_CHECKING:
    from PIL import Image

    from heartsense.ecg import Digitized
    from heartsense.result import Result

REFUSED = 2
"""Exit status when any file was refused."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

app = typer.Typer(
    name="heartsense",
    help="Reads an ECG from its picture. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PageOption = Annotated[int, typer.Option("--page", metavar="N", help="Page of a PDF or TIFF.")]
_WHERE = (
    "With several FILEs a folder (PICTURE-{kind}.png is written in it) "
    "or a pattern with {{name}} in it."
)


@app.command()
def classify(
    files: Annotated[list[str], typer.Argument(metavar="FILE", show_default=False)],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line and file.")
    ] = False,
    overlay: Annotated[
        str | None,
        typer.Option(metavar="PNG", help="Draw what was read. " + _WHERE.format(kind="overlay")),
    ] = None,
    heatmap: Annotated[
        str | None,
        typer.Option(
            metavar="PNG", help="Draw what spoke for each finding. " + _WHERE.format(kind="heatmap")
        ),
    ] = None,
    page: PageOption = 1,
) -> None:
    """Find the six conditions in pictures of ECGs.

    Exit status 0 when every FILE was read, 2 when any was refused.
    """
    if as_json:
        from heartsense.cli.jsonlines import show_refusal, show_result
    else:
        from heartsense.cli.tables import show_refusal, show_result

    overlays = targets(files, overlay, "overlay")
    heatmaps = targets(files, heatmap, "heatmap")
    refused = False
    for file, overlay_path, heatmap_path in zip(files, overlays, heatmaps, strict=True):
        try:
            result = _classify(file, page, overlay_path, heatmap_path)
        except HeartSenseError as error:
            refused = True
            show_refusal(file, error)
        else:
            show_result(file, result)
    raise typer.Exit(REFUSED if refused else 0)


@app.command()
def digitize(
    file: Annotated[str, typer.Argument(metavar="FILE", show_default=False)],
    csv: Annotated[str, typer.Option(metavar="OUT", help="time_s, then a column of mV a lead.")],
    wfdb: Annotated[
        str | None, typer.Option(metavar="DIR/NAME", help="WFDB record, 16 bit, 1000 units/mV.")
    ] = None,
    overlay: Annotated[
        str | None, typer.Option(metavar="PNG", help="Draw what was read over the picture.")
    ] = None,
    page: PageOption = 1,
) -> None:
    """Read the signal off a picture: millivolts over seconds, a column a lead.

    Exit status 0 when FILE was read, 2 when it was refused.
    """
    from heartsense.cli.tables import show_digitized, show_refusal

    csv_path = targets([file], csv, "signal", ".csv")[0]
    record = targets([file], wfdb, "record", "")[0]
    if record:
        check_record(record)
    overlay_path = targets([file], overlay, "overlay")[0]
    try:
        digitized = _digitize(file, page, csv_path, record, overlay_path)
    except HeartSenseError as error:
        show_refusal(file, error)
        raise typer.Exit(REFUSED) from None
    show_digitized(file, digitized)


@app.command()
def archive(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", exists=True, file_okay=False, show_default=False),
    ],
    out: Annotated[Path, typer.Option(metavar="JSONL", help="Results; an earlier run's go on.")],
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Processes; a core each.", show_default="cores"),
    ] = None,
) -> None:
    """Classify every file below a folder: a JSON line for each, or for each page of a document.

    Killed or stopped, it goes on where it was. Exit status 0 when every file was read, 2 when
    any was refused.
    """
    from heartsense.cli.progress import progress, show_tally
    from heartsense.cli.tables import show_refusal
    from heartsense.service.batch import classify_folder

    try:
        with progress() as report:
            tally = classify_folder(folder, out, jobs or len(os.sched_getaffinity(0)), report)
    except HeartSenseError as error:
        show_refusal(str(folder), error)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        typer.echo(f"Stopped. Run it again to go on with {out}.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    show_tally(tally)
    raise typer.Exit(REFUSED if tally.refused else 0)


def _classify(file: str, page: int, overlay: Path | None, heatmap: Path | None) -> dict[str, Any]:
    """Classify one file and draw what was asked for."""
    data = read_picture(file)
    from heartsense.pipeline import read

    result = read(data, page=page)
    if overlay:
        save_picture(result.overlay(), overlay)
    if heatmap:
        save_picture(_heatmaps(result), heatmap)
    return result.to_dict()


def _heatmaps(result: Result) -> Image.Image:
    """The heat-maps of all conditions present, one below the other, each under its title."""
    from PIL import Image

    maps = [result.heatmap(condition) for condition in result.heatmaps or (None,)]
    sheet = Image.new("RGB", (maps[0].width, sum(picture.height for picture in maps)))
    top = 0
    for picture in maps:
        sheet.paste(picture, (0, top))
        top += picture.height
    return sheet


def _digitize(
    file: str, page: int, csv: Path | None, record: Path | None, overlay: Path | None
) -> Digitized:
    """Digitize one file and write what was asked for."""
    from heartsense.digitizer import digitize
    from heartsense.images import open_page

    pixels = open_page(read_picture(file), page=page).pixels
    digitized = digitize(pixels)
    if csv:
        digitized.ecg.to_csv(csv)
    if record:
        digitized.ecg.to_wfdb(record)
    if overlay:
        from heartsense.rendering import draw_overlay

        save_picture(draw_overlay(pixels, digitized), overlay)
    return digitized
