"""Every refusal HeartSense can give, in one tree.

HeartSenseError                 code, message; never raised itself
├── FileError                   a file on disk cannot be read or written
│   ├── FileMissingError            file_not_found
│   ├── FileUnreadableError         file_unreadable
│   └── FileUnwritableError         file_unwritable
├── ImageError                  the bytes cannot become a page
│   ├── EmptyFileError              empty_file
│   ├── NotAnImageError             not_an_image
│   ├── TruncatedImageError         truncated_image
│   ├── FileTooLargeError           file_too_large
│   ├── TooManyPixelsError          too_many_pixels
│   ├── ImageTooSmallError          image_too_small
│   ├── EncryptedPDFError           encrypted_pdf
│   ├── TooManyPagesError           too_many_pages
│   └── NoSuchPageError             no_such_page
├── DigitizerError              the page cannot become an ECG
│   ├── NoECGFoundError             no_ecg_found
│   └── NoScaleError                no_scale
├── ModelError                  the model files cannot be trusted or read
│   ├── ModelMissingError           model_missing
│   ├── ModelChangedError           model_changed
│   └── UnsafePickleError           unsafe_pickle
├── ClassificationFailedError   classification_failed: an upload was given up, by our fault
├── WorkerDiedError             worker_died: reading a picture ended the process that read it
├── SettingsError               settings_invalid: the environment lacks something
└── RequestError                a request cannot be answered as it was asked
    ├── InvalidRequestError         invalid_request
    ├── UnsupportedMediaTypeError   unsupported_media_type
    ├── NotSignedInError            not_signed_in
    ├── TokenRefusedError           token_refused
    ├── NotAllowedError             not_allowed
    ├── WeakPasswordError           weak_password
    ├── WrongCredentialsError       wrong_credentials
    ├── WrongPasswordError          wrong_password
    ├── LinkRefusedError            link_refused
    ├── SessionEndedError           session_ended
    ├── AccountClosingError         account_closing
    ├── NoSuchAccountError          no_such_account: only administrators hear it
    ├── NoSuchPredictionError       no_such_prediction: there is none, or it is another's
    ├── NoSuchPictureError          no_such_picture: not drawn, or not drawn yet
    ├── AddressNotVerifiedError     address_not_verified: before the first report
    ├── AddressSuppressedError      address_suppressed: mail to it bounced, or it complained
    ├── NoSuchReportError           no_such_report: there is none, or it is another's
    ├── PredictionNotDoneError      prediction_not_done: there is no result to report or review
    ├── ReportUnderWayError         report_under_way: it is being sent, and so not to be sent again
    ├── InvalidFeedbackError        invalid_feedback: its conditions contradict each other
    └── RetryLaterError             the same request may succeed after some seconds
        ├── TooManyAttemptsError        too_many_attempts
        └── MailNotSentError            mail_not_sent

A ``code`` is part of the product's contract: it never changes its meaning.
A ``message`` is a sentence that tells a person what to do next.
"""

from typing import ClassVar


class HeartSenseError(Exception):
    """A refusal with a stable code and a sentence a person can act on."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FileError(HeartSenseError):
    """A file on disk cannot be read or written; only the command line meets files."""


class FileMissingError(FileError):
    code = "file_not_found"


class FileUnreadableError(FileError):
    code = "file_unreadable"


class FileUnwritableError(FileError):
    code = "file_unwritable"


class ImageError(HeartSenseError):
    """The bytes that were handed in cannot become a page."""


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


class ImageTooSmallError(ImageError):
    code = "image_too_small"


class EncryptedPDFError(ImageError):
    code = "encrypted_pdf"


class TooManyPagesError(ImageError):
    code = "too_many_pages"


class NoSuchPageError(ImageError):
    code = "no_such_page"


class DigitizerError(HeartSenseError):
    """The page cannot become an ECG."""


class NoECGFoundError(DigitizerError):
    code = "no_ecg_found"


class NoScaleError(DigitizerError):
    code = "no_scale"


class ModelError(HeartSenseError):
    """The model's files are missing or are not the ones its manifest names."""


class ModelMissingError(ModelError):
    code = "model_missing"


class ModelChangedError(ModelError):
    code = "model_changed"


class UnsafePickleError(ModelError):
    code = "unsafe_pickle"


class ClassificationFailedError(HeartSenseError):
    """An upload could not be classified through no fault of its own."""

    code = "classification_failed"


class WorkerDiedError(HeartSenseError):
    """A process that reads pictures ended: killed, or by a defect. Its picture may be why."""

    code = "worker_died"


class SettingsError(HeartSenseError):
    """The environment lacks a setting or holds one that cannot be used."""

    code = "settings_invalid"


class RequestError(HeartSenseError):
    """A request cannot be answered as it was asked."""


class InvalidRequestError(RequestError):
    code = "invalid_request"


class UnsupportedMediaTypeError(RequestError):
    code = "unsupported_media_type"


class NotSignedInError(RequestError):
    code = "not_signed_in"


class TokenRefusedError(RequestError):
    code = "token_refused"


class NotAllowedError(RequestError):
    code = "not_allowed"


class WeakPasswordError(RequestError):
    code = "weak_password"


class WrongCredentialsError(RequestError):
    """Unknown address and wrong password alike."""

    code = "wrong_credentials"


class WrongPasswordError(RequestError):
    """Somebody signed in did not confirm with the right password."""

    code = "wrong_password"


class LinkRefusedError(RequestError):
    code = "link_refused"


class SessionEndedError(RequestError):
    code = "session_ended"


class AccountClosingError(RequestError):
    code = "account_closing"


class NoSuchAccountError(RequestError):
    code = "no_such_account"


class NoSuchPredictionError(RequestError):
    code = "no_such_prediction"


class NoSuchPictureError(RequestError):
    code = "no_such_picture"


class AddressNotVerifiedError(RequestError):
    code = "address_not_verified"


class AddressSuppressedError(RequestError):
    code = "address_suppressed"


class NoSuchReportError(RequestError):
    code = "no_such_report"


class PredictionNotDoneError(RequestError):
    code = "prediction_not_done"


class ReportUnderWayError(RequestError):
    code = "report_under_way"


class InvalidFeedbackError(RequestError):
    code = "invalid_feedback"


class RetryLaterError(RequestError):
    """The same request may succeed after `seconds`."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyAttemptsError(RetryLaterError):
    code = "too_many_attempts"


class MailNotSentError(RetryLaterError):
    code = "mail_not_sent"
