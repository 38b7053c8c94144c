"""Write the network's arrays, with their description."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from heartsense.digitizer.trace_extraction.centreline_network import (
    DESCRIPTION,
    NETWORK,
    CentrelineNetwork,
)
from heartsense.files import write_described_model_file


def write_network(network: CentrelineNetwork, out: Path, description: dict[str, Any]) -> int:
    """Write the ``.npz`` and the ``.json`` that names it; returns the bytes of the first."""
    buffer = BytesIO()
    np.savez(buffer, allow_pickle=False, **network.to_arrays())
    content = buffer.getvalue()
    write_described_model_file(out, NETWORK, content, DESCRIPTION, description)
    return len(content)
