"""Many pictures at once: a folder on this machine, or a bucket in batches."""

from heartsense.archive.run import Tally, archive

__all__ = ["Tally", "archive"]
