# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An input as cells, as the picture that it is, or as its channels in red, green and blue."""

from __future__ import annotations

import bpy

from ...containers import CheckpointError
from .. import removing
from ..entities import InputPicture, NetworkScene
from . import build, importing, input_picture
from .planned import Steps

CELLS, PICTURE, CHANNELS = "cells", "picture", "channels"


def show(collection: bpy.types.Collection, how: str) -> str:
    """As `show_steps`, at once."""
    return build.finish(show_steps(collection, how))


def show_steps(collection: bpy.types.Collection, how: str) -> Steps:
    """Let the inputs of a network that are pictures stand so; returns a line. Yields as `build.build`, and changes
    nothing before the last step. Raises `CheckpointError` where none is a picture, or none has the channels that are
    asked for."""
    from ..explaining import explaining  # here: those build on this
    from ..series import following

    scene = NetworkScene(collection)
    network = yield from importing.reopen_steps(collection)
    ran = yield from importing.ran_steps(collection, network)
    shown = scene.layers()
    pictured = [layer for layer in network.layers if input_picture.is_picture(layer) and layer.name in shown]
    if how == CHANNELS:
        pictured = [layer for layer in pictured if layer.grid.units == 3]
    if not pictured:
        raise CheckpointError(
            scene.source, "has no input that is a picture or long rows of numbers" + " in color" * (how == CHANNELS)
        )
    yield 0.9, "the input"
    pictures = {picture.layer: picture for picture in scene.members(InputPicture)}
    for layer in pictured:
        picture = pictures.get(layer.name)
        if how == CELLS:
            if picture is not None and picture.before:
                input_picture.cells_again(picture)
                removing.remove([picture.obj])
            continue
        if picture is None:
            obj = input_picture.make(layer, shown[layer.name].obj, ran, scene.materials)
            for holder in shown[layer.name].obj.users_collection:
                holder.objects.link(obj)
            picture = InputPicture(obj)
        input_picture.stand(picture, layer, ran, how == CHANNELS)
    yield from following.steps(collection)
    if scene.evidence:
        yield from explaining.again(collection)
    return {CELLS: "cells", PICTURE: "one picture", CHANNELS: "three channels"}[how]
