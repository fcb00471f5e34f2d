# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""One number opened: its terms add up to what onnxruntime gives, and nodes work out what is drawn."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit_file, run
from neuroscene.addon.network.network import by_unit
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.entities import NetworkScene, Opened, OpenedPart
from neuroscene.addon.scene.explanation import opening, terms
from scene import acting, look
from scene.opened import AXES, adds_up, elsewhere, words_in_the_picture, written
from unit.make import every_tensor, model, node, save, seeded

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


def test_flattened_maps_stand_in_a_row(blank):
    """A dense layer that reads maps tells map, row, column and place in the vector of each product that it shows."""
    network = look.build(look.CNN, look.DIGIT)
    made = build.finish(opening.steps(network, "dense1", (7, 0, 0)))
    (panel,) = look.of_kind(network, "opened")
    parts, rows, told, fine, slots = (numbers(panel, name) for name in ("part", "row", "number", "decimals", "slot"))
    largest = np.argsort(-np.abs(made.products), kind="stable")[:8]
    for row, slot in enumerate(largest.tolist()):
        place = told[(parts == 0) & (rows == row) & (fine == 0) & (slots == slot)]
        assert slot + 1 in place
        cell = told[(parts == 1) & (rows == row) & (fine == 0)] - 1
        assert set(cell.tolist()) == set(made.cells[slot].tolist())  # each digit is an instance
        assert int(np.dot(made.cells[slot], (49, 7, 1))) == slot
    assert ((parts == 0) & (fine != 0)).sum() >= 784  # all of them in a row


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
    titles = len([one for one in look.of_kind(network, "opened part") if look.facts(one)["part"] == "place"])
    frames = 5 + 784  # geometry that is empty, but there; and the row of all cells
    assert counts[0] <= titles + frames and counts[0] < counts[1] < counts[2]


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


