# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer is one: what belongs to it is called, hidden, removed and copied with it, whichever way that was done.

Each function looks at the layer's object and lets the rest follow, and may be called at any time, again and again. None
makes or removes a data-block unless it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import bpy

from .. import removing
from ..entities import (
    Annotation,
    Arcs,
    Bars,
    BlockBox,
    Bundle,
    Kernels,
    Label,
    LayerCopy,
    LayerObject,
    Leader,
    Marked,
    NetworkScene,
    kind,
    network_of,
    objects,
)
from ..texts import labels

EYE, VIEWPORT, RENDER = 1, 2, 4  # ways of being hidden, in `hidden_with`
LEFT = 8  # hidden as what is left of a layer
COPIES = {"connections": "copy of lines", "label": "copy of label", "leader": "copy of label"}


def beside(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """What belongs to a layer or a block but its cells: texts, bars, planes, kernels, and annotations that read it."""
    own = [child for child in _below(obj) if Marked.is_one(child) and not _is_own(child)]
    network = network_of(obj)
    if network is None or not LayerObject.is_one(obj):
        return own
    scene = NetworkScene(network)
    name = LayerObject(obj).name
    notes = [note.obj for note in scene.members(Annotation) if name in (note.layer, note.source)]
    shown = [part.obj for part in scene.members(Bars, Kernels, Arcs) if part.layer == name]
    return list(dict.fromkeys([*own, *notes, *shown]))


def _below(obj) -> list[bpy.types.Object]:
    """Children, and theirs, but for those of other layers and blocks."""
    found = []
    for child in obj.children:
        if not _is_own(child):
            found += [child, *_below(child)]
    return found


def _is_own(obj) -> bool:
    return LayerObject.is_one(obj) or BlockBox.is_one(obj) or LayerCopy.is_one(obj)


def lines(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """The bundles that enter or leave a layer, or are joined to a closed block."""
    network = network_of(obj)
    bundles = NetworkScene(network).bundles() if network else []
    return [bundle.obj for bundle in bundles if obj in (bundle.source_object, bundle.target_object)]


def parts(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """A layer with all that belongs to it and its lines; of another object that alone."""
    if LayerObject.is_one(obj):
        return [obj, *beside(obj), *lines(obj)]
    if BlockBox.is_one(obj):
        inside = [child for child in obj.children_recursive if Marked.is_one(child)]
        some = {part for own in [obj, *filter(_is_own, inside)] for part in (*beside(own), *lines(own))}
        return list(dict.fromkeys([obj, *inside, *some]))
    if LayerCopy.is_one(obj):
        network = network_of(obj)
        every = objects(network) if network else ()
        own = [line for line in every if Marked.is_one(line) and _leads_to(line, obj)]
        return [obj, *filter(Marked.is_one, obj.children_recursive), *own]
    return [obj]


def _leads_to(line, copy) -> bool:
    return Marked(line).facts.get("kind") == COPIES["connections"] and Marked(line).inputs["Target"] == copy


# Names


def follow_name(layer: LayerObject) -> None:
    """Let the label and the lines of a layer have its name."""
    network = network_of(layer.obj)
    if network is not None:
        follow_names(network, [layer])


def follow_names(network: bpy.types.Collection, layers: Iterable[LayerObject] | None = None) -> None:
    """Let labels and lines have the names of these layers, or of all. What they say now counts, not what was told of
    it: an undo may have brought back a layer alone."""
    scene = NetworkScene(network)
    some = {layer.name: layer for layer in (scene.layers().values() if layers is None else layers)}
    for layer in some.values():
        title = layer.renamed
        if title != layer.title:
            layer.title = title
        said = layer.label
        name = title or layer.base_name
        if said and name and said.get("name") != name:
            layer.label = said | {"name": name}
    for label in scene.members(Label, Leader):
        owner = some.get(label.owner) if label.of_kind == LayerObject.KIND else None
        if owner is None:
            continue
        name = f"{owner.called} {label.part}"
        if label.obj.name != name and not label.obj.name.startswith(f"{name}."):
            label.obj.name = name
        text = owner.label.get("name", "")
        if label.part == "name" and text:
            labels.say_name(label.obj, text)
    for bundle in scene.bundles():
        if bundle.source in some or bundle.target in some:
            name_lines(bundle.obj)


def name_lines(obj: bpy.types.Object) -> None:
    """Call a bundle by its ends as they are called, unless somebody has given it a name of its own."""
    bundle = Bundle(obj)
    given = bundle.called or f"{bundle.named_source} to {bundle.target or bundle.target_block}"
    base, _, number = obj.name.rpartition(".")
    now = base if base and number.isdigit() and given.startswith(base) else obj.name
    if not given.startswith(now):
        return
    ends = [
        layer.called if layer and layer.name == name else name
        for layer, name in zip(bundle.layers, (bundle.named_source, bundle.target or bundle.target_block), strict=True)
    ]
    name = " to ".join(ends)
    if bundle.called != name:
        bundle.called = name
    if now != name:
        obj.name = name


# Hiding


def follow_hiding(layer: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Hide what belongs to a layer where that is hidden, in the same ways, and show again what was hidden so."""
    ways = hidden(layer, view_layer)
    for obj in beside(layer):
        _hide(obj, ways, view_layer)
    for obj in lines(layer):
        bundle = Bundle(obj)
        ends = (end for end in (bundle.source_object, bundle.target_object) if LayerObject.is_one(end))
        either = 0
        for end in ends:
            either |= hidden(end, view_layer)
        _hide(obj, either, view_layer)


def follow_hidings(network: bpy.types.Collection, view_layer: bpy.types.ViewLayer) -> None:
    """The same for all layers that are hidden, and for those of which something still is."""
    every = objects(network)
    some = {obj for obj in every if LayerObject.is_one(obj) and hidden(obj, view_layer)}
    for obj in every:
        if Marked.is_one(obj) and Marked(obj).hidden_with & (EYE | VIEWPORT | RENDER):
            bundle = Bundle.of(obj)
            owners = (bundle.source_object, bundle.target_object) if bundle else _upward(obj)
            some |= {owner for owner in owners if LayerObject.is_one(owner)}
    for obj in some:
        follow_hiding(obj, view_layer)


def _upward(obj):
    while obj is not None:
        yield obj
        obj = obj.parent


def hidden(obj: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> int:
    """In which ways an object is hidden."""
    eye = obj.name in view_layer.objects and obj.hide_get(view_layer=view_layer)
    return EYE * eye | VIEWPORT * obj.hide_viewport | RENDER * obj.hide_render


def _hide(obj, ways: int, view_layer) -> None:
    entity = Marked(obj)
    with_it = entity.hidden_with
    if with_it & LEFT:
        return
    now = hidden(obj, view_layer)
    wanted = (now & ~with_it) | ways  # what somebody has hidden himself stays so
    mine = (with_it & ways) | (ways & ~now)
    if mine != with_it:
        entity.hidden_with = mine
    if wanted == now:
        return
    if (wanted ^ now) & EYE and obj.name in view_layer.objects:
        obj.hide_set(bool(wanted & EYE), view_layer=view_layer)
    if (wanted ^ now) & VIEWPORT:
        obj.hide_viewport = bool(wanted & VIEWPORT)
    if (wanted ^ now) & RENDER:
        obj.hide_render = bool(wanted & RENDER)


def set_hidden(objs: Iterable[bpy.types.Object], away: bool, view_layer: bpy.types.ViewLayer) -> None:
    """Hide layers, blocks or lines in a view layer, with all that belongs to them, or show them."""
    for obj in objs:
        some = [obj]
        if BlockBox.is_one(obj):
            some += [child for child in obj.children_recursive if _is_own(child)]
        for each in some:
            if each.name in view_layer.objects:
                each.hide_set(away, view_layer=view_layer)
        for each in some:
            if LayerObject.is_one(each):
                follow_hiding(each, view_layer)


# Removing


def remove(objs: Sequence[bpy.types.Object]) -> int:
    """Remove objects, layers and blocks with all that belongs to them; how many layers went. References are dead
    afterwards."""
    every = list(dict.fromkeys(part for obj in objs for part in parts(obj)))
    gone = {LayerObject(obj).name for obj in every if LayerObject.is_one(obj)}
    taps = []
    holders = []
    for obj in every:
        bundle = Bundle.of(obj)
        if bundle is not None and "Taps" in bundle.inputs:
            taps.append(bundle.inputs["Taps"])
        box = BlockBox.of(obj)
        if box is not None and box.collection is not None:
            holders.append(box.collection.id_data)
    removing.remove([*every, *taps, *holders])
    return len(gone)


def follow_removal(network: bpy.types.Collection) -> None:
    """Hide what is left of layers that somebody removed, and show it again where these have come back."""
    scene = NetworkScene(network)
    there = set(scene.layers())
    blocks = set(scene.blocks())
    for label in scene.members(Label, Leader):
        of = there if label.of_kind == LayerObject.KIND else blocks
        _leave(label, label.owner not in of)
    for part in scene.members(Bars, Kernels, Arcs):
        _leave(part, part.layer not in there)
    for bundle in scene.bundles():
        _leave(bundle, bundle.source_object is None or bundle.target_object is None)


def _leave(entity, gone: bool) -> None:
    both = VIEWPORT | RENDER
    mine = entity.hidden_with
    if gone and not mine & LEFT:
        entity.hidden_with = mine | LEFT | (both if not entity.obj.hide_render else 0)
        entity.obj.hide_viewport = entity.obj.hide_render = True
    elif not gone and mine & LEFT:
        entity.hidden_with = 0
        if mine & both:
            entity.obj.hide_viewport = entity.obj.hide_render = False


# Copies


def duplicate(objs: Iterable[bpy.types.Object], follow: bool, view_layer: bpy.types.ViewLayer) -> list:
    """Copies of layers, with their labels and the lines into them; makes data-blocks. A copy is a snapshot, or with
    `follow` has the layer's own data, so that it shows what that shows."""
    copies = []
    for obj in objs:
        layer = LayerObject.of(obj)
        if layer is None:
            continue
        network = network_of(obj)
        copy = _copied(obj, data=not follow)
        copy.name = f"{layer.called} {'Follower' if follow else 'Snapshot'}"
        declare(copy, "follower" if follow else "snapshot", NetworkScene(network).input if network else "")
        for part in beside(obj):
            if kind(part) in ("label", "heading") and part.parent == obj:
                text = _copied(part, data=True)
                text.parent = copy
                Marked(text).facts["kind"] = COPIES["label"]
        for line in lines(obj):
            if Bundle(line).target_object == obj:
                lead = _copied(line, data=not follow)
                lead.name = f"{line.name} Copy"
                Bundle(lead).inputs["Target"] = copy
                Marked(lead).facts["kind"] = COPIES["connections"]
        copies.append(copy)
    for obj in list(view_layer.objects.selected):
        obj.select_set(False, view_layer=view_layer)
    for copy in copies:
        copy.select_set(True, view_layer=view_layer)
        view_layer.objects.active = copy
    return copies


def _copied(obj, data: bool) -> bpy.types.Object:
    copy = obj.copy()
    if data and obj.data:
        copy.data = obj.data.copy()
    if copy.animation_data:
        copy.animation_data_clear()
    for holder in obj.users_collection:
        holder.objects.link(copy)
    return copy


def declare(obj: bpy.types.Object, way: str, shows: str = "") -> None:
    """Let a duplicate of a layer say that it is one."""
    layer = LayerObject(obj)
    layer.facts["kind"] = LayerCopy.KIND
    LayerCopy(obj).tell(way=way, shows=shows, pinned=True)


def follow_copies(network: bpy.types.Collection) -> None:
    """Tell duplicates of layers, lines and labels that somebody has made in any way from the originals, which are those
    that came first."""
    seen: dict[tuple, bpy.types.Object] = {}
    scene = NetworkScene(network)
    for obj in objects(network):
        key = _identity(obj)
        if key is None:
            continue
        first = seen.setdefault(key, obj)
        if first is obj:
            continue
        if LayerObject.is_one(obj):
            declare(obj, "follower" if obj.data == first.data else "snapshot", scene.input)
        else:
            Marked(obj).facts["kind"] = COPIES[kind(obj)]


def _identity(obj) -> tuple | None:
    what = kind(obj)
    if what == "layer":
        return what, LayerObject(obj).name
    if what == "connections":
        bundle = Bundle(obj)
        return what, bundle.index, *bundle.ends, bundle.source_block, bundle.target_block
    if what in ("label", "leader"):
        label = Leader(obj) if what == "leader" else Label(obj)
        return what, label.of_kind, label.owner, label.part
    return None


def followers(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """The duplicates that have a layer's data."""
    return [
        other
        for other in bpy.data.objects
        if other.data == obj.data and other != obj and LayerCopy.is_one(other) and obj.data.users > 1
    ]
