# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints that are alike but for their numbers: structure is worked out once, and numbers are read from whichever
of them one turns to."""

from __future__ import annotations

import hashlib

import numpy as np
from onnx import GraphProto, TensorProto

from ..formats import Checkpoint
from ..network import Network, constants

STEERING = (TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL)  # settings such as shapes, in which graphs differ


def fingerprint(checkpoint: Checkpoint) -> str:
    """Equal for checkpoints of one graph that differ in the numbers of their weights alone: operators, names, shapes,
    types, and small whole numbers that steer operators. A hash in hex."""
    graph = checkpoint.model.graph
    digest = hashlib.sha256()
    digest.update(f"{checkpoint.structure} {sorted(checkpoint.open)} {sorted(checkpoint.unsized)}".encode())
    structure = GraphProto(node=graph.node, input=graph.input, output=graph.output)
    for message in (structure, *checkpoint.model.opset_import):
        digest.update(message.SerializeToString(deterministic=True))
    for tensor in graph.initializer:
        digest.update(f"{tensor.name} {list(tensor.dims)} {tensor.data_type}".encode())
        within = tensor.data_location != TensorProto.EXTERNAL
        if within and (tensor.data_type in STEERING or not tensor.dims or list(tensor.dims) == [1]):
            digest.update(checkpoint.array(tensor).tobytes())
    for sparse in graph.sparse_initializer:
        digest.update(sparse.SerializeToString(deterministic=True))
    return digest.hexdigest()


def shape_of(network: Network) -> tuple:
    """Equal for networks of one shape, whatever their layers are called: operators, cells, weights, and what joins
    them."""
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    return (
        tuple(
            (layer.op, layer.grid, layer.parameters, tuple(sorted(leaf.shape for leaf in layer.weights)))
            for layer in network.layers
        ),
        tuple(
            (place[connection.source.name], place[connection.target.name], connection.join.carries)
            for connection in network.connections
        ),
    )


class Shifting(Checkpoint):
    """A checkpoint whose numbers are those of the one that it was turned to last."""

    @classmethod
    def of(cls, first: Checkpoint) -> Shifting:
        """One that holds what `first` does."""
        shifting = cls(**{name: getattr(first, name) for name in first.__dataclass_fields__ if name != "_files"})
        shifting.turn(first)
        return shifting

    def turn(self, other: Checkpoint) -> None:
        """Hold the numbers of another checkpoint with the same fingerprint."""
        self.source = other
        self.path, self.model, self.readers = other.path, other.model, other.readers
        self._tensors = {tensor.name: tensor for tensor in other.model.graph.initializer}
        constants.forget()

    def array(self, tensor: TensorProto) -> np.ndarray:
        return self.source.array(self._tensors.get(tensor.name, tensor))
