# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large network comes in few pieces: stages of one map size, repeats, runs of one shape."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from neuroscene.addon.network import Network, summarise
from neuroscene.addon.network.blocks import find
from neuroscene.addon.network.network import Grid, Layer
from neuroscene.addon.network.report import report
from neuroscene.addon.network.stages import MOST, staged
from neuroscene.addon.structure import open_checkpoint

ZOO = Path(__file__).parents[1] / "data" / "zoo"
MODELS = sorted(path.stem for path in ZOO.glob("*.onnx"))


def opened(name: str) -> Network:
    return summarise(open_checkpoint(ZOO / f"{name}.onnx"))


def seen(layers, stages) -> list[str]:
    """The layers and closed blocks that are seen at first, in the order of the network."""
    parents = {block.path: block.parent for block in stages.blocks}
    names = {}
    for layer in layers:
        path, shown = stages.innermost[layer.name], layer.name
        while path:
            shown = f"[{path}]" if path in stages.closed else shown
            path = parents[path]
        names[shown] = None
    return list(names)


def check(layers, stages) -> None:
    """What holds for the blocks of any network."""
    by_path = {block.path: block for block in stages.blocks}
    order = {layer.name: place for place, layer in enumerate(layers)}
    assert len(by_path) == len(stages.blocks) and stages.closed <= by_path.keys()
    known = {""}
    for block in stages.blocks:
        assert block.parent in known and len(block.layers) > (not block.stage)
        known.add(block.path)
        assert list(block.layers) == sorted(block.layers, key=order.__getitem__)
        assert sorted(block.children) == sorted(child.path for child in stages.blocks if child.parent == block.path)
        inside = {name for name, path in stages.innermost.items() if path == block.path}
        assert set(block.layers) == inside.union(*(by_path[path].layers for path in block.children))
    assert stages.innermost.keys() == order.keys()


def staging(layers):
    stages = staged(layers, *find(layers))
    check(layers, stages)
    return stages


def vector(name, *inputs, units=8):
    return Layer(name, "Gemm", name, (units,), Grid(units), inputs=list(inputs), parameters=1)


def maps(name, side, *inputs, op="Conv"):
    grid = Grid(4, side, side, (side * side, side, 1))
    return Layer(name, op, name, (4, side, side), grid, inputs=list(inputs), parameters=int(op == "Conv"))


