"""Reading without choices by Einthoven's and Goldberger's laws and the rhythm strip.

The digitizer reads a page in several ways and keeps the one in which the laws hold best. A residual
of those laws is then partly its own work. Without these choices it shows how well the leads fit
one another by themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock, patch

from heartsense.digitizer.page_attempt import Attempt
from heartsense.digitizer.page_layout import hypotheses
from heartsense.digitizer.page_layout.hypotheses import LayoutHypothesis


@contextmanager
def choices_without_laws() -> Iterator[None]:
    """All layouts and scales count as equally consistent: the first that can be read is kept.

    That is the commonest layout with the page's number of rows, by the grid if there is one.
    """
    alike = PropertyMock(return_value=0.0)
    with (
        patch.object(LayoutHypothesis, "inconsistency", alike),
        patch.object(Attempt, "doubt", alike),
        patch.object(hypotheses, "MAX_LIMB_INCONSISTENCY", 0.0),  # told by the laws alone
    ):
        yield
