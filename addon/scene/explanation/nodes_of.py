# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes behind a layer, and the numbers of the file that they read. Touches no Blender."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from ...network import Layer, Network


def maker(network: Network, tensor: str) -> onnx.NodeProto | None:
    """The node that gives a tensor, None where none does."""
    return next((node for node in network.checkpoint.model.graph.node if tensor in node.output), None)


def nodes(network: Network, layer: Layer) -> list[onnx.NodeProto]:
    """The nodes of a layer's parts, in the order of the graph."""
    tensors = {part.tensor for part in layer.parts}
    return [node for node in network.checkpoint.model.graph.node if tensors & set(node.output)]


def attribute(node: onnx.NodeProto, name: str, default):
    """An attribute of a node, or what it is where it is not said."""
    for given in node.attribute:
        if given.name == name:
            return onnx.helper.get_attribute_value(given)
    return default


def constant(network: Network, name: str) -> np.ndarray | None:
    """The numbers of a tensor that the file holds, None of one that it does not."""
    checkpoint = network.checkpoint
    if not name:
        return None
    if name in checkpoint.readers:
        return np.asarray(checkpoint.readers[name]())
    graph = checkpoint.model.graph
    stored = next((each for each in graph.initializer if each.name == name), None)
    if stored is not None:
        return onnx.numpy_helper.to_array(stored, str(checkpoint.folder))
    node = maker(network, name)
    if node is not None and node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
        return onnx.numpy_helper.to_array(node.attribute[0].t, str(checkpoint.folder))
    return constant(network, node.input[0]) if node is not None and node.op_type in ("Identity", "Cast") else None


def read_by(network: Network, layer: Layer, tensor: str, values: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What a tensor that a layer reads held in a run, None where it is not known: some are only moves of others."""
    if tensor in values:
        return values[tensor]
    for source in network.layers:
        if tensor in source.outputs and source.tensor in values:
            return values[source.tensor]
    node = maker(network, tensor)
    if node is not None and node.op_type in ("Identity", "Dropout"):
        return read_by(network, layer, node.input[0], values)
    return None
