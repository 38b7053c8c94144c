"""Sections of ``docs/results.md`` that steps other than ``evaluate`` write."""

from pathlib import Path


def write_section(path: Path, heading: str, text: str) -> None:
    """Replace the section under a heading, which the next heading ends, or append it."""
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(f"{heading}\n")
    _, mark, after = rest.partition("\n## ")
    path.write_text(
        f"{before.rstrip()}\n\n{text}" + (f"\n## {after}" if mark else ""), encoding="utf-8"
    )