EXPECTED = {
    "resnet18": ["[stage 1]", "[stage 2]", "[layer2]", "[layer3]", "[layer4]"],
    "resnet18_old": ["[stage 1]", "[stage 2]", "[layer2]", "[layer3]", "[layer4]"],
    "unet": ["[inc]", "[down1]", "[down2]", "[down3]", "[up1]", "[up2]", "[up3]", "[stage 1]"],
    "densenet": ["[features/stage 1]", "[features/stage 2]", "[features/stage 3]"],
    "mobilenet_v3": ["[features/stage 1]", "[features/features.1]", *(f"[features/stage {n}]" for n in (2, 3, 4))],
    "bert": ["[stage 1]", *(f"[encoder/layer.{number}]" for number in range(12)), "[stage 2]"],
    "gpt2": ["[transformer/stage 1]", *(f"[transformer/h.{number}]" for number in range(6)), "[transformer/stage 2]"],
    "lstm": [],
    "control": [],
    "functions": [],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_closed_at_first(name):
    network = opened(name)
    innermost = {layer.name: layer.block for layer in network.layers}
    stages = SimpleNamespace(blocks=network.blocks, innermost=innermost, closed=network.closed)
    shown = [item for item in seen(network.layers, stages) if item[0] == "["]
    assert shown == EXPECTED[name]


@pytest.mark.parametrize("name", ["mobilenet_v3", "resnet18", "densenet", "unet"])
def test_most_maps_of_a_stage_are_of_one_size_and_those_of_the_next_of_another(name):
    network = opened(name)
    read = {source for layer in network.layers for source in layer.inputs}
    answers = {layer.name for layer in network.layers} - read  # looked at by themselves
    sizes = []
    for block in network.blocks:
        if block.path in network.closed and not answers.intersection(block.layers):
            counts = Counter(network.layer(layer).shape[-2:] for layer in block.layers)
            del counts[1, 1]  # gates of channels
            size, count = counts.most_common(1)[0]
            assert count >= 0.7 * counts.total(), block.path
            sizes.append(size)
    assert all(size != after for size, after in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize("name", MODELS)
def test_the_command_line_speaks_of_named_blocks_alone(name):
    network = opened(name)
    blocks, innermost = find(
        network.layers, {layer.name: [leaf.name for leaf in layer.weights] for layer in network.layers}
    )
    told = report(network)
    assert [
        (block["path"], block["parent"], block["layers"], block["repeat"], block["signature"])
        for block in told["blocks"]
    ] == [(block.path, block.parent, len(block.layers), block.repeat, block.signature) for block in blocks]
    assert {layer["name"]: layer["block"] for layer in told["layers"]} == innermost


def test_levels_of_a_u_net_without_names():
    layers = [Layer("x", "Input", "x", (1, 64, 64), Grid(1, 64, 64))]
    skips = {}
    for side in (64, 32, 16, 8, 16, 32, 64):
        for number in range(2):
            layers.append(maps(f"{len(layers)}: {side} {number}", side, layers[-1].name))
        if side in skips:
            layers[-1].inputs.append(skips[side])
        skips.setdefault(side, layers[-1].name)
    stages = staging(layers)
    assert seen(layers, stages) == ["x", *(f"[stage {number}]" for number in range(1, 9))]  # the answer by itself
    assert all(block.stage and block.inferred for block in stages.blocks)


def test_a_branch_that_shrinks_its_maps_first_is_no_stage():
    layers = [Layer("x", "Input", "x", (4, 32, 32), Grid(4, 32, 32))]
    for side in (32, 16, 8):
        for _ in range(5):
            layers.append(maps(f"{len(layers)}", side, layers[-1].name))
        if side > 8:
            before = layers[-1].name
            early = maps(f"{len(layers)} early", side // 2, before)
            late = maps(f"{len(layers)} late", side, before)
            layers += [early, late, maps(f"{len(layers)} both", side // 2, early.name, late.name)]
    assert seen(layers, staging(layers)) == ["x", "[stage 1]", "[stage 2]", "[stage 3]", "[stage 4]"]


@pytest.mark.parametrize("count", [31, 1_000, 10_000])
def test_chains_come_in_few_pieces(count):
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    for number in range(count):
        layers.append(vector(f"{number}", layers[-1].name))
    shown = seen(layers, staging(layers))
    assert len(shown) <= MOST and len(shown) == {31: 5, 1_000: 5, 10_000: 41}[count]


def test_a_chain_of_ever_other_widths():
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    for number in range(500):
        layers.append(vector(f"{number}", layers[-1].name, units=3 + number))
    assert len(seen(layers, staging(layers))) <= MOST


def test_a_fan_is_one_piece_between_two_layers():
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    layers += [vector(f"{number}", "x") for number in range(2_000)]
    layers.append(vector("sum", *(f"{number}" for number in range(2_000))))
    assert seen(layers, staging(layers)) == ["x", "[stage 1]", "sum"]


def test_many_inputs_are_one_piece():
    layers = [Layer(f"x{number}", "Input", f"x{number}", (8,), Grid(8)) for number in range(300)]
    layers.append(vector("sum", *(layer.name for layer in layers)))
    assert seen(layers, staging(layers)) == ["[stage 1]", "sum"]


def test_what_reads_all_before_it_is_joined_by_few_lines():
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    for number in range(50):
        layers.append(vector(f"{number}", *(layer.name for layer in layers), units=number + 1))
    stages = staging(layers)
    where = {}
    for layer in layers:
        where[layer.name] = stages.innermost[layer.name] or layer.name
    pairs = {(where[name], where[layer.name]) for layer in layers for name in layer.inputs}
    assert len(pairs) <= 200


@pytest.mark.parametrize("count", [12, 80, 400])
def test_a_transformer_of_many_layers(count):
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    for number in range(count):
        for op in ("Attention", "Add", "MatMul", "Sum"):
            layers.append(
                Layer(f"{number} {op}", op, f"{number} {op}", (4, 8), Grid(1, 4, 8), inputs=[layers[-1].name])
            )
    stages = staging(layers)
    shown = seen(layers, stages)
    assert len(shown) <= MOST and shown[0] == "x" and all(name.startswith("[") for name in shown[1:])
    if count == 12:
        assert shown[1:] == [f"[block {number}]" for number in range(1, 13)]


def test_small_networks_have_no_stages():
    layers = [Layer("x", "Input", "x", (8,), Grid(8))]
    for number in range(29):
        layers.append(vector(f"{number}", layers[-1].name))
    assert staging(layers).blocks == []
