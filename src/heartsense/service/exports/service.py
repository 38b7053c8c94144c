"""Starting exports, and building them.

An archive can be larger than any reply of Lambda or API Gateway (6 and 10 MB). So every export,
small or large, is built by a worker into the bucket and fetched there through a link that expires.
"""

import json
from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools import Logger

from heartsense.errors import ExportNotFoundError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts import AccountRepository
from heartsense.service.clock import Clock, utc_now
from heartsense.service.exports.archive import ExportArchive
from heartsense.service.exports.export import Export, Status
from heartsense.service.exports.repository import ExportRepository
from heartsense.service.exports.storage import S3ExportStorage
from heartsense.service.predictions.upload_queue import UploadQueue
from heartsense.service.rate_limiter import RateLimiter

MAX_ATTEMPTS: Final = 4
"""The delivery that fails the export instead of building it: the queue's maxReceiveCount."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class ExportService:
    """Exports of signed-in users."""

    exports: ExportRepository
    storage: S3ExportStorage
    limiter: RateLimiter
    queue: UploadQueue
    clock: Clock = utc_now

    def start(self, owner: str) -> Export:
        """Start an export, or return the one that is being built.

        Raises
        ------
        TooManyAttemptsError
        """
        self.limiter.acquire(rate_limit_policies.export(owner))
        export = self.exports.begin(owner, self.clock())
        # Again for one that is being built: its message may be lost. Building twice does no harm.
        self.queue.send(json.dumps({"export": export.id}), owner)
        return export

    def latest(self, owner: str) -> tuple[Export, str | None]:
        """The newest export, and the link to its archive once that is ready.

        Raises
        ------
        ExportNotFoundError
        """
        export = self.exports.latest(owner)
        if export is None:
            raise ExportNotFoundError("There is no export, or it has expired. Start a new one.")
        if export.status is not Status.READY:
            return export, None
        return export, self.storage.download_link(owner, export.id)


@dataclass(frozen=True, slots=True)
class ExportBuilder:
    """Builds the archives of exports; each may be built more than once."""

    exports: ExportRepository
    accounts: AccountRepository
    storage: S3ExportStorage
    archive: ExportArchive
    clock: Clock = utc_now

    def build(self, export_id: str, attempt: int = 1) -> Status | None:
        """Build an export; returns its status, None if it is gone."""
        export = self.exports.get(export_id)
        if export is None or export.status is not Status.PENDING:
            return None if export is None else export.status
        if attempt >= MAX_ATTEMPTS:
            self.exports.fail(export.id)
            return Status.FAILED
        account = self.accounts.by_id(export.owner)
        if account is None or account.pending_deletion:
            return None
        with self.storage.writer(export.owner, export.id) as writer:
            self.archive.write(account, writer, self.clock())
        if self.exports.finish(export.id, writer.size):
            return Status.READY
        # The account was deleted meanwhile, and its deletion has missed the archive.
        self.storage.delete(export.owner, export.id)
        return None
