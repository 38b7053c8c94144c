"""Starts uploads: creates a pending prediction and the form that takes its file."""

from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import AccountDeletionPendingError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts import AccountRepository
from heartsense.service.predictions.repository import PredictionRepository
from heartsense.service.predictions.storage import S3PredictionStorage, UploadForm
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class UploadService:
    """Starts uploads of signed-in users."""

    predictions: PredictionRepository
    accounts: AccountRepository
    storage: S3PredictionStorage
    limiter: RateLimiter

    def start(
        self, user: str, content_type: str, size: int, page: int, keep_for_training: bool
    ) -> tuple[str, UploadForm]:
        """A new prediction's id, and the form for one file of this media type and size in bytes.

        Raises
        ------
        TooManyAttemptsError
        AccountDeletionPendingError
            The account is being deleted.
        """
        self.limiter.acquire(rate_limit_policies.upload(user))
        prediction = self.predictions.create(user, page, keep_for_training, datetime.now(UTC))
        # A deletion of the account that ran in between has missed this prediction.
        account = self.accounts.by_id(user)
        if account is None or account.pending_deletion:
            self.predictions.remove(prediction.id)
            raise AccountDeletionPendingError("This account is being deleted.")
        return prediction.id, self.storage.upload_form(user, prediction.id, content_type, size)
