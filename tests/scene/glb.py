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


class Glb:
    """A file: `content` is its JSON, `nodes` are its nodes by name."""

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

    def extras(self, name: str) -> dict:
        return self.content["nodes"][self.nodes[name]].get("extras", {})

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
        """Node space to the world, (4, 4)."""
        node, local = self.content["nodes"][index], np.eye(4)
        if "matrix" in node:
            local = np.array(node["matrix"]).reshape(4, 4).T
        else:
            x, y, z, w = node.get("rotation", (0, 0, 0, 1))
            turn = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                             [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                             [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
            local[:3, :3], local[:3, 3] = turn * node.get("scale", (1, 1, 1)), node.get("translation", (0, 0, 0))
        return self.matrix(self.parents[index]) @ local if index in self.parents else local

    def primitive(self, name: str) -> dict:
        """The one primitive of a node's mesh."""
        (found,) = self.content["meshes"][self.content["nodes"][self.nodes[name]]["mesh"]]["primitives"]
        return found

    def positions(self, name: str) -> np.ndarray:
        """World positions (n, 3) of a node's vertices, turned back from Y up to Z up."""
        matrix = self.matrix(self.nodes[name])
        points = self.accessor(self.primitive(name)["attributes"]["POSITION"]).astype(np.float64)
        x, y, z = (points @ matrix[:3, :3].T + matrix[:3, 3]).T
        return np.stack([x, -z, y], -1)

    def colours(self, name: str) -> np.ndarray:
        """COLOR_0, linear (n, 3 or 4)."""
        return self.accessor(self.primitive(name)["attributes"]["COLOR_0"])

    def triangles(self, name: str) -> np.ndarray:
        return self.accessor(self.primitive(name)["indices"]).reshape(-1, 3)

    def material(self, name: str) -> dict:
        return self.content["materials"][self.primitive(name)["material"]]
