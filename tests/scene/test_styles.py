# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles change how things look and nothing else, on what they are told, in one undo step; and back again."""

import json

import bpy
import numpy as np
import pytest

from neuroscene.addon import colormaps, compat
from neuroscene.addon.nodes import materials
from neuroscene.addon.nodes.sockets import LAYER, OF
from neuroscene.addon.nodes.tree import TreeBuilder
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.looks import backdrops, copying, painting, saved_styles, styles
from neuroscene.addon.scene.output import rendering
from scene import look
from scene.acting import run, select

KINDS = ("layer", "connections", "block", "bars")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own for the styles of a user."""
    where = tmp_path / "styles"
    monkeypatch.setattr(saved_styles, "folder", lambda create=False: where.mkdir(exist_ok=True) or where)
    return where


def part(network, which="NETWORK"):
    return painting.part_of(bpy.context, network, which)


def plain(value):
    if isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {str(key): plain(one) for key, one in items}
    return round(value, 5) if isinstance(value, float) else value


def looks_of(network) -> dict:
    """All that a style may change, by the thing it belongs to; materials by what they are."""
    found = {}
    for thing in (one for kind in KINDS for one in look.of_kind(network, kind)):
        for name, value in look.inputs(thing).items():
            if isinstance(value, bpy.types.Material):
                value = plain(painting.settings_of(value))
            elif isinstance(value, bpy.types.ID):
                value = value.name
            elif hasattr(value, "__len__") and not isinstance(value, str):
                value = plain(list(value))
            found[thing.name, name] = plain(value)
    for role, one in look.facts(network)["materials"].items():
        found["material", role] = plain(painting.settings_of(one))
    found["backdrop",] = plain(vars(backdrops.taken(network)))
    for light in look.of_kind(network, "light"):
        energy = f"{light.data.energy:.4g}"
        found["light", light.name] = energy, plain(list(light.data.color)), light.hide_render
    return found


def different(one: dict, other: dict) -> set:
    assert one.keys() == other.keys()
    return {key for key in one if one[key] != other[key]}


@pytest.fixture(scope="module")
def resnet():
    """A network of blocks; every test leaves it in the style "Cinema"."""
    look.fresh()
    return look.build(look.RESNET)


def test_cinema_is_what_is_built(resnet):
    """The data of the style, and what the builders of materials, world and light make, say the same."""
    network = resnet
    before = looks_of(network)
    assert styles.apply(styles.CINEMA, part(network)) > 50
    assert different(before, looks_of(network)) == set()


@pytest.mark.parametrize("name", [name for name in styles.STYLES if name != "Cinema"])
def test_there_and_back(resnet, name):
    network = resnet
    data = {
        (one.name, attribute): look.values_of(one, attribute)
        for one in look.of_kind(network, "layer")
        for attribute in ("value", "unit")
    }
    before = looks_of(network)
    styles.apply(styles.STYLES[name], part(network))
    changed = different(before, looks_of(network))
    kept = {"Range", "Weight Range", "Units", "Pitch", "Lift", "Source", "Target", "Fold", "Network"}
    assert {("material", role) for role in ("cells", "lines", "copies", "plate", "label")} <= changed
    assert ("backdrop",) in changed and not {key for key in changed if key[-1] in kept}
    for (thing, attribute), values in data.items():
        assert np.array_equal(look.values_of(bpy.data.objects[thing], attribute), values)
    styles.apply(styles.CINEMA, part(network))
    assert different(before, looks_of(network)) == set()


@pytest.mark.parametrize("style", styles.STYLES.values(), ids=lambda one: one.name)
def test_values_arrive(resnet, style):
    network = resnet
    styles.apply(style, part(network))
    for thing in look.of_kind(network, "layer"):
        for name, value in style.layers.items() if look.facts(thing)["detail"] != "box" else ():
            assert np.isclose(look.inputs(thing)[name], value), (thing.name, name)
    for thing in look.of_kind(network, "connections"):
        share = 1 if look.facts(thing)["carries"] == "weight" else 0.55
        assert np.isclose(look.inputs(thing)["Radius"], style.connections["Radius"] * share)
    for role, wanted in style.materials.items():
        found = painting.settings_of(look.facts(network)["materials"][role])
        for name, value in wanted.items():
            expected = colormaps.linear(value) if isinstance(value, str) and value.startswith("#") else value
            assert plain(found[name]) == plain(expected), (role, name)
    scene = look.scene_of(network)
    assert scene.view_settings.view_transform == style.backdrop.view
    assert scene.render.use_compositing == (style.backdrop.glow > 0)
    styles.apply(styles.CINEMA, part(network))


def test_a_block_alone(resnet):
    network = resnet
    before = looks_of(network)
    block = look.boxes(network)["layer2"]
    bpy.context.view_layer.objects.active = block
    styles.apply(styles.PAPER, part(network, "BLOCK"))
    inside = set(look.facts(block)["layers"])
    names = {look.layers(network)[name].name for name in inside}
    names |= {one.name for path, one in look.boxes(network).items() if path == "layer2" or path.startswith("layer2/")}
    names |= {one.name for one in look.of_kind(network, "connections") if look.facts(one)["target"] in inside}
    changed = {key[0] for key in different(before, looks_of(network))}
    assert changed == names
    styles.apply(styles.CINEMA, part(network))  # of all: what had materials of its own comes back to the others
    assert different(before, looks_of(network)) == set()
    kept = look.facts(network)["materials"]["cells"]
    assert {look.inputs(one)["Material"] for one in look.of_kind(network, "layer")} == {kept}


def test_the_same_picture_after_other_styles(blank, tmp_path):
    network = look.build(look.MLP, look.DIGIT)
    look.plain_render(look.scene_of(network), 4)
    look.scene_of(network).cycles.use_light_tree = True  # else the noise follows the last bit of a light's energy

    def picture(name):
        rendering.render(tmp_path / f"{name}.png", rendering.Options(size=(96, 54)))
        return look.png(tmp_path / f"{name}.png").astype(int)

    before = picture("before")
    for name in ("Paper", "Neon", "Blueprint", "Clay", "Cinema"):
        styles.apply(styles.STYLES[name], part(network))
        if name == "Paper":
            paper = picture("paper")
    assert np.abs(picture("after") - before).max() <= 1
    corner = paper[:4, :4].reshape(-1, 3)
    assert (corner == 255).all() and before[:4, :4].max() < 80  # white where it was night
    assert np.median(paper) == 255


def test_selected_layers_share_one_copy(blank):
    network = look.build(look.CNN, look.DIGIT)
    things = look.layers(network)
    select(things["conv1"], things["conv2"])
    count = len(bpy.data.materials)
    for name in ("Neon", "Paper"):
        styles.apply(styles.STYLES[name], part(network, "SELECTED"))
        assert look.inputs(things["conv1"])["Material"] == look.inputs(things["conv2"])["Material"]
        assert look.inputs(things["conv1"])["Material"] != look.inputs(things["conv3"])["Material"]
    assert len(bpy.data.materials) == count + 3  # cells, plate and lines; the second style paints these again


def test_what_was_made_by_hand_stays(blank):
    network = look.build(look.CNN, look.DIGIT)
    kept = look.facts(network)["materials"]
    ramp = materials.ramp_of(kept["cells"])
    ramp.elements[2].color = (0.9, 0.1, 0.1, 1)
    stops = materials.stops_of(ramp)
    own = bpy.data.materials.new("My Own")
    look.set_input(look.layers(network)["conv2"], "Material", own)
    styles.apply(styles.PAPER, part(network))
    assert materials.stops_of(ramp) == stops and look.inputs(look.layers(network)["conv2"])["Material"] == own
    assert materials.map_of(kept["lines"]) == "Ocean and Rust"
    styles.apply(styles.PAPER, part(network), ramps=True)
    assert materials.map_of(kept["cells"]) == styles.PAPER.materials["cells"]["Map"]


def test_a_scene_that_is_not_ours_keeps_its_world(blank):
    world = bpy.data.worlds.new("Mine")
    bpy.context.scene.world = world
    view = bpy.context.scene.view_settings.view_transform
    network = look.build(look.MLP, look.DIGIT, new_scene=False)
    styles.apply(styles.BLUEPRINT, part(network))
    scene = look.scene_of(network)
    assert scene.world == world and scene.view_settings.view_transform == view
    assert backdrops.taken(network) is None


def test_a_world_of_ones_own_stays(blank):
    network = look.build(look.MLP, look.DIGIT)
    scene = look.scene_of(network)
    scene.world = bpy.data.worlds.new("Mine")
    styles.apply(styles.PAPER, part(network))
    assert scene.world.name == "Mine" and scene.view_settings.view_transform == "Standard"


def test_the_operator_is_one_undo_step(registered, folder):
    network = look.build(look.CNN, look.DIGIT)
    before = looks_of(network)
    bpy.ops.ed.undo_push(message="built")
    assert run("apply_style", style="Clay") == {"FINISHED"}
    assert ("backdrop",) in different(before, looks_of(network))
    bpy.ops.ed.undo()
    (network,) = entities.networks()
    assert different(before, looks_of(network)) == set()


# Styles of one's own


def edit(network):
    """As a designer would."""
    for thing in look.of_kind(network, "layer"):
        look.set_input(thing, "Relief", 0.7)
    kept = look.facts(network)["materials"]
    materials.ramp_of(kept["lines"]).elements[0].color = (0.0, 0.8, 0.4, 1)
    painting.set_settings(kept["cells"], {"Map": "Furnace", "Emission": 0.6, "Roughness": 0.9})
    painting.set_settings(kept["label"], {"Color": (0.9, 0.2, 0.1, 1.0)})
    look.scene_of(network).view_settings.exposure = 0.5


def test_save_and_apply_elsewhere(registered, folder):
    network = look.build(look.CNN, look.DIGIT)
    edit(network)
    expected = looks_of(network)
    assert run("save_style", style="My Style") == {"FINISHED"}
    assert json.loads((folder / "my_style.json").read_text())["layers"]["Relief"] == pytest.approx(0.7)
    look.fresh()
    network = look.build(look.CNN, look.DIGIT)
    assert different(expected, looks_of(network))
    assert run("apply_style", style="My Style", ramps=True) == {"FINISHED"}
    assert different(expected, looks_of(network)) == set()


def test_materials_of_ones_own_come_along(registered, folder):
    network = look.build(look.CNN, look.DIGIT)
    own = bpy.data.materials.new("Glass")
    tree = TreeBuilder(compat.use_nodes(own))
    tree.put(tree.node("ShaderNodeOutputMaterial").inputs["Surface"], tree.call("ShaderNodeBsdfGlass", {}))
    for thing in look.of_kind(network, "layer"):
        look.set_input(thing, "Material", own)
    assert run("save_style", style="Glass House") == {"FINISHED"}
    assert (folder / "glass_house.blend").is_file()
    look.fresh()
    network = look.build(look.CNN, look.DIGIT)
    for _ in range(2):
        assert run("apply_style", style="Glass House") == {"FINISHED"}
    used = {look.inputs(one)["Material"] for one in look.of_kind(network, "layer")}
    (material,) = used
    assert "BSDF_GLASS" in {node.type for node in material.node_tree.nodes} and not material.library
    assert run("apply_style", style="Cinema") == {"FINISHED"}
    assert {look.inputs(one)["Material"] for one in look.of_kind(network, "layer")} == {
        look.facts(network)["materials"]["cells"]
    }


BROKEN = {
    "not json": "{",
    "a list": "[1, 2]",
    "no name": '{"layers": {}}',
    "unknown": '{"name": "x", "code": "import os"}',
    "a number": '{"name": "x", "layers": 3}',
    "no dict": '{"name": "x", "materials": {"cells": 1}}',
    "backdrop": '{"name": "x", "backdrop": {"sky": 1}}',
    "deep": "[" * 100_000,
    "bytes": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_skipped_with_one_line(folder, text):
    folder.mkdir()
    (folder / "bad.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    found, problems = saved_styles.every()
    assert found.keys() == styles.STYLES.keys()
    (problem,) = problems
    assert problem.startswith("bad.json") and "\n" not in problem and len(problem) < 200


def test_a_broken_file_does_not_keep_others_from_being_applied(registered, folder):
    folder.mkdir()
    (folder / "bad.json").write_text(BROKEN["deep"])
    network = look.build(look.MLP)
    assert run("apply_style", style="Neon") == {"FINISHED"} and look.facts(network)["style"] == "Neon"


def test_names_that_are_not_free(registered, folder):
    look.build(look.MLP)
    for name in ("", "  ", "Cinema", "///"):
        with pytest.raises(RuntimeError, match="Not saved"):
            run("save_style", style=name)
    assert not folder.exists() or not list(folder.glob("*"))


def test_a_saved_style_holds_all_styles_data(blank, folder):
    for one in styles.STYLES.values():
        again = styles.Style.of(json.loads(json.dumps(one.as_data())))
        assert plain(again.as_data()) == plain(one.as_data())


# Copying a look, and colour maps


@pytest.mark.parametrize("kind", ["layer", "connections"])
def test_copy_look(registered, kind):
    network = look.build(look.CNN, look.DIGIT)
    things = [one for one in look.of_kind(network, kind) if look.facts(one).get("carries", "weight") == "weight"]
    source, target, other = things[1], things[2], things[3]
    names = copying.sockets(look.modifier(source), OF[kind])
    assert {
        "layer": {"Material", "Relief", "Range From", "Clip"},
        "connections": {"Material", "Radius", "Width Power", "Range From", "Clip"},
    }[kind] <= set(names)
    structural = {
        "Units",
        "Rows",
        "Columns",
        "Source",
        "Target",
        "Network",
        "Block",
        "Range",
        "Weight Range",
        "Lift",
        "Layer Row",
        "Block Row",
        "Importance Range",
    }
    assert not structural & set(names)
    own = bpy.data.materials.new("own")
    look.set_input(source, "Material", own)
    look.set_input(source, "Clip", 77.0)
    look.set_input(source, "Range From", "Network")
    before, untouched = look.inputs(target), look.inputs(other)
    select(source, target)
    assert run("copy_look") == {"FINISHED"}
    after = look.inputs(target)
    assert after.pop("Palette", None) is None  # that of the material, which has no color map
    for name, value in look.inputs(source).items():
        assert (
            name == "Palette"
            or after[name] == (value if name in names else before[name])
            or np.allclose(after[name], value if name in names else before[name])
        ), name
    assert plain({k: v for k, v in look.inputs(other).items() if isinstance(v, (int, float, str))}) == plain(
        {k: v for k, v in untouched.items() if isinstance(v, (int, float, str))}
    )


def test_copy_look_takes_what_somebody_has_added_to_the_group(registered):
    network = look.build(look.CNN, look.DIGIT)
    source, target = look.layers(network)["conv1"], look.layers(network)["conv2"]
    look.modifier(source).node_group.interface.new_socket("Wobble", in_out="INPUT", socket_type="NodeSocketFloat")
    look.set_input(source, "Wobble", 3.0)
    select(source, target)
    assert run("copy_look") == {"FINISHED"}
    assert look.inputs(target)["Wobble"] == 3.0


def test_a_style_sets_nothing_but_a_look(registered):
    """Not what a layer shows, though a style says so that somebody has written by hand."""
    network = look.build(look.CNN, look.DIGIT)
    before = {name: look.inputs(layer) for name, layer in look.layers(network).items()}
    given = {socket.name: 0.5 for socket in LAYER if socket.kind == "Float"} | {"Units": 1, "Rows": 1}
    styles.apply(styles.Style("mine", layers=given), painting.part_of(bpy.context, network))
    for name, layer in look.layers(network).items():
        for socket in LAYER:
            if not socket.look:
                assert look.inputs(layer)[socket.name] == before[name][socket.name] or np.allclose(
                    look.inputs(layer)[socket.name], before[name][socket.name]
                ), socket.name
        assert look.inputs(layer)["Softness"] == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("shown, role", [("CELLS", "cells"), ("LINES", "lines")])
def test_set_map(registered, shown, role):
    network = look.build(look.CNN, look.DIGIT)
    kept = look.facts(network)["materials"]
    for name, one in colormaps.maps().items():
        assert run("set_map", shown=shown, map=name) == {"FINISHED"}
        assert materials.map_of(kept[role]) == name
        assert materials.node_of(kept[role], materials.VALUE).inputs["Low"].default_value == one.low
    sentence = next(one for one in look.of_kind(network, "caption") if look.facts(one).get("role") == "sentence")
    assert run("set_map", shown="LINES", map="Coral and Lagoon") == {"FINISHED"}
    assert "cyan adds, coral subtracts" in sentence.data.body
    materials.ramp_of(kept["lines"]).elements[0].color = (1, 1, 1, 1)
    assert run("set_map", shown="CELLS", map="Abyss") == {"FINISHED"}
    assert "adds" not in sentence.data.body
