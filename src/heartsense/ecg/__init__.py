"""The ECG itself, what was read off a page with it, and its forms for other programs."""

from heartsense.ecg.model import ECG, LEADS, STRIP, Digitized, PageInk, Quality, Trace

__all__ = ["ECG", "LEADS", "STRIP", "Digitized", "PageInk", "Quality", "Trace"]
