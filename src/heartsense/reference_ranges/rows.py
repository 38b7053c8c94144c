"""Measurements as every screen shows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from heartsense.reference_ranges.limits import Comparison, Sex
from heartsense.reference_ranges.table import REFERENCE_RANGES


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """One measurement as screens show it; texts are empty where there is nothing to say.

    ``value`` has its unit. ``word`` says what it means, ``source`` who says so.
    """

    id: str
    title: str
    meaning: str
    value: str
    normal_range: str
    comparison: Comparison | None
    word: str
    source: str


def measurement_rows(
    values: Mapping[str, float | None], sex: Sex | None = None, age: int | None = None
) -> tuple[MeasurementRow, ...]:
    """All measurements as screens show them, in their order; see ``ReferenceRange.assess``."""
    return tuple(_rows(values, sex, age))


def _rows(
    values: Mapping[str, float | None], sex: Sex | None, age: int | None
) -> Iterator[MeasurementRow]:
    for name, reference in REFERENCE_RANGES.items():
        value = values.get(name)
        found = reference.assess(value, sex, age)
        yield MeasurementRow(
            id=name,
            title=reference.title,
            meaning=reference.meaning,
            value="" if value is None else reference.format_value(value),
            normal_range=found.normal_range,
            comparison=found.comparison,
            word=found.word,
            source=found.source,
        )
