# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A newer checkpoint in a scene that somebody has worked on: new numbers, the same objects.

Layers and bundles that are still there keep their objects, and with them all that was done to these by hand. What is
new is made; layers that are gone are put away in a hidden collection, for somebody may have put work into them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterable
from pathlib import Path

import bpy

from ...containers import CheckpointError, stepping
from ...inference import Ran, run_file
from ...network import Network, summarise
from ...network.statistics import statistics
from ...network.visible import Joint, Shares, Visible
from .. import removing
from ..background import in_background
from ..building import blocks, build, connections, importing, kernels, layers, planes, planned, shelf, unfolding
from ..building.choices import Choices
from ..detail import expansion
from ..editing import arranging
from ..entities import (
    Arcs,
    Bars,
    Book,
    Bundle,
    ClassName,
    GoneLayer,
    Heading,
    Label,
    LayerObject,
    Leader,
    NetworkScene,
    kind,
    networks,
)
from ..output import film
from ..series import following
from ..shots import compare
from ..texts import caption, labels, words
from . import matching
from .matching import Changes

GONE = GoneLayer.KIND  # also that of the collection for layers that the newer checkpoint has not


def find(path: str | Path, part: str = "") -> bpy.types.Collection | None:
    """The network of the open file that was made from a checkpoint file, or from this part of it, if there is one that
    can be changed."""
    path = Path(path).resolve()
    return next(
        (
            network
            for network in networks()
            if not network.library
            and Path(bpy.path.abspath(NetworkScene(network).source)).resolve() == path
            and part in ("", NetworkScene(network).shown)
        ),
        None,
    )


def steps(
    collection: bpy.types.Collection,
    path: str | Path = "",
    given: str | Path = "",
    architecture: str | Path = "",
    part: str = "",
    same: Collection[str] = (),
) -> Generator[tuple[float, str], None, Changes]:
    """Let a network in the scene show its checkpoint as it is now, or another one; `given` is an input to run through
    it, without one that which the scene shows runs again. `architecture` says how the weights of a weights-only file
    are joined, `part` which of several models in the file is shown; without one, that which the scene was made with
    does. Tensors that are the `same` in both are known to whoever made the newer one: what they stand for need not be
    worked out again.

    Yields (share done, what is next), and changes nothing before the last step. Returns what has changed in the
    structure. Raises `CheckpointError`.
    """
    scene = NetworkScene(collection)
    scene.root()  # raises, if there is none
    settings, input_path = scene.settings, scene.input_path
    wanted = (
        path or bpy.path.abspath(scene.source),
        scene.sizes,
        architecture or importing.architecture_of(scene),
        part or scene.part,
    )
    yield 0.0, "reading the model"
    chosen_before = Choices.of(scene)
    network = yield from in_background(lambda: chosen_before.apply(_open(*wanted)), "reading the model")
    digest = yield from in_background(network.checkpoint.sha256, "reading the file")
    run_again = given or bpy.path.abspath(input_path)
    ran = yield from in_background(lambda: _run(run_again, network, bool(given)), "running the input")
    yield 0.1, "comparing layers"
    shown = NetworkScene(collection).layers()
    visible = Visible(network, _unbuilt(NetworkScene(collection), network))
    changes = matching.compare(shown, network, visible.within, _inside(NetworkScene(collection)))
    kept = {changes.pairs[name]: layer.obj for name, layer in shown.items() if name in changes.pairs}
    back = _gone(collection, visible, changes)
    cells_again = _cells_again(network, kept, settings, ran)
    reshaped = {*changes.reshaped, *back, *cells_again}
    shares = _shares(network, kept, reshaped, settings, ran)
    drawn = {layer.name: shares[layer.name] for layer in visible.layers}
    choosing = importing.choose_lines(network, drawn, build.limits(collection, network), ran)
    chosen = yield from stepping.part(choosing, 0.1, 0.6)
    told, known = {}, {}
    for index, layer in enumerate(visible.layers):
        if index % 16 == 0:
            yield 0.6 + 0.3 * index / len(visible.layers), f"statistics of {layer.name}"
        told[layer.name] = statistics(layer, known)
    yield 0.9, "cells and lines"
    stages = {block.path for block in visible.blocks if block.stage}
    lacks = stages - NetworkScene(collection).blocks().keys()  # a scene of an older version has none
    if changes.lines() or lacks or cells_again or _ends(visible) != _old_ends(collection, changes):
        for name in changes.removed:
            if name in shown:
                _put_away(collection, shown[name])
        for name, gone in back.items():
            kept[name] = _bring_back(gone)
        boxes = NetworkScene(collection).blocks()
        folded = {path for path in blocks.folded(boxes) if boxes[path].built}
        plan = planned.plan(network, visible.unbuilt, shares, arranging.settings_of(collection), ran, folded)
        _restructure(collection, plan, changes, kept, reshaped)
    shown = NetworkScene(collection).layers()
    for layer in visible.layers:
        layers.know(shown[layer.name].obj, layer)
        layers.tell(shown[layer.name].obj, told[layer.name])
    _follow(NetworkScene(collection), visible)
    unchanged = _unchanged(visible, same) - reshaped
    importing.show(collection, network, ran, chosen, weights_are_new=True, same=unchanged)
    kernels.refresh(collection, network)
    build.know(collection, network, digest)
    compare.retitle(collection)
    scene = NetworkScene(collection)
    scene.changes = changes.lines()
    if scene.scene:
        film.sign(scene.scene)
    yield from following.steps(collection)
    return changes


