"""Array helpers that several stages share; numpy only."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def true_runs(mask: NDArray[np.bool_]) -> Indices:
    """Find the runs of consecutive true values.

    Parameters
    ----------
    mask : bool array, shape (n,)

    Returns
    -------
    int64 array, shape (runs, 2)
        First index and index past the last, in ascending order.

    Examples
    --------
    >>> true_runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2)


def local_maxima(values: Floats) -> Indices:
    """Find the local maxima, in ascending order.

    A maximum is not below its left and above its right neighbour, so that a plateau counts once,
    at its right end. The first and the last value have only one neighbour and never count.

    Parameters
    ----------
    values : float64 array, shape (n,)

    Examples
    --------
    >>> local_maxima(np.array([0.0, 2.0, 1.0, 3.0, 3.0, 0.0])).tolist()
    [1, 4]
    """
    inner = values[1:-1]
    return np.flatnonzero((inner >= values[:-2]) & (inner > values[2:])) + 1


def median(values: Floats) -> float:
    """The median of finite values, without the cost of ``np.median`` for short arrays.

    Parameters
    ----------
    values : float64 array, shape (n,)
        At least one.

    Examples
    --------
    >>> median(np.array([3.0, 1.0, 2.0, 9.0]))
    2.5
    """
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    ordered = np.partition(values, (half - 1, half))
    return float((ordered[half - 1] + ordered[half]) / 2)


def value_of_rank(values: NDArray[np.float32], rank: int) -> NDArray[np.float32]:
    """The value of a rank along the last axis, of values that are not negative.

    The bits of such floats, read as integers, have the same order, and NumPy partitions integers
    faster: floats may be NaN.

    Parameters
    ----------
    values : float32 array, shape (..., n)
        Finite, not below 0.
    rank : int
        0 for the lowest.

    Returns
    -------
    float32 array, shape (...)

    Examples
    --------
    >>> value_of_rank(np.array([[0.5, 0.25, 1.0]], np.float32), 1).tolist()
    [0.5]
    """
    bits = np.partition(values.view(np.int32), rank, axis=-1)[..., rank]
    return bits.view(np.float32)


def histogram_quantile(counts: Indices, share: float) -> float:
    """The quantile of whole numbers from how many there are of each; linear between ranks.

    Parameters
    ----------
    counts : int64 array, shape (n,)
        Of the numbers 0 ... n - 1; at least one is not 0.
    share : float
        0 for the lowest number, 1 for the highest.

    Examples
    --------
    >>> histogram_quantile(np.array([1, 0, 0, 1]), 0.5)
    1.5
    """
    below = np.cumsum(counts)
    rank = share * (int(below[-1]) - 1)
    lower, upper = np.searchsorted(below, (int(rank), int(rank) + 1), side="right")
    return float(lower + (rank % 1) * (upper - lower))


def padded(values: Floats, before: int, after: int, fill: float) -> Floats:
    """Lengthen the first axis; ``np.pad`` takes longer to begin than this to end.

    Parameters
    ----------
    values : float64 array, shape (n, ...)
    before, after : int
        Elements to put there.
    fill : float
        Their value.

    Returns
    -------
    float64 array, shape (before + n + after, ...)

    Examples
    --------
    >>> padded(np.array([1.0, 2.0]), 1, 2, 0.0).tolist()
    [0.0, 1.0, 2.0, 0.0, 0.0]
    """
    longer = np.full((before + len(values) + after, *values.shape[1:]), fill)
    longer[before : before + len(values)] = values
    return longer


def interpolated_smoothly(positions: Floats, values: Floats) -> Floats:
    """Values between equally spaced ones, by cubic Hermite curves.

    Straight lines between samples cut every peak; these pass through it (Catmull and Rom 1974).

    Parameters
    ----------
    positions : float64 array, shape (n,)
        In samples; before the first and after the last one those are held.
    values : float64 array, shape (m,)
        NaN where nothing is known; what lies beside is then NaN too.

    Returns
    -------
    float64 array, shape (n,)
    """
    if len(values) < 2:
        return np.full(len(positions), values[0])
    steps = np.diff(values)
    before, after = np.append(steps[0], steps), np.append(steps, steps[-1])
    known, known_after = np.isfinite(before), np.isfinite(after)
    slope = (np.where(known, before, after) + np.where(known_after, after, before)) / 2
    whole = np.clip(np.floor(positions), 0, len(values) - 2).astype(np.int64)
    part = np.clip(positions - whole, 0.0, 1.0)
    rest = 1.0 - part
    left, right = values[whole], values[whole + 1]
    begun = (left * (1 + 2 * part) + slope[whole] * part) * rest**2
    ended = (right * (1 + 2 * rest) - slope[whole + 1] * rest) * part**2
    # On a sample beside a gap only that sample counts.
    between = np.where(part == 0.0, left, np.where(part == 1.0, right, begun + ended))
    return np.asarray(between)


