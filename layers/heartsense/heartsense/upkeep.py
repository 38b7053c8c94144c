"""What spans all collections: their indexes, and forgetting a person or finishing to.

Whatever keeps something in MongoDB or in the bucket adds its line here.
"""

from typing import Any

from pymongo.database import Database

from heartsense import accounts, predictions
from heartsense.predictions import Deletion, MongoPredictions, S3Pictures

Documents = Database[dict[str, Any]]

INDEXES = (
    accounts.create_indexes,
    predictions.create_indexes,
)


def create_indexes(database: Documents) -> None:
    """Make the indexes of all collections; those that are there already stay."""
    for create in INDEXES:
        create(database)


def forget_all(database: Documents, bucket: str, owner: str) -> None:
    """Delete everything that belongs to an account, besides the account; may be repeated."""
    _deletion(database, bucket).forget_owner(owner)


def sweep(database: Documents, bucket: str) -> int:
    """Finish deletions of single things that were cut off; how many."""
    return _deletion(database, bucket).sweep()


def _deletion(database: Documents, bucket: str) -> Deletion:
    return Deletion(MongoPredictions(database), S3Pictures(bucket))
