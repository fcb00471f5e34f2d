# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node of the exported tree shows, as arrays: triangles, lines, or instances of a shape. Metres, Z up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

CUBE = np.array([[x, y, z] for x in (-1.0, 0.0) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], np.float32)
CUBE_FACES = np.array(
    [
        [0, 1, 3],
        [0, 3, 2],
        [0, 4, 5],
        [0, 5, 1],
        [2, 3, 7],
        [2, 7, 6],
        [0, 2, 6],
        [0, 6, 4],
        [1, 5, 7],
        [1, 7, 3],
        [4, 6, 7],
        [4, 7, 5],
    ]
)  # the front first, the back last
SQUARE = np.array([[0.0, y, z] for y in (-0.5, 0.5) for z in (-0.5, 0.5)], np.float32)  # a cell of a sheet
SQUARE_FACES = np.array([[0, 1, 3], [0, 3, 2]])
TILE_STEPS = (12, 10, 2)  # triangles of a tile, always without its bevel: whole, without its back, its front alone
TILE, BALL = "tile", "ball"
SHEAR = 1e-4


@dataclass(frozen=True)
class Surface:
    """Triangles (m, 3) between points (n, 3) with linear RGBA (n, 4), and further numbers (n,) of points by name."""

    points: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray
    numbers: dict[str, np.ndarray] = field(default_factory=dict)

    def moved(self, matrix: np.ndarray) -> Surface:
        """The same under an affine map (4, 4)."""
        return replace(self, points=placed(self.points, matrix))

    @property
    def faces(self) -> int:
        return len(self.triangles)


@dataclass(frozen=True)
class Strands:
    """Lines: points (n, k, 3), with a linear RGBA (n, 4) and further numbers (n,) for each."""

    points: np.ndarray
    colours: np.ndarray
    numbers: dict[str, np.ndarray]
    faces = 0

    def moved(self, matrix: np.ndarray) -> Strands:
        return replace(self, points=placed(self.points, matrix))


@dataclass(frozen=True)
class Curves(Strands):
    """Lines that have a width: a radius (n, k) at each point."""

    radius: np.ndarray = None
    smooth: bool = False  # whether they run through their points as Catmull-Rom curves


@dataclass(frozen=True)
class CellCopies:
    """One shape, points (k, 3) and triangles (m, 3), at every cell: matrices (n, 4, 4), colours (n, 4), and further
    numbers (n,) by name. `form` is `TILE` or `BALL` of shapes that may have fewer triangles."""

    points: np.ndarray
    triangles: np.ndarray
    matrices: np.ndarray
    colours: np.ndarray
    numbers: dict[str, np.ndarray]
    form: str = ""

    def moved(self, matrix: np.ndarray) -> CellCopies:
        return replace(self, matrices=matrix @ self.matrices)

    @property
    def faces(self) -> int:
        return len(self.matrices) * len(self.triangles)

    def realised(self, whole: bool = False) -> Surface:
        """All cells that have a size, or all, as one surface."""
        mine = sized(self.matrices) | whole
        return repeated(self.points, self.triangles, self.matrices[mine], self.colours[mine])


def tile(faces: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles of a tile of so many triangles, one of `TILE_STEPS`."""
    return CUBE[: 4 if faces == 2 else 8], CUBE_FACES[:faces]


def placed(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points (..., 3) under an affine map (4, 4)."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def sized(matrices: np.ndarray, least: float = 1e-6) -> np.ndarray:
    """Which maps (n, 4, 4) leave something larger than this, in metres of a thing one metre wide; (n,)."""
    return np.abs(matrices[:, :3, :3]).max((1, 2)) > least


def repeated(points: np.ndarray, triangles: np.ndarray, matrices: np.ndarray, colours: np.ndarray) -> Surface:
    """A shape under every one of these maps, each copy in one colour; `colours` are (n, 4)."""
    count = len(points)
    many = np.einsum("nij,kj->nki", matrices[:, :3, :3], points) + matrices[:, None, :3, 3]
    steps = np.arange(len(matrices))[:, None, None] * count
    return Surface(many.reshape(-1, 3), (triangles[None] + steps).reshape(-1, 3), np.repeat(colours, count, axis=0))


def joined(surfaces: Iterable[Surface]) -> Surface | None:
    """Several surfaces as one, without their further numbers; None if there is nothing."""
    some = [surface for surface in surfaces if len(surface.triangles)]
    if not some:
        return None
    begins = np.cumsum([0, *(len(surface.points) for surface in some)])
    return Surface(
        np.concatenate([surface.points for surface in some]),
        np.concatenate([surface.triangles + begin for surface, begin in zip(some, begins, strict=False)]),
        np.concatenate([surface.colours for surface in some]),
    )


def parts(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray] | None:
    """Translations (n, 3), rotations as quaternions x, y, z, w (n, 4) or None if there are none, and scales (n, 3) of
    affine maps (n, 4, 4); None if one of them shears."""
    linear, places = matrices[:, :3, :3], matrices[:, :3, 3]
    scale = np.linalg.norm(linear, axis=1)
    diagonal = np.diagonal(linear, axis1=1, axis2=2)
    if np.abs(np.abs(diagonal) - scale).max(initial=0) <= 1e-6 * scale.max(initial=1):
        return places, None, diagonal
    scale[:, 0] *= np.where(np.linalg.det(linear) < 0, -1, 1)
    whole = (np.abs(scale) > 0).all(1)
    turn = np.broadcast_to(np.eye(3), linear.shape).copy()
    turn[whole] = linear[whole] / scale[whole, None]
    if np.abs(turn.swapaxes(1, 2) @ turn - np.eye(3)).max() > SHEAR:
        return None
    return places, quaternions(turn), scale


def quaternions(turn: np.ndarray) -> np.ndarray:
    """Unit quaternions x, y, z, w (n, 4) of rotation matrices (n, 3, 3) (Shepperd 1978, "Quaternion from Rotation
    Matrix": begin with the largest component)."""
    xx, yy, zz = np.diagonal(turn, axis1=1, axis2=2).T
    squares = np.stack([1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz], -1)
    products = np.zeros((len(turn), 4, 4))  # 4 times the product of two components
    for (i, j), value in {
        (0, 1): turn[:, 1, 0] + turn[:, 0, 1],
        (0, 2): turn[:, 0, 2] + turn[:, 2, 0],
        (1, 2): turn[:, 2, 1] + turn[:, 1, 2],
        (0, 3): turn[:, 2, 1] - turn[:, 1, 2],
        (1, 3): turn[:, 0, 2] - turn[:, 2, 0],
        (2, 3): turn[:, 1, 0] - turn[:, 0, 1],
    }.items():
        products[:, i, j] = products[:, j, i] = value
    products[:, range(4), range(4)] = squares
    rotations = products[np.arange(len(turn)), squares.argmax(1)]
    return rotations / np.linalg.norm(rotations, axis=1, keepdims=True)
