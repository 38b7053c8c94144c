"""Draw a record, read the page, score what was read."""

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from heartsense.digitizer import digitize
from heartsense.ecg import ECG, LEADS, Digitized
from heartsense.errors import HeartSenseError
from training.benchmark.fidelity import Fidelity, compare
from training.render import PageSpec, RenderedPage, random_spec, render_page
from training.render.spec import Page
from training.sources import Record


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page's outcome. ``code`` is why it failed, None if it did not."""

    record: str
    layout: str
    found: str | None
    code: str | None
    uncertain: bool
    fidelity: Fidelity


def spec_for(record: str, ecg: ECG, page: Page, layout: str | None, seed: int) -> PageSpec:
    """The page a record is drawn on: its own, whatever other records are drawn with it."""
    rng = np.random.default_rng([seed, crc32(record.encode())])
    if set(LEADS) <= set(ecg.leads):
        return random_spec(rng, page, layout)
    spec = random_spec(rng, page, "strip")  # all that few leads make is a strip
    return replace(spec, rhythm=(ecg.leads[0],))


def score_record(record: Record, page: Page, layout: str | None, seed: int) -> PageScore:
    """Draw one record on its page and score what the digitizer reads."""
    rendered, digitized, code = draw_and_read(record, page, layout, seed)
    if digitized is not None and _lost_leads(rendered.ecg, digitized.ecg):
        code = "missing_leads"
    return PageScore(
        record=record.id,
        layout=rendered.spec.layout,
        found=digitized.layout if digitized else None,
        code=code,
        uncertain=bool(digitized and digitized.quality.reasons),
        fidelity=compare(rendered.ecg, digitized.ecg if digitized else None),
    )


def draw_and_read(
    record: Record, page: Page, layout: str | None, seed: int
) -> tuple[RenderedPage, Digitized | None, str | None]:
    """The page, what was read of it, and the refusal's code where it was refused."""
    ecg = record.read()
    rendered = render_page(ecg, spec_for(record.id, ecg, page, layout, seed))
    try:
        return rendered, digitize(rendered.pixels), None
    except HeartSenseError as refusal:
        return rendered, None, refusal.code
    except Exception as defect:  # one page's defect must not end the benchmark: it is reported
        return rendered, None, f"crashed:{type(defect).__name__}"


def _lost_leads(truth: ECG, read: ECG) -> list[str]:
    """Leads that the page shows and of which nothing was read."""
    found = {lead for lead, share in read.coverage().items() if share > 0}
    if len(truth.leads) == 1:
        return [] if found else list(truth.leads)
    return [lead for lead, share in truth.coverage().items() if share > 0 and lead not in found]
