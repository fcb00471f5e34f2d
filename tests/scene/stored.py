# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ONNX file says of a layer of a scene, read by onnx alone."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

from scene import look


class File:
    """The arrays and nodes of an ONNX file, by the tensors that they give."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.arrays |= {
            one.output[0]: onnx.numpy_helper.to_array(one.attribute[0].t)
            for one in graph.node
            if one.op_type == "Constant" and one.attribute[0].name == "value"
        }
        self.nodes = {name: one for one in graph.node for name in one.output if one.op_type != "Constant"}

    def chain(self, thing, op: str = "") -> list[onnx.NodeProto]:
        """The nodes of a layer from the last of this operator (without one: its main) to the one that gives its tensor.

        Each reads the one before it.
        """
        facts = look.facts(thing)
        found, op = [self.nodes[facts["tensor"]]], op or facts["op"]
        while found[0].op_type != op:
            found.insert(0, self.nodes[next(name for name in found[0].input if name in self.nodes)])
        return found

    def weight(self, node) -> np.ndarray:
        return self.arrays[node.input[1]]


def setting(node, name: str, default):
    """An attribute of a node."""
    return next((onnx.helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)
