"""All errors of HeartSense.

HeartSenseError                 code, message; only its subclasses are raised
├── FileError                   a file on disk cannot be read or written (command line only)
│   ├── FileMissingError                file_not_found
│   ├── FileUnreadableError             file_unreadable
│   └── FileUnwritableError             file_unwritable
├── ImageError                  the file is no image that can be decoded
│   ├── EmptyFileError                  empty_file
│   ├── NotAnImageError                 not_an_image
│   ├── TruncatedImageError             truncated_image
│   ├── FileTooLargeError               file_too_large
│   ├── TooManyPixelsError              too_many_pixels
│   ├── TooComplexError                 too_complex: decoding took too much time or memory
│   ├── ImageTooSmallError              image_too_small
│   ├── EncryptedPDFError               encrypted_pdf
│   ├── TooManyPagesError               too_many_pages
│   └── PageNotFoundError               no_such_page
├── DigitizerError              the page cannot be digitized
│   ├── NoECGFoundError                 no_ecg_found
│   ├── NoScaleError                    no_scale
│   └── ScaleContradictedError          scale_contradicted: grid and beats do not agree
├── ModelError                  the model files are missing or cannot be trusted
│   ├── ModelMissingError               model_missing
│   ├── ModelChangedError               model_changed
│   └── UnsafePickleError               unsafe_pickle
├── ClassificationFailedError   classification_failed: an upload failed by an internal error
├── WorkerDiedError             worker_died: the worker process ended while it classified
├── BackupError                 backup_failed: a backup cannot be written, read or restored
├── SettingsError               settings_invalid: a setting is missing or invalid
└── RequestError                the request cannot be fulfilled
    ├── InvalidRequestError             invalid_request
    ├── UnsupportedMediaTypeError       unsupported_media_type
    ├── NotAuthenticatedError           not_signed_in
    ├── InvalidAccessTokenError         token_refused
    ├── PermissionDeniedError           not_allowed
    ├── WeakPasswordError               weak_password
    ├── WrongCredentialsError           wrong_credentials
    ├── WrongPasswordError              wrong_password
    ├── WrongSecondFactorError          wrong_second_factor: or it was used before
    ├── SecondFactorNotFoundError       no_such_second_factor
    ├── SecondFactorMissingError        second_factor_missing: required to open others' results
    ├── InvalidLinkError                link_refused
    ├── SessionEndedError               session_ended
    ├── AccountDeletionPendingError     account_closing
    ├── AccountNotFoundError            no_such_account: only administrators see it
    ├── PredictionNotFoundError         no_such_prediction: missing, or owned by another user
    ├── PictureNotFoundError            no_such_picture: not rendered, or not yet
    ├── AddressNotVerifiedError         address_not_verified: required to send reports
    ├── AddressSuppressedError          address_suppressed: after a bounce or a complaint
    ├── ReportNotFoundError             no_such_report: missing, or owned by another user
    ├── ExportNotFoundError             no_such_export: none was started, or it has expired
    ├── PredictionNotReadyError         prediction_not_done: there is no result yet
    ├── ReportInProgressError           report_under_way: it is already being sent
    ├── InvalidFeedbackError            invalid_feedback: contradictory conditions
    └── RetryLaterError                 the same request may succeed later
        ├── TooManyAttemptsError        too_many_attempts
        ├── DatabaseUnavailableError        database_unavailable
        ├── AuditUnavailableError           audit_unavailable: an access that cannot be recorded
        └── EmailNotSentError           mail_not_sent

A ``code`` is part of the public interface and never changes its meaning.
A ``message`` tells the user what is wrong and what to do next.
"""

from dataclasses import asdict
from typing import Any, ClassVar

from heartsense.advice import Advice


class HeartSenseError(Exception):
    """Base of all errors that are shown to users.

    Attributes
    ----------
    code : str
        Stable, for programs.
    message : str
        What is wrong and what to do next, for people.
    advice : Advice or None
        How to take the picture again, where that helps; its text is part of the message.
    """

    code: ClassVar[str]

    def __init__(self, message: str, advice: Advice | None = None) -> None:
        super().__init__(message if advice is None else f"{message} {advice.text}")
        self.message = str(self)
        self.advice = advice

    def to_dict(self) -> dict[str, Any]:
        """The error in JSON's own types; ``advice`` only where there is one."""
        told: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.advice is not None:
            told["advice"] = asdict(self.advice)
        return told


class FileError(HeartSenseError):
    """A file on disk cannot be read or written."""


class FileMissingError(FileError):
    code = "file_not_found"


class FileUnreadableError(FileError):
    code = "file_unreadable"


