# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes with books on some blocks, and the faces of those."""

from types import SimpleNamespace

import numpy as np

from neuroscene.addon.inference import run_file
from neuroscene.addon.network import summarise
from neuroscene.addon.scene.building import books
from neuroscene.addon.scene.entities import NetworkScene
from neuroscene.addon.structure import open_checkpoint
from scene import look
from unit.make import seeded
from unit.test_books import run

COVER, HEADS, BAR, PAGE, ARCH, PLATE, FRAME = range(7)


def scene_with_books(folder, path, paths, given=True, thickness=None):
    """A network in an empty file with books on these blocks: all that is known of it."""
    look.fresh()
    shape = tuple(side or 1 for side in summarise(open_checkpoint(path)).inputs[0].shape)
    array = seeded(*shape)
    np.save(folder / "input.npy", array)
    network = look.build(path, folder / "input.npy" if given else None, fold_repeats=False)
    model, ran = run_file(folder / "input.npy", summarise(open_checkpoint(path)))
    scene = NetworkScene(network)
    made = {}
    for block in model.blocks:
        if block.path in paths:
            box = scene.blocks()[block.path]
            box.inputs["Fold"] = 1.0
            made[block.path] = books.make(model, block, box.obj, ran if given else None, scene.materials, thickness)
    values = run(path, **{model.inputs[0].name: array})
    blocks = {block.path: block for block in model.blocks}
    return SimpleNamespace(network=network, model=model, ran=ran, books=made, values=values, blocks=blocks)


def faces(shown, obj):
    """The faces of an evaluated book: attributes by name, and their corners (n, 4, 3)."""
    evaluated = obj.evaluated_get(look.evaluate(shown.network))
    mesh = evaluated.data
    ring = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", ring)
    names = ("part", "value", "shade", "unit", "row", "column")
    if not len(mesh.polygons):
        return {"part": np.zeros(0, int)}, np.zeros((0, 4, 3))
    made = {name: look.array(mesh.attributes, name) for name in names if name in mesh.attributes}  # a frame has a part
    return made, look.array(mesh.attributes, "position").astype(np.float64)[ring].reshape(-1, 4, 3)
