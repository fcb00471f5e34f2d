# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network -> objects: the whole scene, step by step, so that a caller can show progress and stop between steps."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

import bpy
import numpy as np
from mathutils import Matrix

from ...colormaps.value import NOT_FINITE
from ...containers import stepping
from ...inference import Ran, activation
from ...layout import Arrangement, LayoutSettings
from ...layout.shelf import settings_of_shelf
from ...network import Connection, Network
from ...network.drawn import PLANES
from ...network.joins import WEIGHT
from ...network.lines import Lines, line_limits
from ...network.planes import closed_at_first, has_attention
from ...network.statistics import statistics
from ...nodes import materials as shaders
from ...nodes.network import network_group
from ...nodes.tree import attach
from ..camera import picture
from ..editing import arranging, pruning, ranges
from ..entities import Bars, LayerObject, NetworkScene, RoleMaterial, Root, ShotCamera, add_child
from ..output import film
from ..storyboard import run_facts
from ..texts import caption, labels, words
from . import arcs, bars, blocks, books, input_picture, layers, planned, shelf, studio
from .planned import Steps

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


def _build(network, settings, ran, digest):
    closed = closed_at_first(network) if settings.fold_repeats else frozenset()
    on_shelf = bool(closed) or settings.fold_repeats and has_attention(network)
    if on_shelf:
        settings = replace(settings, layout=settings_of_shelf(settings.layout, has_attention(network)))
    shares = planned.shares(network, settings.max_cells, bool(settings.layout.slant), ran, not settings.fold_repeats)
    plan = planned.plan(network, closed, shares, settings.layout, ran)
    shown, drawn, arrangement = plan.shown, plan.drawn, plan.arrangement
    paints = _materials(network.name)
    cells = planned.cell_shapes()
    made = _Collections(network.name)
    root = bpy.data.objects.new(network.name, bpy.data.meshes.new(network.name))
    attach(root, "Network", network_group(), {})
    Root.make(root)
    made.network.objects.link(root)
    within = blocks.make(network, arrangement.frames, made.network, root, paints["blocks"], shown)
    objects = yield from planned.make_layers(plan, shown.layers, paints, 0.05, 0.34)
    planned.place_layers(plan, objects, within, root, made.layers)
    for layer in plan.pictured:
        picture_obj = input_picture.make(layer, objects[layer.name], ran, paints)
        objects[layer.name].users_collection[0].objects.link(picture_obj)
    planned.show_planes(plan, planned.read_planes(plan, objects), objects, paints)
    yield 0.34, "importance of units"
    pruning.mark(network, objects, drawn, ran)

    limits = line_limits(network.connections, settings.lines_a_pair, settings.max_connections)
    lines = yield from planned.choose_lines(plan, shown.connections, limits, 0.35, 0.65)
    pairs = [(network.connections[index], chosen) for index, chosen in lines.items()]
    weights = weight_range(pairs)
    yield 0.68, "lines"
    boxes = {path: obj for path, (_, obj) in within.items() if path}
    for obj in (
        *planned.make_bundles(plan, lines, objects, root, paints, weights),
        *planned.make_joints(plan, shown.joints, objects, boxes, root, paints),
    ):
        made.connections.objects.link(obj)

    yield 0.75, "labels and light"
    camera = studio.make_camera(f"{network.name} Hero", view=studio.of_shelf(network) if on_shelf else None)
    made.studio.objects.link(camera)
    _outputs(plan, objects, camera, paints, made)
    into = words.into(pairs)
    for layer in shown.layers:
        if drawn[layer.name].detail not in PLANES:  # which say what they show
            labels.say(objects[layer.name], words.of_layer(layer, drawn[layer.name], into.get(layer.name, [])))
    for layer in plan.pictured:
        labels.say(objects[layer.name], words.of_picture(layer))
    for block in shown.blocks:
        labels.say(boxes[block.path], words.of_block(block, network))
    shelf.fill(network, shown.unbuilt, boxes, ran, paints, plan.thickness)
    for light in studio.make_lights(network.name, *_extent(arrangement)):
        slant = Matrix.Rotation(settings.layout.slant, 4, "Z")
        light.matrix_basis = Matrix(arrangement.turn).to_4x4() @ slant @ light.matrix_basis
        made.studio.objects.link(light)
    if settings.new_scene:  # another's scene has its own
        made.studio.objects.link(studio.make_floor(network.name, paints["floor"]))
    for obj in caption.make(
        network,
        camera,
        paints,
        cells,
        (*objects.values(), *made.connections.objects),
        _caption(network, on_shelf, any(drawn[layer.name].detail in PLANES for layer in shown.layers)),
    ):
        made.studio.objects.link(obj)
    _remember(made.network, network, settings, ran, paints, weights, digest.result())
    ranges.fill(made.network)
    arcs.show(made.network, network, ran)
    known: dict = {}
    for index, layer in enumerate(shown.layers):
        if index % 16 == 0:
            yield 0.78 + 0.07 * index / len(shown.layers), f"statistics of {layer.name}"
        layers.tell(objects[layer.name], statistics(layer, known))
    run_facts.remember(made.network, network, ran)
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


finish = stepping.finish  # so that whoever builds needs this room alone


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
        "picture": shaders.picture(f"{name} Picture"),
        "floor": shaders.floor(f"{name} Floor"),
        "scrim": shaders.scrim(f"{name} Scrim"),
        "track": shaders.flat(f"{name} Track", "#4a628f", 0.55),
        "label": shaders.flat(f"{name} Label", "#dbe4f3", 0.95),
        "dim": shaders.flat(f"{name} Dim", "#a3b2ca", 0.8),
        "hot": shaders.flat(f"{name} Hot", "#ffd9a0", 1.6),
        "followed": shaders.flat(f"{name} Followed", "#ffb861", 1.0),
        "not_finite": shaders.flat(f"{name} Not Finite", NOT_FINITE, 0.9),
    }
    for role, material in materials.items():
        RoleMaterial.make(material, role=role)
    return materials


def _extent(arrangement: Arrangement):
    """How long the network is along the signal, and where its rows are upwards."""
    turned = {name: arrangement.turn.T @ place.location for name, place in arrangement.places.items()}
    rows = {
        place.row: float(turned[name][2])
        for name, place in sorted(arrangement.places.items(), key=lambda pair: -abs(pair[1].lane))
    }
    along = [float(place[0]) for place in turned.values()]
    return max(along) - min(along), list(rows.values())


def _caption(network, on_shelf: bool, planes_too: bool) -> str:
    """The name of the form of the caption."""
    if on_shelf and has_attention(network):
        return "sheets"
    return "band" if on_shelf or planes_too else "strip"


def _outputs(plan: planned.Plan, objects, camera, paints, made):
    for layer in planned.last(plan.network):
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


def add_bars(scene: NetworkScene, plan: planned.Plan, objs: Mapping[str, bpy.types.Object]) -> None:
    """Bars beside output layers of a network in the scene that have none; their values are still to be set."""
    have = {bars.layer for bars in scene.members(Bars)}
    into = scene.child("labels")
    camera = next(scene.members(ShotCamera), None)
    for layer in planned.last(plan.network) if camera else ():
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
        layer_count=network.layer_count,
        samples=network.samples,
        sizes={f"{assumed.input}:{assumed.axis}": assumed.size for assumed in network.assumed},
    )


def _remember(collection, network, settings, ran, paints, weights, digest):
    scene = NetworkScene.make(collection)
    know(collection, network, digest)
    scene.tell(
        uuid=str(uuid.uuid4()), settings=asdict(settings), materials=paints, weight_range=weights, **facts_of(ran)
    )
