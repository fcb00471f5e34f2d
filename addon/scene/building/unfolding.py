# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build what is inside blocks of a network in the scene that stand there without their inside."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import bpy

from ... import compat
from ...containers import CheckpointError
from ...network import Network
from ...network.drawn import Wish
from ...network.stages import MANY
from ...network.statistics import statistics
from .. import removing
from ..editing import arranging, proof, pruning, ranges
from ..entities import BlockBox, Book, Bundle, LayerObject, NetworkScene
from ..looks import saved_styles, styles
from ..storyboard import run_facts
from ..texts import caption, labels, words
from . import arcs, bars, blocks, build, connections, importing, layers, planned, shelf
from .planned import Steps


def keyframed_open(scene: NetworkScene) -> set[str]:
    """The blocks without their inside whose slider *Fold* is keyframed or driven: they are to be built."""
    return {path for path, box in scene.unbuilt().items() if box.inputs.path("Fold") in compat.animated(box.obj)}


def left(network: Network, unbuilt: Collection[str], opened: Collection[str], whole: bool = False) -> set[str]:
    """The blocks that stay without their inside when some are opened: the others, and in an opened block of many layers
    the blocks directly inside, unless the `whole` of it is wanted."""
    rest = set(unbuilt) - set(opened)
    if whole:
        return rest
    opening = list(opened)
    while opening:
        block = network.block_by_path[opening.pop()]
        if len(block.layers) > MANY:
            inner = set(block.children) - set(opened)
            if len(block.children) == 1:  # else nothing would be seen of what was opened
                opening += inner
            else:
                rest |= inner
    return rest


def build_steps(collection: bpy.types.Collection, paths: Iterable[str], whole: bool = False) -> Steps:
    """Build the inside of these blocks, of `whole` blocks that of all blocks inside them too.

    Yields as `build.build`. Until the last step nothing of the scene changes, and what was made is in no collection: a
    caller that stops half-way removes it with `transaction.Made`. Returns how many layers were made; raises
    `CheckpointError`.
    """
    scene = NetworkScene(collection)
    root = scene.root().obj
    stored = {path: box.layers for path, box in scene.unbuilt().items()}
    opened = [path for path in paths if path in stored]
    if not opened:
        return 0
    network = yield from importing.reopen_steps(collection)
    for path, names in stored.items():
        block = network.block_by_path.get(path)
        if block is None or list(block.layers) != names:
            raise CheckpointError(
                network.checkpoint.path, f"has no block '{path}' as the scene has it", "import the model again"
            )
    ran = yield from importing.ran_steps(collection, network)
    scene = NetworkScene(collection)
    there = {name: layer.obj for name, layer in scene.layers().items()}
    shares = planned.shares(
        network,
        scene.settings["max_cells"],
        bool(scene.settings["layout"].get("slant")),
        ran,
        is_whole(scene),
        wishes_of(there),
        {name: layers.drawn_of(obj) for name, obj in there.items() if name in network.by_name},
    )
    rest = left(network, stored, opened, whole)
    plan = planned.plan(network, rest, shares, arranging.settings_of(collection), ran)
    wanted = {name for path in opened for name in stored[path]}
    new = [layer for layer in plan.shown.layers if layer.name in wanted and layer.name not in there]
    paints = scene.materials
    objs = yield from planned.make_layers(plan, new, paints, 0.05, 0.4)
    yield 0.4, "importance of units"
    pruning.mark(network, objs, plan.drawn, ran, proof.order_of(collection))
    known: dict = {}
    for index, layer in enumerate(new):
        if index % 16 == 0:
            yield 0.45 + 0.1 * index / len(new), f"statistics of {layer.name}"
        layers.tell(objs[layer.name], statistics(layer, known))
    every = there | objs
    joined = {
        index: connection
        for index, connection in plan.shown.connections.items()
        if {connection.source.name, connection.target.name} <= every.keys()
        and not objs.keys().isdisjoint((connection.source.name, connection.target.name))
    }
    lines = yield from planned.choose_lines(plan, joined, build.limits(collection, network), 0.55, 0.9)
    bundles = planned.make_bundles(plan, lines, every, root, paints, scene.weight_range)
    seen = planned.read_planes(plan, objs)
    yield 0.9, "what is inside"

    _settle(scene, plan, objs, every, bundles, set(opened), seen)
    arcs.show(collection, network, ran)
    if ran:
        bars.show(collection, network, ran)
    _tell_ranges(scene, network)
    _say(scene, plan, set(objs) | {network.connections[index].target.name for index in lines})
    ranges.fill(collection)
    caption.watch(collection)
    run_facts.remember(collection, network, ran)
    caption.show(collection, network, ran)
    from ..series import following  # here: that builds on this

    yield from following.steps(collection)
    return len(objs)


