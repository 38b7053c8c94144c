"""What is measured, what the values mean and who says so; the quality of images in a word."""

from heartsense.reference_ranges.limits import Assessment, Comparison, ReferenceRange, Sex
from heartsense.reference_ranges.quality_labels import (
    FAIR_QUALITY,
    GOOD_QUALITY,
    QualityLabel,
    quality_label,
)
from heartsense.reference_ranges.rows import MeasurementRow, measurement_rows
from heartsense.reference_ranges.table import (
    CORNELL_LIMIT,
    REFERENCE_RANGES,
    SOKOLOW_LYON_LIMIT,
)
from heartsense.reference_ranges.values import Measurements

__all__ = [
    "CORNELL_LIMIT",
    "FAIR_QUALITY",
    "GOOD_QUALITY",
    "REFERENCE_RANGES",
    "SOKOLOW_LYON_LIMIT",
    "Assessment",
    "Comparison",
    "MeasurementRow",
    "Measurements",
    "QualityLabel",
    "ReferenceRange",
    "Sex",
    "measurement_rows",
    "quality_label",
]
