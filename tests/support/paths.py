"""Where the repository's files are, for tests."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
STUB_TEMPLATE = ROOT / "tests" / "support" / "stub" / "template.yaml"
