"""Asking for an upload: a prediction that waits for its picture, and the form that takes it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from heartsense.errors import AccountClosingError
from heartsense.service import rate_limit_policies
from heartsense.service.accounts import AccountRepository
from heartsense.service.predictions.repository import PredictionRepository
from heartsense.service.predictions.storage import S3Pictures, UploadForm
from heartsense.service.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class UploadService:
    """Takes what signed-in people ask for."""

    store: PredictionRepository
    accounts: AccountRepository
    pictures: S3Pictures
    limiter: RateLimiter

    def ask(
        self, user: str, content_type: str, size: int, page: int, keep_for_training: bool
    ) -> tuple[str, UploadForm]:
        """A new prediction's id, and the form for one picture of this type and size.

        Raises
        ------
        TooManyAttemptsError
        AccountClosingError
            The account began to be deleted meanwhile.
        """
        self.limiter.acquire(rate_limit_policies.upload(user))
        prediction = self.store.create(user, page, keep_for_training, datetime.now(UTC))
        # An account that was deleted in between has swept its predictions already.
        account = self.accounts.by_id(user)
        if account is None or account.pending_deletion:
            self.store.remove(prediction.id)
            raise AccountClosingError("This account is being deleted.")
        return prediction.id, self.pictures.form(user, prediction.id, content_type, size)
