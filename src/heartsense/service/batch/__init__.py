"""Many files at once: a folder on one machine, or batches of objects in a bucket."""

from heartsense.service.batch.run import Progress, classify_folder

__all__ = ["Progress", "classify_folder"]
