"""The view model of a report: all its texts and figures, which ``report.typ`` lays out.

A test keeps every sentence at or below a reading grade of 8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from heartsense.conclusion import LIMITATIONS, statement_in_words
from heartsense.conditions import CONDITIONS, STATUS_LABELS, UNCERTAIN, Status, condition
from heartsense.reference_ranges import MeasurementRow, measurement_rows
from heartsense.scale_warnings import SCALE_WARNINGS, assumed_scale, in_words
from heartsense.service.reports import formatting
from heartsense.service.reports.formatting import Link

INFARCTION: Final = "myocardial_infarction"

NOT_MEDICAL: Final = (
    "HeartSense is not a medical device. It can make mistakes: it may report a problem that is not "
    "there, or miss one that is. A doctor must read every ECG."
)
_STATEMENTS_NOTE: Final = (
    "These words are for your doctor. HeartSense says them if it is sure enough."
)
_NORMAL_RANGES: Final = (
    "The normal ranges are for adults at rest. Where women have another limit, it is in brackets."
)
_IMAGES_LEFT_OUT: Final = (
    "Some images are too large for an e-mail. You can see all of them in your account."
)


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One condition: its status, its probability, and what it means.

    `probability` is from 0 to 1, None where the condition was not assessed or a doctor judged it;
    `percent` says the same in figures.
    """

    id: str
    status: Status
    status_label: str
    title: str
    probability: float | None
    percent: str
    reason: str
    evidence: str
    explanation: str
    next_steps: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A doctor's review: what was said when, and the classifier's answer that it replaced.

    `corrected` tells whether that answer was wrong.
    """

    said: str
    comment: str
    corrected: bool
    machine_headline: str
    machine_conditions: tuple[ConditionView, ...]


@dataclass(frozen=True, slots=True)
class ReportImage:
    """An image of the report: its file name, a caption, and an alternative text."""

    file: str
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report, in reading order."""

    title: str
    read_on: str
    headline: str
    urgency_title: str
    urgency_text: str
    emergency: bool
    retake: bool
    review: ReviewView | None
    reasons: tuple[str, ...]
    unsure: str
    conditions: tuple[ConditionView, ...]
    statements: tuple[str, ...]
    statements_note: str
    images: tuple[ReportImage, ...]
    images_title: str
    measurements: tuple[MeasurementRow, ...]
    normal_ranges: str
    range_sources: tuple[str, ...]
    not_assessed: tuple[str, ...]
    limits: tuple[str, ...]
    quality: str
    remarks: tuple[str, ...]
    model_version: str
    not_medical: str


def report_view(
    result: Mapping[str, Any],
    read_at: datetime,
    images: Sequence[ReportImage] = (),
    *,
    complete: bool = True,
) -> ReportView:
    """The report of a result.

    Parameters
    ----------
    result
        As `Result.to_dict` returns it.
    read_at
        When the image was classified.
    images
        The available images, made by `page_image` and `heatmap_image`.
    complete
        Whether these are all images of the result.
    """
    conditions = _condition_views(result)
    rows = measurement_rows(result["measurements"])
    uncertain = UNCERTAIN.id in result["findings"]
    return ReportView(
        title="ECG report",
        read_on=formatting.date_and_time(read_at),
        headline=result["headline"],
        urgency_title=result["what_to_do"]["title"],
        urgency_text=result["what_to_do"]["text"],
        emergency=result["urgency"] == "emergency",
        retake=result["retake"],
        review=_review_view(result),
        reasons=tuple(result["reasons"]),
        unsure=UNCERTAIN.explanation if uncertain else "",
        conditions=() if result["retake"] else conditions,
        statements=_statements(result),
        statements_note=_STATEMENTS_NOTE,
        images=tuple(images),
        images_title=_images_title(result),
        measurements=(
            ()
            if result.get("machine", result)["retake"]
            else tuple(row for row in rows if row.value)
        ),
        normal_ranges=_NORMAL_RANGES,
        range_sources=tuple(dict.fromkeys(row.source for row in rows if row.comparison)),
        not_assessed=_not_assessed(conditions, rows),
        limits=LIMITATIONS,
        quality=formatting.quality(result["quality"]["score"]),
        remarks=(*_remarks(result), *(() if complete else (_IMAGES_LEFT_OUT,))),
        model_version=result["model_version"],
        not_medical=NOT_MEDICAL,
    )


