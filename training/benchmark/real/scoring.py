"""Read one real picture as a user's upload is read, and compare it with what is printed."""

import time
from contextlib import nullcontext
from dataclasses import dataclass

from heartsense.digitizer import digitize
from heartsense.ecg import Digitized
from heartsense.errors import HeartSenseError
from heartsense.images import Page, open_page
from training.benchmark.fidelity import Fidelity, compare_signals
from training.benchmark.overlay import draw_thumbnail
from training.benchmark.real.pictures import RealPicture, read_truth
from training.benchmark.real.signal_plot import draw_signals
from training.benchmark.real.without_laws import choices_without_laws


@dataclass(frozen=True, slots=True)
class PictureScore:
    """Result of one picture.

    Attributes
    ----------
    picture : str
        Its name in ``truth.csv``.
    code : str or None
        Why it was refused, or None.
    layout : str or None
        The layout that was read.
    true_layout : str or None
        The layout that is printed, as far as the record tells.
    masked : bool
        True if the record does not say what is printed: a 3x4+1 page is assumed.
    fidelity : Fidelity or None
        None without a record.
    quality, einthoven_residual, goldberger_residual, rhythm_agreement : float or None
        As in ``heartsense.ecg.Quality``; None if refused, or not shown.
    seconds : float
        To decode and digitize the picture.
    overlay : bytes or None
        JPEG of the picture with what was read, where wanted and the picture could be opened.
    signals : bytes or None
        PNG of the true and the digitized signal, where wanted and there are both.
    """

    picture: str
    code: str | None
    layout: str | None
    true_layout: str | None
    masked: bool
    fidelity: Fidelity | None
    quality: float | None
    einthoven_residual: float | None
    goldberger_residual: float | None
    rhythm_agreement: float | None
    seconds: float
    overlay: bytes | None = None
    signals: bytes | None = None


def score_picture(
    picture: RealPicture, *, overlay: bool = False, without_laws: bool = False
) -> PictureScore:
    """Read one picture and score it. A refused one has a ratio of 1.

    Raises
    ------
    FileNotFoundError, ValueError
        If its record cannot be read.
    """
    truth = None if picture.record is None else read_truth(picture.record)
    data = picture.path.read_bytes()
    start = time.perf_counter()
    with choices_without_laws() if without_laws else nullcontext():
        page, read, code = _read(data)
    seconds = time.perf_counter() - start
    quality = read.quality if read else None
    drawn = draw_signals(truth.ecg, read.ecg) if overlay and truth and read else None
    return PictureScore(
        picture=picture.name,
        code=code,
        layout=read.layout if read else None,
        true_layout=truth.layout if truth else None,
        masked=bool(truth and truth.masked),
        fidelity=compare_signals(truth.ecg, read.ecg if read else None) if truth else None,
        quality=quality.score if quality else None,
        einthoven_residual=quality.einthoven_residual if quality else None,
        goldberger_residual=quality.goldberger_residual if quality else None,
        rhythm_agreement=quality.rhythm_agreement if quality else None,
        seconds=seconds,
        overlay=draw_thumbnail(page.pixels, read) if overlay and page else None,
        signals=drawn,
    )


def _read(data: bytes) -> tuple[Page | None, Digitized | None, str | None]:
    """The page if it could be opened, what was read if it was, and the error code or None."""
    page = None
    try:
        page = open_page(data)
        return page, digitize(page.pixels), None
    except HeartSenseError as refusal:
        return page, None, refusal.code
    except Exception as defect:  # a defect on one picture is reported, the benchmark goes on
        return page, None, f"crashed:{type(defect).__name__}"
