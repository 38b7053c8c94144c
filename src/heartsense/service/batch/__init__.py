"""Many pictures at once: a folder on this machine, or a bucket in batches."""

from heartsense.service.batch.run import Progress, archive

__all__ = ["Progress", "archive"]
