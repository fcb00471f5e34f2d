# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Normalizations, attention and recurrent units opened: at three places, in a Blender without the extension, what nodes
work out is what onnxruntime gives."""

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit_file, run
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.explanation import attention, normals, opening
from scene import look
from scene.opened import AXES, adds_up, elsewhere, words_in_the_picture, written
from unit.make import every_tensor, model, node, save, seeded

NORMALS = {
    "layer": (["LayerNormalization"], (1, 5, 12), (12,), {"epsilon": 1e-3}, 17),
    "two axes": (["LayerNormalization"], (1, 3, 4, 5), (4, 5), {"axis": 2}, 17),
    "root": (["RMSNormalization"], (1, 5, 12), (12,), {}, 23),
    "instance": (["InstanceNormalization"], (1, 4, 6, 5), (4,), {}, 17),
    "group": (["GroupNormalization"], (1, 6, 4, 3), (6,), {"num_groups": 2}, 21),
}
RECURRENT = {
    "lstm": ("LSTM", 4, {}),
    "backwards": ("LSTM", 4, {"direction": "reverse"}),
    "both ways": ("LSTM", 4, {"direction": "bidirectional"}),
    "gru": ("GRU", 3, {}),
    "gru reset after": ("GRU", 3, {"linear_before_reset": 1}),
    "rnn": ("RNN", 1, {}),
}


def three(sizes) -> list[tuple[int, int, int]]:
    return [(0, 0, 0), tuple(size // 2 for size in sizes), tuple(size - 1 for size in sizes)]


def moved(cells) -> list[dict]:
    return [{axis: int(at) + 1 for axis, at in zip(AXES, cell, strict=True)} for cell in cells]


def told(found, part, step) -> float:
    """A number that is written."""
    return float(found["number"][(found["part"] == part) & (found["step"] == step)][0])


def of_normal(folder, name):
    (op,), shape, sizes, attributes, opset = NORMALS[name]
    stored = {"w": seeded(*sizes, seed=1)} | ({} if op == "RMSNormalization" else {"b": seeded(*sizes, seed=2)})
    path = folder / f"{name.replace(' ', '_')}.onnx"
    made = model([node(op, ["x", *stored], ["y"], **attributes)], {"x": shape}, {"y": None}, stored, opset=opset)
    save(folder, made, path.name)
    np.save(path.with_suffix(".npy"), 3 * seeded(*shape, seed=3) + 1)
    return path, path.with_suffix(".npy")


def in_another_blender(folder, models):
    """Three cells of the one layer of each model, opened: the model's name, the cell, what a Blender without the
    extension draws of it, its place in the tensor, and every tensor by onnxruntime."""
    moves, wanted = {}, {}
    for name, (path, given) in models.items():
        network = look.build(path, given)
        (layer,) = (obj for obj in look.layers(network).values() if look.facts(obj)["op"] != "Input")
        build.finish(opening.steps(network, look.facts(layer)["layer"], (0, 0, 0)))
        (panel,) = look.of_kind(network, "opened")
        cells = three(look.facts(layer)["grid"])
        moves[panel.name] = moved(cells)
        wanted[panel.name] = name, cells, look.facts(layer)["strides"], every_tensor(path, {"x": np.load(given)})
    drawn = elsewhere(folder, moves)
    for panel, (name, cells, strides, tensors) in wanted.items():
        for number, cell in enumerate(cells):
            yield name, cell, drawn[panel, number], int(np.dot(cell, strides)), tensors


def test_normalizations_come_to_what_onnxruntime_gives(blank, tmp_path):
    models = {name: of_normal(tmp_path, name) for name in NORMALS}
    for name, cell, found, flat, tensors in in_another_blender(tmp_path, models):
        assert told(found, 2, 5) == pytest.approx(tensors["y"].reshape(-1)[flat], rel=1e-5, abs=1e-5), (name, cell)
        assert told(found, 2, 0) == pytest.approx(tensors["x"].reshape(-1)[flat], rel=1e-6), (name, cell)
        line = written(found)
        bias = line.get(7, (0.0,))[0]
        adds_up(line[5], (line[0][0] - line.get(1, (0.0,))[0]) / line[2][0] * line[6][0] + bias)
        if name == "layer":
            row = tensors["x"].reshape(5, 12)[flat // 12].astype(np.float64)
            assert told(found, 2, 1) == pytest.approx(row.mean(), abs=1e-5)
            assert told(found, 2, 2) == pytest.approx(np.sqrt(row.var() + 1e-3), abs=1e-5)


def test_normalizations_that_an_exporter_wrote_out(tmp_path):
    """The file of a GPT-2 has its normalizations in single operators."""
    network = importing.open_network(look.ZOO / "gpt2.onnx")
    given = tmp_path / "words.npz"
    np.savez(given, input_ids=np.arange(16)[None] % 7)
    fitted = fit_file(given, network)
    values = run(network, *fitted, parts=True)
    tensors = every_tensor(look.ZOO / "gpt2.onnx", {spec.name: spec.array for spec in fitted})
    seen = 0
    for layer in network.layers:
        if normals.find(network, layer) is not None:
            made = normals.normal(network, layer, (0, 3, 5), values)
            assert made.result == pytest.approx(float(tensors[layer.tensor].reshape(16, 16)[3, 5]), abs=1e-6)
            assert made.count == 16 and made.epsilon == pytest.approx(1e-5, rel=1e-4)
            seen += 1
    assert seen >= 9


ATTENTION = {
    "letters": (look.SAMPLES / "letters_transformer.onnx", "blocks/blocks.0/attention"),
    "causal": (look.ZOO / "gpt2.onnx", "transformer/h.0/attn"),
    "of a picture": (look.ZOO / "vit.onnx", "encoder/layers/encoder_layer_0/self_attention"),
}


def test_attention_comes_to_what_onnxruntime_gives(blank, tmp_path):
    moves, wanted = {}, {}
    for name, (path, layer) in ATTENTION.items():
        known = importing.open_network(path)
        given = tmp_path / f"{name.replace(' ', '_')}.npz"
        chance = np.random.default_rng(4)
        arrays = {
            spec.name: chance.integers(0, 5, spec.shape).astype(spec.dtype)
            if "int" in spec.dtype
            else chance.standard_normal(spec.shape).astype(spec.dtype)
            for spec in known.inputs
        }
        np.savez(given, **arrays)
        network = look.build(path, given)
        build.finish(opening.steps(network, layer))
        (panel,) = look.of_kind(network, "opened")
        tensors = every_tensor(path, arrays)
        pattern = tensors[known.layer(layer).shown]
        made = attention.attention(known, known.layer(layer), None, run(known, *fit_file(given, known), parts=True))
        cells = three(made.taken.shape)
        moves[panel.name] = moved(cells)
        wanted[panel.name] = name, cells, pattern.reshape(-1, *pattern.shape[-2:]), made
    drawn = elsewhere(tmp_path, moves)
    for panel, (name, cells, pattern, made) in wanted.items():
        # the numbers of the run again, by the product of the pattern and the values
        taken = np.einsum("hqk,hkd->hqd", pattern.astype(np.float64), made.values.astype(np.float64))
        for number, cell in enumerate(cells):
            found = drawn[panel, number]
            assert told(found, 2, 0) == pytest.approx(taken[cell], rel=1e-5, abs=1e-5), (name, cell)
            assert made.taken[cell] == pytest.approx(taken[cell], rel=1e-5, abs=1e-5)
            line = written(found)
            adds_up(line[0], sum(line[10 + at][0] * line[13 + at][0] for at in range(3)) + line[16][0])
            shown = (found["part"] == 1) & (found["share"] > 0)
            shares = dict(zip(found["key"][shown].tolist(), found["share"][shown].tolist(), strict=True))
            for other, share in shares.items():
                assert share == pytest.approx(pattern[cell[0], cell[1], other], abs=1e-5), (name, cell, other)
            assert len(shares) == min(12, int((pattern[cell[0], cell[1]] > 1e-30).sum())), (name, cell)
    causal = next(each for each in wanted.values() if each[0] == "causal")
    assert np.isinf(causal[3].mask).sum() == 120


def of_recurrent(folder, name):
    op, gates, attributes = RECURRENT[name]
    steps, inputs, hidden = 6, 5, 4
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    stored = {
        "w": seeded(directions, gates * hidden, inputs, seed=1),
        "r": seeded(directions, gates * hidden, hidden, seed=2),
        "b": seeded(directions, 2 * gates * hidden, seed=3),
    }
    outputs = ["y", "y_h", "y_c"] if op == "LSTM" else ["y", "y_h"]
    nodes = [node(op, ["x", "w", "r", "b"], outputs, hidden_size=hidden, **attributes)]
    path = folder / f"{name.replace(' ', '_')}.onnx"
    save(folder, model(nodes, {"x": (steps, 1, inputs)}, {name: None for name in outputs}, stored), path.name)
    np.save(path.with_suffix(".npy"), seeded(steps, 1, inputs, seed=4))
    return path, path.with_suffix(".npy")


def test_recurrent_units_come_to_what_onnxruntime_gives(blank, tmp_path):
    models = {name: of_recurrent(tmp_path, name) for name in RECURRENT}
    last = {}
    for name, cell, found, flat, tensors in in_another_blender(tmp_path, models):
        assert told(found, 2, 5) == pytest.approx(tensors["y"].reshape(-1)[flat], rel=1e-5, abs=1e-5), (name, cell)
        line = {step: number for step, (number, _) in written(found).items()}
        if RECURRENT[name][0] == "LSTM":
            adds_up((line[3], 4), line[12] * line[0] + line[10] * line[13])
            adds_up((line[5], 4), line[11] * np.tanh(line[3]))
        elif RECURRENT[name][0] == "GRU":
            adds_up((line[5], 4), line[10] * line[0] + (1 - line[10]) * line[12])
        else:
            adds_up((line[5], 4), np.tanh(line[8]))
        last[name] = found, tensors
    found, tensors = last["lstm"]  # the last unit at the last step: its cell state is told too
    assert told(found, 2, 3) == pytest.approx(tensors["y_c"].reshape(-1)[-1], rel=1e-5, abs=1e-5)


def test_what_is_rare_is_refused(tmp_path):
    """Attention in one operator holds no scores, and an LSTM may have other activations."""
    op, gates, hidden = "LSTM", 4, 3
    stored = {"w": seeded(1, gates * hidden, 2), "r": seeded(1, gates * hidden, hidden)}
    nodes = [node(op, ["x", "w", "r"], ["y"], hidden_size=hidden, activations=["Sigmoid", "Relu", "Tanh"])]
    path = save(tmp_path, model(nodes, {"x": (4, 1, 2)}, {"y": None}, stored))
    np.save(tmp_path / "x.npy", seeded(4, 1, 2))
    look.fresh()
    network = look.build(path, tmp_path / "x.npy")
    before = look.blocks()
    layer = next(one for one in look.layers(network).values() if look.facts(one)["op"] == "LSTM")
    with pytest.raises(CheckpointError, match="rare kind"):
        build.finish(opening.steps(network, look.facts(layer)["layer"]))
    assert look.blocks() == before


@pytest.mark.parametrize(
    ("path", "arrays", "layer"),
    [
        (look.SAMPLES / "letters_transformer.onnx", {"letters": (1, 12)}, "/blocks/blocks.0/norm1/LayerNormalization"),
        (look.SAMPLES / "letters_transformer.onnx", {"letters": (1, 12)}, "blocks/blocks.0/attention"),
        (look.ZOO / "gpt2.onnx", {"input_ids": (1, 16)}, "transformer/h.0/attn"),
        (look.ZOO / "lstm.onnx", {"tokens": (1, 16)}, "/lstm/LSTM"),
    ],
)
def test_the_shot_shows_all_of_the_panel(blank, tmp_path, path, arrays, layer):
    given = tmp_path / "given.npz"
    np.savez(given, **{name: np.arange(shape[1])[None] % 5 for name, shape in arrays.items()})
    network = look.build(path, given)
    build.finish(opening.steps(network, layer))
    shots.add(network, "opened")
    words_in_the_picture(network)
