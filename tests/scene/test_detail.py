# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detail of single layers: what they draw, what their lines carry, and what of the file is read for it."""

import bpy
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats import Checkpoint
from neuroscene.addon.inference import run_file
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.camera import picture
from neuroscene.addon.scene.detail import cell_detail
from scene import look

ADD = "/layer1/layer1.0/Add"


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the tensors that are read from files."""
    found, array = [], Checkpoint.array

    def spy(self, tensor):
        found.append(tensor.name)
        return array(self, tensor)

    monkeypatch.setattr(Checkpoint, "array", spy)
    return found


def arrays(path) -> dict[str, np.ndarray]:
    return {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def put(network, name, level="", cells=0, lines=0) -> str:
    return cell_detail.set_detail(network, [name], Wish(level, cells), lines)


def bundle(network, source, target):
    return look.bundles(network)[source, target]


def lines(network, source, target) -> set[tuple]:
    """The lines of a bundle: unit, row and column at both ends, and weight."""
    thing, things = bundle(network, source, target), look.layers(network)
    ends = [
        look.cells_of(things[name])[look.values_of(thing, end)]
        for name, end in ((source, "source"), (target, "target"))
    ]
    return {
        (*first, *second, weight)
        for first, second, weight in zip(
            *(map(tuple, end.tolist()) for end in ends), look.values_of(thing, "weight").tolist(), strict=True
        )
    }


def out_of(network, name) -> dict[str, set]:
    return {target: lines(network, source, target) for source, target in look.bundles(network) if source == name}


def level(network, name) -> tuple[str, int]:
    thing = look.layers(network)[name]
    return look.facts(thing)["detail"], len(thing.data.vertices)


def note(network, name) -> str:
    return look.facts(look.layers(network)[name])["label"]["notes"]


# What is drawn


@pytest.mark.parametrize(
    "asked, drawn",
    [
        (("box",), ("box", 1)),
        (("maps",), ("maps", 16)),
        (("maps", 5), ("maps", 5)),
        (("cells",), ("cells", 12_544)),
        (("cells", 784 * 3), ("cells", 16 * 7 * 7)),
        (("", 200), ("maps", 16)),
        (("", 3), ("box", 1)),
        (("", 256), ("cells", 256)),
        (("cells", 10**9), ("cells", 12_544)),
        (("cells", 1), ("cells", 1)),
    ],
)
def test_levels_of_maps(blank, asked, drawn):
    network = look.build(look.CNN)
    put(network, "conv2", *asked)
    assert level(network, "conv2") == drawn
    cells = look.cells_of(look.layers(network)["conv2"])
    assert len(np.unique(cells, axis=0)) == len(cells)
    assert (cells >= 0).all() and (cells < (16, 28, 28)).all()


@pytest.mark.parametrize(
    "asked, drawn", [(("box",), ("box", 1)), (("maps",), ("cells", 32)), (("cells", 7), ("cells", 7))]
)
def test_levels_of_a_vector(blank, asked, drawn):
    """A neuron has no map, so its cell is all there is of it."""
    network = look.build(look.CNN)
    put(network, "dense1", *asked)
    assert level(network, "dense1") == drawn


@pytest.mark.parametrize("wanted", ["box", "maps", "cells"])
def test_bias_at_rest(blank, wanted):
    network, bias = look.build(look.CNN, max_cells=900), arrays(look.CNN)["conv3.bias"]
    put(network, "conv3", wanted, 700)
    thing = look.layers(network)["conv3"]
    units = look.cells_of(thing)[:, 0]
    assert look.facts(thing)["value_is"] == "bias"
    expected = np.full(1, bias.mean()) if wanted == "box" else bias[units]
    assert np.allclose(look.values_of(thing), expected, rtol=1e-6)


@pytest.mark.parametrize("path, name", [(look.CNN, "conv2"), (look.CNN, "pool2"), (look.CNN, "dense1")])
@pytest.mark.parametrize("wanted", ["box", "maps", "cells"])
def test_activations_are_those_of_onnxruntime(blank, path, name, wanted):
    network = look.build(path, look.DIGIT, max_cells=900)
    followed, ran = run_file(look.DIGIT, importing.open_network(path))
    activation = ran.values[followed.layer(name).tensor].reshape(-1)
    put(network, name, wanted, 600)
    thing = look.layers(network)[name]
    grid = tuple(look.facts(thing)["grid"])
    found, cells, maps = look.values_of(thing), look.cells_of(thing), activation.reshape(grid)
    if wanted == "box":
        expected = np.full(1, activation.mean())
    elif wanted == "maps" and grid[1] > 1:
        expected = maps.mean((1, 2))[cells[:, 0]]
    else:
        expected = maps[tuple(cells.T)]
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-6)
    whole = look.facts(thing)["detail"] == "cells"
    assert look.facts(thing)["value_is"] == ("activation" if whole else "mean activation")


@pytest.mark.parametrize("given", [None, look.DIGIT])
def test_all_detail_is_as_a_fresh_import(blank, given):
    """A network that is raised layer by layer from a small budget shows what one of a large budget shows."""
    network = look.build(look.CNN, given, max_cells=900)
    names = list(look.layers(network))
    cell_detail.set_detail(network, names, Wish("cells", 10**6))
    other = look.build(look.CNN, given)
    for name, thing in look.layers(other).items():
        for attribute in ("unit", "row", "column", "value", "importance"):
            assert np.array_equal(
                look.values_of(look.layers(network)[name], attribute), look.values_of(thing, attribute)
            ), (name, attribute)
    for ends, thing in look.bundles(other).items():
        for attribute in ("source", "target", "weight", "magnitude", "importance"):
            assert np.array_equal(
                look.values_of(bundle(network, *ends), attribute), look.values_of(thing, attribute)
            ), (ends, attribute)
    for name in names:
        assert note(network, name) == note(other, name)


# Lines


@pytest.mark.parametrize("wanted, cells", [("cells", 0), ("cells", 1500), ("maps", 0)])
def test_lines_into_a_kernel_layer_carry_the_files_weights(blank, wanted, cells):
    network, weight = look.build(look.CNN, max_cells=900), arrays(look.CNN)["conv3.weight"]
    put(network, "conv3", wanted, cells, lines=200)
    found = lines(network, "pool1", "conv3")
    assert len(found) == 200 and look.facts(bundle(network, "pool1", "conv3"))["grain"] == "unit"
    for source, _, _, unit, _, _, carried in found:
        assert np.isclose(carried, weight[unit, source].sum(), rtol=1e-5, atol=1e-6)


def test_lines_into_a_dense_layer_carry_the_files_weights(blank):
    network, weight = look.build(look.CNN), arrays(look.CNN)["dense1.weight"]
    weight = weight if weight.shape[0] == 32 else weight.T
    put(network, "dense1", "cells", 9, lines=500)
    found = lines(network, "pool2", "dense1")
    assert len(found) == 500 and len({one[3] for one in found}) == 9
    for channel, row, column, unit, _, _, carried in found:
        assert np.float32(carried) == weight[unit, channel * 49 + row * 7 + column]


def test_lines_follow_what_ran(blank):
    """With an input, a kernel's taps are drawn one by one, weighed by what they read."""
    network, weight = look.build(look.CNN, look.DIGIT), arrays(look.CNN)["conv3.weight"]
    put(network, "conv3", "cells", 1000)
    thing = bundle(network, "pool1", "conv3")
    assert look.facts(thing)["grain"] == "cell"
    values = look.values_of(look.layers(network)["pool1"])[look.values_of(thing, "source")]
    assert np.allclose(look.values_of(thing, "importance"), np.abs(look.values_of(thing, "weight") * values), rtol=1e-5)
    for channel, row, column, unit, y, x, carried in lines(network, "pool1", "conv3"):
        assert np.float32(carried) == weight[unit, channel, row - y + 1, column - x + 1]


