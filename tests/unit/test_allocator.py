"""Freed memory is kept for the next array."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from heartsense.allocator import reuse_freed_memory

{setting}
np.ones(8_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(8_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(setting: str) -> int:
    run = [sys.executable, "-c", FAULTS.format(setting=setting)]
    return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_the_kernel_clears_the_memory_of_large_arrays_once() -> None:
    assert page_faults("reuse_freed_memory()") < 0.2 * page_faults("pass")
