# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer shows a tensor inside it: what a node gives before an activation or a Softmax."""

from __future__ import annotations

import bpy

from ...containers import CheckpointError
from ...containers.natural_order import brief
from ...inference import activation
from ...network import Network
from ..entities import LayerObject, NetworkScene
from . import build, importing, layers
from .planned import Steps

MOVES = ("Transpose", "Reshape", "Flatten", "Identity", "Cast", "Squeeze", "Unsqueeze", "Slice", "Split")


def parts(layer: LayerObject) -> list[tuple[str, str]]:
    """Operator and tensor of the nodes in a layer but for the last, whose tensor is what it gives."""
    inside = list(zip(layer.parts, layer.tensors, strict=False))
    return [(op, tensor) for op, tensor in inside if tensor != layer.tensor and op not in MOVES]


def look(collection: bpy.types.Collection, name: str, tensor: str) -> str:
    """Let a layer show a tensor inside it, or with "" what it gives; a line on that. Raises `CheckpointError`."""
    return build.finish(look_steps(collection, name, tensor))


def look_steps(collection: bpy.types.Collection, name: str, tensor: str) -> Steps:
    """As `look`, beside the window; nothing changes before the last step. Yields as `build.build`."""
    from ..series import following, known  # here: those build on this

    scene = NetworkScene(collection)
    shown = scene.layers().get(name)
    if not scene.input_path:
        raise CheckpointError(scene.source, "no input has run", "run an input first")
    if shown is None or shown.is_plane:
        raise CheckpointError(scene.source, f"'{brief(name)}' shows no cells", "set its detail to cells")
    network: Network = yield from importing.reopen_steps(collection)
    if not network.look(name, tensor):
        raise CheckpointError(
            scene.source, f"has no tensor '{brief(tensor)}' in '{brief(name)}' that its cells could show"
        )
    ran = yield from importing.ran_steps(collection, network)
    layer = network.layer(name)
    values = activation(layer, ran)
    if values is None:
        raise CheckpointError(scene.source, f"'{brief(tensor)}' has other numbers than '{brief(name)}' has cells")
    op = next((part.op for part in layer.parts if part.tensor == tensor), "")
    yield 0.9, "showing it"
    shown.looked = tensor
    drawn = layers.drawn_of(shown.obj)
    layers.set_activation(shown.obj, drawn, values)
    if known.read(collection):
        yield from following.steps(collection)
    return f"{name} shows what its {op} gives" if op else f"{name} shows what it gives"
