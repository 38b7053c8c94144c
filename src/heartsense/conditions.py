"""The six conditions that HeartSense classifies, with texts for patients.

The ids are part of the API and never change their meaning. ``docs/conditions.md`` lists how the
codes of the data sources map to them.
"""

from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["likely", "possible", "unlikely", "not_assessed"]

STATUS_LABELS: Final[dict[Status, str]] = {
    "likely": "Likely",
    "possible": "Possible",
    "unlikely": "Unlikely",
    "not_assessed": "Not assessed",
}
"""The status of a condition as people read it, the same in every output."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition in words for patients."""

    id: str
    title: str
    explanation: str
    next_steps: str
    links: tuple[str, ...]


CONDITIONS: Final = (
    Condition(
        id="normal",
        title="Normal ECG",
        explanation=(
            "The heart beat looks regular, and its shape is in the usual range. "
            "A normal ECG is a good sign. It cannot rule out every heart problem."
        ),
        next_steps=(
            "If you feel well, you do not need to do anything. If you have chest pain, faint, or "
            "find it hard to breathe, get help right away, even when the ECG looks normal."
        ),
        links=(
            "https://www.nhs.uk/tests-and-treatments/electrocardiogram/",
            "https://www.bhf.org.uk/informationsupport/tests/ecg",
        ),
    ),
    Condition(
        id="supraventricular_arrhythmia",
        title="Uneven or fast rhythm from the upper heart",
        explanation=(
            "Some beats start in the upper part of the heart, but not at the usual place or time. "
            "The pulse may feel uneven or fast. One common kind is called atrial fibrillation. "
            "It can raise the risk of a stroke, and it can be treated."
        ),
        next_steps=(
            "Show this ECG to a doctor in the next few days. Call an emergency number at once if "
            "you have chest pain, faint, find it hard to breathe, or if your face droops, one arm "
            "is weak or your speech is slurred."
        ),
        links=(
            "https://www.heart.org/en/health-topics/atrial-fibrillation",
            "https://www.nhs.uk/conditions/atrial-fibrillation/",
            "https://www.nhlbi.nih.gov/health/arrhythmias",
        ),
    ),
    Condition(
        id="ventricular_arrhythmia",
        title="Extra or fast beats from the lower heart",
        explanation=(
            "Some beats start too early in the lower part of the heart. They may feel like a "
            "skipped or a strong beat. A few extra beats are common and are often harmless. "
            "Many of them in a row can be dangerous."
        ),
        next_steps=(
            "Show this ECG to a doctor soon. Call an emergency number at once if you faint, have "
            "chest pain, or your heart keeps racing."
        ),
        links=(
            "https://www.nhs.uk/conditions/heart-palpitations/",
            "https://www.heart.org/en/health-topics/arrhythmia/about-arrhythmia",
            "https://www.nhlbi.nih.gov/health/arrhythmias",
        ),
    ),
    Condition(
        id="myocardial_infarction",
        title="Signs of a heart attack, new or old",
        explanation=(
            "The ECG shows signs that part of the heart muscle gets too little blood, or has a "
            "scar from a heart attack. One picture often cannot tell if this is new or old."
        ),
        next_steps=(
            "If you have chest pain, cold sweat, or find it hard to breathe, call an emergency "
            "number now. If you feel well, show this ECG to a doctor today."
        ),
        links=(
            "https://www.heart.org/en/health-topics/heart-attack",
            "https://www.nhs.uk/conditions/heart-attack/",
            "https://www.nhlbi.nih.gov/health/heart-attack",
        ),
    ),
    Condition(
        id="hypertrophy",
        title="Signs of a thick or large heart wall",
        explanation=(
            "The heart's signal is larger than usual. This can mean that a wall of the heart has "
            "grown thick, or that a part of the heart is large. High blood pressure is a common "
            "cause. In young or slim people it can be harmless."
        ),
        next_steps=(
            "Have your blood pressure checked, and show this ECG to a doctor. An ultrasound of the "
            "heart can tell if a wall is thick."
        ),
        links=(
            "https://www.heart.org/en/health-topics/cardiomyopathy",
            "https://www.bhf.org.uk/informationsupport/conditions/hypertrophic-cardiomyopathy",
            "https://www.nhlbi.nih.gov/health/cardiomyopathy",
        ),
    ),
    Condition(
        id="fusion_or_miscellaneous",
        title="Another change in the ECG",
        explanation=(
            "The ECG shows some other change. The signal may take a slow or odd path through the "
            "heart, a pacemaker may be at work, or the heart may recover from each beat in an odd "
            "way. Many of these changes are mild."
        ),
        next_steps=(
            "Show this ECG to a doctor, who can name the change and say if it matters for you. "
            "An older ECG helps, since it shows if the change is new."
        ),
        links=(
            "https://www.bhf.org.uk/informationsupport/conditions/heart-block",
            "https://www.nhlbi.nih.gov/health/conduction-disorders",
            "https://www.nhs.uk/conditions/heart-block/",
        ),
    ),
)
"""The six conditions in the order that every array of labels and probabilities follows."""

CONDITION_IDS: Final = tuple(condition.id for condition in CONDITIONS)

UNCERTAIN: Final = Condition(
    id="uncertain",
    title="Uncertain",
    explanation=(
        "No condition is likely enough to name it, and the ECG is not clearly normal. Uncertain "
        "does not mean normal."
    ),
    next_steps="Show this ECG to a doctor. If you feel unwell, do not wait.",
    links=(
        "https://www.nhs.uk/tests-and-treatments/electrocardiogram/",
        "https://www.heart.org/en/health-topics/heart-attack/diagnosing-a-heart-attack/electrocardiogram-ecg-or-ekg",
    ),
)
"""The finding where none is likely; not a label that is trained."""

_BY_ID: Final = {condition.id: condition for condition in (*CONDITIONS, UNCERTAIN)}


def condition(condition_id: str) -> Condition:
    """Look up a condition by its id, ``uncertain`` included.

    Raises
    ------
    KeyError
        If there is no condition with that id.
    """
    return _BY_ID[condition_id]
