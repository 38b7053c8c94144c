"""Settings of the documentation's site: `make docs` builds it with Sphinx."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import heartsense

OPENAPI = Path(__file__).with_name("openapi.json")

project = "HeartSense"
version = release = heartsense.__version__
copyright = "HeartSense, Apache-2.0"  # Sphinx's own name for the footer

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
exclude_patterns = ["figures"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
numpydoc_show_class_members = False  # autodoc lists them

html_theme = "furo"
html_title = "HeartSense"
html_extra_path = ["openapi.json"]
html_copy_source = False


class Routes(SphinxDirective):
    """A table of the API's routes, from openapi.json."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(OPENAPI))
        rows = [
            f"| `{method.upper()} {path}` | {operation['summary']} |"
            for path, methods in json.loads(OPENAPI.read_text())["paths"].items()
            for method, operation in methods.items()
        ]
        return self.parse_text_to_nodes("\n".join(["| route | |", "|---|---|", *rows]))


def setup(app: Sphinx) -> None:
    """Add our own directive."""
    app.add_directive("routes", Routes)
