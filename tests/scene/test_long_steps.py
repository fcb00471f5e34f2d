# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes long goes step by step: stopped at any step it has changed nothing, and at the end it has done it all."""

from itertools import islice

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.network.drawn import CELLS, MAPS, Wish
from neuroscene.addon.scene.building import importing, kernels
from neuroscene.addon.scene.detail import cell_detail
from scene import look

DIGIT = look.SAMPLES / "digits" / "digit_3.png"
WORK = {
    "run an input": lambda network: importing.run_steps(network, DIGIT),
    "score without units": importing.pruned_score_steps,
    "show kernels": lambda network: kernels.toggle_steps(network, ["conv1"]),
    "more detail": lambda network: cell_detail.detail_steps(network, ["conv1", "conv2"], Wish(CELLS, 600), 40),
    "less detail": lambda network: cell_detail.detail_steps(network, ["conv2"], Wish(MAPS, 0)),
}


def plain(value):
    return value.to_dict() if hasattr(value, "to_dict") else value.to_list() if hasattr(value, "to_list") else value


def attributes(data) -> dict:
    """The numbers of every attribute of a mesh or of curves, as bytes."""
    bytes_of = {}
    for attribute in data.attributes:
        kind = {"FLOAT_VECTOR": "vector", "FLOAT_COLOR": "color", "BYTE_COLOR": "color"}.get(
            attribute.data_type, "value"
        )
        if len(attribute.data) and attribute.data_type in ("FLOAT", "INT", "FLOAT_VECTOR", "FLOAT_COLOR", "BOOLEAN"):
            wide = {"FLOAT_VECTOR": 3, "FLOAT_COLOR": 4}.get(attribute.data_type, 1)
            numbers = np.zeros(
                len(attribute.data) * wide, {"INT": np.int32, "BOOLEAN": bool}.get(attribute.data_type, np.float32)
            )
            attribute.data.foreach_get(kind, numbers)
            bytes_of[attribute.name] = numbers.tobytes()
    return bytes_of


def everything() -> dict:
    """All that the objects of this file have: where they stand, what they hold, say and are set to."""
    state = {}
    for obj in bpy.data.objects:
        facts = {key: plain(obj[key]) for key in obj.keys()}
        sockets = {
            (modifier.name, item.name): str(compat.get_input(modifier, item.name))
            for modifier in obj.modifiers
            if modifier.type == "NODES" and modifier.node_group
            for item in modifier.node_group.interface.items_tree
            if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry"
        }
        data = attributes(obj.data) if obj.type in ("MESH", "CURVES") else getattr(obj.data, "body", "")
        state[obj.name] = (str(facts), sockets, data, tuple(map(tuple, obj.matrix_basis)), str(obj.parent))
    state["data"] = sorted(
        block.name_full for kind in ("meshes", "materials", "curves") for block in getattr(bpy.data, kind)
    )
    state["facts"] = str([{key: plain(block[key]) for key in block.keys()} for block in bpy.data.collections])
    return state


@pytest.fixture
def network(blank):
    network = look.build(look.SAMPLES / "digits_cnn.onnx")
    importing.run_in_scene(network, look.DIGIT)
    return network


@pytest.mark.parametrize("name", WORK)
def test_to_the_end(network, name):
    before = everything()
    for _ in WORK[name](network):
        pass
    assert (everything() == before) == (name == "score without units")


@pytest.mark.parametrize("name", WORK)
def test_nothing_is_left_behind(network, name):
    before = everything()
    steps = 0
    while True:
        work = WORK[name](network)
        taken = list(islice(work, steps))
        if len(taken) < steps:
            break
        work.close()
        assert everything() == before, f"stopped after {steps} steps"
        steps += 1
    assert steps > 1 or name == "score without units"  # which without a window is one step
