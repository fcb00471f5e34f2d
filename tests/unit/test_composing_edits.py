# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A specification that is changed by hand: what reads what, and the network that it makes."""

import random

import numpy as np
import pytest

from neuroscene.addon.composing import LayerError, Specification, carry, compose, editing, parse, template
from neuroscene.addon.containers import CheckpointError

LENET = template("lenet")


def reads(specification):
    return {layer.name: layer.inputs for layer in specification.layers}


def names(specification):
    return [layer.name for layer in specification.layers]


def put(specification, op, at, where):
    return editing.insert(specification, editing.new_layer(specification, op), at, where)


def test_after_a_layer_and_after_the_input():
    made = put(LENET, "BatchNormalization", "conv1", editing.AFTER)
    assert reads(made)["norm1"] == ("conv1",) and reads(made)["pool1"] == ("norm1",)
    made = put(LENET, "Conv", "image", editing.AFTER)
    assert names(made)[0] == "conv3" and reads(made)["conv3"] == ("image",) and reads(made)["conv1"] == ("conv3",)
    compose(made)


def test_before_a_layer():
    made = put(LENET, "Dropout", "answer", editing.BEFORE)
    assert reads(made)["dropout1"] == ("dense1",) and reads(made)["answer"] == ("dropout1",)
    compose(made)


def test_beside_a_layer_with_a_join():
    made = put(LENET, "Conv", "conv1", editing.BESIDE)
    assert reads(made)["conv3"] == ("image",) and set(reads(made)["add1"]) == {"conv1", "conv3"}
    assert reads(made)["pool1"] == ("add1",)
    with pytest.raises(LayerError) as error:
        compose(made)  # 8 maps and 16
    assert error.value.layer == "add1"
    fitting = editing.first_that_fits(editing.with_joins(made), compose)
    assert compose(fitting).shapes["add1"] == (24, 28, 28)


def test_a_residual_join():
    made = put(LENET, "Conv", "conv1", editing.AFTER)
    made = editing.change(made, "conv3", "units", 8)
    made = put(made, "Add", "conv3", editing.AFTER)
    assert set(reads(made)["add1"]) == {"conv3", "conv1"} and reads(made)["pool1"] == ("add1",)
    assert compose(made).shapes["add1"] == (8, 28, 28)


def test_instead_of_a_layer():
    made = put(LENET, "AveragePool", "pool1", editing.INSTEAD)
    assert "pool1" not in names(made) and reads(made)["conv2"] == ("averagepool1",)
    compose(made)


def test_without_a_layer_its_readers_read_on():
    made = editing.remove(LENET, "pool1")
    assert reads(made)["conv2"] == ("conv1",)
    joined = put(LENET, "Conv", "conv1", editing.BESIDE)
    assert names(editing.remove(joined, "conv3")) == names(LENET)  # a join of one goes too
    single = parse({"input": {"shape": [3]}, "layers": [{"name": "only", "op": "Dense", "units": 2}]})
    with pytest.raises(CheckpointError, match="'only' is its only layer"):
        editing.remove(single, "only")


def test_a_block_is_repeated():
    made, copies = editing.duplicate(LENET, ["conv1", "pool1"])
    assert copies == ["conv3", "pool3"] and reads(made)["conv3"] == ("pool1",) and reads(made)["pool3"] == ("conv3",)
    assert reads(made)["conv2"] == ("pool3",)


def test_moved_and_back():
    made = editing.move(LENET, "pool1", "image")
    assert names(made)[0] == "pool1" and reads(made)["conv1"] == ("pool1",) and reads(made)["conv2"] == ("conv1",)
    assert editing.move(made, "pool1", "conv1") == LENET


def test_settings_and_names():
    made = editing.change(LENET, "conv1", "kernel", 3)
    assert compose(made).model.graph.initializer[0].dims[2:] == [3, 3]
    assert editing.change(made, "conv1", "kernel", 5) == LENET
    with pytest.raises(CheckpointError, match="Dense has no setting 'kernel'"):
        editing.change(LENET, "dense1", "kernel", 3)
    renamed = editing.rename(LENET, "conv1", "edges")
    assert reads(renamed)["pool1"] == ("edges",)
    with pytest.raises(CheckpointError, match="two layers are called 'conv2'"):
        editing.rename(LENET, "conv1", "conv2")


def test_layers_that_stay_keep_their_weights():
    """What was trained is carried over, what has another shape is fresh."""
    older = compose(LENET).model
    for tensor in older.graph.initializer:
        if tensor.data_type == 1:
            tensor.raw_data = np.full(tuple(tensor.dims), 7, np.float32).tobytes()
    made = compose(editing.change(LENET, "conv2", "kernel", 3)).model
    carry(made, older)
    held = {
        tensor.name: np.frombuffer(tensor.raw_data, np.float32)
        for tensor in made.graph.initializer
        if tensor.data_type == 1
    }
    assert (held["conv1.weight"] == 7).all() and not (held["conv2.weight"] == 7).any()


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_give_a_network_or_the_layer_that_cannot_be(seed):
    """Whatever is done, what comes out is a specification that says the same after it was written and read."""
    chance, made = random.Random(seed), LENET
    built = 0
    for _ in range(40):
        at = chance.choice(names(made))
        try:
            made = chance.choice(
                [
                    lambda made, at: put(
                        made,
                        chance.choice(["Conv", "MaxPool", "Dropout", "BatchNormalization", "Dense", "Add", "Concat"]),
                        at,
                        chance.choice([editing.AFTER, editing.BEFORE, editing.BESIDE, editing.INSTEAD]),
                    ),
                    editing.remove,
                    lambda made, at: editing.duplicate(made, [at])[0],
                    lambda made, at: editing.move(made, at, chance.choice([made.input, *names(made)])),
                ]
            )(made, at)
        except CheckpointError:
            continue
        assert isinstance(made, Specification) and len(set(names(made))) == len(made.layers)
        known = {made.input}
        for layer in made.layers:
            assert set(layer.inputs) <= known
            known.add(layer.name)
        try:
            composed = compose(made)
        except LayerError as error:
            assert error.layer in names(made)
            continue
        built += 1
        assert set(composed.shapes) == known
        if len(made.layers) > 14:
            made = LENET
    assert built
