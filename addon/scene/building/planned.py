# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a network stands in a scene and where, and the objects of its layers and lines by that plan."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ...inference import Ran, activation
from ...layout import Arrangement, LayoutSettings, Shape, shapes
from ...layout.planes import INPUTS_APART, NAMES, PlaneSizes
from ...network import Connection, Layer, Network
from ...network.drawn import PLANES, Drawn, Wish
from ...network.joins import Unknown
from ...network.lines import Lines, strongest
from ...network.planes import default_details, has_attention
from ...network.visible import Joint, Shares, Visible
from ..detail import expansion
from ..editing import arranging
from ..entities import Bundle, CellShape, LayerObject
from . import bars, blocks, books, connections, input_picture, layers, planes, shelf, skips

Steps = Generator[tuple[float, str], None, Any]  # (share done, what is next), and what it returns in the end


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
    thickness: float  # metres, of a page of one channel in a book
    pictured: list[Layer]  # inputs that stand there as the pictures that they are
    slant: float  # radians, of its row
    room: dict[str, tuple[float, float, float]]  # metres, that layers take: along the signal, to the side, up
    apart: dict[str, float]  # of planes, and of inputs before such, what of their width is free before them


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
    formed = shapes(network, drawn, bool(layout.slant))
    pictured = [layer for layer in shown.layers if input_picture.stands_so(layer, bool(layout.slant))]
    room = {layer.name: formed[layer.name].size for layer in shown.layers}
    room |= {layer.name: input_picture.size_of(layer) for layer in pictured}
    room |= _beside_names(network, [layer for layer in shown.layers if layer not in pictured], room, layout)
    thickness = books.page_thickness(network, shown.unbuilt.values())
    covers = shelf.covers(network, shown.unbuilt)
    sizes = {path: books.size_of(network, block, thickness, *covers[path]) for path, block in shown.unbuilt.items()}
    forms = PlaneSizes(network)
    apart = {layer.name: forms.of(layer).apart for layer in shown.layers if drawn[layer.name].detail in PLANES}
    if forms.attends:
        given = [layer for layer in shown.layers if layer.op == "Input" and layer not in pictured]
        apart |= {layer.name: INPUTS_APART for layer in given}
    arrangement = arranging.arranged(
        arranging.pieces(shown, room, apart),
        arranging.parts(shown),
        arranging.sealed(shown, sizes, blocks.apart(network)),
        layout,
        folded,
    )
    return Plan(network, shown, drawn, formed, arrangement, ran, thickness, pictured, layout.slant, room, apart)


def _beside_names(
    network: Network, layers: Sequence[Layer], room: Mapping[str, tuple], layout: LayoutSettings
) -> dict[str, tuple]:
    """The room of the last input before sheets of tokens, with what the names of these take."""
    given = [layer.name for layer in layers if layer.op == "Input"]
    if not given or not layout.slant or not has_attention(network):
        return {}
    along, side, up = room[given[-1]]
    return {given[-1]: (along + 2 * NAMES, side, up)}


def shares(
    network: Network,
    limit: int,
    shelf: bool,
    ran: Ran | None,
    whole: bool,
    wishes: Mapping[str, Wish] = {},
    known: Mapping[str, Drawn] = {},
) -> Shares:
    """What of every layer is drawn, where nobody has wished it otherwise: on a `shelf` of books planes beside them, and
    of a network that never runs, unless it is wanted `whole`. `known` are layers that are drawn already."""
    return Shares(network, limit, defaults(network, shelf, ran, whole) | wishes, known)


def defaults(network: Network, shelf: bool, ran: Ran | None, whole: bool) -> dict[str, Wish]:
    """The layers that stand as planes as long as nobody has wished something else."""
    details = default_details(network, shelf, ran is not None, {layer.name for layer in last(network)}, whole)
    return {name: Wish(detail, 1) for name, detail in details.items()}


def last(network: Network) -> list[Layer]:
    """The layers that give an output of the network, are read by no other, and have few enough cells for bars."""
    given = {spec.name for spec in network.outputs}
    read = {name for layer in network.layers for name in layer.inputs}
    return [
        layer
        for layer in network.layers
        if layer.name not in read and bars.wanted(layer) and given.intersection(layer.outputs)
    ]


def read_planes(plan: Plan, names: Iterable[str]) -> planes.Shown:
    """What those of these layers show that stand as planes. Raises `CheckpointError`."""
    details = {name: plan.drawn[name].detail for name in names if plan.drawn[name].detail in PLANES}
    return planes.read(plan.network, [plan.network.layer(name) for name in details], details, plan.ran)


def show_planes(
    plan: Plan, shown: planes.Shown, objs: Mapping[str, bpy.types.Object], materials: Mapping[str, bpy.types.Material]
) -> None:
    """The planes of layers with these objects, which are in their blocks."""
    planes.show(plan.network, objs, shown, materials, planes.way_of(plan.slant))


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
    level = plan.network.levels
    for index, layer in enumerate(plan.network.layers):
        if layer.name not in objs:
            continue
        obj = objs[layer.name]
        collection, obj.parent = within[layer.block]
        around = plan.arrangement.frames.get(layer.block)
        layers.put(obj, layer.name, plan.arrangement, around.middle if around else (0.0, 0.0, 0.0))
        layer_object = LayerObject(obj)
        layer_object.inputs.update({"Network": root, "Block": obj.parent if around else None})
        if layer.op == "Input" and layer not in plan.pictured:
            layer_object.size = plan.room[layer.name]
        layer_object.tell(order=index, level=level.get(layer.name, 0), apart=plan.apart.get(layer.name, 0.0))
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
    skips.lead([Bundle(obj) for obj in bundles], plan.network, plan.ran, paints)
    return bundles


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
