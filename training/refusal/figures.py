"""Charts of other things than hearts, as plotting software draws them."""

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

Signal = NDArray[np.float64]

STYLES: Final = ("default", "ggplot", "bmh", "classic", "seaborn-v0_8-whitegrid", "fast")
WORDS: Final = (
    *("sales", "price", "speed", "load", "output", "rate", "index", "volume", "total", "weight"),
    *("demand", "cost", "depth", "share", "level", "north", "south", "first", "second", "third"),
    *("monthly", "daily", "yield", "energy", "water"),
)


def words(rng: np.random.Generator, count: int) -> str:
    """So many random words."""
    return " ".join(str(word) for word in rng.choice(WORDS, count))


def random_walk(rng: np.random.Generator, count: int) -> Signal:
    """A random walk, as prices and temperatures are."""
    return np.asarray(np.cumsum(rng.standard_normal(count)) + rng.uniform(-5, 50))


def _draw(rng: np.random.Generator, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Any]]:
    """A figure in a random style, and its axes."""
    size = (float(rng.uniform(6, 14)), float(rng.uniform(3.5, 9)))
    with style.context(str(rng.choice(STYLES))):
        figure = Figure(figsize=size, dpi=float(rng.uniform(80, 170)), layout="tight")
        axes = np.ravel(figure.subplots(rows, columns, sharex=bool(rng.random() < 0.5)))
    grid = rng.random() < 0.6
    for ax in axes:
        ax.grid(visible=bool(grid))
        if grid and rng.random() < 0.4:
            ax.minorticks_on()
            ax.grid(visible=True, which="minor", alpha=0.4)
    return figure, list(axes)


def _pixels(figure: Figure) -> Image.Image:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return Image.open(content).convert("RGB")


def _colour(rng: np.random.Generator) -> str:
    return str(rng.choice(["black", "tab:blue", "tab:red", "darkgreen", "navy", "0.2"]))


def line_chart(rng: np.random.Generator) -> Image.Image:
    """One to four random walks."""
    figure, (ax,) = _draw(rng)
    for _ in range(int(rng.integers(1, 5))):
        ax.plot(random_walk(rng, int(rng.integers(20, 800))), label=words(rng, 1))
    ax.set_title(words(rng, 3))
    ax.set_ylabel(words(rng, 1))
    ax.legend()
    return _pixels(figure)


def panels(rng: np.random.Generator) -> Image.Image:
    """Rows of panels with one series each, as many as an ECG has rows."""
    rows, columns = int(rng.choice([3, 4, 6, 7, 12])), int(rng.choice([1, 1, 2, 4]))
    figure, axes = _draw(rng, rows, columns)
    bare = rng.random() < 0.5
    for ax in axes:
        count = int(rng.integers(80, 500))
        ax.plot(
            random_walk(rng, count) if rng.random() < 0.5 else rng.standard_normal(count),
            color=_colour(rng),
            linewidth=1,
        )
        if bare:
            ax.set_axis_off()
    return _pixels(figure)


def bar_chart(rng: np.random.Generator) -> Image.Image:
    """Bars, upright or lying."""
    figure, (ax,) = _draw(rng)
    count = int(rng.integers(4, 40))
    values = rng.uniform(1, 100, count)
    (ax.bar if rng.random() < 0.7 else ax.barh)(range(count), values, color=_colour(rng))
    ax.set_title(words(rng, 2))
    return _pixels(figure)


def stock_chart(rng: np.random.Generator) -> Image.Image:
    """Candles with a moving average and the volume below."""
    figure, axes = _draw(rng, 2)
    count = int(rng.integers(40, 150))
    opened = random_walk(rng, count) + 100
    closed = opened + rng.standard_normal(count)
    low = np.minimum(opened, closed) - rng.exponential(1, count)
    high = np.maximum(opened, closed) + rng.exponential(1, count)
    colours = np.where(closed > opened, "green", "red")
    axes[0].vlines(range(count), low, high, colors=colours)
    axes[0].bar(range(count), closed - opened, bottom=opened, color=colours)
    axes[0].plot(np.convolve(closed, np.ones(9) / 9, mode="same"), color="tab:blue")
    axes[1].bar(range(count), rng.exponential(5, count), color="0.5")
    return _pixels(figure)


def waves(rng: np.random.Generator) -> Image.Image:
    """Sine, square, saw-tooth or beat waves of an oscilloscope or a textbook."""
    figure, axes = _draw(rng, int(rng.integers(1, 4)))
    t = np.linspace(0, 1, 3000)
    for ax in axes:
        phase = t * rng.uniform(2, 25) + rng.random()
        kinds: Sequence[Signal] = (
            np.sin(2 * np.pi * phase),
            np.sign(np.sin(2 * np.pi * phase)),
            2 * (phase % 1) - 1,
            np.sin(2 * np.pi * phase) * np.sin(2 * np.pi * phase * 1.1),
            np.exp(-3 * t) * np.sin(2 * np.pi * phase),
            np.abs(np.sin(np.pi * phase)),
        )
        ax.plot(t, kinds[int(rng.integers(len(kinds)))], color=_colour(rng))
    return _pixels(figure)


def scatter(rng: np.random.Generator) -> Image.Image:
    """Points with a fitted line."""
    figure, (ax,) = _draw(rng)
    x = rng.uniform(0, 10, int(rng.integers(20, 300)))
    ax.scatter(x, 2 * x + rng.standard_normal(len(x)) * rng.uniform(0.5, 4), s=12)
    ax.plot([0, 10], [0, 20], color="red")
    ax.set_title(words(rng, 3))
    return _pixels(figure)


def area_chart(rng: np.random.Generator) -> Image.Image:
    """Stacked areas or a histogram."""
    figure, (ax,) = _draw(rng)
    if rng.random() < 0.5:
        ax.stackplot(range(60), np.abs(rng.standard_normal((4, 60))).cumsum(axis=1))
    else:
        ax.hist(rng.standard_normal(2000), bins=int(rng.integers(15, 80)))
    return _pixels(figure)


def chromatogram(rng: np.random.Generator) -> Image.Image:
    """Narrow peaks at random places on a flat line: chromatograms and spectra."""
    figure, (ax,) = _draw(rng)
    x = np.linspace(0, 30, 4000)
    y = rng.standard_normal(len(x)) * 0.005
    for _ in range(int(rng.integers(4, 18))):
        width = rng.uniform(0.03, 0.25)
        y += rng.exponential(0.5) * np.exp(-(((x - rng.uniform(1, 29)) / width) ** 2))
    ax.plot(x, y, color=_colour(rng), linewidth=1)
    ax.set_xlabel(words(rng, 1))
    return _pixels(figure)
