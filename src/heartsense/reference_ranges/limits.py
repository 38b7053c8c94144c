"""Limits of measurements by sex and age, and what a value means within them."""

from dataclasses import dataclass
from math import inf
from typing import Final, Literal

Sex = Literal["female", "male"]
Comparison = Literal["low", "normal", "borderline", "high"]

ADULT_AGE: Final = 16
"""Years from which the ranges of adults hold."""
OLDEST: Final = 200
_TYPICAL_AGE: Final = 50
_PERSON: Final[dict[Sex | None, str]] = {"female": "woman", "male": "man"}
_PEOPLE: Final[dict[Sex | None, str]] = {"female": "women", "male": "men"}


@dataclass(frozen=True, slots=True)
class Band:
    """Values up to ``upto``, included, as they are shown; how they compare, in a word."""

    upto: float
    comparison: Comparison
    word: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the values of one measurement mean for some people.

    Attributes
    ----------
    bands : tuple of Band
        In ascending order; the last one is open. Empty where the source gives no limits.
    sex : {"female", "male"} or None
        Whose limits these are; None for both.
    ages : range
        In years.
    source : str
        Who says so.
    """

    bands: tuple[Band, ...]
    source: str
    sex: Sex | None = None
    ages: range = range(ADULT_AGE, OLDEST)

    def band(self, value: float) -> Band | None:
        """The band of a value; None without limits."""
        return next((band for band in self.bands if value <= band.upto), None)

    def normal(self) -> tuple[float | None, float | None]:
        """What normal values are above, and up to, included; None where they are open."""
        index = next(i for i, band in enumerate(self.bands) if band.comparison == "normal")
        low = self.bands[index - 1].upto if index else None
        high = self.bands[index].upto
        return low, None if high == inf else high


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a value means: None and empty where there are no limits for it.

    ``normal_range`` is in words, with both sexes' limits where the sex is not known.
    """

    comparison: Comparison | None
    word: str
    normal_range: str
    source: str


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """Title, meaning in plain words, unit and limits of one measurement."""

    title: str
    meaning: str
    unit: str
    limits: tuple[Limits, ...]

    @property
    def decimals(self) -> int:
        """Decimal places that a value is shown with."""
        return 2 if self.unit == "mV" else 0

    def format_value(self, value: float | None) -> str:
        """A value with its unit, in words if there is none."""
        return "not measurable" if value is None else f"{self._figure(value)} {self.unit}"

    def assess(
        self, value: float | None, sex: Sex | None = None, age: int | None = None
    ) -> Assessment:
        """What a value means for a person.

        Parameters
        ----------
        value
            In ``unit``. It is compared as it is shown: 100.3 is 100, and 100 is not above 100.
        sex
            Where it is not known, what is outside the limits of one sex alone is ``borderline``.
        age
            In years; an adult over 35 where it is not known.

        Examples
        --------
        >>> from heartsense.reference_ranges import REFERENCE_RANGES
        >>> REFERENCE_RANGES["axis_deg"].assess(-72.0).word
        'left axis deviation'
        >>> REFERENCE_RANGES["qtc_ms"].assess(455.0).word
        'long for a man'
        """
        limits = self._limits(sex, age)
        bands = () if value is None else self._bands(round(value, self.decimals), limits)
        comparison, word = _compared(bands)
        return Assessment(comparison, word, self._normal_range(limits), limits[0].source)

    def _limits(self, sex: Sex | None, age: int | None) -> tuple[Limits, ...]:
        """One, or both sexes' where that matters and is not known."""
        found = tuple(
            limits
            for limits in self.limits
            if (_TYPICAL_AGE if age is None else age) in limits.ages
            and (sex is None or limits.sex in (None, sex))
        )
        return found or (Limits((), "No limits for this age"),)

    def _bands(
        self, shown: float, limits: tuple[Limits, ...]
    ) -> tuple[tuple[Sex | None, Band], ...]:
        found = ((each.sex, each.band(shown)) for each in limits)
        return tuple((sex, band) for sex, band in found if band is not None)

    def _normal_range(self, limits: tuple[Limits, ...]) -> str:
        """Both limits in words, without the unit; the other sex's upper limit in brackets."""
        first, *others = limits
        if not first.bands:
            return ""
        low, high = first.normal()
        step = 10**-self.decimals
        lowest = None if low is None else self._figure(low + step)
        highest = "" if high is None else self._figure(high)
        words = f"up to {highest}" if lowest is None else f"{lowest} to {highest}"
        for other in others:
            other_high = other.normal()[1]
            if other_high is not None and other_high != high:
                words += f" ({_PEOPLE[other.sex]} {self._figure(other_high)})"
        return words

    def _figure(self, value: float) -> str:
        # A minus sign, as lines may break at a hyphen.
        return f"{value:.{self.decimals}f}".replace("-", "\N{MINUS SIGN}")


def _compared(bands: tuple[tuple[Sex | None, Band], ...]) -> tuple[Comparison | None, str]:
    """The comparison and the word of a value, by whose limits it may have."""
    outside = [(sex, band) for sex, band in bands if band.comparison != "normal"]
    if not bands:
        return None, ""
    if not outside:
        return "normal", bands[0][1].word
    sex, band = outside[0]
    if len(outside) == len(bands):
        return band.comparison, band.word
    return "borderline", f"{band.word} for a {_PERSON[sex]}"
