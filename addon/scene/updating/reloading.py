# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A newer checkpoint in a scene that somebody has worked on: new numbers, the same objects.

Layers and bundles that are still there keep their objects, and with them all that was done to these by hand. What is
new is made; layers that are gone are put away in a hidden collection, for somebody may have put work into them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path

import bpy

from ...containers import CheckpointError
from ...inference import Ran, run_file
from ...layout import arrange, shapes
from ...network import Network, summarise
from ...network.drawn import Drawn, Wish, share_out
from ...network.statistics import statistics
from .. import removing
from ..background import in_background
from ..building import bars, blocks, build, connections, importing, kernels, layers
from ..detail import expansion
from ..editing import arranging
from ..entities import Bars, Bundle, ClassName, GoneLayer, Label, LayerObject, NetworkScene, ShotCamera, kind, networks
from ..output import film
from ..texts import caption
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
) -> Generator[tuple[float, str], None, Changes]:
    """Let a network in the scene show its checkpoint as it is now, or another one; `given` is an input to run through
    it, without one that which the scene shows runs again. `architecture` says how the weights of a weights-only file
    are joined, `part` which of several models in the file is shown; without one, that which the scene was made with
    does.

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
    network = yield from in_background(lambda: _open(*wanted), "reading the model")
    digest = network.checkpoint.sha256()
    ran = _run(given or bpy.path.abspath(input_path), network, bool(given))
    yield 0.1, "comparing layers"
    shown = NetworkScene(collection).layers()
    changes = matching.compare(shown, network)
    kept = {changes.pairs[name]: layer.obj for name, layer in shown.items() if name in changes.pairs}
    back = _gone(collection, network, changes)
    reshaped = {*changes.reshaped, *back}
    drawn = _drawn(network, kept, reshaped, settings)
    choosing = importing.choose_lines(network, drawn, build.limits(collection, network), ran)
    chosen = yield from _part(choosing, 0.1, 0.6)
    told, known = {}, {}
    for index, layer in enumerate(network.layers):
        if index % 16 == 0:
            yield 0.6 + 0.3 * index / len(network.layers), f"statistics of {layer.name}"
        told[layer.name] = statistics(layer, known)
    yield 0.9, "cells and lines"
    if changes.lines() or _ends(network) != _old_ends(collection, changes):
        for name in changes.removed:
            _put_away(collection, shown[name])
        for name, gone in back.items():
            kept[name] = _bring_back(gone)
        _restructure(collection, network, changes, kept, drawn, reshaped)
    shown = NetworkScene(collection).layers()
    for layer in network.layers:
        layers.know(shown[layer.name].obj, layer)
        layers.tell(shown[layer.name].obj, told[layer.name])
    importing.show(collection, network, ran, chosen, weights_are_new=True)
    kernels.refresh(collection, network)
    build.know(collection, network, digest)
    scene = NetworkScene(collection)
    scene.changes = changes.lines()
    if scene.scene:
        film.sign(scene.scene)
    return changes


def _part(going: Generator, begin: float, end: float):
    """Go through the steps of another as a part of these; returns what it returns."""
    while True:
        try:
            share, text = next(going)
        except StopIteration as last:
            return last.value
        yield begin + (end - begin) * share, text


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


def _ends(network: Network) -> list[tuple]:
    """What each connection joins and how."""
    return [
        (connection.source.name, connection.target.name, connection.join.carries) for connection in network.connections
    ]


def _old_ends(collection, changes: Changes) -> list[tuple]:
    """The same of the scene's bundles, by the names that their layers have now."""
    return [
        (changes.pairs.get(bundle.source), changes.pairs.get(bundle.target), bundle.carries)
        for bundle in map(Bundle, connections.by_index(collection).values())
    ]


def _restructure(
    collection, network: Network, changes: Changes, kept: dict, drawn: dict[str, Drawn], reshaped: set[str]
) -> None:
    """Give every layer, block and connection of the new model an object, the one it had if there is one."""
    scene = NetworkScene(collection)
    root = scene.root().obj
    materials = scene.materials
    removing.remove(
        [member.obj for member in scene.members(Bars, ClassName) if changes.pairs.get(member.layer) in reshaped]
    )
    for old, new in changes.renamed.items():
        _rename(collection, old, new)
    formed = shapes(network, drawn)
    cells = build.cell_shapes()
    boxes = scene.blocks()
    arrangement = arrange(
        arranging.pieces(network, formed),
        arranging.parts(network),
        arranging.settings_of(collection),
        blocks.folded(boxes),
    )
    known = {path: box.obj for path, box in boxes.items()}
    within = blocks.make(network, arrangement.frames, collection, root, materials["blocks"], (), known)
    for index, layer in enumerate(network.layers):
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
        LayerObject(obj).order = index
    removing.remove([known[path] for path in known.keys() - within.keys()])
    _join(scene, network, changes, kept, arrangement)
    _bars(scene, network, kept, formed, arrangement)
    caption.watch(collection)
    arranging.rearrange(collection, arranging.settings_of(collection))


