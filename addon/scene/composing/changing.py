# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A composed network comes into the scene, and follows its specification.

The specification that the scene shows is a fact of the network. One that cannot be built is kept as a draft beside it,
with the layer that cannot be and why: the network stays as it was, and further changes are made to the draft.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import bpy
import onnx

from ... import composing
from ...composing import LayerError, Specification
from ...containers import CheckpointError
from ...conversion.specification import of_checkpoint
from ...structure import open_checkpoint
from ..background import in_background
from ..building import build, importing
from ..building.planned import Steps
from ..entities import NetworkScene
from ..updating import reloading
from . import stored

LARGEST_CARRIED = 1 << 28  # bytes of a model whose weights are carried over


def of_network(collection: bpy.types.Collection) -> Specification | None:
    """What a composed network is written as, its draft if there is one; None of any other network."""
    scene = NetworkScene(collection)
    text = scene.draft or scene.specification
    if not text:
        return None
    try:
        return _parsed(text, collection.name)
    except (ValueError, CheckpointError):  # somebody has edited it
        return None


@lru_cache(maxsize=8)  # a panel asks for every field at every redraw
def _parsed(text: str, name: str) -> Specification:
    return composing.parse(json.loads(text), name)


def problem_of(collection: bpy.types.Collection) -> tuple[str, str]:
    """The layer of the draft that cannot be, and why; ("", "") where all is well."""
    problem = NetworkScene(collection).problem
    return (problem[0], problem[1]) if len(problem) == 2 else ("", "")


def add_steps(specification: Specification, settings: build.Settings) -> Steps:
    """Build a network's scene from its specification. Yields and returns as `build.build`. Raises `CheckpointError`."""
    yield 0.0, "the network"
    path = stored.keep(composing.compose(specification).model, specification.name)
    collection = yield from importing.import_steps(path, settings)
    NetworkScene(collection).specification = specification.to_json()
    return collection


def edit_steps(collection: bpy.types.Collection, specification: Specification) -> Steps:
    """Let a network follow a specification; layers that stay keep their objects and their weights.

    Where it cannot be built it becomes the draft, and nothing else changes. Yields as `build.build`; returns whether
    the network follows. Raises `CheckpointError` where something else is wrong.
    """
    scene = NetworkScene(collection)
    yield 0.0, "the network"
    try:
        model = composing.compose(specification).model
    except LayerError as error:
        scene.tell(draft=specification.to_json(), problem=[error.layer, error.what])
        return False
    same = _carry(model, Path(bpy.path.abspath(scene.source)))
    path = stored.keep(model, specification.name)
    yield from reloading.steps(collection, path, same=same)
    scene.tell(specification=specification.to_json(), draft="", problem=[])
    return True


def discard(collection: bpy.types.Collection) -> None:
    """Forget the draft: what is written is what stands there."""
    NetworkScene(collection).tell(draft="", problem=[])


def take_over_steps(collection: bpy.types.Collection) -> Steps:
    """Let a network of any file be edited: one that was composed as it is, of any other a copy that is written as a
    specification and gives the same numbers. Yields as `build.build`. Raises `CheckpointError` where that cannot be."""
    scene = NetworkScene(collection)
    path, architecture, part = Path(bpy.path.abspath(scene.source)), importing.architecture_of(scene), scene.part
    yield 0.0, "reading the model"
    checkpoint = yield from in_background(lambda: open_checkpoint(path, architecture or None, part), "the model")
    said = said_in(checkpoint.model) if checkpoint.format == "onnx" else None
    if said is None:
        said, model = yield from in_background(lambda: of_checkpoint(checkpoint), "writing it as a specification")
        said = replace(said, name=collection.name)
        yield from reloading.steps(collection, stored.keep(_saying(model, said), collection.name))
    scene.specification = said.to_json()


def _saying(model: onnx.ModelProto, specification: Specification) -> onnx.ModelProto:
    """A model that says how it is composed."""
    del model.metadata_props[:]
    model.graph.name = specification.name
    onnx.helper.set_model_props(model, {"specification": specification.to_json()})
    return model


def said_in(model: onnx.ModelProto) -> Specification | None:
    """The specification in a model's metadata, if it was composed."""
    text = next((entry.value for entry in model.metadata_props if entry.key == "specification"), "")
    try:
        return composing.parse(json.loads(text)) if text else None
    except (ValueError, CheckpointError):
        return None


def with_seed(specification: Specification, seed: int) -> Specification:
    """The same with other random weights."""
    return replace(specification, seed=seed)


def _carry(model: onnx.ModelProto, older: Path) -> set[str]:
    """Weights that have been trained stay, as far as they fit; those of another seed do not. The tensors that are the
    same then."""
    if not older.is_file() or older.stat().st_size > LARGEST_CARRIED:
        return set()
    before = onnx.load(older, load_external_data=False)
    old, new = said_in(before), said_in(model)
    if old is None or new is None or old.seed != new.seed:
        return set()
    composing.carry(model, before)
    held = {tensor.name: tensor for tensor in before.graph.initializer}
    return {tensor.name for tensor in model.graph.initializer if held.get(tensor.name) == tensor}