def is_whole(scene: NetworkScene) -> bool:
    """Whether all of a network was wanted in cells when it was imported."""
    return not scene.settings.get("fold_repeats", True)


def wishes_of(objs: dict[str, bpy.types.Object]) -> dict[str, Wish]:
    """What was wished for layers in the scene, by name."""
    return {
        name: Wish(layer.wished_detail, layer.wish.get("cells", 0))
        for name, layer in ((name, LayerObject(obj)) for name, obj in objs.items())
        if layer.wish
    }


def _settle(scene: NetworkScene, plan: planned.Plan, objs, every, bundles, opened: set[str], shown_planes) -> None:
    """Put what was made into the scene, in place of what stood for it."""
    collection, root = scene.collection, scene.root().obj
    network, shown, paints = plan.network, plan.shown, scene.materials
    before = {path: box.obj for path, box in scene.blocks().items()}
    joints = [bundle for bundle in scene.bundles() if {bundle.source_block, bundle.target_block} & opened]
    removing.remove([book.obj for book in scene.members(Book) if book.path in opened])
    for path in opened:
        BlockBox(before[path]).inputs.update({"Book": False, "Edges": 0})
    within = blocks.make(network, plan.arrangement.frames, collection, root, paints["blocks"], shown, before)
    for path in opened:
        blocks.form(before[path], plan.arrangement.frames[path])
    planned.place_layers(plan, objs, within, root, scene.child("layers"))
    planned.show_planes(plan, shown_planes, objs, paints)
    removing.remove([bundle.obj for bundle in joints])
    boxes = {path: obj for path, (_, obj) in within.items() if path}
    new = boxes.keys() - before.keys()
    wanted = [
        joint
        for joint in shown.joints
        if {joint.source, joint.target} & objs.keys() or {joint.source_block, joint.target_block} & new
    ]
    into = scene.child("connections")
    bundles = [*bundles, *planned.make_joints(plan, wanted, every, boxes, root, paints)]
    for obj in bundles:
        into.objects.link(obj)
    for path in new:
        block = network.block_by_path[path]
        labels.say(boxes[path], words.of_block(block, network))
    shelf.rename(scene, network, opened)
    shelf.fill(network, new & shown.unbuilt.keys(), boxes, plan.ran, paints, plan.thickness)
    build.add_bars(scene, plan, objs)
    if style := saved_styles.every()[0].get(scene.style):
        styles.dress(style, (*objs.values(), *bundles, *map(boxes.get, new)))


def _tell_ranges(scene: NetworkScene, network: Network) -> None:
    """Let all lines share the range of those that are there now."""
    now = build.weight_range(
        [
            (network.connections[index], connections.lines_of(obj))
            for index, obj in connections.by_index(scene.collection).items()
        ]
    )
    for bundle in scene.bundles():
        connections.follow_range(bundle.obj, scene.weight_range, now)
    scene.weight_range = now


def _say(scene: NetworkScene, plan: planned.Plan, names: set[str]) -> None:
    """Let the labels of these layers speak of what is drawn of them and of the lines into them."""
    lines = [
        (plan.network.connections[index], connections.lines_of(obj))
        for index, obj in connections.by_index(scene.collection).items()
        if Bundle(obj).target in names
    ]
    objs = {name: layer.obj for name, layer in scene.layers().items() if name in names}
    importing.say(scene.collection, plan.network, objs, plan.drawn, lines)
