"""Tasks that span all collections: indexes, and deleting predictions and accounts.

Every package that stores something in MongoDB or in the bucket has a line in each of these.
"""

from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from heartsense.service import (
    accounts,
    audit,
    contact,
    exports,
    feedback,
    predictions,
    rate_limiter,
    reports,
)
from heartsense.service.accounts import AccountDeletion, AccountRepository
from heartsense.service.email import suppressions
from heartsense.service.predictions import (
    MongoPredictionRepository,
    PredictionDeletion,
    S3PredictionStorage,
)

Documents = Database[dict[str, Any]]


def create_indexes(database: Documents) -> None:
    """Create the indexes of all collections; may be repeated."""
    accounts.create_indexes(database)
    rate_limiter.create_indexes(database)
    audit.create_indexes(database)
    contact.create_indexes(database)
    suppressions.create_indexes(database)
    predictions.create_indexes(database)
    reports.create_indexes(database)
    feedback.create_indexes(database)
    exports.create_indexes(database)


def prediction_deletion(database: Documents, bucket: str) -> PredictionDeletion:
    """Create the service that deletes predictions."""

    def delete_related(prediction: str) -> None:
        reports.delete_by_prediction(database, prediction)
        feedback.delete_by_prediction(database, prediction)

    return PredictionDeletion(
        MongoPredictionRepository(database), S3PredictionStorage(bucket), delete_related
    )


@dataclass(frozen=True, slots=True)
class AllOwnedData:
    """Everything that accounts own, in the database and the bucket."""

    database: Documents
    bucket: str

    def delete(self, owner: str) -> None:
        """Delete everything that an account owns; may be repeated."""
        # First: an export that is still being built then deletes its own archive.
        exports.ExportRepository(self.database).delete_by_owner(owner)
        prediction_deletion(self.database, self.bucket).delete_by_owner(owner)
        reports.delete_by_owner(self.database, owner)
        feedback.delete_account_data(self.database, owner)


def account_deletion(database: Documents, bucket: str) -> AccountDeletion:
    """Create the service that deletes accounts."""
    return AccountDeletion(database, AccountRepository(database), AllOwnedData(database, bucket))


def sweep(database: Documents, bucket: str) -> int:
    """Finish interrupted deletions of accounts and predictions; returns how many."""
    accounts_deleted = account_deletion(database, bucket).sweep()
    return accounts_deleted + prediction_deletion(database, bucket).sweep()
