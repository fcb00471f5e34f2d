# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network -> objects: the whole scene, step by step, so that a caller can show progress and stop between steps."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...colormaps.value import NOT_FINITE
from ...inference import Ran
from ...layout import Arrangement, LayoutSettings, Shape, shapes
from ...network import Block, Connection, Layer, Network
from ...network.drawn import Drawn
from ...network.joins import WEIGHT, Unknown
from ...network.lines import Lines, line_limits, strongest
from ...network.network import sample_of
from ...network.statistics import statistics
from ...network.visible import Joint, Shares, Visible
from ...nodes import materials as shaders
from ...nodes.network import network_group
from ...nodes.tree import attach
from ..camera import picture
from ..detail import expansion
from ..editing import arranging, pruning, ranges
from ..entities import Bars, Bundle, CellShape, LayerObject, NetworkScene, RoleMaterial, Root, ShotCamera, add_child
from ..output import film
from ..texts import caption, labels, words
from . import bars, blocks, books, connections, layers, studio

MAX_CELLS = 150_000
MAX_CONNECTIONS = 150_000
LINES_A_PAIR = 360  # of layers: more is a slab of colour, not lines


@dataclass(frozen=True)
class Settings:
    """What to draw of a network."""

    max_cells: int = MAX_CELLS
    max_connections: int = MAX_CONNECTIONS
    lines_a_pair: int = LINES_A_PAIR
    new_scene: bool = True  # else the network alone goes into the scene that is open
    fold_repeats: bool = True  # of a large network: its stages and repeats are closed
    layout: LayoutSettings = LayoutSettings(longest=arranging.LONGEST)


Steps = Generator[tuple[float, str], None, Any]  # (share done, what is next), and what it returns in the end


def build(network: Network, settings: Settings, ran: Ran | None = None) -> Steps:
    """Make the scene of a network. Yields (share done, what is next) and returns the network's collection.

    Nothing is linked to the open scene before the last step. A caller that stops half-way, or meets an error, removes
    what was made with `transaction.Made`.
    """
    yield 0.05, "choosing what to draw"
    with ThreadPoolExecutor(1) as aside:  # the hash of a large file takes as long as reading it
        digest = aside.submit(network.checkpoint.sha256)
        collection = yield from _build(network, settings, ran, digest)
    return collection


@dataclass
class Plan:
    """What of a network is there, and where it stands. `drawn` and `formed` are those of every layer; of one inside a
    block without its inside `drawn` knows no more than how many cells there would be."""

    network: Network
    shown: Visible
    drawn: dict[str, Drawn]
    formed: dict[str, Shape]
    arrangement: Arrangement
    ran: Ran | None


def plan(
    network: Network,
    unbuilt: Collection[str],
    shares: Shares,
    layout: LayoutSettings,
    ran: Ran | None,
    folded: Collection[str] = (),
) -> Plan:
    """Plan a network with some blocks without their inside and others `folded`. Reads the weights of what is there as
    far as they choose which cells are drawn."""
    shown = Visible(network, unbuilt)
    drawn = shares.sized(shown.layers)
    formed = shapes(network, drawn)
    arrangement = arranging.arranged(
        arranging.pieces(shown, formed), arranging.parts(shown), arranging.sealed(shown, formed), layout, folded
    )
    return Plan(network, shown, drawn, formed, arrangement, ran)


def make_layers(plan: Plan, made: Sequence[Layer], paints: dict, begin: float, end: float) -> Steps:
    """The objects of these layers by name, each without a parent and in no collection. Yields as `build`."""
    cells = cell_shapes()
    objs: dict[str, bpy.types.Object] = {}
    for index, layer in enumerate(made):
        if index % 16 == 0:
            yield begin + (end - begin) * index / len(made), f"layer {layer.name}"
        values = activation(layer, plan.ran)
        objs[layer.name] = layers.make(layer, plan.drawn[layer.name], plan.formed[layer.name], values, paints, cells)
    return objs


def place_layers(plan: Plan, objs: Mapping[str, bpy.types.Object], within: Mapping[str, tuple], root, free) -> None:
    """Put new layers into their blocks; `free` is the collection of those in none, `within` as of `blocks.make`."""
    for index, layer in enumerate(plan.network.layers):
        if layer.name not in objs:
            continue
        obj = objs[layer.name]
        collection, obj.parent = within[layer.block]
        around = plan.arrangement.frames.get(layer.block)
        layers.put(obj, layer.name, plan.arrangement, around.middle if around else (0.0, 0.0, 0.0))
        layer_object = LayerObject(obj)
        layer_object.inputs.update({"Network": root, "Block": obj.parent if around else None})
        layer_object.order = index
        (collection if layer.block else free).objects.link(obj)