def _unchanged(visible: Visible, same: Collection[str]) -> set[str]:
    """The layers all of whose weights are among these tensors, of which there are some."""
    return {
        layer.name
        for layer in visible.layers
        if same and all(leaf.name in same for leaf in layer.weights) and (layer.weights or layer.op == "Input")
    }


def _inside(scene: NetworkScene) -> list[str]:
    """The layers in blocks without their inside."""
    return [name for box in scene.unbuilt().values() for name in box.layers]


def _unbuilt(scene: NetworkScene, network: Network) -> set[str]:
    """The blocks of a model that the scene shows without their inside: those that it has shown so, and of those that
    are new the ones that are closed at first. Where a layer stands in the scene or is put away, or somebody has
    keyframed the block, what is inside is there."""
    there = scene.layers().keys() | {layer.name for layer in scene.members(GoneLayer)}
    before = scene.unbuilt().keys() - unfolding.keyframed_open(scene)
    new = network.closed - scene.blocks().keys() if scene.settings.get("fold_repeats", True) else set()
    return {
        path
        for path in (before | new) & network.block_by_path.keys()
        if there.isdisjoint(network.block_by_path[path].layers)
    }


def _follow(scene: NetworkScene, visible: Visible) -> None:
    """Let blocks without their inside say what is in them now."""
    for path, box in scene.blocks().items():
        if path in visible.unbuilt:
            block = visible.unbuilt[path]
            box.tell(
                layers=block.layers,
                parameters=visible.network.parameters_in(block),
                reads=visible.reads(path),
                first=visible.first(path),
            )
            labels.say(box.obj, words.of_block(block, visible.network))


def _open(path: str | Path, sizes: dict[str, int], architecture: str | Path, part: str) -> Network:
    """The network of a file, with those of these sizes that it leaves open."""
    network = importing.open_network(path, architecture=architecture, part=part)
    mine = {f"{assumed.input}:{assumed.axis}": assumed.size for assumed in network.assumed}
    free = {spec.name for spec in network.inputs if spec.shape is None}
    given = {
        name: size for name, size in sizes.items() if mine.get(name, size) != size or name.rpartition(":")[0] in free
    }
    return summarise(network.checkpoint, given) if given else network


def _run(path: str | Path, network: Network, wanted: bool) -> Ran | None:
    """What an input gives. One that nobody has asked for is left out if it is gone or fits no more."""
    if not path:
        return None
    try:
        followed, ran = run_file(path, network)
        if [layer.shape for layer in followed.layers] != [layer.shape for layer in network.layers]:
            raise CheckpointError(
                path, "has a different size from what the scene was made for", "import the model again with this input"
            )
    except CheckpointError:
        if wanted:
            raise
        return None
    return ran


def _ends(visible: Visible) -> list[tuple]:
    """What each connection joins and how, and what is joined to a block without its inside."""
    connected = [
        (connection.source.name, connection.target.name, connection.join.carries)
        for connection in visible.connections.values()
    ]
    return [*connected, *sorted(map(str, visible.joints))]


