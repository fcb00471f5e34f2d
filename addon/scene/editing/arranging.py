# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrange the layers and blocks that stand in a scene anew; what was moved by hand stays where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...layout import HEIGHT, Arrangement, BlockPiece, Frame, LayoutSettings, Piece, arrange
from ...layout.arrange import MOST
from ...layout.layered import axes
from ...network.visible import Visible
from ..building import bars, blocks, connections, layers
from ..entities import Bars, BlockBox, Bundle, ClassName, LayerObject, Light, NetworkScene, Placed, layer_or_block
from . import room

LONGEST = 14.0 * HEIGHT  # of a row
MOVED = 1e-3  # metres; what stands farther from where it was put was moved by hand
BOW = 0.15 * HEIGHT  # metres, of lines from a layer to itself


@dataclass(frozen=True)
class Sealed:
    """A block without its inside, as the layout takes it: one piece. `reads` and `layers` are names of layers, outside
    and inside; `size` is that of its box, metres: along the signal, to the side, up."""

    path: str
    parent: str
    reads: Sequence[str]
    layers: Sequence[str]
    size: tuple[float, float, float]
    level: int = 0  # as of `Piece`
    apart: float = 0.0  # the same

    @property
    def key(self) -> str:
        """Its name among those of layers."""
        return key_of(self.path)


def key_of(path: str, name: str = "") -> str:
    """What a block without its inside is called among the pieces of the layout; a layer by its name."""
    return f"\0{path}" if path else name


def pieces(
    shown: Visible, room: Mapping[str, tuple[float, float, float]], apart: Mapping[str, float] = {}
) -> list[Piece]:
    """The layers that are there as the layout takes them, with the room that they take, in metres, and what of their
    width is free before each."""
    level = shown.network.levels
    return [
        Piece(
            layer.name,
            tuple(layer.inputs),
            room[layer.name],
            layer.block,
            level.get(layer.name, 0),
            apart.get(layer.name, 0.0),
        )
        for layer in shown.layers
    ]


def parts(shown: Visible) -> list[BlockPiece]:
    """The blocks that are there, as the layout takes them."""
    return [BlockPiece(block.path, block.parent, block.layers) for block in shown.blocks]


def sealed(shown: Visible, sizes: Mapping[str, tuple[float, float, float]], apart: float = 0.0) -> list[Sealed]:
    """The blocks without their inside, as the layout takes them; `sizes` are those of their books by path."""
    level = shown.network.levels
    return [
        Sealed(path, block.parent, shown.reads(path), block.layers, sizes[path], level.get(block.layers[-1], 0), apart)
        for path, block in shown.unbuilt.items()
    ]


def arranged(
    pieces: Sequence[Piece],
    parts: Sequence[BlockPiece],
    sealed: Sequence[Sealed],
    settings: LayoutSettings,
    folded: Collection[str] = (),
    pinned: Mapping[str, tuple[float, float, float]] = {},
) -> Arrangement:
    """As `layout.arrange`, with blocks of which nothing but their box is there; they are pieces by their `key_of`."""
    if not sealed:
        return arrange(pieces, parts, settings, folded, pinned)
    at = {name: box.key for box in sealed for name in box.layers}
    total = len(pieces) + len(at)

    def outside(names: Iterable[str], own: str = "") -> tuple[str, ...]:
        return tuple(name for name in dict.fromkeys(at.get(name, name) for name in names) if name != own)

    paths = {box.path for box in sealed}
    arrangement = arrange(
        [
            *(replace(piece, inputs=outside(piece.inputs)) for piece in pieces),
            *(
                Piece(box.key, outside(box.reads, box.key), box.size, box.parent, box.level, box.apart)
                for box in sealed
            ),
        ],
        [
            BlockPiece(part.path, part.parent, outside(part.layers), len(part.layers) > MOST * total)
            for part in parts
            if part.path not in paths
        ],
        settings,
        folded,
        pinned,
    )
    for box in sealed:
        place = arrangement.places[box.key]
        along, side, up = np.abs(arrangement.turn @ box.size).tolist()
        size = along, side, up
        arrangement.frames[box.path] = Frame(place.location, (((0.0, 0.0, 0.0), size),), size, place.row)
    return arrangement


def settings_of(network: bpy.types.Collection) -> LayoutSettings:
    """The settings that a network was arranged with."""
    return LayoutSettings(**NetworkScene(network).settings["layout"])


def lift_of(source: str, target: str, arrangement: Arrangement) -> tuple[float, float, float]:
    """How the lines between two layers are led: round what they skip, and from a layer to itself in a bow before it."""
    if source == target:
        return tuple((arrangement.turn @ (-BOW, 0.0, 0.0)).tolist())
    return arrangement.lifts.get((source, target), (0.0, 0.0, 0.0))


def lead(bundle: Bundle, arrangement: Arrangement) -> None:
    """Lead the lines of a bundle as an arrangement wants them, if both its ends are in that."""
    ends = key_of(bundle.source_block, bundle.source), key_of(bundle.target_block, bundle.target)
    if arrangement.places.keys() >= set(ends):
        connections.lead(bundle.obj, lift_of(*ends, arrangement), arrangement.turn)


