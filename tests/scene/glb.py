# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small reader of binary glTF, after the specification 2.0 and none of Blender's code."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

COMPONENTS = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])  # Y up to Z up
INSTANCING = "EXT_mesh_gpu_instancing"


class Glb:
    """A file: `content` is its JSON, `nodes` are its nodes by name. Places are given with Z up."""

    def __init__(self, path: Path):
        data = Path(path).read_bytes()
        magic, version, length = struct.unpack("<4sII", data[:12])
        assert (magic, version, length) == (b"glTF", 2, len(data))
        chunks, at = {}, 12
        while at < length:
            size, kind = struct.unpack("<I4s", data[at : at + 8])
            chunks[kind] = data[at + 8 : at + 8 + size]
            at += 8 + size
        self.content, self.binary = json.loads(chunks[b"JSON"]), chunks[b"BIN\0"]
        self.parents = {child: i for i, one in enumerate(self.content["nodes"]) for child in one.get("children", ())}
        self.nodes = {one["name"]: i for i, one in enumerate(self.content["nodes"])}

    def node(self, name: str) -> dict:
        return self.content["nodes"][self.nodes[name]]

    def parent(self, name: str) -> str | None:
        index = self.parents.get(self.nodes[name])
        return None if index is None else self.content["nodes"][index]["name"]

    def facts(self, name: str) -> dict:
        return self.node(name).get("extras", {}).get("neuroscene", {})

    def of_kind(self, kind: str) -> list[str]:
        """The names of the nodes of a kind."""
        return [name for name in self.nodes if self.facts(name).get("kind") == kind]

    def accessor(self, index: int) -> np.ndarray:
        """Rows of an accessor; normalised integers as floats."""
        one = self.content["accessors"][index]
        view = self.content["bufferViews"][one["bufferView"]]
        dtype, width = np.dtype(COMPONENTS[one["componentType"]]), WIDTHS[one["type"]]
        begin = view.get("byteOffset", 0) + one.get("byteOffset", 0)
        stride = view.get("byteStride", dtype.itemsize * width)
        rows = np.ndarray((one["count"], width), dtype, self.binary, begin, (stride, dtype.itemsize))
        return rows / np.float64(np.iinfo(dtype).max) if one.get("normalized") else np.array(rows)

    def matrix(self, index: int) -> np.ndarray:
        """Node space to the world, both with Y up, (4, 4)."""
        node = self.content["nodes"][index]
        local = placed(
            np.array([node.get("translation", (0, 0, 0))]),
            np.array([node.get("rotation", (0, 0, 0, 1))]),
            np.array([node.get("scale", (1, 1, 1))]),
        )[0]
        return self.matrix(self.parents[index]) @ local if index in self.parents else local

    def world(self, name: str) -> np.ndarray:
        """A node's own space to the world, both with Z up, (4, 4); of a camera, which looks along its -Z as in Blender,
        only the world is turned."""
        matrix = UP @ self.matrix(self.nodes[name])
        return matrix if "camera" in self.node(name) else matrix @ UP.T

    def primitive(self, name: str) -> dict:
        """The one primitive of a node's mesh."""
        (found,) = self.content["meshes"][self.node(name)["mesh"]]["primitives"]
        return found

    def local(self, name: str) -> np.ndarray:
        """Positions (n, 3) of a node's vertices in its own space."""
        return self.accessor(self.primitive(name)["attributes"]["POSITION"]).astype(np.float64) @ UP[:3, :3].T

    def positions(self, name: str) -> np.ndarray:
        """Positions (n, 3) of a node's vertices in the world."""
        matrix = self.world(name)
        return self.local(name) @ matrix[:3, :3].T + matrix[:3, 3]

    def attribute(self, name: str, attribute: str) -> np.ndarray:
        found = self.accessor(self.primitive(name)["attributes"][attribute])
        return found[:, 0] if found.shape[1] == 1 else found

    def colours(self, name: str) -> np.ndarray:
        """COLOR_0, linear (n, 3 or 4)."""
        return self.attribute(name, "COLOR_0")

    def triangles(self, name: str) -> np.ndarray:
        return self.accessor(self.primitive(name)["indices"]).reshape(-1, 3)

    def material(self, name: str) -> dict:
        return self.content["materials"][self.primitive(name)["material"]]

    def instanced(self, name: str, attribute: str) -> np.ndarray:
        """An attribute of a node's instances."""
        found = self.accessor(self.node(name)["extensions"][INSTANCING]["attributes"][attribute])
        return found[:, 0] if found.shape[1] == 1 else found

    def instances(self, name: str) -> np.ndarray:
        """What brings the mesh of a node to each of its places in the world, both with Z up, (n, 4, 4)."""
        known = self.node(name)["extensions"][INSTANCING]["attributes"]
        places = self.instanced(name, "TRANSLATION").astype(np.float64)
        turns = self.instanced(name, "ROTATION") if "ROTATION" in known else np.tile([0.0, 0, 0, 1], (len(places), 1))
        local = placed(places, turns, self.instanced(name, "SCALE"))
        return UP @ self.matrix(self.nodes[name]) @ local @ UP.T

    def channels(self, path: str, clip: str = "") -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Times (n,) and values (n, width) of what is animated, in a clip if there are several, by its node's name."""
        found = {}
        for animation in self.content.get("animations", ()):
            if clip and animation["name"] != clip:
                continue
            for channel in animation["channels"]:
                if channel["target"]["path"] == path:
                    sampler = animation["samplers"][channel["sampler"]]
                    times, values = self.accessor(sampler["input"])[:, 0], self.accessor(sampler["output"])
                    name = self.content["nodes"][channel["target"]["node"]]["name"]
                    found[name] = times, values.reshape(len(times), -1)
        return found

    def target(self, name: str, index: int, attribute: str = "POSITION") -> np.ndarray:
        """By how much a morph target changes an attribute; of places in the node's own space, Z up."""
        found = self.accessor(self.primitive(name)["targets"][index][attribute])
        return found @ UP[:3, :3].T if attribute == "POSITION" else found


def placed(places: np.ndarray, turns: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Matrices (n, 4, 4) of translations, quaternions x, y, z, w and scales."""
    x, y, z, w = turns.T
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)
    found = np.tile(np.eye(4), (len(places), 1, 1))
    found[:, :3, :3], found[:, :3, 3] = turn * sizes[:, None], places
    return found