CONVOLUTIONS = {
    "plain": ("Conv", (1, 3, 9, 8), (5, 3, 3, 3), {"pads": [1, 1, 1, 1]}),
    "strided": ("Conv", (1, 2, 11, 9), (4, 2, 3, 2), {"strides": [2, 3], "pads": [1, 0, 0, 1]}),
    "dilated": ("Conv", (1, 2, 12, 12), (3, 2, 3, 3), {"dilations": [2, 3], "pads": [2, 3, 2, 3]}),
    "grouped": ("Conv", (1, 4, 7, 7), (6, 2, 3, 3), {"group": 2}),
    "depthwise": ("Conv", (1, 5, 8, 8), (5, 1, 3, 3), {"group": 5, "pads": [1, 1, 1, 1]}),
    "transposed": ("ConvTranspose", (1, 3, 5, 6), (3, 4, 3, 3), {"strides": [2, 2], "pads": [1, 1, 0, 0]}),
    "grouped transposed": ("ConvTranspose", (1, 4, 5, 5), (4, 3, 2, 2), {"strides": [2, 2], "group": 2}),
    "of sounds": ("Conv", (1, 2, 40), (6, 2, 5), {"strides": [2], "pads": [2, 2]}),
    "of points": ("Conv", (1, 6, 5, 5), (7, 6, 1, 1), {}),
    "largest": ("MaxPool", (1, 3, 9, 9), None, {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "mean": ("AveragePool", (1, 3, 8, 8), None, {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "mean with padding": (
        "AveragePool",
        (1, 3, 8, 8),
        None,
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
    ),
    "mean of maps": ("GlobalAveragePool", (1, 6, 5, 4), None, {}),
    "dense": ("Gemm", (1, 40), (40, 9), {}),
}


def of_one_layer(folder, name):
    """A network of one layer with an activation, and an input for it."""
    op, shape, weights, attributes = CONVOLUTIONS[name]
    stored = {}
    if weights is not None:
        units = weights[1] * attributes.get("group", 1) if op != "Conv" else weights[0]
        stored = {"w": seeded(*weights, seed=1), "b": seeded(units, seed=2)}
    nodes = [node(op, ["x", *stored], ["y" if stored else "z"], **attributes)]
    nodes += [node("Tanh", ["y"], ["z"])] if stored else []  # what follows a pooling is a layer of its own
    path = save(folder, model(nodes, {"x": shape}, {"z": None}, stored), f"{name.replace(' ', '_')}.onnx")
    given = path.with_suffix(".npy")
    np.save(given, seeded(*shape, seed=3))
    return path, given


def positions(layer_obj) -> list[tuple[int, int, int]]:
    """Three cells of a layer: at the beginning, in the middle, at the end."""
    units, rows, columns = look.facts(layer_obj)["grid"]
    return [(0, 0, 0), (units // 2, rows // 2, columns // 3), (units - 1, rows - 1, columns - 1)]


def test_it_slides_in_a_blender_without_the_extension(blank, tmp_path):
    """At three places its numbers are those of onnxruntime, for every kind of convolution and pooling."""
    moves, wanted = {}, {}
    for name in CONVOLUTIONS:
        path, given = of_one_layer(tmp_path, name)
        network = look.build(path, given)
        last = next(one for one in look.layers(network).values() if look.facts(one)["op"] != "Input")
        build.finish(opening.steps(network, look.facts(last)["layer"]))
        (panel,) = look.of_kind(network, "opened")
        cells = positions(last)
        moves[panel.name] = [{axis: int(at) + 1 for axis, at in zip(AXES, cell, strict=True)} for cell in cells]
        tensors = every_tensor(path, {"x": np.load(given)})
        wanted[panel.name] = (name, cells, look.facts(last), tensors)
        _, rows, columns = look.facts(last)["grid"]
        count = rows * columns if rows * columns > 1 else look.facts(last)["grid"][0]
        moves[panel.name].append({"Slide": 1.0})  # the last cell of the first unit, or the last unit
        cells.append((0, rows - 1, columns - 1) if rows * columns > 1 else (count - 1, 0, 0))
        moves[panel.name][-1] |= {"Unit": 1}
    drawn = elsewhere(tmp_path, moves)
    for panel, (name, cells, facts, tensors) in wanted.items():
        for number, cell in enumerate(cells):
            flat = int(np.dot(cell, facts["strides"]))
            found = drawn[panel, number]
            part, step, value = found["part"], found["step"], found["number"]
            result = value[(part == 2) & (step == 2)][0]
            assert result == pytest.approx(tensors["z"].reshape(-1)[flat], abs=1e-5), (name, cell)
            before = tensors.get("y", tensors["z"]).reshape(-1)[flat]
            if CONVOLUTIONS[name][2] is not None:
                assert value[(part == 2) & (step == 0)][0] == pytest.approx(before, rel=1e-5, abs=1e-5), (name, cell)
                of_row = {
                    int(row): total for row, total in zip(found["row"][part == 1], found["sum"][part == 1], strict=True)
                }
                assert sum(of_row.values()) == pytest.approx(before, rel=1e-5, abs=1e-5), (name, cell)
                line = written(found)
                products = sum(line.get(10 + at, (0,))[0] * line.get(13 + at, (0,))[0] for at in range(3))
                adds_up(line[0], products + line.get(16, (0,))[0] + line[17][0])
            else:
                worked = found["sum"][part == 1][0] if (part == 1).any() else None
                assert worked == pytest.approx(before, rel=1e-5, abs=1e-5), (name, cell)
            shown = {int(at): int(told) for at, told in zip(step[part == 3], value[part == 3], strict=True)}
            sizes = facts["grid"]
            assert shown == {axis: cell[axis] + 1 for axis in range(3) if sizes[axis] > 1}, (name, cell)


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


def slid() -> list:
    """Frame and value of the keyframes of what is open."""
    (panel,) = panels()
    return [
        tuple(point.co) for curves in compat.curves_of(panel.obj) for curve in curves for point in curve.keyframe_points
    ]


def test_one_click_lets_it_go_over_the_map(registered):
    assert bpy.ops.neuroscene.import_network(filepath=str(look.CNN), input=str(look.DIGIT)) == {"FINISHED"}
    acting.select(look.layers(acting.network())["pool2"])
    with pytest.raises(RuntimeError, match="use Open Cell"):
        acting.run("slide_cell")
    assert acting.run("open_cell") == {"FINISHED"}
    scene = look.scene_of(acting.network())
    scene.frame_set(11)
    bpy.ops.ed.undo_push(message="before")
    assert acting.run("slide_cell", seconds=2.0) == {"FINISHED"}
    last = 11 + 2 * scene.render.fps
    assert slid() == [(23, pytest.approx(1 / 49)), (last, 1.0), (11, 0.0), (23, 1.0)]  # rows first
    assert acting.run("slide_cell", seconds=2.0, rows_first=False) == {"FINISHED"}
    assert slid() == [(11, pytest.approx(1 / 49)), (last, 1.0)]
    titles = {}
    for frame in (11, (11 + last) // 2, last):
        scene.frame_set(frame)
        (panel,) = panels()
        part, step, told = (numbers(panel.obj, name) for name in ("part", "step", "number"))
        titles[frame] = [int(told[(part == 3) & (step == axis)][0]) for axis in (1, 2)]
    assert titles[11] == [1, 1] and titles[last] == [7, 7] and titles[11] < titles[(11 + last) // 2] < titles[last]
    bpy.ops.ed.undo()
    assert len(slid()) == 4
    bpy.ops.ed.undo()
    assert len(panels()) == 1 and not slid()
    shots.add(acting.network(), "opened")
    assert acting.run("slide_cell", seconds=2.0, rows_first=False) == {"FINISHED"}
    scene = look.scene_of(acting.network())
    assert [frame for frame, _ in slid()] == [scene.frame_start, scene.frame_end]


def test_the_line_of_a_normalized_layer_adds_up_by_hand(blank, tmp_path):
    """Sums times scale and shift, and a softmax, at three places."""
    network = look.build(look.CNN, look.DIGIT)
    moves = {}
    build.finish(opening.steps(network, "conv2"))
    (panel,) = look.of_kind(network, "opened")
    cells = [(8, 9, 9), (1, 1, 1), (16, 20, 14)]
    moves[panel.name] = [dict(zip(AXES, cell, strict=True)) for cell in cells]
    for number in range(3):
        line = written(elsewhere(tmp_path, moves)[panel.name, number])
        adds_up(line[0], sum(line[10 + at][0] * line[13 + at][0] for at in range(3)) + line[16][0])
        adds_up(line[1], line[0][0] * line[18][0] + line[19][0])
        assert max(line[1][0], 0.0) == pytest.approx(line[2][0], abs=10.0 ** -line[2][1])
    build.finish(opening.steps(network, "scores"))
    (panel,) = look.of_kind(network, "opened")
    line = written(elsewhere(tmp_path, {panel.name: [{"Unit": 8}]})[panel.name, 0])
    assert np.exp(line[20][0] - line[21][0]) / line[22][0] == pytest.approx(line[24][0], abs=1e-4)


def test_the_shot_shows_all_of_the_panel(blank):
    network = look.build(look.CNN, look.DIGIT)
    with pytest.raises(CheckpointError, match="use Open Cell"):
        shots.add(network, "opened")
    for layer in ("conv2", "dense1", "pool1", "scores"):
        build.finish(opening.steps(network, layer))
        shots.add(network, "opened")
        words_in_the_picture(network)
