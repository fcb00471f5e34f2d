# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What layers and networks are called whose files give them no names."""

import pytest

from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import model, node, save, seeded


@pytest.mark.parametrize(
    ("weight", "name"), [("res2_0_branch1_w", "res2_0_branch1"), ("fc.weight", "fc"), ("w7", "Gemm")]
)
def test_layers_are_called_after_their_weights(weight, name, tmp_path):
    made = model([node("Gemm", ["x", weight], ["12"])], {"x": (1, 4)}, {"12": (1, 3)}, {weight: seeded(4, 3)})
    made.graph.node[0].name = "n0"
    assert [layer.name for layer in summarise(open_checkpoint(save(tmp_path, made))).layers][1:] == [name]


def test_a_name_in_the_file_stays(tmp_path):
    made = model([node("Relu", ["x"], ["out"])], {"x": (1, 4)}, {"out": (1, 4)})
    assert summarise(open_checkpoint(save(tmp_path, made))).layers[1].name in ("out", made.graph.node[0].name)


@pytest.mark.parametrize(
    ("folder", "file", "name"),
    [("vit-tiny", "model.onnx", "vit-tiny"), ("vit-tiny", "digits.onnx", "digits"), ("models", "model.onnx", "model")],
)
def test_networks_are_called_after_their_folder(folder, file, name, tmp_path):
    (tmp_path / folder).mkdir()
    made = model([node("Relu", ["x"], ["y"])], {"x": (1, 4)}, {"y": (1, 4)})
    assert summarise(open_checkpoint(save(tmp_path / folder, made, file))).name == name