def choose_lines(
    plan: Plan, wanted: Mapping[int, Connection], limits: Sequence[int], begin: float, end: float
) -> Steps:
    """The lines of these connections by their place among all. Yields as `build`, and changes nothing."""
    lines: dict[int, Lines] = {}
    for number, (index, connection) in enumerate(wanted.items()):
        if number % 8 == 0:
            yield begin + (end - begin) * number / len(wanted), f"connections into {connection.target.name}"
        lines[index] = choose(connection, plan.drawn, limits[index], plan.ran)
    return lines


def make_bundles(
    plan: Plan,
    lines: Mapping[int, Lines],
    objs: Mapping[str, bpy.types.Object],
    root: bpy.types.Object,
    paints: dict,
    weights: float,
) -> list[bpy.types.Object]:
    """The bundles of these lines between layers that have objects, in no collection."""
    bundles = []
    for index, chosen in lines.items():
        connection = plan.network.connections[index]
        ends = connection.source.name, connection.target.name
        obj = connections.make(index, connection, chosen, *(objs[name] for name in ends), root, paints, weights)
        arranging.lead(Bundle(obj), plan.arrangement)
        expansion.refresh(obj, connection, *(plan.drawn[name] for name in ends), len(plan.network.connections))
        bundles.append(obj)
    return bundles


def make_joints(
    plan: Plan,
    joints: Iterable[Joint],
    objs: Mapping[str, bpy.types.Object],
    boxes: Mapping[str, bpy.types.Object],
    root: bpy.types.Object,
    paints: dict,
) -> list[bpy.types.Object]:
    """The bundles from and to blocks without their inside, in no collection; where an end was deleted there is none."""
    bundles = []
    for joint in joints:
        source = boxes.get(joint.source_block) if joint.source_block else objs.get(joint.source)
        target = boxes.get(joint.target_block) if joint.target_block else objs.get(joint.target)
        if source and target:
            obj = connections.join(joint, source, target, root, paints)
            arranging.lead(Bundle(obj), plan.arrangement)
            bundles.append(obj)
    return bundles


def book(network: Network, block: Block, obj: bpy.types.Object, ran: Ran | None, paints: dict) -> None:
    """Show what is in a block without its inside; as yet its box alone stands for that."""


def _build(network, settings, ran, digest):
    closed = network.closed if settings.fold_repeats else frozenset()
    planned = plan(network, closed, Shares(network, settings.max_cells), settings.layout, ran)
    shown, drawn, arrangement = planned.shown, planned.drawn, planned.arrangement
    paints = _materials(network.name)
    cells = cell_shapes()
    made = _Collections(network.name)
    root = bpy.data.objects.new(network.name, bpy.data.meshes.new(network.name))
    attach(root, "Network", network_group(), {})
    Root.make(root)
    made.network.objects.link(root)
    within = blocks.make(network, arrangement.frames, made.network, root, paints["blocks"], shown)
    objects = yield from make_layers(planned, shown.layers, paints, 0.05, 0.34)
    place_layers(planned, objects, within, root, made.layers)
    yield 0.34, "importance of units"
    pruning.mark(network, objects, drawn, ran)

    limits = line_limits(network.connections, settings.lines_a_pair, settings.max_connections)
    lines = yield from choose_lines(planned, shown.connections, limits, 0.35, 0.65)
    pairs = [(network.connections[index], chosen) for index, chosen in lines.items()]
    weights = weight_range(pairs)
    yield 0.68, "lines"
    boxes = {path: obj for path, (_, obj) in within.items() if path}
    for obj in (
        *make_bundles(planned, lines, objects, root, paints, weights),
        *make_joints(planned, shown.joints, objects, boxes, root, paints),
    ):
        made.connections.objects.link(obj)
    for path, block in shown.unbuilt.items():
        book(network, block, boxes[path], ran, paints)

    yield 0.75, "labels and light"
    camera = studio.make_camera(f"{network.name} Hero")
    made.studio.objects.link(camera)
    _outputs(planned, objects, camera, paints, made)
    into = words.into(pairs)
    for layer in shown.layers:
        labels.say(objects[layer.name], words.of_layer(layer, drawn[layer.name], into.get(layer.name, [])))
    for block in shown.blocks:
        labels.say(boxes[block.path], words.of_block(block, network))
    for light in studio.make_lights(network.name, *_extent(arrangement)):
        light.matrix_basis = Matrix(arrangement.turn).to_4x4() @ light.matrix_basis
        made.studio.objects.link(light)
    if settings.new_scene:  # another's scene has its own
        made.studio.objects.link(studio.make_floor(network.name, paints["floor"]))
    for obj in caption.make(network, camera, paints, cells, (*objects.values(), *made.connections.objects)):
        made.studio.objects.link(obj)
    _remember(made.network, network, settings, ran, paints, weights, digest.result())
    ranges.fill(made.network)
    known: dict = {}
    for index, layer in enumerate(shown.layers):
        if index % 16 == 0:
            yield 0.78 + 0.07 * index / len(shown.layers), f"statistics of {layer.name}"
        layers.tell(objects[layer.name], statistics(layer, known))
    caption.show(made.network, network, ran)

    yield 0.85, "framing"
    scene = bpy.data.scenes.new(network.name) if settings.new_scene else bpy.context.scene
    scene.collection.children.link(made.network)
    if settings.new_scene:
        studio.set_up(scene, network.name, camera)
        if bpy.context.window:
            bpy.context.window.scene = scene  # after the link: a view forgets a camera that is not in its scene
    film.sign(scene)
    picture.frame(made.network, scene, camera)
    return made.network


