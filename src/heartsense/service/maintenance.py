"""What spans all collections: their indexes, and deleting predictions, forgetting people.

Whatever keeps something in MongoDB or in the bucket has its line in each of these functions.
"""

from functools import partial
from typing import Any

from pymongo.database import Database

from heartsense.service import accounts, contact, feedback, predictions, rate_limiter, reports
from heartsense.service.accounts import AccountDeletion, AccountRepository
from heartsense.service.predictions import MongoPredictionRepository, PredictionDeletion, S3Pictures

Documents = Database[dict[str, Any]]


def create_indexes(database: Documents) -> None:
    """Make the indexes of all collections; those that are there already stay."""
    accounts.create_indexes(database)
    rate_limiter.create_indexes(database)
    contact.create_indexes(database)
    predictions.create_indexes(database)
    reports.create_indexes(database)
    feedback.create_indexes(database)


def prediction_deletion(database: Documents, bucket: str) -> PredictionDeletion:
    """What deletes predictions."""

    def forget_rest(prediction: str) -> None:
        reports.forget_prediction(database, prediction)
        feedback.forget_prediction(database, prediction)

    return PredictionDeletion(MongoPredictionRepository(database), S3Pictures(bucket), forget_rest)


def forget_all(database: Documents, bucket: str, owner: str) -> None:
    """Delete everything that belongs to an account, besides the account; may be repeated."""
    prediction_deletion(database, bucket).forget_owner(owner)
    reports.forget_all(database, owner)
    feedback.forget_all(database, owner)


def account_deletion(database: Documents, bucket: str) -> AccountDeletion:
    """What deletes accounts."""
    return AccountDeletion(
        database, AccountRepository(database), partial(forget_all, database, bucket)
    )


def sweep(database: Documents, bucket: str) -> int:
    """Finish what began to be deleted and was cut off; how many things."""
    return (
        account_deletion(database, bucket).sweep() + prediction_deletion(database, bucket).sweep()
    )
