"""What processes have used, as Linux tells in /proc."""

import os
import re
from contextlib import suppress
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its descendants, and those that have ended."""
    try:
        others = sum(map(cpu_seconds, children(pid)))
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # ended just now: its parent's time has it
        return 0.0
    return others + sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Ids of the processes that a process has started and that still run."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += map(int, thread.read_text().split())
    return found


def peak_bytes(pid: int) -> int:
    """The most resident memory that a process has had; 0 for one that has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