class FileUnwritableError(FileError):
    code = "file_unwritable"


class ImageError(HeartSenseError):
    """The file is no image that can be decoded, or exceeds a limit."""


class EmptyFileError(ImageError):
    code = "empty_file"


class NotAnImageError(ImageError):
    code = "not_an_image"


class TruncatedImageError(ImageError):
    code = "truncated_image"


class FileTooLargeError(ImageError):
    code = "file_too_large"


class TooManyPixelsError(ImageError):
    code = "too_many_pixels"


class TooComplexError(ImageError):
    """Decoding ran into a limit on time or memory, or crashed."""

    code = "too_complex"


class ImageTooSmallError(ImageError):
    code = "image_too_small"


class EncryptedPDFError(ImageError):
    code = "encrypted_pdf"


class TooManyPagesError(ImageError):
    code = "too_many_pages"


class PageNotFoundError(ImageError):
    code = "no_such_page"


class DigitizerError(HeartSenseError):
    """The page cannot be digitized."""


class NoECGFoundError(DigitizerError):
    code = "no_ecg_found"


class NoScaleError(DigitizerError):
    code = "no_scale"


class ScaleContradictedError(DigitizerError):
    code = "scale_contradicted"


class ModelError(HeartSenseError):
    """The model files are missing, or differ from the manifest."""


class ModelMissingError(ModelError):
    code = "model_missing"


class ModelChangedError(ModelError):
    code = "model_changed"


class UnsafePickleError(ModelError):
    code = "unsafe_pickle"


class ClassificationFailedError(HeartSenseError):
    """An upload could not be classified because of an internal error."""

    code = "classification_failed"


class WorkerDiedError(HeartSenseError):
    """A worker process was killed or crashed, possibly because of the image it classified."""

    code = "worker_died"


class BackupError(HeartSenseError):
    """A backup cannot be written, is damaged, or would overwrite what is stored."""

    code = "backup_failed"


class SettingsError(HeartSenseError):
    """An environment variable is missing or has an invalid value."""

    code = "settings_invalid"


class RequestError(HeartSenseError):
    """The request cannot be fulfilled."""


class InvalidRequestError(RequestError):
    code = "invalid_request"


class UnsupportedMediaTypeError(RequestError):
    code = "unsupported_media_type"


class NotAuthenticatedError(RequestError):
    code = "not_signed_in"


class InvalidAccessTokenError(RequestError):
    code = "token_refused"


class PermissionDeniedError(RequestError):
    code = "not_allowed"


class WeakPasswordError(RequestError):
    code = "weak_password"


class WrongCredentialsError(RequestError):
    """Unknown e-mail address or wrong password; which of them is not disclosed."""

    code = "wrong_credentials"


class WrongPasswordError(RequestError):
    """A signed-in user confirmed an action with a wrong password."""

    code = "wrong_password"


class WrongSecondFactorError(RequestError):
    """A code or passkey is wrong, was used before, or was begun too long ago."""

    code = "wrong_second_factor"


class SecondFactorNotFoundError(RequestError):
    code = "no_such_second_factor"


class SecondFactorMissingError(RequestError):
    """The caller's role needs a second factor, and the account has none yet."""

    code = "second_factor_missing"


class InvalidLinkError(RequestError):
    code = "link_refused"


class SessionEndedError(RequestError):
    code = "session_ended"


class AccountDeletionPendingError(RequestError):
    code = "account_closing"


class AccountNotFoundError(RequestError):
    code = "no_such_account"


class PredictionNotFoundError(RequestError):
    code = "no_such_prediction"


class PictureNotFoundError(RequestError):
    code = "no_such_picture"


class AddressNotVerifiedError(RequestError):
    code = "address_not_verified"


class AddressSuppressedError(RequestError):
    code = "address_suppressed"


class ReportNotFoundError(RequestError):
    code = "no_such_report"


class ExportNotFoundError(RequestError):
    code = "no_such_export"


class PredictionNotReadyError(RequestError):
    code = "prediction_not_done"


class ReportInProgressError(RequestError):
    code = "report_under_way"


class InvalidFeedbackError(RequestError):
    code = "invalid_feedback"


class RetryLaterError(RequestError):
    """The same request may succeed later.

    Attributes
    ----------
    seconds : int
        Time to wait before the next attempt.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyAttemptsError(RetryLaterError):
    code = "too_many_attempts"


class DatabaseUnavailableError(RetryLaterError):
    code = "database_unavailable"


class AuditUnavailableError(RetryLaterError):
    """An access to another person's data cannot be recorded, and so does not take place."""

    code = "audit_unavailable"


class EmailNotSentError(RetryLaterError):
    code = "mail_not_sent"