def _old_ends(collection, changes: Changes) -> list[tuple]:
    """The same of the scene's bundles, by the names that their layers have now."""
    connected = [
        (changes.pairs.get(bundle.source), changes.pairs.get(bundle.target), bundle.carries)
        for bundle in map(Bundle, connections.by_index(collection).values())
    ]
    joints = [_joint(bundle, changes) for bundle in NetworkScene(collection).bundles() if bundle.is_joint]
    return [*connected, *sorted(map(str, joints))]


def _joint(bundle: Bundle, changes: Changes) -> Joint:
    """What a bundle at a block without its inside joins, by the names that its layers have now."""
    ends = [changes.pairs.get(name, "") for name in bundle.ends]
    return Joint(*ends, bundle.source_block, bundle.target_block)


def _restructure(collection, plan: planned.Plan, changes: Changes, kept: dict, reshaped: set[str]) -> None:
    """Give every layer, block and connection of the new model that is there an object, the one it had if there is
    one."""
    scene = NetworkScene(collection)
    network, drawn, formed, arrangement = plan.network, plan.drawn, plan.formed, plan.arrangement
    root = scene.root().obj
    materials = scene.materials
    removing.remove(
        [member.obj for member in scene.members(Bars, ClassName) if changes.pairs.get(member.layer) in reshaped]
    )
    for old, new in changes.renamed.items():
        _rename(collection, old, new)
    cells = planned.cell_shapes()
    boxes = scene.blocks()
    known = {path: box.obj for path, box in boxes.items()}
    within = blocks.make(network, arrangement.frames, collection, root, materials["blocks"], plan.shown, known)
    for path, obj in known.items():
        if path in within:
            blocks.form(obj, arrangement.frames[path])
    for index, layer in enumerate(network.layers):
        if layer.name in plan.shown.within:
            continue
        box, parent = within[layer.block]
        obj = kept.get(layer.name)
        if obj is None:
            obj = kept[layer.name] = layers.make(layer, drawn[layer.name], formed[layer.name], None, materials, cells)
            obj.parent = parent
            around = arrangement.frames.get(layer.block)
            layers.put(obj, layer.name, arrangement, around.middle if around else (0.0, 0.0, 0.0))
            LayerObject(obj).inputs["Network"] = root
        elif layer.name in reshaped:
            layers.know(obj, layer)
            layers.show(obj, layer, drawn[layer.name], formed[layer.name], cells)
        if obj.parent != parent and (obj.parent is None or kind(obj.parent) in ("root", "block")):
            _adopt(obj, parent)
        LayerObject(obj).inputs["Block"] = parent if layer.block else None
        _move(obj, box if layer.block else scene.child("layers"))
        layers.know(obj, layer)
        LayerObject(obj).tell(order=index, apart=plan.apart.get(layer.name, 0.0))
    removing.remove([known[path] for path in known.keys() - within.keys()])
    _join(scene, plan, changes, kept, {path: obj for path, (_, obj) in within.items() if path})
    build.add_bars(scene, plan, kept)
    boxes = {path: obj for path, (_, obj) in within.items() if path}
    shelf.fill(network, plan.shown.unbuilt.keys() - known.keys(), boxes, plan.ran, materials, plan.thickness)
    caption.watch(collection)
    arranging.rearrange(collection, arranging.settings_of(collection))


def _adopt(obj, parent) -> None:
    """Give a layer another block; one that was moved by hand stays where it is."""
    place = arranging.place_of(obj) if arranging.moved(obj) else None
    obj.parent = parent
    if place is not None:
        arranging.pin(obj, place)


def _gone(collection, visible: Visible, changes: Changes) -> dict[str, GoneLayer]:
    """Layers in the hidden collection that a checkpoint has again, by name."""
    return {
        layer.name: layer
        for layer in NetworkScene(collection).members(GoneLayer)
        if layer.name in changes.added
        and layer.name not in visible.within
        and visible.network.layer(layer.name).op == layer.op
    }


def _bring_back(layer: GoneLayer) -> bpy.types.Object:
    for holder in layer.obj.users_collection:
        holder.objects.unlink(layer.obj)
    return layer.come_back().obj


