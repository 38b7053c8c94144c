"""Where each point of the sheet is on the picture, and back."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.render.spec import Distortion

PATCH_PX: Final = 16
"""Side of the squares of a picture in which the sheet is taken to be plane."""

Matrix = NDArray[np.float64]
Points = NDArray[np.float64]


def homography(
    size: tuple[int, int], distortion: Distortion, rng: np.random.Generator
) -> tuple[Matrix, tuple[int, int]]:
    """The 3x3 homography from page pixels to image pixels, and the image's width and height."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5
    angle = np.deg2rad(distortion.rotation)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (corners - corners.mean(axis=0)) @ rotation.T
    moved += distortion.perspective * rng.uniform(-1, 1, (4, 2)) * (width, height)
    low, out = _view(moved, distortion)
    return _from_corners(corners, moved - low - 0.5), out


def _view(corners: Points, distortion: Distortion) -> tuple[Points, tuple[int, int]]:
    """Upper left corner and size of the picture that shows ``corners``, cropped as asked."""
    low, span = corners.min(axis=0), np.ptp(corners, axis=0)
    left, top, right, bottom = distortion.crop
    low = low + span * (left, top)
    span = span * (1 - left - right, 1 - top - bottom)
    return low, (max(round(span[0]), 1), max(round(span[1]), 1))


def _from_corners(before: Matrix, after: Matrix) -> Matrix:
    """The homography that maps four points to four others (direct linear transform)."""
    rows, right = [], []
    for (x, y), (u, v) in zip(before, after, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    h = np.linalg.solve(np.array(rows), np.array(right))
    return np.append(h, 1.0).reshape(3, 3)


def camera(
    size: tuple[float, float], px_per_mm: float, distortion: Distortion
) -> tuple[Matrix, tuple[int, int]]:
    """The 3x4 projection of a camera over a sheet, and the picture's width and height.

    Parameters
    ----------
    size : tuple of float
        Width and height of the sheet in mm.
    px_per_mm : float
        Scale of the picture in the middle of the sheet.
    distortion : Distortion

    Returns
    -------
    float64 array, shape (3, 4)
        From x, y, height above the table and 1, in mm, to picture pixels in homogeneous form.
    """
    centre = np.array(size) / 2
    turn, tilt, axis = np.deg2rad((distortion.rotation, distortion.tilt, distortion.tilt_axis))
    flat = np.array(
        [[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]]
    )
    pose = _rotation_about(np.array([np.cos(axis), np.sin(axis), 0.0]), tilt) @ flat
    far = distortion.distance * float(np.hypot(*size))
    projection = np.column_stack([pose, -pose[:, :2] @ centre])
    projection[:2] *= far * px_per_mm
    projection[2] *= -1
    projection[2, 3] += far
    corners = np.array([[0, 0], [size[0], 0], list(size), [0, size[1]]])
    low, out = _view(project(corners, plane_of(projection)), distortion)
    projection[:2] -= np.outer(low + 0.5, projection[2])
    return projection, out


def _rotation_about(axis: Points, angle: float) -> Matrix:
    """Rotation by ``angle`` about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation: Matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return rotation


def plane_of(projection: Matrix) -> Matrix:
    """The homography that a projection is for points on the table."""
    return projection[:, [0, 1, 3]]


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a square matrix."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def project(points: NDArray[np.floating], matrix: Matrix) -> Points:
    """Map points, shape (n, k), by a matrix of k + 1 columns: (n, 2)."""
    h = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    projected: Points = h[:, :2] / h[:, 2:]
    return projected


def transform_points(points: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Map page pixels, shape (n, 2), to image pixels."""
    return project(points, matrix).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PageMap:
    """The exact map between a picture and the flat sheet.

    Attributes
    ----------
    plane : float64 array, shape (3, 3)
        Homography from the sheet in mm, lying flat, to picture pixels (centres are integers).
    nodes : float64 array, shape (rows, columns, 2), or None
        Of a sheet that is not flat: the sheet's x and y in mm at the pixel edges 0, ``PATCH_PX``,
        2 ``PATCH_PX``... of the picture. Between them the map is bilinear.
    """

    plane: Matrix
    nodes: Points | None = None

    def to_sheet(self, points: NDArray[np.floating]) -> Points:
        """Picture pixels, shape (n, 2), to x and y on the sheet in mm."""
        if self.nodes is None:
            return project(points, inverse(self.plane))
        return sample_nodes(self.nodes, (np.asarray(points) + 0.5) / PATCH_PX)

    def to_picture(self, points: NDArray[np.floating]) -> Points:
        """X and y on the sheet in mm, shape (n, 2), to picture pixels, to 0.001 px (Newton)."""
        guess = project(points, self.plane)
        if self.nodes is None:
            return guess
        right, below = np.array([0.5, 0.0]), np.array([0.0, 0.5])
        for _ in range(12):
            here = self.to_sheet(guess)
            across = self.to_sheet(guess + right) - self.to_sheet(guess - right)
            down = self.to_sheet(guess + below) - self.to_sheet(guess - below)
            step = _solve(across, down, points - here)
            guess = guess + np.clip(step, -30, 30)
            if not len(step) or float(np.nanmax(np.abs(step), initial=0.0)) < 1e-4:
                break
        return guess


def _solve(across: Points, down: Points, right: Points) -> Points:
    """Solve n systems of two equations whose columns are ``across`` and ``down``."""
    det = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    x = (right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0]) / det
    y = (across[:, 0] * right[:, 1] - across[:, 1] * right[:, 0]) / det
    return np.column_stack([x, y])


def sample_nodes(nodes: NDArray[np.floating], at: Points) -> Points:
    """Values of a lattice, shape (rows, columns, k), at fractional columns and rows, (n, 2).

    Bilinear; beyond the border the outermost squares go on.
    """
    rows, columns = nodes.shape[:2]
    known = np.nan_to_num(at)
    i = np.clip(np.floor(known[:, 0]).astype(np.int64), 0, columns - 2)
    j = np.clip(np.floor(known[:, 1]).astype(np.int64), 0, rows - 2)
    right, down = at[:, [0]] - i[:, None], at[:, [1]] - j[:, None]
    upper = nodes[j, i] * (1 - right) + nodes[j, i + 1] * right
    lower = nodes[j + 1, i] * (1 - right) + nodes[j + 1, i + 1] * right
    sampled: Points = upper * (1 - down) + lower * down
    return sampled
