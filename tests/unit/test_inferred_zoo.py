# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""No inferred edge contradicts a width: in all files of the tests, and in 200 networks of random module trees."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.natural_order import natural
from neuroscene.addon.containers.stored import Stored
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.structure.inferred import infer
from unit.make import DATA
from unit.module_trees import Tree, tree
from unit.traced import contradictions, edges_of

SEEDS = range(200)
FILES = sorted(
    path.relative_to(DATA).as_posix()
    for folder in ("inferred", "torch", "keras", "crossformat", "several")
    for path in (DATA / folder).rglob("*")
    if path.suffix in (".safetensors", ".pt", ".pth", ".bin", ".h5", ".keras", ".ckpt")
)


def weights_of(made: Tree, ordered: bool) -> Weights:
    """The tensors of a tree; those of a second name are the same ones."""
    names = sorted(made.shapes, key=natural) if ordered else list(made.shapes)
    tensors = [
        Stored(
            name, made.shapes[name], TensorProto.FLOAT, read=lambda shape=made.shapes[name]: np.ones(shape, np.float32)
        )
        for name in names
    ]
    for other, own in made.shared.items():
        tensors += [
            replace(tensor, name=f"{other}.{tensor.name.rpartition('.')[2]}")
            for tensor in tensors
            if tensor.name.rpartition(".")[0] == own
        ]
    if ordered:
        tensors.sort(key=lambda tensor: natural(tensor.name))
    return Weights(Path("model.pt"), "pytorch", tensors)


def inferred(seed: int):
    """(what is true, what was inferred, its edges) of a seed; even ones have their names in natural order."""
    made = tree(seed)
    checkpoint = infer(weights_of(made, seed % 2 == 0))
    edges = {tuple(made.shared.get(name, name) for name in edge) for edge in edges_of(checkpoint)}
    return made, checkpoint, edges


def test_widths_fit_in_random_trees():
    for seed in SEEDS:
        assert contradictions(inferred(seed)[1]) == [], seed


def test_edges_of_random_trees_are_true(record_property):
    """Names and widths leave much open in these; what is drawn is true but for very few."""
    right, drawn, true = 0, 0, 0
    for seed in SEEDS:
        made, _, edges = inferred(seed)
        right += len(edges & made.edges)
        drawn += len(edges)
        true += len(made.edges)
    assert right / drawn >= 0.99 and right / true >= 0.75, (right / drawn, right / true)
    record_property("trees", (len(SEEDS), right / drawn, right / true))


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_every_weight_of_a_random_tree_counts_once(seed):
    made, checkpoint, _ = inferred(seed)
    network = summarise(checkpoint)
    expected = sum(int(np.prod(shape)) for shape in made.shapes.values())
    assert network.parameters == expected == sum(layer.parameters for layer in network.layers)


@pytest.mark.parametrize("name", FILES)
def test_widths_fit_in_all_files(tmp_path, name):
    path = DATA / name
    beside = path.with_suffix(".json")
    try:
        shutil.copy(path, tmp_path / path.name)
        if beside.exists() and name.startswith("inferred/"):
            shutil.copy(beside, tmp_path / "config.json")
        checkpoint = open_checkpoint(tmp_path / path.name)
    except CheckpointError:
        pytest.skip("not a file of weights by itself")
    if checkpoint.structure == "inferred":
        assert contradictions(checkpoint) == []
