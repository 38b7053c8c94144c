"""What a report says: every sentence and figure of it, before anybody lays it out.

The words are here and in `words`, the looks in ``report.typ``. A test holds all of them to a
reading grade of 8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from heartsense.conditions import CONDITIONS, UNCERTAIN, condition
from heartsense.service.reports import formatting
from heartsense.service.reports.formatting import Link, Measured

INFARCTION: Final = "myocardial_infarction"

EMERGENCY: Final = (
    "This ECG shows signs of a heart attack. They may be new or old. If you have chest pain, cold "
    "sweat, feel faint, or find it hard to breathe, call 112, 911 or your own emergency number "
    "now. Do not drive. If you feel well, show this report to a doctor today."
)
CALM: Final = (
    "Call an emergency number at once if you have chest pain, faint, or find it hard to breathe. "
    "This holds whatever this report says."
)
NOT_MEDICAL: Final = (
    "HeartSense is not a medical device. It can be wrong in both ways: it may see what is not "
    "there, and miss what is. A doctor must read every ECG."
)
_LIMITS: Final = (
    "One picture cannot tell if a change is old or new. HeartSense has not seen your older ECGs.",
    "It does not know how you feel, what drugs you take, or what was found in you before.",
    "It has learned from few fast rhythms of the lower heart, and may miss them.",
    "A normal ECG does not rule out a heart problem.",
)
_MEN_AND_WOMEN: Final = (
    "The usual ranges are those of adults at rest. For women, a QTc up to 460 ms and a Cornell "
    "voltage up to 2.0 mV are usual; for men, up to 450 ms and 2.8 mV."
)
_STANDARD_SCALE: Final = (
    "The picture does not say how fast the paper ran or how tall the signal is drawn. The usual 25 "
    "mm a second and 10 mm a millivolt were taken. If that is wrong, so are the numbers."
)
_LEFT_OUT: Final = "Not every picture fits into a mail. You find them all in your account."
_REMARKS: Final = {
    "scale_without_grid": (
        "The picture shows no grid. Times and sizes were taken from its layout, and are less sure."
    ),
}
_NUMBERS: Final = {2: "two", 3: "three", 4: "four", 5: "five"}
_ANSWERS: Final = {
    "present": "Found",
    "absent": "Not found",
    "uncertain": "Not sure",
    "not_assessed": "Not checked",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One condition: the answer, how likely it is, and what it means.

    ``share`` is the probability, 0 to 1, for a bar; None where it was not assessed.
    """

    id: str
    status: str
    answer: str
    title: str
    share: float | None
    figure: str
    likelihood: str
    reason: str
    explanation: str
    next_steps: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the report: its file's name, a caption, and a text for who cannot see it."""

    file: str
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class Content:
    """A report, in the order in which it is read."""

    title: str
    read_on: str
    headline: str
    emergency: str
    calm: str
    reasons: tuple[str, ...]
    unsure: str
    answers: tuple[Answer, ...]
    others_title: str
    pictures: tuple[Picture, ...]
    pictures_title: str
    measured: tuple[Measured, ...]
    ranges: str
    not_assessed: tuple[str, ...]
    limits: tuple[str, ...]
    quality: str
    remarks: tuple[str, ...]
    model_version: str
    not_medical: str


