# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""One number opened: its terms add up to what onnxruntime gives, and nodes work out what is drawn."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit_file, run
from neuroscene.addon.network.network import by_unit
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.entities import NetworkScene, Opened, OpenedPart
from neuroscene.addon.scene.explanation import opening, terms
from scene import acting, look
from unit.make import every_tensor

MODELS = {
    "cnn": (look.CNN, look.DIGIT),
    "mlp": (look.MLP, look.DIGIT),
    "resnet": (look.SAMPLES / "pictures_resnet.onnx", look.SAMPLES / "pictures" / "butterfly.png"),
    "unet": (look.SAMPLES / "cells_unet.onnx", look.SAMPLES / "cells" / "cells.png"),
    "transformer": (look.SAMPLES / "letters_transformer.onnx", look.SAMPLES / "letters" / "letters.npy"),
    "normalised": (look.ROOT / "tests" / "data" / "mnist_cnn_torch_unfolded_bn.onnx", look.DIGIT),
}
OPENED = {"cnn": 7, "mlp": 2, "resnet": 25, "unet": 15, "transformer": 6, "normalised": 7}  # layers at the least


@pytest.mark.parametrize("name", MODELS)
def test_terms_add_up_to_what_onnxruntime_gives(name):
    path, given = MODELS[name]
    network = importing.open_network(path)
    fitted = fit_file(given, network)
    values = run(network, *fitted, parts=True)
    tensors = every_tensor(path, {spec.name: spec.array for spec in fitted})
    chance = np.random.default_rng(5)
    opened = 0
    for layer in network.layers:
        grid = layer.grid
        for number in range(4):
            cell = tuple(int(chance.integers(size)) for size in (grid.units, grid.rows, grid.columns))
            try:
                cell = terms.strongest(layer, values) if number == 0 else cell
                made = terms.terms(network, layer, cell, values)
            except CheckpointError as error:
                assert "cannot be opened" in str(error) and layer.op not in ("Conv", "Gemm", "MatMul"), error
                break
            opened += number == 0
            real = float(by_unit(tensors[layer.tensor], grid)[cell])
            assert made.result == pytest.approx(real, abs=1e-5), (layer.name, cell)
            part = next((part for part in layer.parts if part.op in ("Conv", "Gemm")), None)
            if made.how == terms.SUM and part is not None:
                first = float(tensors[part.tensor].reshape(-1)[int(np.dot(cell, grid.strides))])
                assert float(made.products.sum()) + (made.bias or 0.0) == pytest.approx(first, rel=1e-5, abs=1e-5)
            elif made.how == terms.LARGEST:
                assert float(made.values.max()) == pytest.approx(real, abs=1e-6)
            elif made.how == terms.SOFTMAX:
                raised = np.exp(made.values.astype(np.float64))
                assert raised[cell[0]] / raised.sum() == pytest.approx(real, abs=1e-5)
    assert opened >= OPENED[name]


def numbers(obj, name):
    """A number of the instances that are drawn."""
    network = next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    geometry = obj.evaluated_get(look.evaluate(network)).evaluated_geometry()
    return look.array(geometry.instances_pointcloud().attributes, name)


def drawn_result(obj) -> float:
    """What is written as the result: the last number whose glyphs are drawn, of the points of steps."""
    parts, steps, written = (numbers(obj, name) for name in ("part", "step", "number"))
    return float(written[(parts == 2) & (steps == 2)][0])


@pytest.mark.parametrize(
    ("layer", "cell"),
    [("conv2", (7, 8, 8)), ("conv1", (3, 0, 0)), ("pool1", (10, 4, 6)), ("dense1", (18, 0, 0)), ("scores", (7, 0, 0))],
)
def test_what_is_drawn_is_worked_out_by_nodes_and_follows_the_cells(blank, layer, cell):
    network = look.build(look.CNN, look.DIGIT)
    made = build.finish(opening.steps(network, layer, cell))
    (panel,) = look.of_kind(network, "opened")
    assert drawn_result(panel) == pytest.approx(made.result, abs=1e-5)
    parts, steps, sums = (numbers(panel, name) for name in ("part", "step", "number"))
    if made.how == terms.SUM:
        total = sums[(parts == 2) & (steps == 0)][0]
        assert total == pytest.approx(made.before, rel=1e-5, abs=1e-5)
        rows = numbers(panel, "row")
        of_row = numbers(panel, "sum")
        own = {int(row): float(of_row[(parts == 1) & (rows == row)][0]) for row in np.unique(rows[parts == 1])}
        assert sum(own.values()) == pytest.approx(made.before, rel=1e-5, abs=1e-5)  # nothing is left out
    if made.how == terms.SOFTMAX:
        return
    source = look.layers(network)[made.source]
    attribute = source.data.attributes["value"]
    attribute.data.foreach_set("value", 2.0 * look.values_of(source))
    source.data.update_tag()
    if made.how == terms.SUM:
        parts, steps, sums = (numbers(panel, name) for name in ("part", "step", "number"))
        total = sums[(parts == 2) & (steps == 0)][0]
        assert total == pytest.approx(2 * (made.before - (made.bias or 0)) + (made.bias or 0), rel=1e-4)


def test_fill_shows_row_after_row(blank):
    network = look.build(look.CNN, look.DIGIT)
    build.finish(opening.steps(network, "dense1"))
    (panel,) = look.of_kind(network, "opened")
    counts = []
    for fill in (0.0, 0.5, 1.0):
        look.set_input(panel, "Fill", fill)
        geometry = panel.evaluated_get(look.evaluate(network)).evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        counts.append(len(cloud.points) if cloud else 0)
    assert counts[0] == 0 < counts[1] < counts[2]


def test_what_cannot_be_opened_is_one_line_and_changes_nothing(blank):
    network = look.build(look.CNN)
    with pytest.raises(CheckpointError, match="run an input first"):
        build.finish(opening.steps(network, "conv1"))
    network = look.build(look.CNN, look.DIGIT)
    before = look.blocks()
    for layer, cell in (("image", None), ("conv1", (99, 0, 0))):
        with pytest.raises(CheckpointError):
            build.finish(opening.steps(network, layer, cell))
    assert look.blocks() == before


def panels() -> list:
    """Not by Blender's list of all objects, which may hold freed ones."""
    return list(NetworkScene(acting.network()).members(Opened, OpenedPart))[:1]


def test_it_is_opened_undone_and_closed_by_another_run(registered):
    assert bpy.ops.neuroscene.import_network(filepath=str(look.CNN), input=str(look.DIGIT)) == {"FINISHED"}
    acting.select(look.layers(acting.network())["conv2"])
    bpy.ops.ed.undo_push(message="before")
    assert acting.run("open_cell", unit=8, row=9, column=9) == {"FINISHED"}
    assert len(panels()) == 1
    bpy.ops.ed.undo()
    assert not panels()
    acting.select(look.layers(acting.network())["conv2"])
    assert acting.run("open_cell") == {"FINISHED"}
    importing.run_in_scene(acting.network(), look.SAMPLES / "digits" / "digit_3.png")
    assert not panels()
    assert acting.run("close_cell") == {"CANCELLED"}
