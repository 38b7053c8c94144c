"""Services of the export function, built from the environment."""

from heartsense.service.accounts import AccountRepository
from heartsense.service.database import database
from heartsense.service.exports import (
    ExportArchive,
    ExportBuilder,
    ExportRepository,
    S3ExportStorage,
)
from heartsense.service.settings import PicturesSettings, load


def export_builder() -> ExportBuilder:
    """Builds archives."""
    storage = S3ExportStorage(load(PicturesSettings).pictures_bucket)
    return ExportBuilder(
        ExportRepository(database()),
        AccountRepository(database()),
        storage,
        ExportArchive(database(), storage),
    )