def finish(steps: Steps, progress: Callable[[str], None] = lambda text: None) -> Any:
    """Run all steps at once and return what they return; `progress` is told what is done."""
    while True:
        try:
            share, text = next(steps)
            progress(f"{share:4.0%} {text}")
        except StopIteration as end:
            return end.value


def activation(layer: Layer, ran: Ran | None) -> np.ndarray | None:
    """The activations of one sample of a layer, flat, or None if nothing ran or they do not fit its grid."""
    value = ran.values.get(layer.shown) if ran else None
    if value is None or value.dtype.kind not in "fiub" or value.size < layer.size:
        return None
    return sample_of(value, layer.grid).astype(np.float32)


def choose(connection: Connection, drawn: dict[str, Drawn], limit: int, ran: Ran | None) -> Lines:
    """The lines to draw of a connection, by what ran if anything did.

    Where no drawn cell feeds another, as in maps that are thinned out, they say only that the layers are joined.
    """
    ends = connection.source, connection.target
    shown = [drawn[end.name] for end in ends]
    values = tuple(activation(end, ran) for end in ends)
    lines = strongest(connection, *shown, limit, values)
    if len(lines) or ran:
        return lines
    return strongest(replace(connection, join=Unknown(*(end.size for end in ends))), *shown, limit)


def limits(
    network: bpy.types.Collection, model: Network, wished: Mapping[str, int] = MappingProxyType({})
) -> list[int]:
    """How many lines each connection of a network may have, by its settings and what was wished for its target.

    `wished` are numbers by layer that count instead of what was wished before.
    """
    scene = NetworkScene(network)
    settings = scene.settings
    general = line_limits(model.connections, settings["lines_a_pair"], settings["max_connections"])
    wishes = {layer.name: layer.wish.get("lines", 0) for layer in scene.members(LayerObject)} | dict(wished)
    return [
        wishes.get(connection.target.name) or limit
        for connection, limit in zip(model.connections, general, strict=True)
    ]


def facts_of(ran: Ran | None) -> dict[str, str]:
    """What a network's collection says of the input that ran."""
    return {
        "input": ran.file if ran else "",
        "input_note": ran.note if ran else "",
        "input_path": ran.path if ran else "",
    }


