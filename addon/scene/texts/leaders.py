# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in a row under a picture, each tied by a line to the visible part of what it names."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import bpy
import numpy as np

from ..camera import framing
from ..entities import LayerObject, Leader, layer_or_block
from . import labels
from .labelling import SAMPLES, Labelled, hide, visible_middles

EM = 0.029  # of the picture's shorter side, the size of a name
LEADER = "leader"  # the part of a label that is its line
MOST = 12  # names
FEW, FEW_OF_PLANE = 16, 26  # letters of small print that is said in a row
BETWEEN = 0.7  # ems, at least, between two names
DROP = 2.6  # ems from the lowest end of a line to the names
FOOT = 0.02  # of the picture's height, free under the names
LINES = 3.2  # ems, of a name with what stands under it
SECOND = 3.6  # ems, by which the second row of names is lower
ROWS = 2
SIDES = 0.96  # of the picture's width do they take
FULL = 0.92  # of the rows may be filled
AHEAD = 0.85  # of the distance to what is nearest: there the names hang
WIDTH, DOT, ROUND = 0.05, 0.16, 16  # ems: of a line, the radius of its dot, and corners of that


def room(rows: int) -> float:
    """The share of a picture's height that so many rows of names and their lines take."""
    return EM * (DROP + LINES + SECOND * (rows - 1)) + FOOT


def arrange(
    objs: list[Labelled],
    camera: bpy.types.Object,
    aspect: float,
    depsgraph: bpy.types.Depsgraph,
    make: Callable[[bpy.types.Object, labels.Part | None], bpy.types.Object],
    level: float,
    foot: float,
) -> int:
    """Put the names of at most `MOST` layers and blocks into one row, or two where one has no room, and lead a line
    from each to the lower edge of the visible part of what it names; hide all others.

    `make` makes a text that is not there yet, or for None a line; `level` is how high the floor is, in metres, and
    `foot` the share of the picture's height below which no name may come. Returns how many rows there are.
    """
    seen = [labelled for labelled in objs if len(labelled.box)]
    across, up = framing.slopes(camera.data, aspect)
    em = EM * 2 * min(across, up)
    half = SIDES * across
    anchors = _anchors(seen, camera)
    parts = {index: _parts(seen[index]) for index in anchors}
    wide = {index: em * (max((part.width for part in parts[index]), default=0.0) + BETWEEN) for index in anchors}
    chosen = _chosen([index for index in anchors if parts[index]], seen, wide, 2 * half)
    named = {id(seen[index]) for index in chosen}
    for labelled in objs:
        if id(labelled) not in named:
            for text in labelled.texts.values():
                hide(text, True)
    if not chosen:
        return 1
    order = sorted(chosen, key=lambda index: anchors[index][0])
    rows = _rows(order, wide, 2 * half)
    lowest = min(anchors[index][1] for index in order)
    least = -up + 2 * up * foot + em * max(part.below for index in order for part in parts[index])
    top = max(lowest - DROP * em, least + em * SECOND * (len(rows) - 1))
    near = min(float(framing.project(camera, labelled.box)[:, 2].min()) for labelled in seen)
    depth = AHEAD * min(near, min(framing.above(camera, side, -up, level) for side in (-across, across)))
    for number, row in enumerate(rows):
        places = _apart([anchors[index][0] for index in row], [wide[index] for index in row], half)
        for index, x in zip(row, places, strict=True):
            _put(
                seen[index],
                parts[index],
                (x, top - number * SECOND * em),
                anchors[index],
                em,
                depth,
                camera,
                depsgraph,
                make,
            )
    return len(rows)


def _parts(labelled: Labelled) -> list[labels.Part]:
    """What a label says in a row: of a layer of cells its small print is left out, of a plane what is long of it."""
    parts = labels.parts(labelled.obj)
    layer = LayerObject.of(labelled.obj)
    most = FEW_OF_PLANE if layer and layer.is_plane else FEW
    return [part for part in parts if labelled.block or part.name != "notes" or len(part.body) < most]


def _put(labelled, parts, place, anchor, em, depth, camera, depsgraph, make):
    """Hang the texts of one label at a place in the picture, and its line from there to its anchor."""
    where = framing.unproject(camera, *place, depth)
    scale = (em * framing.reach(camera, depth),) * 3
    shown = {part.name for part in parts} | {LEADER}
    for name, text in labelled.texts.items():
        hide(text, name not in shown)
    for part in (*parts, None):
        name = part.name if part else LEADER
        if name not in labelled.texts:
            labelled.texts[name] = make(labelled.obj, part)
        text = labelled.texts[name]
        if part:
            labels.write(text, part)
        else:
            draw(text.data, (anchor[0] - place[0]) / em, (anchor[1] - place[1]) / em)
        framing.place(text, where, labelled.obj, depsgraph)
        text.scale = scale


