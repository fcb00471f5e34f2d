# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is inferred from weights alone, held against the ONNX export of the same network: who reads whom.

A layer is known by the weights of the file that it owns, whatever the exporter did to their names and shapes. A layer
without weights is known by what it reads: one that reads a single layer (a pooling, an activation) says nothing about
how weights are joined and counts as part of that, so that a sum or concatenation is known by all that it puts
together, and a single wrong branch makes it, and whatever reads it, wrong. What reads no input of the model (a causal
mask) is left out.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from neuroscene.addon.formats import onnx_file, safetensors_file
from neuroscene.addon.network import Network, summarise
from neuroscene.addon.structure.inferred import infer
from unit.make import DATA

TRUTH = DATA / "inferred"
NAMES = sorted(path.stem for path in TRUTH.glob("*.onnx"))
PROBES = 2  # numbers of a weight by which it is known again
INPUTS = {"image": "picture", "pixel_values": "picture", "tokens": "input_ids"}  # what people call the same input


def opened(folder: Path, name: str, config: bool = True):
    """The checkpoint inferred from the weights of a network, with its config.json beside them or not."""
    shutil.copy(TRUTH / f"{name}.safetensors", folder / "model.safetensors")
    if config and (TRUTH / f"{name}.json").exists():
        shutil.copy(TRUTH / f"{name}.json", folder / "config.json")
    return infer(safetensors_file.read(folder / "model.safetensors"))


def probes(name: str) -> dict[float, str]:
    """The first numbers of every weight of a file; all are different, for the weights are random."""
    from safetensors.numpy import load_file

    stored = load_file(TRUTH / f"{name}.safetensors")
    arrays = {key: value for key, value in stored.items() if value.dtype == np.float32}
    found = {float(number): key for key, value in arrays.items() for number in value.ravel()[:PROBES]}
    assert len(found) == sum(min(PROBES, value.size) for value in arrays.values())
    return found


@dataclass(frozen=True)
class Owned:
    """Which weights the layers of a network own."""

    network: Network
    of: dict[str, frozenset[str]]

    @classmethod
    def find(cls, network: Network, known: dict[float, str]) -> Owned:
        numbers = np.array(list(known), np.float32)
        found = {}
        for layer in network.layers:
            arrays = [np.asarray(leaf.array(), np.float32).ravel() for leaf in layer.weights]
            hits = np.concatenate([np.zeros(0, np.float32), *(one[np.isin(one, numbers)] for one in arrays)])
            found[layer.name] = frozenset(known[float(number)] for number in hits)
        return cls(network, found)

    def all(self) -> frozenset[str]:
        return frozenset().union(*self.of.values())

    def edges(self, weights: frozenset[str]) -> set[tuple]:
        """(source, target) for all pairs of layers, as the head of this file says; only these weights count."""
        sources: dict[str, set[str]] = {}
        for one in self.network.connections:
            if one.source is not one.target:
                sources.setdefault(one.target.name, set()).add(one.source.name)
        known, found = {}, set()
        for layer in self.network.layers:
            reads = {known[name] for name in sources.get(layer.name, ()) if known[name] is not None}
            own = self.of[layer.name] & weights
            if layer.op == "Input":
                known[layer.name] = "input", INPUTS.get(layer.name, layer.name)
            elif not reads:
                known[layer.name] = None
            elif own:
                known[layer.name] = own
            elif len(reads) == 1:
                (known[layer.name],) = reads
            else:
                known[layer.name] = "join", frozenset(reads)
            if layer.op != "Input" and (own or len(reads) > 1):
                found |= {(one, known[layer.name]) for one in reads}
        return found


def compared(checkpoint, name: str) -> tuple[float, float, int]:
    """Precision and recall of the inferred edges, and how many there are in truth."""
    known = probes(name)
    truth = Owned.find(summarise(onnx_file.read(TRUTH / f"{name}.onnx")), known)
    found = Owned.find(summarise(checkpoint), known)
    assert found.all() == frozenset(known.values())  # no weight is lost
    shared = truth.all() & found.all()
    assert len(shared) >= 0.95 * len(found.all())  # exporters fold few
    right, guessed = truth.edges(shared), found.edges(shared)
    return len(right & guessed) / len(guessed), len(right & guessed) / len(right), len(right)


@pytest.mark.parametrize("name", NAMES)
def test_edges_are_those_of_the_export(tmp_path, name):
    precision, recall, count = compared(opened(tmp_path, name), name)
    assert count > 3
    assert precision >= 0.95 and recall >= 0.95, (precision, recall)


@pytest.mark.parametrize("name", [name for name in NAMES if (TRUTH / f"{name}.json").exists()])
def test_names_tell_enough_without_a_configuration(tmp_path, name):
    precision, recall, _ = compared(opened(tmp_path, name, config=False), name)
    assert precision >= 0.95 and recall >= 0.95, (precision, recall)


def test_a_wrong_branch_is_seen(tmp_path):
    """The measure itself: one residual left out makes too many edges wrong."""
    checkpoint = opened(tmp_path, "resnet18")
    for node in checkpoint.model.graph.node:
        if node.op_type == "Add":
            node.op_type, node.input[1] = "Identity", ""
            del node.input[1]
            break
    precision, recall, _ = compared(checkpoint, "resnet18")
    assert precision < 0.9 and recall < 0.9


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_counted_exactly(tmp_path, name):
    from safetensors.numpy import load_file

    stored = load_file(TRUTH / f"{name}.safetensors").values()
    assert summarise(opened(tmp_path, name)).parameters == sum(one.size for one in stored if one.dtype == np.float32)


@pytest.mark.parametrize("name", ["resnet18", "bert", "gpt2", "vit_hf", "vit_timm"])
def test_blocks_repeat_as_in_the_module(tmp_path, name):
    blocks = {block.path: block for block in summarise(opened(tmp_path, name)).named_blocks}
    if name == "resnet18":
        assert {f"layer{stage}/layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)} <= blocks.keys()
        assert blocks["layer1"].repeat == 2
    else:
        assert max(block.repeat for block in blocks.values()) == 3


@pytest.mark.parametrize("name, heads", [("bert", 2), ("gpt2", 2), ("llama", 4), ("vit_timm", 1)])
def test_attention_is_one_layer(tmp_path, name, heads):
    """Its units are the heads; of timm's ViT the file does not say how many there are."""
    layers = [layer for layer in summarise(opened(tmp_path, name)).layers if layer.op == "Attention"]
    assert len(layers) == (2 if name == "llama" else 3)
    assert all(layer.grid.units == heads for layer in layers)


def test_layers_are_called_as_in_the_export(tmp_path):
    called = [
        {layer.name for layer in network.layers if layer.op == "Conv"}
        for network in (summarise(opened(tmp_path, "resnet18")), summarise(onnx_file.read(TRUTH / "resnet18.onnx")))
    ]
    assert called[0] == {name.replace("/module", "", 1) for name in called[1]} and len(called[0]) == 20


def test_it_is_said_that_structure_is_inferred(tmp_path):
    checkpoint = opened(tmp_path, "resnet18")
    assert checkpoint.structure == "inferred" and checkpoint.format == "safetensors"
    assert "ResNet" in checkpoint.notes[0] and "not in the file" in checkpoint.notes[0]