@pytest.mark.parametrize(
    "path, budget, name",
    [
        (look.CNN, 5000, "pool2"),
        (look.CNN, 150_000, "dense1"),
        (look.RESNET, 3000, ADD),
        (look.RESNET, 3000, "/maxpool/MaxPool"),
        (look.RESNET, 3000, "/layer3/layer3.0/conv1/Conv"),
    ],
)
def test_lines_out_of_a_raised_layer_stay(blank, path, budget, name):
    network = look.build(path, max_cells=budget)
    put(network, name, "cells", 60 if name != "dense1" else 8)
    before, count, target_reads = out_of(network, name), level(network, name)[1], look.bundles(network)
    for cells in (250, 10**6):
        put(network, name, "cells", cells)
        assert level(network, name)[1] >= count
        after = out_of(network, name)
        assert after.keys() == before.keys()
        for target, old in before.items():
            whole = look.facts(target_reads[name, target])["grain"] == "unit"  # drawn from the middle of a map
            assert old and {one[:1] + one[3:] if whole else one for one in old} == {
                one[:1] + one[3:] if whole else one for one in after[target]
            }


def test_lines_end_on_cells_at_every_change(blank):
    network = look.build(look.RESNET)
    for wanted, cells in (("box", 0), ("cells", 40), ("maps", 2), ("cells", 300), ("maps", 0), ("", 0), ("cells", 5)):
        for name in (ADD, "/layer1/layer1.1/conv1/Conv", "/fc/Gemm", "image", "/avgpool/GlobalAveragePool"):
            put(network, name, wanted, cells)
            for (source, target), thing in look.bundles(network).items():
                for layer, end in ((source, "source"), (target, "target")):
                    index = look.values_of(thing, end)
                    assert len(index) and 0 <= index.min() and index.max() < level(network, layer)[1], (name, layer)


