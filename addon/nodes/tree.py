# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small builder of node trees: values are sockets or constants, nodes find their place by themselves."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import bpy

from .. import compat, folders
from . import sources
from .interface import Interface

KEPT = re.compile("groups-[0-9a-f]{16}")  # folders of groups
MARK = "neuroscene_group"  # custom property of a group of ours: its name when we made it
Value = "bpy.types.NodeSocket | float | tuple"


class TreeBuilder:
    """Builds one node tree; every method adds a node and returns its output socket."""

    def __init__(self, tree: bpy.types.NodeTree):
        self.tree = tree

    def node(self, kind: str, **settings) -> bpy.types.Node:
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            if getattr(node, name) != value:  # each change lets Blender look through the whole tree
                setattr(node, name, value)
        return node

    def put(self, socket: bpy.types.NodeSocket, value: Value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif not same(socket.default_value, value):
            socket.default_value = value

    def call(self, kind: str, inputs: dict, output: str | int = 0, **settings) -> bpy.types.NodeSocket:
        """A node with these inputs (by name, by (name, type) where names repeat, or by place) and its output."""
        node = self.node(kind, **settings)
        for name, value in inputs.items():
            self.put(find(node.inputs, name), value)
        return find(node.outputs, output)

    def math(self, operation: str, *values: Value, clamp: bool = False) -> bpy.types.NodeSocket:
        node = self.node("ShaderNodeMath", operation=operation, use_clamp=clamp)
        for socket, value in zip(node.inputs, values, strict=False):
            self.put(socket, value)
        return node.outputs[0]

    def vector(self, x: Value, y: Value, z: Value) -> bpy.types.NodeSocket:
        return self.call("ShaderNodeCombineXYZ", {"X": x, "Y": y, "Z": z})

    def separate(self, vector: Value) -> list[bpy.types.NodeSocket]:
        return list(self.call("ShaderNodeSeparateXYZ", {"Vector": vector}).node.outputs)

    def attribute(self, name: str, kind: str = "FLOAT") -> bpy.types.NodeSocket:
        return self.call("GeometryNodeInputNamedAttribute", {"Name": name}, "Attribute", data_type=kind)

    def store(self, geometry, name: str, value: Value, domain: str = "POINT") -> bpy.types.NodeSocket:
        return self.call(
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": geometry, "Name": name, "Value": value},
            data_type="FLOAT",
            domain=domain,
        )

    def store_vector(self, geometry, name: str, value: Value) -> bpy.types.NodeSocket:
        return self.call(
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": geometry, "Name": name, "Value": value},
            data_type="FLOAT_VECTOR",
            domain="POINT",
        )

    def arrange(self) -> None:
        """Put nodes in columns by their distance from the output."""
        depth: dict[str, int] = {}
        into: dict[str, list] = {}
        for link in self.tree.links:
            into.setdefault(link.to_node.name, []).append(link.from_node.name)
        for _ in range(len(self.tree.nodes)):
            changed = False
            for target, befores in into.items():
                for source in befores:
                    if depth.get(source, 0) <= depth.get(target, 0):
                        depth[source], changed = depth.get(target, 0) + 1, True
            if not changed:
                break
        columns: dict[int, float] = {}
        places: list[float] = []
        for node in self.tree.nodes:
            column = depth.get(node.name, 0)
            top = columns.get(column, 0.0)
            places += (-220 * column, top)
            columns[column] = top - 60 - 26 * (len(node.inputs) + len(node.outputs))
        self.tree.nodes.foreach_set("location", places)


def same(now, value) -> bool:
    """Whether a socket has a value already."""
    if isinstance(value, tuple):
        return tuple(now) == value
    return now == value


def find(sockets, key) -> bpy.types.NodeSocket:
    """A socket by name, by (name, type) where a name stands more than once, or by its place."""
    if isinstance(key, int):
        return sockets[key]
    name, kind = key if isinstance(key, tuple) else (key, None)
    return next(socket for socket in sockets if socket.name == name and kind in (None, socket.type))


def declare(tree: bpy.types.NodeTree, interface: Interface) -> None:
    """Give a group the inputs of an interface."""
    panels: dict[str, bpy.types.NodeTreeInterfacePanel] = {}
    for socket in interface:
        if socket.panel and socket.panel not in panels:
            panels[socket.panel] = tree.interface.new_panel(socket.panel)
        item = tree.interface.new_socket(
            socket.name, in_out="INPUT", socket_type=f"NodeSocket{socket.kind}", parent=panels.get(socket.panel)
        )
        item.description = socket.about
        if socket.subtype != "NONE":
            item.subtype = socket.subtype
        for field, value in (("min_value", socket.low), ("max_value", socket.high), ("default_value", socket.default)):
            if value is not None:
                setattr(item, field, value)
        if socket.hidden:
            item.hide_in_modifier = True


class GroupBuilder(TreeBuilder):
    """A geometry-node group with named, described, bounded inputs."""

    def __init__(self, name: str):
        super().__init__(bpy.data.node_groups.new(name, "GeometryNodeTree"))
        self.tree.is_modifier = True
        for way in ("INPUT", "OUTPUT"):
            self.tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
        self._inputs = None
        self._menus: dict[str, tuple[str, ...]] = {}

    def declare(self, interface: Interface) -> None:
        """Take the sockets of an interface as inputs."""
        declare(self.tree, interface)
        self._menus = {socket.name: socket.items for socket in interface if socket.items}

    def __getitem__(self, name: str) -> bpy.types.NodeSocket:
        if self._inputs is None:
            self._inputs = self.node("NodeGroupInput")
        return self._inputs.outputs[name]

    def picked(self, name: str) -> bpy.types.NodeSocket:
        """The number of the item that is chosen in a menu, from 0."""
        items = self._menus[name]
        node = self.node("GeometryNodeMenuSwitch", data_type="INT")
        for number, item in enumerate(items):  # two are there; they keep their numbers, which 4.5 stores in the file
            (node.enum_items[number] if number < 2 else node.enum_items.new(item)).name = item
        for number, item in enumerate(items):
            node.inputs[item].default_value = number
        self.put(node.inputs["Menu"], self[name])
        inputs = (item for item in self.tree.interface.items_tree if item.item_type == "SOCKET")  # not panels
        next(socket for socket in inputs if socket.name == name).default_value = items[0]
        return node.outputs[0]

    def same(self, first: Value, second: Value) -> bpy.types.NodeSocket:
        """Whether two whole numbers are equal."""
        return self.call(
            "FunctionNodeCompare", {("A", "INT"): first, ("B", "INT"): second}, data_type="INT", operation="EQUAL"
        )

    def when(self, condition: Value, yes: Value, no: Value, kind: str = "FLOAT") -> bpy.types.NodeSocket:
        """One of two values. Where the condition is one value and no field, the other is never worked out."""
        return self.call("GeometryNodeSwitch", {"Switch": condition, "True": yes, "False": no}, input_type=kind)

    def near(self, obj: Value) -> bpy.types.NodeSocket:
        """The geometry of an object in our own space."""
        return self.call("GeometryNodeObjectInfo", {"Object": obj}, "Geometry", transform_space="RELATIVE")

    def sample(
        self, geometry: Value, value: Value, index: Value, kind: str = "FLOAT", domain: str = "INSTANCE"
    ) -> bpy.types.NodeSocket:
        """A field of another geometry at an index; 0 where there is none."""
        return self.call(
            "GeometryNodeSampleIndex",
            {"Geometry": geometry, "Value": value, "Index": index},
            data_type=kind,
            domain=domain,
        )

    def finite(self, value: Value) -> bpy.types.NodeSocket:
        """Whether a field is neither NaN nor infinite: then 0 times it is 0."""
        return self.math("COMPARE", self.math("MULTIPLY", value, 0.0), 0.0, 0.0)

    def number(self, value: Value, otherwise: Value = 0.0) -> bpy.types.NodeSocket:
        """A field with another value in place of what is not finite, which would spread into positions and colours."""
        return self.call(
            "GeometryNodeSwitch", {"Switch": self.finite(value), "False": otherwise, "True": value}, input_type="FLOAT"
        )

    def finish(self, geometry: bpy.types.NodeSocket) -> bpy.types.NodeTree:
        self.put(self.node("NodeGroupOutput").inputs[0], geometry)
        self.arrange()
        return self.tree


def attach(owner: bpy.types.Object, name: str, tree: bpy.types.NodeTree, values: dict) -> bpy.types.NodesModifier:
    """A geometry-nodes modifier with these inputs."""
    modifier = owner.modifiers.new(name, "NODES")
    modifier.node_group = tree
    compat.set_inputs(modifier, values)
    return modifier


def reuse(name: str, build, font: bpy.types.VectorFont | None = None) -> bpy.types.NodeTree:
    """The file's group of this name that we made, else a new one by `build`, whose texts are in this font.

    Blender looks through a whole tree whenever a node or a link is added, so that a large one takes long. What this
    code has built once in this Blender is kept for other files.
    """
    for tree in filter(None, (bpy.data.node_groups.get(name), *bpy.data.node_groups)):
        if tree.get(MARK) == name and not tree.library:
            return tree
    kept = _folder() / f"{name}.blend"
    tree = _fetch(kept, name)
    if tree is None:
        tree = build()
        tree[MARK] = name
        _keep(kept, tree)
    if font:
        _write_in(tree, font)
    return tree


def _write_in(tree, font):
    for node in tree.nodes:
        if node.bl_idname == "GeometryNodeStringToCurves":
            compat.set_font(node, font)
        elif node.bl_idname == "GeometryNodeGroup":
            _write_in(node.node_tree, font)


@cache
def _folder() -> Path:
    """Where groups are kept: a folder for this Blender and for just this code; those of other code go."""
    key = sha256(f"{bpy.app.version_string} {sources.key()}".encode()).hexdigest()[:16]
    try:
        every = folders.of_user("groups")
        folder = every / f"groups-{key}"
        folder.mkdir(exist_ok=True)
        for other in every.iterdir():
            if other != folder and KEPT.fullmatch(other.name):
                shutil.rmtree(other, ignore_errors=True)
    except OSError:  # a home that may not be written
        folder = Path(tempfile.mkdtemp(prefix="neuroscene-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _keep(path: Path, tree: bpy.types.NodeTree) -> None:
    """Write a group into a file of its own, at once, for another Blender may look for it."""
    written = path.with_suffix(f".{os.getpid()}.blend")
    try:
        bpy.data.libraries.write(str(written), {tree})
        written.replace(path)
    except (OSError, RuntimeError):  # no room: the next file builds it anew
        written.unlink(missing_ok=True)


def _fetch(path: Path, name: str) -> bpy.types.NodeTree | None:
    """A group that was kept, or None."""
    if not path.is_file():
        return None
    before = set(bpy.data.libraries)
    try:
        with bpy.data.libraries.load(str(path), link=False) as (_, wanted):
            wanted.node_groups = [name]
        (tree,) = wanted.node_groups
    except (OSError, RuntimeError):  # the file is damaged
        tree = None
    bpy.data.batch_remove(set(bpy.data.libraries) - before)
    return tree
