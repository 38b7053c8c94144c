"""One's own data: an archive of everything that an account owns."""

from heartsense.service.exports.archive import ExportArchive
from heartsense.service.exports.export import Export, Status
from heartsense.service.exports.repository import ExportRepository, create_indexes
from heartsense.service.exports.service import ExportBuilder, ExportService
from heartsense.service.exports.storage import S3ExportStorage

__all__ = [
    "Export",
    "ExportArchive",
    "ExportBuilder",
    "ExportRepository",
    "ExportService",
    "S3ExportStorage",
    "Status",
    "create_indexes",
]