def _cells_again(network: Network, kept, settings, ran) -> set[str]:
    """The layers that stand as planes for want of an input, where nobody has wished it, and now one can run."""
    planes_now = {name for name, obj in kept.items() if LayerObject(obj).is_plane and not LayerObject(obj).wish}
    if not planes_now:
        return set()
    shelf, whole = bool(settings["layout"].get("slant")), not settings.get("fold_repeats", True)
    return set() if shelf else planes_now - planned.defaults(network, shelf, ran, whole).keys()


def _shares(network: Network, kept, reshaped, settings, ran) -> Shares:
    """What of each layer is drawn: of those that are still there the same cells."""
    return planned.shares(
        network,
        settings["max_cells"],
        bool(settings["layout"].get("slant")),
        ran,
        not settings.get("fold_repeats", True),
        unfolding.wishes_of(kept),
        {name: layers.drawn_of(obj) for name, obj in kept.items() if name not in reshaped},
    )


def _put_away(collection, layer: LayerObject) -> None:
    """Hide a layer that is gone; its labels and bars go."""
    scene = NetworkScene(collection)
    away = scene.child(GONE)
    obj = layer.obj
    away.hide_viewport = away.hide_render = True
    removing.remove([child for child in obj.children if kind(child) in ("label", "bars", "class")])
    planes.drop(obj)
    layer.put_away()
    obj.parent = scene.root().obj
    for holder in obj.users_collection:
        holder.objects.unlink(obj)
    away.objects.link(obj)


def _move(obj, to) -> None:
    """Put a layer's object into the collection of its block, unless somebody has put it into one of their own."""
    ours = [holder for holder in obj.users_collection if kind(holder) in ("block", "layers")]
    if to in obj.users_collection or obj.users_collection and not ours:
        return
    for our in ours:
        our.objects.unlink(obj)
    to.objects.link(obj)


def _rename(collection, old: str, new: str) -> None:
    """Let what belongs to a layer know its new name; an object that somebody named keeps that name."""
    scene = NetworkScene(collection)
    for label in scene.members(Label, Leader):
        if label.owner == old:
            label.owner = new
    for beside in scene.members(Arcs, Bars, Book, ClassName, Heading):
        if beside.layer == old:
            beside.layer = new
    for layer in scene.members(LayerObject):
        if layer.name == new and layer.obj.name == old:
            layer.obj.name = new


def _join(scene: NetworkScene, plan: planned.Plan, changes: Changes, kept, boxes) -> None:
    """A bundle for each connection; those between the same layers in the same order stay."""
    known = {}
    seen = Counter()
    into = scene.child("connections")
    root = scene.root().obj
    materials = scene.materials
    weight_range = scene.weight_range
    arrangement = plan.arrangement
    joints = {}
    for bundle in scene.bundles():
        if bundle.is_joint:
            joints.setdefault(_joint(bundle, changes), bundle.obj)
    for _, obj in sorted(connections.by_index(scene.collection).items()):
        bundle = Bundle(obj)
        ends = changes.pairs.get(bundle.source), changes.pairs.get(bundle.target), bundle.carries
        known[*ends, seen[ends]] = obj
        seen[ends] += 1
    seen.clear()
    for index, connection in plan.shown.connections.items():
        ends = connection.source.name, connection.target.name, connection.join.carries
        source, target = (kept[name] for name in ends[:2])
        obj = known.pop((*ends, seen[ends]), None)
        seen[ends] += 1
        if obj is None:
            obj = connections.make(index, connection, connections.NONE, source, target, root, materials, weight_range)
            arranging.lead(Bundle(obj), arrangement)
            into.objects.link(obj)
        Bundle(obj).tell(index=index, source=ends[0], target=ends[1])
    _forget(known.values())
    new = []
    for joint in plan.shown.joints:
        if obj := joints.pop(joint, None):
            Bundle(obj).tell(source=joint.source, target=joint.target)
        else:
            new.append(joint)
    removing.remove(joints.values())
    for obj in planned.make_joints(plan, new, kept, boxes, root, materials):
        into.objects.link(obj)


def _forget(bundles: Iterable[bpy.types.Object]) -> None:
    """Remove bundles with the levels that are stored beside them."""
    bundles = list(bundles)
    for bundle in bundles:
        expansion.drop(bundle)
    removing.remove(bundles)