def test_weights_whose_cells_are_not_known_are_not_made_up(blank, reads):
    """A tile's lines say only the map. Raised, no line pretends to know its cell until the reading layer is set."""
    network = look.build(look.CNN, max_cells=900)
    thing = bundle(network, "pool2", "dense1")
    assert look.facts(thing)["grain"] == "cell"
    said = put(network, "pool2", "cells", 784)
    assert look.facts(thing)["grain"] == "unknown" and not look.values_of(thing, "weight").any()
    assert "dense1 show no weights" in said
    assert "weights" not in put(network, "dense1", "cells")
    assert look.facts(thing)["grain"] == "cell" and look.values_of(thing, "weight").all()


# The file


@pytest.mark.slow
@pytest.mark.parametrize(
    "path, budget, step",
    [(look.CNN, 900, 1), (look.CNN, 60, 1), (look.RESNET, 3000, 2), (look.RESNET, 300, 5), (look.RESNET, 40, 5)],
)
def test_raising_a_layer_reads_only_its_weights(blank, reads, path, budget, step):
    network = look.build(path, max_cells=budget)
    layers = {one.name: one for one in importing.open_network(path).layers}
    read = 0
    for name, layer in list(layers.items())[::step]:
        put(network, name, "box")
        for asked in (("maps", 4), ("maps", 0), ("cells", 300), ("cells", 10**6)):
            reads.clear()
            put(network, name, *asked)
            assert set(reads) <= {leaf.name for leaf in layer.weights}, name
            read += len(reads)
    assert read


