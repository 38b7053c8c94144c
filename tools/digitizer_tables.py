"""Measure the digitizer, and write the tables of docs/digitizer.md.

    .venv/bin/python tools/digitizer_tables.py real ../shared/data/real-photos ...
    .venv/bin/python tools/digitizer_tables.py rendered ../shared/data --limit 200

`real` replaces the first table: each folder is read as it is released, without the ink network, and
without the choices that the laws make; `rendered` those of the rendered pages, all
and by layout and hardship. `rendered-lines` does so from results files that `benchmark-digitizer
--lines` has written, named after their kind: `photo.jsonl`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from heartsense.files import model_folder

PAGE = Path(__file__).parents[1] / "docs" / "digitizer.md"
REAL_HEADS = (
    "folder | read | with their signal | mean dB | median dB | under 10 dB | right layout "
    "| silently wrong | refused | laws hold"
)
RENDERED_HEADS = "pages | number | mean dB | median dB | under 10 dB | right layout | refused"
PART_HEADS = "{part} | pages | capped mean dB | median dB | refused"
KINDS = ("clean", "scan", "photo")


def main(arguments: list[str]) -> None:
    """Write one of the tables."""
    parser = argparse.ArgumentParser(description="Write a table of docs/digitizer.md.")
    parser.add_argument("table", choices=("real", "rendered", "rendered-lines"))
    parser.add_argument("folders", nargs="+", type=Path, help="of pictures; or of the records")
    parser.add_argument("--limit", default="200", help="rendered pages of each kind")
    parser.add_argument("--jobs", default="1")
    options = parser.parse_args(arguments)
    if options.table == "real":
        write_table("real", REAL_HEADS, real_rows(options.folders, options.jobs))
    else:
        read = options.table == "rendered-lines"
        (folder,) = options.folders
        summaries = {
            kind: summary_of_lines(folder / f"{kind}.jsonl")
            if read
            else measure_rendered(folder, kind, options.limit, options.jobs)
            for kind in KINDS
            if not read or (folder / f"{kind}.jsonl").exists()
        }
        write_rendered(summaries)


def real_rows(folders: list[Path], jobs: str) -> list[str]:
    """Each folder of real pictures, read in each way."""
    with TemporaryDirectory() as folder:
        without_network = Path(folder) / "model"
        ignored = shutil.ignore_patterns("ink_network.*")
        shutil.copytree(model_folder(), without_network, ignore=ignored)
        return [
            row
            for pictures in folders
            for row in (
                real_row(pictures, jobs, "as released"),
                real_row(pictures, jobs, "no ink network", HEARTSENSE_MODEL=str(without_network)),
                real_row(pictures, jobs, "no choices by laws", "--without-laws"),
            )
        ]


def real_row(folder: Path, jobs: str, read: str, *options: str, **environment: str) -> str:
    """One folder of real pictures, read in one way."""
    s = measure("--real", str(folder), "--jobs", jobs, *options, **environment)
    cells = (
        f"`{folder.name}`",
        read,
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


def measure_rendered(data: Path, kind: str, limit: str, jobs: str) -> dict[str, Any]:
    """Summary of one kind of rendered pages, drawn from all records."""
    records = ("--data", str(data), "--manifest", str(data / "manifest.csv"))
    return measure(*records, "--page", kind, "--limit", limit, "--jobs", jobs)


def summary_of_lines(file: Path) -> dict[str, Any]:
    """The same from a results file."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from training.benchmark.digitizing import PageScore
    from training.benchmark.summary import summarize

    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return dict(summarize([PageScore.from_dict(row) for row in rows]))


def write_rendered(summaries: dict[str, dict[str, Any]]) -> None:
    """The three tables of rendered pages."""
    rows = [rendered_row(kind, s) for kind, s in summaries.items()]
    write_table("rendered", RENDERED_HEADS, rows)
    for part, name in (("by_layout", "layout"), ("by_hardship", "hardship")):
        rows = [
            part_row(f"{kind}: {what}", metrics)
            for kind, s in summaries.items()
            for what, metrics in s[part].items()
        ]
        write_table(f"rendered-{name}", PART_HEADS.format(part=name), rows)


def rendered_row(kind: str, s: dict[str, Any]) -> str:
    """One kind of rendered pages."""
    levels = (s["capped_snr_db"], s["median_snr_db"], share(s["below_10_db"]))
    cells = (kind, s["pages"], *levels, share(s["layout_found"]))
    return " | ".join(map(str, (*cells, share(s["refused"] / s["pages"]))))


def part_row(what: str, s: dict[str, Any]) -> str:
    """The pages of one layout, or with one hardship."""
    return " | ".join(
        map(str, (what, s["pages"], s["capped_snr_db"], s["median_snr_db"], s["refused"]))
    )


def measure(*options: str, **environment: str) -> dict[str, Any]:
    """What the benchmark says."""
    step = [sys.executable, "-m", "training", "benchmark-digitizer", "--json", *options]
    variables = os.environ | environment
    done = subprocess.run(step, stdout=subprocess.PIPE, check=True, env=variables)
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
