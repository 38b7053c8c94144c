"""How much memory reading takes, at the largest size that a decoder hands on."""

import subprocess
import sys

import pytest

from heartsense.errors import NoECGFoundError
from heartsense.images import MAX_SIDE

MAX_MEGABYTES = 600

READ = f"""
import pathlib
import numpy as np
from heartsense.errors import HeartSenseError
from heartsense.pipeline import read_pixels
page = np.full(({MAX_SIDE}, {MAX_SIDE}, 3), 255, np.uint8)
page[::13] = page[:, ::13] = (255, 170, 170)
try:
    read_pixels(page)
    code = "read"
except HeartSenseError as error:
    code = error.code
status = pathlib.Path("/proc/self/status").read_text()
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(code, int(peak.split()[1]) / 1000)
"""
"""Grid paper without an ECG: it is looked at from all four sides before it is refused."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_the_largest_page_is_refused_within_the_memory_of_the_function() -> None:
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    code, megabytes = done.stdout.split()
    assert code == NoECGFoundError.code
    assert float(megabytes) < MAX_MEGABYTES