def moved(obj: bpy.types.Object) -> bool:
    """Whether somebody has moved a layer or a block away from where it was put."""
    entity = layer_or_block(obj)
    return entity.pinned or any(
        abs(is_ - was) > MOVED for is_, was in zip(obj.location, entity.placed or obj.location, strict=True)
    )


def by_hand(network: bpy.types.Collection) -> list[bpy.types.Object]:
    """The layers and blocks that were moved by hand."""
    return [member.obj for member in NetworkScene(network).members(BlockBox, LayerObject) if moved(member.obj)]


def rearrange(network: bpy.types.Collection, settings: LayoutSettings, reset: Collection[bpy.types.Object] = ()) -> int:
    """Put layers and blocks where these settings and the folded blocks want them, and keep the settings.

    What was moved by hand stays where it is, unless it is in `reset`. Returns how many layers stay so.
    """
    for obj in reset:
        entity = layer_or_block(obj)
        entity.pinned = False
        obj.location = entity.placed
    scene = NetworkScene(network)
    shown = {layer.name: layer for layer in sorted(scene.members(LayerObject), key=lambda layer: layer.order)}
    every = scene.blocks()
    at = {name: key_of(path) for path, box in every.items() if not box.built for name in box.layers}
    there = shown.keys() | at.keys()
    boxes = {path: box for path, box in every.items() if not there.isdisjoint(box.layers)}  # layers may be deleted
    still = set()
    for path, box in boxes.items():  # a block in one that was moved goes with it
        if moved(box.obj) or box.parent in still:
            still.add(path)
    inside = {name for path in still for name in boxes[path].layers}
    pinned = {name: tuple(place_of(layer.obj)) for name, layer in shown.items() if name in inside or moved(layer.obj)}
    stood = {path: place_of(boxes[path].obj) for path in still}
    closed = {path for path in blocks.folded(boxes) if boxes[path].built}
    unseen = {name for path in closed for name in boxes[path].layers} - inside  # boxes stand as if none was moved
    sizes = dict(zip(shown, room.sizes(shown.values()), strict=True))
    turn = axes(settings_of(network).direction)
    empty = [
        Sealed(
            path,
            box.parent,
            [name for name in box.reads if name in there],
            box.layers,
            tuple(np.abs(turn.T @ np.array(box.inputs["Box"])).tolist()),
            box.level,
            box.apart,
        )
        for path, box in boxes.items()
        if not box.built
    ]
    held = {key_of(path): tuple(stood[path]) for path in still if not boxes[path].built}
    arrangement = arranged(
        [
            Piece(
                name,
                tuple(source for source in layer.sources if source in there),
                sizes[name],
                layer.block,
                layer.level,
                layer.apart,
            )
            for name, layer in shown.items()
        ],
        [
            BlockPiece(path, box.parent, tuple(name for name in box.layers if name in there))
            for path, box in boxes.items()
        ],
        empty,
        settings,
        closed,
        {name: place for name, place in pinned.items() if name not in unseen} | held,
    )
    for path, box in boxes.items():
        frame = arrangement.frames[path]
        outer = box.parent
        if path not in still:
            blocks.put(box.obj, frame, arrangement.frames.get(outer))
            continue
        if outer not in still:
            pin(box.obj, stood[path])
        blocks.form(box.obj, frame, Vector(frame.middle) - stood[path])
    for name, layer in shown.items():
        if name not in pinned:
            layers.put(layer.obj, name, arrangement, place_of(layer.obj.parent))
        elif name not in inside:
            pin(layer.obj, pinned[name])
    for beside in scene.members(Bars, ClassName):
        if (name := beside.layer) in shown:
            bars.turn(beside.obj, arrangement.places[name].backwards)
    for bundle in scene.bundles():
        lead(bundle, arrangement)
    _swing(scene, axes(settings.direction) @ axes(settings_of(network).direction).T)
    scene.settings |= {"layout": asdict(settings)}
    return len(pinned)


def _swing(scene: NetworkScene, turn: np.ndarray) -> None:
    """Let the lights of a network turn with it; `turn` is a rotation (3, 3)."""
    if not np.allclose(turn, np.eye(3)):
        for light in scene.members(Light):
            light.obj.matrix_basis = Matrix(turn).to_4x4() @ light.obj.matrix_basis


def pin(obj: bpy.types.Object, place: Vector | tuple[float, float, float]) -> None:
    """Leave a layer or a block where it stands, however the block round it has moved, and remember that somebody put
    it there: a block whose layers were all moved alike stands round them as before."""
    obj.location = Vector(place) - place_of(obj.parent)
    layer_or_block(obj).pinned = True


def place_of(obj: bpy.types.Object | None) -> Vector:
    """Where a layer or a block stands in the space of the network's root, from the locations of the blocks round it."""
    return sum((entity.obj.location for entity in _upward(obj)), Vector())


def _upward(obj) -> Iterator[Placed]:
    while entity := layer_or_block(obj):
        yield entity
        obj = obj.parent
