"""The Markdown pages name files, folders and headings that exist."""

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/*.md")])
FOLDERS = (
    "src",
    "functions",
    "devstack",
    "training",
    "tests",
    "tools",
    "web",
    "docs",
    "infra",
    "samples",
)
FILES = [path for folder in FOLDERS for path in ROOT.joinpath(folder).rglob("*.*")]
FILES += [path for path in ROOT.glob("*.*") if path.is_file()]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What `#...` may name in a page: its headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_in_backticks_are_in_the_tree(page: Path) -> None:
    """With or without their folders, `NAME` and `*` for any."""
    for path in re.findall(r"`([\w./*\-]+\.(?:py|js|md|yaml|toml|typ))[`:]", prose(page)):
        pattern = path.replace("NAME", "*")
        assert any(file.match(pattern) for file in FILES), path


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_tests_in_backticks_exist(page: Path) -> None:
    """A name may be cut short, as in `test_file.py::test_what`, then `…::test_something_el…`."""
    file = ""
    for given, test in re.findall(r"`([\w./]+\.py|…)::(\w+)", prose(page)):
        file = file if given == "…" else given
        sources = [path.read_text() for path in FILES if path.match(file)]
        assert any(f"def {test}" in source for source in sources), f"{file}::{test}"


# The requirements of level 1 of OWASP ASVS 5.0 but those on OAuth (V10).
LEVEL_1 = re.findall(
    r"\S+",
    """
1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1
3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5
6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2
8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1
15.1.1 15.2.1 15.3.1
""",
)


def test_every_requirement_of_level_1_has_a_row() -> None:
    rows = re.findall(r"^\| ([\d., -]+) \|", prose(ROOT / "docs/security.md"), flags=re.MULTILINE)
    listed = set()
    for row in rows:
        for part in row.split(", "):
            first, _, last = part.partition(" - ")
            section, _, number = first.rpartition(".")
            end = int((last or first).rpartition(".")[2])
            listed |= {f"{section}.{count}" for count in range(int(number), end + 1)}
    assert len(LEVEL_1) == 65
    assert [found for found in LEVEL_1 if found not in listed] == []


def tree(page: Path) -> set[str]:
    """The paths in the tree that a page draws: two spaces a level, names, then what they are."""
    drawn = re.search(r"^```\n(src/.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert drawn
    found: set[str] = set()
    parents: list[str] = []
    for line in drawn[1].splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        names = re.split(r" {2,}", line.strip())[0].split(" ")
        found |= {"/".join([*parents[:level], entry.rstrip("/")]) for entry in names}
        parents = [*parents[:level], names[0].rstrip("/")]
    return found


def test_the_tree_in_the_architecture_is_the_tree() -> None:
    drawn = tree(ROOT / "docs" / "architecture.md")
    assert not {path for path in drawn if not (ROOT / path).exists()}
    package = ROOT / "src" / "heartsense"
    modules = [*package.iterdir(), *package.joinpath("service").iterdir()]
    there = {str(path.relative_to(ROOT)) for path in modules if path.suffix in {"", ".py"}}
    missing = {path for path in there - drawn if not Path(path).name.startswith("__")}
    assert not missing
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert folders <= drawn
