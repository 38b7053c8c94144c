"""Other recordings than ECGs: of the earth, of sound, of the brain, of breath and pulse."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.refusal.paper import blank, graph_paper

Signal = NDArray[np.float64]

_RATE: Final = 100


def _filtered_noise(rng: np.random.Generator, count: int, low: float, high: float) -> Signal:
    """Noise between two frequencies in hertz, with a standard deviation of one."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / _RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / max(float(noise.std()), 1e-9))


def _sheet(
    rng: np.random.Generator, rows: list[Signal], *, ruled: bool, tall: float = 0.45
) -> Image.Image:
    """Rows of signals over each other on a sheet, which may be ruled in millimetres."""
    width, height = int(rng.integers(1000, 2200)), int(rng.integers(500, 1500))
    page = graph_paper(rng, width, height) if ruled else blank(rng, width, height)
    draw = ImageDraw.Draw(page)
    step = height / (len(rows) + 0.5)
    ink = tuple(int(v) for v in rng.integers(0, 70, 3))
    pen = int(rng.integers(1, 4))
    for row, signal in enumerate(rows):
        x = np.linspace(width * 0.03, width * 0.97, len(signal))
        y = (row + 0.75) * step - signal * step * tall
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=ink, width=pen)
    return page


def seismogram(rng: np.random.Generator) -> Image.Image:
    """Quiet traces with a quake: sharp onset, slow decay."""
    rows = []
    for _ in range(int(rng.choice([1, 3, 3, 4, 6, 12]))):
        count = 3000
        quake = np.zeros(count)
        for _ in range(int(rng.integers(1, 3))):
            start = int(rng.integers(100, 2000))
            decay = np.exp(-np.arange(count - start) / rng.uniform(150, 900))
            quake[start:] += decay * rng.uniform(0.3, 1.0)
        rows.append(_filtered_noise(rng, count, 0.5, rng.uniform(3, 10)) * (quake + 0.03) / 2.5)
    return _sheet(rng, rows, ruled=bool(rng.random() < 0.4))


def eeg(rng: np.random.Generator) -> Image.Image:
    """Alpha and theta rhythms in many rows."""
    rows = [
        0.25 * _filtered_noise(rng, 1000, 8, 12) * rng.uniform(0.5, 1.2)
        + 0.15 * _filtered_noise(rng, 1000, 0.5, 30)
        for _ in range(int(rng.choice([3, 4, 6, 8, 12, 16])))
    ]
    return _sheet(rng, rows, ruled=bool(rng.random() < 0.5))


def sound(rng: np.random.Generator) -> Image.Image:
    """The wave form of speech or music, as editors show it."""
    rows = []
    for _ in range(int(rng.integers(1, 3))):
        envelope = np.abs(_filtered_noise(rng, 4000, 0.05, rng.uniform(0.3, 3)))
        rows.append(rng.standard_normal(4000) * envelope * 0.25)
    return _sheet(rng, rows, ruled=False)


def breath(rng: np.random.Generator) -> Image.Image:
    """Breathing or the pulse of a finger: smooth waves that repeat."""
    rows = []
    for _ in range(int(rng.choice([1, 1, 2, 3, 4]))):
        phase = np.linspace(0, rng.uniform(3, 14), 2000)
        phase = phase + 0.03 * _filtered_noise(rng, 2000, 0.05, 0.3)
        wave = np.sin(2 * np.pi * phase)
        if rng.random() < 0.5:
            wave = wave + 0.5 * np.sin(4 * np.pi * phase - 1.2)
        rows.append(wave * 0.4)
    return _sheet(rng, rows, ruled=bool(rng.random() < 0.5))


def logger(rng: np.random.Generator) -> Image.Image:
    """Chart recorders: temperatures, pressures and doors over days, on ruled paper."""
    rows = []
    for _ in range(int(rng.choice([1, 2, 3, 4, 6]))):
        slow = _filtered_noise(rng, 1500, 0.02, rng.uniform(0.1, 0.5))
        steps = np.repeat(rng.integers(0, 2, 30), 50).astype(float)
        rows.append((slow * 0.3) if rng.random() < 0.6 else steps - 0.5)
    return _sheet(rng, rows, ruled=True)
