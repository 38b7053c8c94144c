"""Render a record, digitize the page, score the signal."""

from dataclasses import dataclass, replace
from typing import Any, Final
from zlib import crc32

import numpy as np

from heartsense.digitizer import digitize
from heartsense.ecg import ECG, LEADS, Digitized
from heartsense.errors import HeartSenseError
from training.benchmark.fidelity import Fidelity, compare_signals
from training.benchmark.hardships import hardships_of
from training.render import PageSpec, RenderedPage, random_spec, render_page
from training.render.spec import PageKind
from training.sources import Record

MISSING_LEADS: Final = "missing_leads"
"""Code of a page that was read without one of its leads."""


@dataclass(frozen=True, slots=True)
class PageScore:
    """Result of one page; ``code`` is the reason of a failure, or None.

    ``hardships`` are those of ``training.benchmark.hardships``.
    """

    record: str
    layout: str
    found: str | None
    code: str | None
    uncertain: bool
    fidelity: Fidelity
    hardships: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether nothing was read: a page that lost a lead has failed, but was not refused."""
        return self.code is not None and self.code != MISSING_LEADS

    @classmethod
    def from_dict(cls, line: dict[str, Any]) -> "PageScore":
        """The score that a line of a results file tells; of its energies only their ratio."""
        fidelity = Fidelity(signal=line["ratio"], noise=1.0)
        return cls(
            line["record"],
            line["layout"],
            line["found"],
            line["code"],
            line["uncertain"],
            fidelity,
            tuple(line["hardships"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """What a line of a results file says of the page."""
        return {
            "record": self.record,
            "layout": self.layout,
            "found": self.found,
            "code": self.code,
            "uncertain": self.uncertain,
            "ratio": round(self.fidelity.ratio, 4),
            "hardships": list(self.hardships),
        }


def page_spec_for(record: str, ecg: ECG, page: PageKind, layout: str | None, seed: int) -> PageSpec:
    """The look of a record's page, which depends on the record and the seed only."""
    rng = np.random.default_rng([seed, crc32(record.encode())])
    if set(LEADS) <= set(ecg.leads):
        return random_spec(rng, page, layout)
    spec = random_spec(rng, page, "strip")  # a few leads only fit a strip
    return replace(spec, rhythm=(ecg.leads[0],))


def score_record(record: Record, page: PageKind, layout: str | None, seed: int) -> PageScore:
    """Render one record, digitize the page and score the signal."""
    rendered, digitized, code = render_and_digitize(record, page, layout, seed)
    if digitized is not None and _lost_leads(rendered.ecg, digitized.ecg):
        code = MISSING_LEADS
    return PageScore(
        record=record.id,
        layout=rendered.spec.layout,
        found=digitized.layout if digitized else None,
        code=code,
        uncertain=bool(digitized and digitized.quality.reasons),
        fidelity=compare_signals(rendered.ecg, digitized.ecg if digitized else None),
        hardships=hardships_of(rendered.spec),
    )


def render_and_digitize(
    record: Record, page: PageKind, layout: str | None, seed: int
) -> tuple[RenderedPage, Digitized | None, str | None]:
    """The page, the digitized ECG or None, and the error code or None."""
    ecg = record.read()
    rendered = render_page(ecg, page_spec_for(record.id, ecg, page, layout, seed))
    try:
        return rendered, digitize(rendered.pixels), None
    except HeartSenseError as refusal:
        return rendered, None, refusal.code
    except Exception as defect:  # a defect on one page is reported, the benchmark goes on
        return rendered, None, f"crashed:{type(defect).__name__}"


def _lost_leads(truth: ECG, read: ECG) -> list[str]:
    """Leads that the page shows and that were not read at all."""
    found = {lead for lead, share in read.coverage().items() if share > 0}
    if len(truth.leads) == 1:
        return [] if found else list(truth.leads)
    return [lead for lead, share in truth.coverage().items() if share > 0 and lead not in found]
