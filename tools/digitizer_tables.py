"""Measure the digitizer, and write the tables of docs/digitizer.md.

    .venv/bin/python tools/digitizer_tables.py real ../shared/data/real-photos ...
    .venv/bin/python tools/digitizer_tables.py rendered ../shared/data --limit 30

`real` replaces the first table, with a row a folder; `rendered` the second one.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "digitizer.md"
REAL_HEADS = (
    "folder | with their signal | mean dB | median dB | under 10 dB | right layout "
    "| silently wrong | refused | laws hold"
)
RENDERED_HEADS = "pages | mean dB | median dB | right layout | refused, or lost a lead"


def main(arguments: list[str]) -> None:
    """Write one of the tables."""
    parser = argparse.ArgumentParser(description="Write a table of docs/digitizer.md.")
    parser.add_argument("table", choices=("real", "rendered"))
    parser.add_argument("folders", nargs="+", type=Path, help="of pictures; or of the records")
    parser.add_argument("--limit", default="200", help="rendered pages of each kind")
    parser.add_argument("--jobs", default="1")
    options = parser.parse_args(arguments)
    if options.table == "real":
        rows = [real_row(folder, options.jobs) for folder in options.folders]
        write_table("real", REAL_HEADS, rows)
    else:
        (data,) = options.folders
        kinds = ("clean", "photo")
        rows = [rendered_row(data, kind, options.limit, options.jobs) for kind in kinds]
        write_table("rendered", RENDERED_HEADS, rows)


def real_row(folder: Path, jobs: str) -> str:
    """One folder of real pictures."""
    s = measure("--real", str(folder), "--jobs", jobs)
    cells = (
        f"`{folder.name}`",
        s["scored"],
        with_interval(s["snr_db"], s["snr_db_interval"]),
        with_interval(s["median_snr_db"], s["median_snr_db_interval"]),
        share(s["below_10_db"]),
        share(s["layout_found"]),
        s["silently_wrong"],
        f"{s['refused']} of {s['pages']}",
        f"{s['lawful']} of {s['pages']}",
    )
    return " | ".join(map(str, cells))


def rendered_row(data: Path, kind: str, limit: str, jobs: str) -> str:
    """One kind of rendered pages, drawn from LUDB."""
    records = ("--data", str(data), "--manifest", str(data / "manifest.csv"), "--source", "ludb")
    s = measure(*records, "--page", kind, "--limit", limit, "--jobs", jobs)
    cells = (kind, s["snr_db"], s["median_snr_db"], share(s["layout_found"]))
    return " | ".join(map(str, (*cells, f"{s['failed']} of {s['pages']}")))


def measure(*options: str) -> dict[str, Any]:
    """What the benchmark says."""
    step = [sys.executable, "-m", "training", "benchmark-digitizer", "--json", *options]
    done = subprocess.run(step, stdout=subprocess.PIPE, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def with_interval(value: float | None, bounds: list[float]) -> str:
    """A figure and its interval; a dash where there is none."""
    return "-" if value is None else f"**{value:.1f}** ({bounds[0]:.1f} to {bounds[1]:.1f})"


def share(value: float | None) -> str:
    """Per cent; a dash where there is nothing to count."""
    return "-" if value is None else f"{100 * value:.0f} %"


def write_table(name: str, heads: str, rows: list[str]) -> None:
    """Replace the table between its two comments."""
    columns = heads.count("|") + 1
    lines = [heads, "|".join(["---"] * columns), *rows]
    table = "\n".join(f"|{line}|" if "---" in line else f"| {line} |" for line in lines)
    block = f"<!-- {name} -->\n\n{table}\n\n<!-- /{name} -->"
    text = PAGE.read_text()
    PAGE.write_text(re.sub(rf"<!-- {name} -->.*<!-- /{name} -->", block, text, flags=re.DOTALL))


if __name__ == "__main__":
    main(sys.argv[1:])
