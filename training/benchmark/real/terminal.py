"""What the terminal shows of a folder of real pictures."""

from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from training.benchmark.real.pictures import ASSUMED_LAYOUT
from training.benchmark.real.summary import Bounds, RealSummary

_WIDTH: Final = 120


def print_summary(summary: RealSummary) -> None:
    """A table with a row a picture, then the summary."""
    table = Table(title="What the digitizer read", box=SIMPLE_HEAD, pad_edge=False)
    numbers = ("dB", "Pearson", "quality", "Einth.", "Goldb.", "strip", "s")
    table.add_column("picture", overflow="fold")
    table.add_column("layout or code", min_width=12)
    for name in numbers:
        table.add_column(name, justify="right")
    for p in summary["pictures"]:
        laws = (p["einthoven_residual"], p["goldberger_residual"], p["rhythm_agreement"])
        values = (p["snr_db"], p["pearson"], p["quality"], *laws, p["seconds"])
        table.add_row(p["picture"], p["code"] or p["layout"], *map(shown, values))
    console = Console()
    if not console.is_terminal:  # a file or pipe is as wide as the table
        console = Console(width=_WIDTH)
    console.print(table)
    for line in (*headline(summary), *notes(summary)):
        console.print(line, highlight=False)


def headline(summary: RealSummary) -> Iterator[str]:
    """The figures of the folder, a line each."""
    s = summary
    if s["scored"]:
        yield (
            f"mean {shown(s['snr_db'])} dB {_interval(s['snr_db_interval'])}, "
            f"median {shown(s['median_snr_db'])} dB {_interval(s['median_snr_db_interval'])}, "
            f"under 10 dB {_percent(s['below_10_db'])}, of {s['scored']} pictures with their signal"
        )
    if s["layout_found"] is not None:
        yield f"right layout {_percent(s['layout_found'])}, silently wrong {s['silently_wrong']}"
    yield (
        f"refused {s['refused']} of {s['pages']}{_counted(s['codes'])}; "
        f"read {s['pages'] - s['refused']}{_counted(s['layouts'])}"
    )
    yield f"laws hold and strip agrees in {s['lawful']} of {s['pages']}"
    yield f"{s['seconds']:.2f} s a picture in the median, {s['max_seconds']:.2f} s at most"


def notes(summary: RealSummary) -> Iterator[str]:
    """What was assumed."""
    if summary["masked_to_layout"]:
        yield (
            f"{summary['masked_to_layout']} with complete records: only what a {ASSUMED_LAYOUT} "
            "page shows of them counts"
        )


def shown(value: float | str | None) -> str:
    """A figure with two digits after the point; empty for None."""
    return f"{value:.2f}" if isinstance(value, float) else str(value or "")


def _percent(share: float | None) -> str:
    """A share in per cent; empty for None."""
    return "" if share is None else f"{100 * share:.0f} %"


def _interval(bounds: Bounds) -> str:
    return f"({shown(bounds[0])} to {shown(bounds[1])})"


def _counted(counts: dict[str, int]) -> str:
    inside = ", ".join(f"{name} {count}" for name, count in counts.items())
    return f" ({inside})" if inside else ""
