"""Digitize an ECG: page pixels to leads in millivolts over seconds.

``digitize`` is the front door; ``digitization`` lists the stages.
"""

from heartsense.digitizer.digitization import digitize

__all__ = ["digitize"]