def _adopt(obj, parent) -> None:
    """Give a layer another block; one that was moved by hand stays where it is."""
    place = arranging.place_of(obj) if arranging.moved(obj) else None
    obj.parent = parent
    if place is not None:
        arranging.pin(obj, place)


def _gone(collection, network: Network, changes: Changes) -> dict[str, GoneLayer]:
    """Layers in the hidden collection that a checkpoint has again, by name."""
    return {
        layer.name: layer
        for layer in NetworkScene(collection).members(GoneLayer)
        if layer.name in changes.added and network.layer(layer.name).op == layer.op
    }


def _bring_back(layer: GoneLayer) -> bpy.types.Object:
    for holder in layer.obj.users_collection:
        holder.objects.unlink(layer.obj)
    return layer.come_back().obj


def _drawn(network: Network, kept, reshaped, settings) -> dict[str, Drawn]:
    """What of each layer is drawn: of those that are still there the same cells."""
    wishes = {
        name: Wish(layer.wished_detail, layer.wish.get("cells", 0))
        for name, layer in ((name, LayerObject(obj)) for name, obj in kept.items())
        if layer.wish
    }
    drawn = share_out(network, settings["max_cells"], wishes)
    return drawn | {name: layers.drawn_of(obj) for name, obj in kept.items() if name not in reshaped}


def _put_away(collection, layer: LayerObject) -> None:
    """Hide a layer that is gone; its labels and bars go."""
    scene = NetworkScene(collection)
    away = scene.child(GONE)
    obj = layer.obj
    away.hide_viewport = away.hide_render = True
    removing.remove([child for child in obj.children if kind(child) in ("label", "bars", "class")])
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
    for label in scene.members(Label):
        if label.owner == old:
            label.owner = new
    for beside in scene.members(Bars, ClassName):
        if beside.layer == old:
            beside.layer = new
    for layer in scene.members(LayerObject):
        if layer.name == new and layer.obj.name == old:
            layer.obj.name = new


def _join(scene: NetworkScene, network: Network, changes: Changes, kept, arrangement) -> None:
    """A bundle for each connection; those between the same layers in the same order stay."""
    known = {}
    seen = Counter()
    into = scene.child("connections")
    root = scene.root().obj
    materials = scene.materials
    weight_range = scene.weight_range
    for _, obj in sorted(connections.by_index(scene.collection).items()):
        bundle = Bundle(obj)
        ends = changes.pairs.get(bundle.source), changes.pairs.get(bundle.target), bundle.carries
        known[*ends, seen[ends]] = obj
        seen[ends] += 1
    seen.clear()
    for index, (connection, ends) in enumerate(zip(network.connections, _ends(network), strict=True)):
        source, target = (kept[name] for name in ends[:2])
        obj = known.pop((*ends, seen[ends]), None)
        seen[ends] += 1
        if obj is None:
            obj = connections.make(index, connection, connections.NONE, source, target, root, materials, weight_range)
            connections.lead(obj, arranging.lift_of(*ends[:2], arrangement), arrangement.turn)
            into.objects.link(obj)
        Bundle(obj).tell(index=index, source=ends[0], target=ends[1])
    _forget(known.values())


def _bars(scene: NetworkScene, network: Network, objs, formed, arrangement) -> None:
    """Bars beside output layers that are new."""
    have = {bars.layer for bars in scene.members(Bars)}
    into = scene.child("labels")
    camera = next(scene.members(ShotCamera), None)
    for layer in build.last(network) if camera else ():
        if layer.name not in have:
            obj, names = bars.make(
                layer,
                objs[layer.name],
                formed[layer.name],
                network.classes,
                camera.obj,
                scene.materials,
                arrangement.places[layer.name].backwards,
            )
            for shown in (obj, *names):
                into.objects.link(shown)


def _forget(bundles: Iterable[bpy.types.Object]) -> None:
    """Remove bundles with the levels that are stored beside them."""
    bundles = list(bundles)
    for bundle in bundles:
        expansion.drop(bundle)
    removing.remove(bundles)
