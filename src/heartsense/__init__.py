"""HeartSense reads an ECG from its picture. It is not a medical device.

>>> import heartsense
>>> result = heartsense.read("samples/normal.png")
>>> result.findings
('normal',)

``read`` does everything; ``digitize``, ``measure`` and ``classify`` are its steps. Whatever
cannot be read raises a ``HeartSenseError`` with a stable ``code`` and a ``message`` for people.
"""

from typing import TYPE_CHECKING

from heartsense.lazy_imports import lazy_names

if TYPE_CHECKING:
    from heartsense.classifier import Classification, Classifier, Finding
    from heartsense.conditions import CONDITIONS, Condition
    from heartsense.ecg import ECG, LEADS, Digitized, Quality, Trace
    from heartsense.errors import (
        DigitizerError,
        FileError,
        HeartSenseError,
        ImageError,
        ModelError,
    )
    from heartsense.measurements import Measurements, measure
    from heartsense.pipeline import classify, digitize, read
    from heartsense.result import Result

__all__ = [
    "CONDITIONS",
    "ECG",
    "LEADS",
    "Classification",
    "Classifier",
    "Condition",
    "Digitized",
    "DigitizerError",
    "FileError",
    "Finding",
    "HeartSenseError",
    "ImageError",
    "Measurements",
    "ModelError",
    "Quality",
    "Result",
    "Trace",
    "__version__",
    "classify",
    "digitize",
    "measure",
    "read",
]

__version__ = "0.1.0"

# `import heartsense` itself loads nothing.
__getattr__ = lazy_names(
    __name__,
    {
        "classifier": ("Classification", "Classifier", "Finding"),
        "conditions": ("CONDITIONS", "Condition"),
        "ecg": ("ECG", "LEADS", "Digitized", "Quality", "Trace"),
        "errors": ("DigitizerError", "FileError", "HeartSenseError", "ImageError", "ModelError"),
        "measurements": ("Measurements", "measure"),
        "pipeline": ("classify", "digitize", "read"),
        "result": ("Result",),
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
