"""Digitize an ECG: page pixels to leads in millivolts over seconds.

``digitize`` is the front door; ``digitization`` lists the stages of an upright page.
"""

from heartsense.digitizer.reading import digitize

__all__ = ["digitize"]