def content(
    result: Mapping[str, Any],
    read_at: datetime,
    pictures: Sequence[Picture] = (),
    *,
    complete: bool = True,
) -> Content:
    """What is to be said about a result.

    Parameters
    ----------
    result
        As `Result.to_dict` gives it.
    read_at
        When the picture was classified.
    pictures
        What can be shown, as `page_picture` and `heat_picture` told it.
    complete
        Whether that is all there is.
    """
    answers = tuple(_answer(found) for found in result["conditions"])
    infarction = INFARCTION in result["findings"]
    unsure = UNCERTAIN.id in result["findings"]
    return Content(
        title="ECG report",
        read_on=formatting.day(read_at),
        headline=_headline(result["findings"], answers),
        emergency=EMERGENCY if infarction else "",
        calm="" if infarction else CALM,
        reasons=tuple(result["reasons"]),
        unsure=f"{UNCERTAIN.explanation} {UNCERTAIN.next_steps}" if unsure else "",
        answers=tuple(sorted(answers, key=_importance)),
        others_title="What HeartSense looks for" if unsure else "What the other conditions are",
        pictures=tuple(pictures),
        pictures_title="The picture" if unsure else "Where it shows",
        measured=formatting.measured(result["measurements"]),
        ranges=_MEN_AND_WOMEN,
        not_assessed=_not_assessed(answers, result["measurements"]),
        limits=_LIMITS,
        quality=formatting.quality(result["quality"]["score"]),
        remarks=(*_remarks(result), *(() if complete else (_LEFT_OUT,))),
        model_version=result["model_version"],
        not_medical=NOT_MEDICAL,
    )


def page_picture(file: str) -> Picture:
    """The page as it was handed in."""
    return Picture(
        file,
        "The picture that was read.",
        "The picture of the ECG that HeartSense read, without any marks.",
    )


def heat_picture(file: str, condition_id: str) -> Picture:
    """The page with what spoke for a condition."""
    title = condition(condition_id).title
    return Picture(
        file,
        f"{title}: where it shows. The warmer the colour, the more that part of the trace counted.",
        f"The picture of the ECG. Yellow to red marks on the traces show what counted for: {title}",
    )


def _headline(findings: Sequence[str], answers: Sequence[Answer]) -> str:
    if UNCERTAIN.id in findings:
        if all(answer.status == "not_assessed" for answer in answers):
            return "HeartSense could not check this picture."
        return "HeartSense is not sure about this picture."
    if len(findings) == 1:
        return f"HeartSense found: {condition(findings[0]).title}."
    return f"HeartSense found {_NUMBERS[len(findings)]} things."


def _answer(found: Mapping[str, Any]) -> Answer:
    about = condition(found["id"])
    probability = found["probability"]
    return Answer(
        id=about.id,
        status=found["status"],
        answer=_ANSWERS[found["status"]],
        title=about.title,
        share=probability,
        figure="" if probability is None else formatting.percent(probability),
        likelihood="" if probability is None else formatting.likelihood(probability),
        reason=_reason(found),
        explanation=about.explanation,
        next_steps=about.next_steps,
        links=tuple(formatting.link(url) for url in about.links),
    )


def _reason(found: Mapping[str, Any]) -> str:
    reason: str = found["reason"]
    if found["status"] == "present" and found["probability"] < 0.5:
        return f"{reason} That is enough to tell you, though it is not likely."
    return reason


def _importance(answer: Answer) -> tuple[int, int]:
    """What was found first, then what is unsure; an infarction first of its kind."""
    order = ("present", "uncertain", "absent", "not_assessed").index(answer.status)
    ids = [INFARCTION, *(about.id for about in CONDITIONS)]
    return order, ids.index(answer.id)


def _not_assessed(
    answers: Sequence[Answer], measurements: Mapping[str, float | None]
) -> tuple[str, ...]:
    skipped = [answer for answer in answers if answer.status == "not_assessed"]
    lines = [f"{answer.title}. {answer.reason}" for answer in skipped]
    if len(skipped) == len(answers):
        lines = [f"All six conditions. {skipped[0].reason}"]
    if missing := formatting.not_measured(measurements):
        lines.append(f"The picture does not show all numbers. Left out are: {', '.join(missing)}.")
    return tuple(lines)


def _remarks(result: Mapping[str, Any]) -> tuple[str, ...]:
    scale = result["scale"]
    assumed = "standard" in (scale["speed_source"], scale["gain_source"])
    told = [
        _REMARKS.get(warning, warning)
        for warning in result["warnings"]
        if "not a medical device" not in warning  # said in full elsewhere
    ]
    return (*told, *((_STANDARD_SCALE,) if assumed else ()))