def stat_of(path: Path) -> str:
    """Size and time of a file, to tell quickly that it is still the same."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def weight_range(lines: list[tuple[Connection, Lines]]) -> float:
    """The weight drawn in full colour, one for the network: the 98th percentile of what is drawn.

    Scales of normalisations are left out if there is anything else: they are near 1 and would dim all other weights.
    """
    weighted = [
        (connection.join, np.abs(chosen.weight))
        for connection, chosen in lines
        if connection.join.carries == WEIGHT and len(chosen)
    ]
    sizes = [size for join, size in weighted if join.ranks] or [size for _, size in weighted]
    size = np.concatenate(sizes) if sizes else np.zeros(0)
    size = size[np.isfinite(size)]
    return float(np.percentile(size, 98)) or 1.0 if size.size else 1.0


class _Collections:
    def __init__(self, name):
        self.network = bpy.data.collections.new(name)
        self.layers, self.connections, self.labels, self.studio = (
            add_child(self.network, kind) for kind in ("layers", "connections", "labels", "studio")
        )


def _materials(name):
    materials = {
        "cells": shaders.cells(f"{name} Cells"),
        "lines": shaders.lines(f"{name} Lines"),
        "copies": shaders.copies(f"{name} Copies"),
        "plate": shaders.plate(f"{name} Plate"),
        "bars": shaders.bars(f"{name} Bars"),
        "blocks": shaders.blocks(f"{name} Blocks"),
        **books.materials(name),
        "floor": shaders.floor(f"{name} Floor"),
        "scrim": shaders.scrim(f"{name} Scrim"),
        "track": shaders.flat(f"{name} Track", "#4a628f", 0.55),
        "label": shaders.flat(f"{name} Label", "#dbe4f3", 0.95),
        "dim": shaders.flat(f"{name} Dim", "#a3b2ca", 0.8),
        "hot": shaders.flat(f"{name} Hot", "#ffd9a0", 1.6),
        "not_finite": shaders.flat(f"{name} Not Finite", NOT_FINITE, 0.9),
    }
    for role, material in materials.items():
        RoleMaterial.make(material, role=role)
    return materials


def cell_shapes() -> dict[str, bpy.types.Object]:
    """The mesh of a cell by its name: a bevelled tile, one metre wide, that grows along -X from its back face."""
    import bmesh

    known = next((cell.obj for cell in map(CellShape.of, bpy.data.objects) if cell and cell.shape == "tile"), None)
    if known:
        return {"tile": known}
    mesh = bpy.data.meshes.new("Neuroscene Tile")
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    bmesh.ops.translate(shape, verts=shape.verts, vec=(-0.5, 0.0, 0.0))
    bmesh.ops.bevel(shape, geom=list(shape.edges), offset=0.07, segments=2, affect="EDGES", profile=0.5)
    shape.to_mesh(mesh)
    shape.free()
    mesh.shade_smooth()
    mesh.set_sharp_from_angle(angle=0.87)
    tile = bpy.data.objects.new("Neuroscene Tile", mesh)
    CellShape.make(tile, shape="tile")
    return {"tile": tile}


def _extent(arrangement: Arrangement):
    """How long the network is along the signal, and where its rows are upwards."""
    turned = {name: arrangement.turn.T @ place.location for name, place in arrangement.places.items()}
    rows = {
        place.row: float(turned[name][2])
        for name, place in sorted(arrangement.places.items(), key=lambda pair: -abs(pair[1].lane))
    }
    along = [float(place[0]) for place in turned.values()]
    return max(along) - min(along), list(rows.values())


def last(network: Network) -> list[Layer]:
    """The layers that give an output of the network, are read by no other, and have few enough cells for bars."""
    given = {spec.name for spec in network.outputs}
    read = {name for layer in network.layers for name in layer.inputs}
    return [
        layer
        for layer in network.layers
        if layer.name not in read and bars.wanted(layer) and given.intersection(layer.outputs)
    ]


def _outputs(plan: Plan, objects, camera, paints, made):
    for layer in last(plan.network):
        if layer.name not in objects:
            continue
        obj, names = bars.make(
            layer,
            objects[layer.name],
            plan.formed[layer.name],
            plan.network.classes,
            camera,
            paints,
            plan.arrangement.places[layer.name].backwards,
        )
        for shown in (obj, *names):
            made.labels.objects.link(shown)
        values = activation(layer, plan.ran)
        if values is not None:
            bars.set_values(obj, names, values, paints)


def add_bars(scene: NetworkScene, plan: Plan, objs: Mapping[str, bpy.types.Object]) -> None:
    """Bars beside output layers of a network in the scene that have none; their values are still to be set."""
    have = {bars.layer for bars in scene.members(Bars)}
    into = scene.child("labels")
    camera = next(scene.members(ShotCamera), None)
    for layer in last(plan.network) if camera else ():
        if layer.name not in have and layer.name in objs:
            obj, names = bars.make(
                layer,
                objs[layer.name],
                plan.formed[layer.name],
                plan.network.classes,
                camera.obj,
                scene.materials,
                plan.arrangement.places[layer.name].backwards,
            )
            for shown in (obj, *names):
                into.objects.link(shown)


def know(collection: bpy.types.Collection, network: Network, digest: str) -> None:
    """Write onto a network's collection which file it shows; what else is known of that stays."""
    source = network.checkpoint
    NetworkScene(collection).tell(
        source=str(source.path.resolve()),
        sha256=digest,
        stat=stat_of(source.path),
        format=source.format,
        producer=source.producer,
        structure=source.structure,
        architecture=str(source.architecture.resolve()) if source.architecture else "",
        notes=source.notes,
        part=source.part if source.part_chosen else "",
        shown=source.part,
        parts=list(source.parts),
        parameters=network.parameters,
        samples=network.samples,
        sizes={f"{assumed.input}:{assumed.axis}": assumed.size for assumed in network.assumed},
    )


def _remember(collection, network, settings, ran, paints, weights, digest):
    scene = NetworkScene.make(collection)
    know(collection, network, digest)
    scene.tell(
        uuid=str(uuid.uuid4()), settings=asdict(settings), materials=paints, weight_range=weights, **facts_of(ran)
    )