def line(owner: bpy.types.Object, materials: dict) -> bpy.types.Object:
    """The line of a label, a child of its owner; `draw` gives it its form."""
    entity = layer_or_block(owner)
    name = f"{entity.named} {LEADER}"
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    obj.data.materials.append(materials["dim"])
    Leader.make(obj, part=LEADER, owner=entity.named, of_kind=entity.KIND)
    labels.seen_by_camera(obj)
    obj.parent = owner
    return obj


def draw(mesh: bpy.types.Mesh, x: float, y: float) -> None:
    """Let a mesh be a line from above the origin to a dot at (x, y), in ems."""
    start = np.array((0.0, 0.28))
    end = np.array((x, y))
    way = end - start
    length = float(np.hypot(*way)) or 1.0
    aside = np.array((-way[1], way[0])) / length * WIDTH / 2
    turns = [2 * pi * corner / ROUND for corner in range(ROUND)]
    points = [start - aside, start + aside, end + aside, end - aside]
    points += [end + DOT * np.array((cos(turn), sin(turn))) for turn in turns]
    mesh.clear_geometry()
    mesh.from_pydata([(*point, 0.0) for point in points], [], [(0, 3, 2, 1), tuple(range(4, 4 + ROUND))])
    mesh.update()


def _anchors(seen: list[Labelled], camera: bpy.types.Object) -> dict[int, tuple[float, float]]:
    """Where the line of each may end, by its place in the list: the lower edge of its visible part, as slopes."""
    if not seen:
        return {}
    shown = framing.project(camera, np.concatenate([labelled.box for labelled in seen])).reshape(-1, 8, 3)
    solid = [index for index, labelled in enumerate(seen) if not (labelled.block and not labelled.solid)]
    if not solid:
        return {}
    at = np.linspace(shown[:, :, 0].min(), shown[:, :, 0].max(), 4 * SAMPLES)
    middles = visible_middles(shown[solid], np.zeros(len(solid), int), at)
    anchors = {}
    for index, x in zip(solid, middles.tolist(), strict=True):
        if not seen[index].quiet:
            anchors[index] = x, _lower_edge(shown[index], x)
    return anchors


def _lower_edge(corners: np.ndarray, x: float) -> float:
    """How high the lower edge of the outline of these corners (8, 3) is at x."""
    first, second = np.triu_indices(len(corners), 1)
    (x1, y1), (x2, y2) = corners[first, :2].T, corners[second, :2].T
    across = np.where(x1 == x2, np.inf, x2 - x1)
    share = (x - x1) / across
    inside = (share >= 0) & (share <= 1)
    return float((y1 + share * (y2 - y1))[inside].min(initial=corners[:, 1].max()))


def _chosen(indices, seen, wide, room_across) -> list[int]:
    """At most `MOST` of these that have room in the rows: what goes in and what comes out first, then of the blocks and
    then of the layers all, or as many as there is room for, evenly."""
    ends, blocks, layers = [], [], []
    for index in indices:
        layer = LayerObject.of(seen[index].obj)
        is_end = layer is not None and (layer.op == "Input" or seen[index].last)
        (ends if is_end else blocks if seen[index].block else layers).append(index)
    chosen: list[int] = []
    taken = 0.0
    for group in (ends, blocks, layers):
        room = ROWS * room_across * FULL - taken
        count = min(len(group), MOST - len(chosen))
        while count and sum(wide[index] for index in _evenly(group, count)) > room:
            count -= 1
        some = _evenly(group, count)
        chosen += some
        taken += sum(wide[index] for index in some)
    return chosen


def _evenly(group: list[int], count: int) -> list[int]:
    """So many of a list, the first and the last among them."""
    if count < 2:
        return group[:count]
    return [group[place] for place in np.linspace(0, len(group) - 1, count).round().astype(int)]


def _rows(order, wide, room_across) -> list[list[int]]:
    """One row of names, or every other in a second where they have no room in one."""
    if sum(wide[index] for index in order) <= room_across:
        return [order]
    return [order[0::2], order[1::2]]


def _apart(wanted: list[float], wide: list[float], half: float) -> list[float]:
    """Places as near as may be to those that are wanted (ascending), in whose widths no two meet, within +-half."""
    groups: list[list] = []  # sum of what each wants of the first's place, how many, first's offset, width
    for place, width in zip(wanted, wide, strict=True):
        groups.append([[place], [width]])
        while len(groups) > 1 and _begin(groups[-2]) + sum(groups[-2][1]) > _begin(groups[-1]):
            places, widths = groups.pop()
            groups[-1][0] += places
            groups[-1][1] += widths
    made = []
    end = -half
    for number, (places, widths) in enumerate(groups):
        left = max(end, min(_begin((places, widths)), half - sum(sum(group[1]) for group in groups[number:])))
        for width in widths:
            made.append(left + width / 2)
            left += width
        end = left
    return made


def _begin(group) -> float:
    """Where names that stand side by side begin, so that they are nearest to their places in the mean."""
    places, widths = group
    before = np.cumsum([0.0, *widths[:-1]])
    return float(np.mean(np.array(places) - before - np.array(widths) / 2))