def page_image(file: str) -> ReportImage:
    """The page as it was read, without marks."""
    return ReportImage(
        file,
        "The image that was read.",
        "The image of the ECG that was read, without any marks.",
    )


def heatmap_image(file: str, condition_id: str) -> ReportImage:
    """The page with the heat-map of a condition."""
    title = condition(condition_id).title
    return ReportImage(
        file,
        f"{title}. The warmer the colour, the more that part of the trace counted.",
        f"The image of the ECG. Yellow to red marks on the traces show what counted for: {title}",
    )


def _images_title(result: Mapping[str, Any]) -> str:
    if "review" in result:
        return "What HeartSense looked at"
    return "The image" if UNCERTAIN.id in result["findings"] else "What the result is based on"


def _condition_views(answer: Mapping[str, Any]) -> tuple[ConditionView, ...]:
    return tuple(sorted(map(_condition_view, answer["conditions"]), key=_importance))


def _statements(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The statements in words; none beside a doctor's review, which says more than they do."""
    if "review" in result:
        return ()
    return tuple(map(statement_in_words, result.get("statements", ())))


def _review_view(result: Mapping[str, Any]) -> ReviewView | None:
    if "review" not in result:
        return None
    review, machine = result["review"], result["machine"]
    corrected = review["verdict"] == "corrected"
    verb = "corrected" if corrected else "confirmed"
    return ReviewView(
        said=f"A doctor {verb} it on {formatting.date_and_time(review['reviewed_at'])}.",
        comment=review["comment"],
        corrected=corrected,
        machine_headline=machine["headline"],
        machine_conditions=() if machine["retake"] else _condition_views(machine),
    )


def _condition_view(found: Mapping[str, Any]) -> ConditionView:
    about = condition(found["id"])
    status: Status = found["status"]
    probability = None if status == "not_assessed" else found["probability"]
    return ConditionView(
        id=about.id,
        status=status,
        status_label=found["status_label"],
        title=about.title,
        probability=probability,
        percent="" if probability is None else formatting.percent(probability),
        reason=found["reason"],
        evidence="; ".join(item["text"] for item in found.get("evidence", ())),
        explanation=about.explanation,
        next_steps=about.next_steps,
        links=tuple(formatting.link(url) for url in about.links),
    )


def _importance(view: ConditionView) -> tuple[int, int]:
    """Sort key: likely before possible before the rest, an infarction first among equals."""
    order = tuple(STATUS_LABELS).index(view.status)
    ids = [INFARCTION, *(condition.id for condition in CONDITIONS)]
    return order, ids.index(view.id)


def _not_assessed(
    conditions: Sequence[ConditionView], rows: Sequence[MeasurementRow]
) -> tuple[str, ...]:
    skipped = [condition for condition in conditions if condition.status == "not_assessed"]
    lines = [f"{condition.title}. {condition.reason}" for condition in skipped]
    if missing := [row.title for row in rows if not row.value]:
        lines.append(
            f"The image does not show all the numbers. These are missing: {', '.join(missing)}."
        )
    return tuple(lines)


def _remarks(result: Mapping[str, Any]) -> tuple[str, ...]:
    scale = result["scale"]
    warnings = [
        SCALE_WARNINGS.get(warning, warning)
        for warning in result["warnings"]
        if "not a medical device" not in warning  # the report has its own text for this
    ]
    # Results of earlier models do not say among their warnings what was assumed.
    assumed = in_words(assumed_scale(scale["speed_source"], scale["gain_source"]))
    advice = result.get("advice")  # results of earlier models have none
    beats = result.get("beats")
    return (
        *((beats["summary"],) if beats else ()),
        *([advice["text"]] if advice and not result["retake"] else ()),
        *dict.fromkeys([*warnings, *assumed]),
    )