def moving_mean(values: Floats, width: int) -> Floats:
    """Mean of the known values in a window around each known one.

    Parameters
    ----------
    values : float64 array, shape (n,)
        NaN where unknown.
    width : int
        Of the window, at most ``n``; an even one reaches one value further back than forth.

    Returns
    -------
    float64 array, shape (n,)
        NaN where the value itself is unknown.

    Examples
    --------
    >>> moving_mean(np.array([1.0, np.nan, 3.0, 5.0]), 3).tolist()
    [1.0, nan, 4.0, 4.0]
    """
    known = np.isfinite(values)
    window = np.ones(width)
    total, count = (
        np.convolve(part, window, "same") for part in (np.where(known, values, 0.0), known)
    )
    return np.where(known, total / np.maximum(count, 1.0), np.nan)


def binomial_mean(
    values: Floats, weight: NDArray[np.float64] | NDArray[np.bool_], rounds: int = 1
) -> Floats:
    """Weighted mean of each value and its neighbours: 1, 2, 1 along both axes, once or repeatedly.

    Parameters
    ----------
    values, weight : arrays, shape (rows, columns)
    rounds : int
        How often, which reaches that far.

    Returns
    -------
    float64 array, shape (rows, columns)
        0 where all weights within reach are 0.

    Examples
    --------
    >>> binomial_mean(np.array([[0.0, 4.0, 9.0]]), np.array([[1, 1, 0]])).round(2).tolist()
    [[1.33, 2.67, 4.0]]
    """
    total, share = values * weight, np.asarray(weight, dtype=np.float64)
    for _ in range(2 * rounds):  # one axis, then the other
        total, share = _beside(total).T, _beside(share).T
    return np.asarray(total / np.where(share > 0, share, 1.0))


def _beside(values: Floats) -> Floats:
    """Twice each row and the rows on both sides of it."""
    around = np.pad(values, ((1, 1), (0, 0)))
    return np.asarray(around[:-2] + 2 * values + around[2:])


def centred_windows(values: Floats, radius: int, *, fill: float | None) -> Floats:
    """View the values within ``radius`` of each index.

    Parameters
    ----------
    values : float64 array, shape (n,)
    radius : int
        Values on each side of the centre.
    fill : float or None
        Value beyond both ends; None repeats the first and the last value.

    Returns
    -------
    float64 array, shape (n, 2 * radius + 1)
        Read-only view.

    Examples
    --------
    >>> centred_windows(np.array([1.0, 2.0]), 1, fill=0.0).tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 0.0]]
    """
    if fill is None:
        longer = np.pad(values, radius, mode="edge")
    else:
        longer = padded(values, radius, radius, fill)
    return np.lib.stride_tricks.sliding_window_view(longer, 2 * radius + 1)


def gaussian_kernel(sigma: float, radius: int) -> Floats:
    """Sample a Gaussian at -radius ... radius; 1 at the centre.

    Parameters
    ----------
    sigma : float
        Standard deviation in samples.
    radius : int
        Samples on each side of the centre.

    Returns
    -------
    float64 array, shape (2 * radius + 1,)

    Examples
    --------
    >>> gaussian_kernel(1.0, 1).round(3).tolist()
    [0.607, 1.0, 0.607]
    """
    kernel: Floats = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return kernel


def concatenated_ranges(counts: Indices) -> Indices:
    """Concatenate 0 ... n - 1 for each count n.

    With ``np.repeat(starts, counts)`` it gives the indices of many slices at once.

    Parameters
    ----------
    counts : int64 array, shape (n,)

    Returns
    -------
    int64 array, shape (sum of counts,)

    Examples
    --------
    >>> concatenated_ranges(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def connected_components(count: int, first: Indices, second: Indices) -> Indices:
    """Label the connected components of an undirected graph.

    Hooking and pointer jumping (Shiloach and Vishkin 1982): a few rounds even where components
    are long chains.

    Parameters
    ----------
    count : int
        Number of nodes.
    first, second : int64 arrays, shape (edges,)
        The two nodes of each edge.

    Returns
    -------
    int64 array, shape (count,)
        Component of each node, numbered from 0 in the order of their first nodes.

    Examples
    --------
    >>> connected_components(4, np.array([0, 1]), np.array([2, 3])).tolist()
    [0, 1, 0, 1]
    """
    label = np.arange(count)
    while len(first):
        lower, higher = np.minimum(first, second), np.maximum(first, second)
        np.minimum.at(label, higher, lower)  # each root joins its lowest neighbour
        while not np.array_equal(label, root := label[label]):
            label = root
        first, second = label[first], label[second]
        apart = first != second
        first, second = first[apart], second[apart]
    is_root = label == np.arange(count)
    return np.asarray(np.cumsum(is_root)[label] - 1)
