# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where labels go: under what is seen above them, all of one size in the picture and none on another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..camera import framing
from . import labels

EM = 0.0235  # of the picture's shorter side, the size of a name
GAP = 0.022  # of the picture's height, between what is labelled and its label
SAMPLES = 400  # places across the picture at which its lower edge is looked up
DEEPEST, DEEPEST_IN_ROWS = 7.0, 3.0  # ems; a label that would have to go further down for want of room is hidden
MOST = 400  # layers and blocks; in a larger network only blocks are labelled


@dataclass(frozen=True, eq=False)
class Labelled:
    """A layer or a block: its object, the texts that there are of its label by part, its box in the world (8, 3)."""

    obj: bpy.types.Object
    texts: dict[str, bpy.types.Object]
    box: np.ndarray
    depth: int = 0  # of a block in others; 0 for layers
    quiet: bool = False  # needs no label
    row: int = 0  # of the layout, in which it stands
    solid: bool = False  # a block that is closed: its box is seen, not its tray
    last: bool = False  # whether no other layer reads it

    @property
    def block(self) -> bool:
        return self.depth > 0


def arrange(
    objs: list[Labelled],
    camera: bpy.types.Object,
    aspect: float,
    depsgraph: bpy.types.Depsgraph,
    make: Callable[[bpy.types.Object, labels.Part], bpy.types.Object],
    level: float = -np.inf,
    obstacles: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Put every label in its place: of blocks first, the outer before the inner, then of layers from the right.

    Where there is no room for all of a label, its small print is left out, or the whole. `make` makes a text that is
    not there yet, `level` is how high the floor is, in metres, and `obstacles` are the boxes (n, 3) of other texts.
    Returns the world corners (n, 3) of what is shown.
    """
    hidden = [obj for obj in objs if obj.quiet or len(objs) > MOST and not obj.block or not len(obj.box)]
    for obj in hidden:
        for text in obj.texts.values():
            hide(text, True)
    objs = [obj for obj in objs if obj not in hidden]
    if not objs:
        return np.zeros((0, 3))
    picture = _Picture(objs, camera, aspect, level)
    for box in obstacles:
        places = framing.project(camera, box)[:, :2]
        (left, bottom), (right, top) = places.min(0).tolist(), places.max(0).tolist()
        picture.taken.append((left, right, bottom, top))
    order = sorted(range(len(objs)), key=lambda i: (objs[i].depth or np.inf, -picture.middles[i]))
    corners = [np.zeros((0, 3))]
    for index in order:
        corners += picture.place(index, depsgraph, make)
    return np.concatenate(corners)


class _Picture:
    """What a camera sees of layers and blocks, in slopes from its axis, and the room that labels have taken."""

    def __init__(self, objs: list[Labelled], camera: bpy.types.Object, aspect: float, level: float):
        self.labelled = objs
        self.camera = camera
        self.level = level
        across, self.up = framing.slopes(camera.data, aspect)
        self.em = EM * 2 * min(across, self.up)
        self.seen = framing.project(camera, np.concatenate([obj.box for obj in objs])).reshape(-1, 8, 3)
        self.rows = np.array([obj.row for obj in objs])
        self.at = np.linspace(self.seen[:, :, 0].min(), self.seen[:, :, 0].max(), SAMPLES)
        self.outline = {row: _outline(self.seen[self.rows == row], self.at) for row in np.unique(self.rows)}
        self.middles, self.depths = visible_middles(self.seen, self.rows, self.at), self.seen[:, :, 2].mean(1)
        for index, obj in enumerate(objs):
            if obj.block:  # a tray is seen in front of what stands on it
                self.middles[index] = self.seen[index, :, 0].mean()
        self.low, self.high = self.seen[:, :, :2].min(1), self.seen[:, :, :2].max(1)
        self.deepest = (DEEPEST if len(self.outline) == 1 else DEEPEST_IN_ROWS) * self.em
        # of a flat picture the labels stand in one line
        self.line = self.seen[:, :, 1].min() if camera.data.type == "ORTHO" and len(self.outline) == 1 else np.inf
        self.taken: list[tuple[float, float, float, float]] = []  # left, right, bottom, top of the labels so far

    def place(self, index: int, depsgraph: bpy.types.Depsgraph, make: Callable) -> list[list]:
        """Put a label under what it is of, as much of it as there is room for; the world corners of what is shown."""
        labelled = self.labelled[index]
        parts = labels.parts(labelled.obj)
        top = None
        while parts:
            wide, tall = self.em * max(part.width for part in parts), self.em * parts[-1].below
            top = self._top(index, wide, tall)
            if top is not None:
                break
            parts.pop()
        for name, text in labelled.texts.items():
            hide(text, name not in {part.name for part in parts})
        if top is None:
            return []
        centre = self.middles[index]
        sides = centre - wide / 2 - self.em * 0.4, centre + wide / 2 + self.em * 0.4
        self.taken.append((*sides, top - tall, top))
        on_floor = framing.above(self.camera, centre, top - tall, self.level)
        depth = min(self._before(index, sides), 0.98 * on_floor)
        place = framing.unproject(self.camera, centre, top, depth)
        for part in parts:
            if part.name not in labelled.texts:
                labelled.texts[part.name] = make(labelled.obj, part)
            text = labelled.texts[part.name]
            labels.write(text, part)
            framing.place(text, place, labelled.obj, depsgraph)
            text.scale = (self.em * framing.reach(self.camera, depth),) * 3
        return [[framing.unproject(self.camera, x, y, depth)] for x in sides for y in (top - tall, top)]

    def _before(self, index, sides) -> float:
        """A depth nearer than all of its row that stands between these sides, so that nothing hides the label."""
        beside = (self.low[:, 0] < sides[1]) & (self.high[:, 0] > sides[0]) & (self.rows == self.rows[index])
        return float(min(self.seen[beside, :, 2].min(initial=self.depths[index]), self.depths[index]))

    def _top(self, index, wide, tall) -> float | None:
        """The upper edge of a label of this size; None where there is no room."""
        row = self.rows[index]
        centre = self.middles[index]
        left, right = centre - wide / 2 - self.em * 0.4, centre + wide / 2 + self.em * 0.4
        over = self.outline[row][(self.at >= left - self.em) & (self.at <= right + self.em)]  # lines are beside it
        lowest = self.line if self.labelled[index].block else min(self.seen[index, :, 1].min(), self.line)
        wanted = top = float(min(over.min(initial=lowest), lowest)) - GAP * 2 * self.up
        if not np.isfinite(top):  # of a flat thing that is looked at along its edge
            return None
        for begin, end, low, high in sorted(self.taken, key=lambda label: -label[3]):
            if begin < right and left < end and top > low and top - tall < high:
                top = low - self.em * 0.3
        on_others = (self.low < (right, top)).all(1) & (self.high > (left, top - tall)).all(1) & (self.rows != row)
        return None if wanted - top > self.deepest or on_others.any() else top


def hide(text: bpy.types.Object, hidden: bool) -> None:
    """Hide a text of a label, or show it again."""
    text.hide_viewport = text.hide_render = hidden


def _outline(seen: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The lowest points of the picture of all boxes at these places across (infinite for none).

    `seen` are projected corners (boxes, 8, 3). A box's lower edge is the lowest line between two of its corners.
    """
    first, second = np.triu_indices(8, 1)
    lowest = np.full(len(at), np.inf)
    for box in seen:
        near = slice(*np.searchsorted(at, (box[:, 0].min(), box[:, 0].max())))
        (x1, y1), (x2, y2) = box[first, :2].T, box[second, :2].T
        across = x2 - x1
        share = (at[near, None] - x1) / np.where(across == 0, np.inf, across)
        height = np.where((share >= 0) & (share <= 1) & (across != 0), y1 + share * (y2 - y1), np.inf)
        lowest[near] = np.minimum(lowest[near], height.min(1))
    return lowest


def visible_middles(seen: np.ndarray, rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """For each box the middle of the widest part of it that no nearer box of its row stands before."""
    left = seen[:, :, 0].min(1)
    right = seen[:, :, 0].max(1)
    depth = seen[:, :, 2].mean(1)
    middles = (left + right) / 2
    for index in range(len(seen)):
        nearer = (depth < depth[index]) & (rows == rows[index])
        nearer &= (seen[:, :, 1].max(1) > seen[index, :, 1].min()) & (seen[:, :, 1].min(1) < seen[index, :, 1].max())
        inside = at[(at >= left[index]) & (at <= right[index])]
        hidden = ((inside[:, None] >= left[nearer]) & (inside[:, None] <= right[nearer])).any(1)
        runs = np.split(np.arange(len(inside)), np.flatnonzero(np.diff(hidden.astype(int))) + 1)
        widest = max((run for run in runs if len(run) and not hidden[run[0]]), key=len, default=None)
        if widest is not None:
            middles[index] = inside[widest].mean()
    return middles