def test_a_file_that_is_gone_or_has_changed(blank, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(look.CNN.read_bytes())
    network = look.build(path, max_cells=900)
    before = look.geometry(network)
    path.write_bytes(look.MLP.read_bytes())
    with pytest.raises(CheckpointError, match="not the file"):
        put(network, "conv2", "cells")
    path.unlink()
    with pytest.raises(CheckpointError, match="no such file"):
        put(network, "conv2", "cells")
    after = look.geometry(network)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_an_input_that_is_gone(blank, tmp_path):
    given = tmp_path / "digit.png"
    given.write_bytes(look.DIGIT.read_bytes())
    network = look.build(look.CNN, given, max_cells=900)
    given.unlink()
    with pytest.raises(CheckpointError, match="digit.png"):
        put(network, "conv2", "cells")
    assert level(network, "conv2") == ("maps", 16)


# What somebody has set


def test_labels_say_what_is_left_out(blank):
    network = look.build(look.CNN)
    put(network, "conv2", "cells", 784 * 5)
    assert "\n14 × 14 of 28 × 28 cells" in note(network, "conv2") or "\n14 × 7" in note(network, "conv2")
    put(network, "dense1", "cells", 20)
    assert "20 of 32 units" in note(network, "dense1")
    put(network, "conv2", "maps", 6)
    assert "6 of 16 channels\na tile for 28 × 28 cells" in note(network, "conv2")
    assert look.labels(network)["conv2"]["notes"].data.body == note(network, "conv2")
    put(network, "conv2", "box")
    assert note(network, "conv2").startswith("Conv · BatchNormalization · Relu\na box for 12,544 cells")


def test_sockets_set_by_hand_stay(blank):
    network, mine = look.build(look.CNN), bpy.data.materials.new("mine")
    thing, kept = look.layers(network)["conv2"], {"Size": 0.5, "Relief": 2.5, "Thickness": 0.7, "Material": mine}
    for name, value in kept.items():
        look.set_input(thing, name, value)
    for cells in (500, 5000, 10**6):
        put(network, "conv2", "cells", cells)
        found = look.inputs(thing)
        assert found["Material"] == mine
        assert all(found[name] == pytest.approx(kept[name]) for name in ("Size", "Relief", "Thickness"))
    put(network, "conv2", "box")
    assert look.inputs(thing)["Material"] == mine


def test_a_layer_turned_by_hand_stays_so(blank):
    network = look.build(look.CNN)
    thing = look.layers(network)["conv2"]
    thing.rotation_euler.z = 1.0
    put(network, "conv2", "maps")
    assert thing.rotation_euler.z == 1.0


def test_number_of_lines(blank):
    network = look.build(look.CNN)
    ends = "pool2", "dense1"
    before = len(lines(network, *ends))
    put(network, "dense1", "cells", lines=1000)
    assert len(bundle(network, *ends).data.curves) == 1000
    put(network, "dense1", "cells", 20)  # as many as before
    assert len(bundle(network, *ends).data.curves) == 1000
    importing.run_in_scene(network, look.DIGIT)
    assert len(bundle(network, *ends).data.curves) == 1000
    put(network, "dense1")
    assert len(bundle(network, *ends).data.curves) == before


def test_a_run_keeps_the_detail(blank):
    network = look.build(look.CNN)
    put(network, "conv2", "maps", 4)
    put(network, "conv3", "box")
    importing.run_in_scene(network, look.DIGIT)
    assert level(network, "conv2") == ("maps", 4) and level(network, "conv3") == ("box", 1)
    assert look.facts(look.layers(network)["conv3"])["value_is"] == "mean activation"


def test_a_layer_deleted_by_hand(blank):
    network = look.build(look.CNN)
    for name in ("conv3", "image"):
        bpy.data.objects.remove(look.layers(network)[name])
    put(network, "pool2", "maps")
    put(network, "conv1", "maps")
    put(network, "conv2", "maps")
    assert level(network, "pool2") == ("maps", 16)


def test_bars_stand_only_beside_all_units(blank):
    network = look.build(look.CNN, look.DIGIT)
    things = [*look.of_kind(network, "bars"), *look.of_kind(network, "class")]
    assert len(things) == 11 and not any(one.hide_render for one in things)
    put(network, "scores", "box")
    picture.relabel(network)
    assert all(one.hide_render and one.hide_viewport for one in things)
    put(network, "scores", "cells")
    picture.relabel(network)
    assert not any(one.hide_render or one.hide_viewport for one in things)


# The operator


def set_detail(network, *names, **options):
    select(network, *names)
    return bpy.ops.neuroscene.set_detail("EXEC_DEFAULT", True, **options)


def select(network, *names):
    things, view_layer = look.layers(network), bpy.context.view_layer
    for one in bpy.data.objects:
        one.select_set(False)
    for name in names:
        things[name].select_set(True)
    view_layer.objects.active = things[names[0]] if names else None


def test_operator_in_one_step_of_undo(registered):
    network = look.build(look.CNN, max_cells=900)
    select(network, "conv1", "conv2")
    bpy.ops.ed.undo_push(message="before")
    before = look.geometry(network)
    assert set_detail(network, "conv1", "conv2", detail="CELLS", cells=2000, lines=50) == {"FINISHED"}
    after = look.geometry(look_again())
    assert level(look_again(), "conv1") == ("cells", 8 * 14 * 14)
    bpy.ops.ed.undo()
    same(before, look.geometry(look_again()))
    assert level(look_again(), "conv1") == ("maps", 8)
    bpy.ops.ed.redo()
    same(after, look.geometry(look_again()))


def look_again():
    return next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")


def same(one, other):
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_operator_makes_room(registered):
    """A layer that takes another room moves those after it, unless it should not; what was moved by hand stays."""
    network = look.build(look.CNN, max_cells=40)
    things = look.layers(network)
    things["image"].location.z += 3
    places = {name: tuple(one.location) for name, one in things.items()}
    set_detail(network, "dense1", detail="CELLS", cells=10**6, arrange=False)
    assert {name: tuple(one.location) for name, one in things.items()} == places
    set_detail(network, "dense1", detail="CELLS", cells=10**6)
    assert things["scores"].location.x > places["scores"][0] and tuple(things["image"].location) == places["image"]


def test_operator_of_the_active_layer(registered):
    network = look.build(look.CNN)
    select(network)
    bpy.context.view_layer.objects.active = look.layers(network)["conv2"]
    assert bpy.ops.neuroscene.set_detail(detail="BOX") == {"FINISHED"}
    assert level(network, "conv2") == ("box", 1)


def test_operator_puts_a_label_where_there_was_none(registered):
    network = look.build(look.MLP)
    name = next(name for name in look.layers(network) if not note(network, name))
    set_detail(network, name, detail="BOX")
    assert look.labels(network)[name]["notes"].data.body == note(network, name) != ""


@pytest.mark.parametrize("what", ["gone", "changed", "input"])
def test_operator_reports_in_one_line(registered, tmp_path, what):
    path, given = tmp_path / "model.onnx", tmp_path / "digit.png"
    path.write_bytes(look.CNN.read_bytes())
    given.write_bytes(look.DIGIT.read_bytes())
    network = look.build(path, given if what == "input" else None)
    if what == "changed":
        path.write_bytes(look.MLP.read_bytes())
    else:
        (given if what == "input" else path).unlink()
    select(network, "conv2")
    blocks = look.blocks()
    with pytest.raises(RuntimeError, match="digit.png" if what == "input" else "model.onnx") as error:
        bpy.ops.neuroscene.set_detail(detail="BOX")
    assert len(str(error.value).strip().splitlines()) == 1
    assert look.blocks() == blocks and level(network, "conv2")[0] == "cells"


def test_operator_waits_for_a_layer_in_object_mode(registered):
    network = look.build(look.CNN)
    select(network)
    assert not bpy.ops.neuroscene.set_detail.poll()
    select(network, "conv2")
    assert bpy.ops.neuroscene.set_detail.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.neuroscene.set_detail.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
