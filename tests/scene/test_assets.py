# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The asset library: what a Blender without the extension finds in it, and what becomes of what is dropped."""

import json
import subprocess
import sys

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.assets import dropped, library, presets, writing
from neuroscene.addon.scene.looks import styles
from scene import look

LOOK = """
import json, sys, bpy
with bpy.data.libraries.load(sys.argv[1], assets_only=True) as (there, wanted):
    wanted.node_groups, wanted.materials = there.node_groups, there.materials
told = []
for block in [*wanted.node_groups, *wanted.materials]:
    data, preview = block.asset_data, block.preview
    told.append([type(block).__name__, block.name, data.description, data.catalog_id, [tag.name for tag in data.tags],
        bool(getattr(block, "is_modifier", False)), list(preview.image_size) if preview else None,
        len(set(preview.image_pixels)) if preview else 0])
mesh = bpy.data.meshes.new("mesh")
mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
thing = bpy.data.objects.new("thing", mesh)
bpy.context.scene.collection.objects.link(thing)
for group in wanted.node_groups:
    thing.modifiers.new(group.name, "NODES").node_group = group
mesh.materials.append(wanted.materials[0])
bpy.context.view_layer.update()
points = thing.evaluated_get(bpy.context.view_layer.depsgraph).to_mesh().vertices
print(json.dumps([told, [list(point.co) for point in points]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A library, written in a Blender of its own."""
    folder = tmp_path_factory.mktemp("library")
    library.build(folder)
    return folder


def test_a_blender_without_the_extension_finds_every_asset(folder):
    done = subprocess.run(
        [sys.executable, "-c", LOOK, folder / writing.FILE], capture_output=True, text=True, check=True
    )
    told, points = json.loads(done.stdout.strip().splitlines()[-1])
    groups = {tags[0]: rest for kind, *rest, tags, is_modifier, size, colors in map(_split, told) if kind != "Material"}
    assert set(groups) == set(presets.PRESETS)
    assert points == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]  # by themselves presets change nothing
    for kind, name, about, catalog, tags, is_modifier, size, colors in told:
        assert about and tags and catalog != "00000000-0000-0000-0000-000000000000", name
        assert is_modifier == (kind != "Material"), name
        assert size == [writing.SIZE] * 2 and colors > 8, f"{name} has no picture"
    materials = [name for kind, name, *_ in told if kind == "Material"]
    assert {f"{role} {style}" for role in ("Cells", "Lines") for style in styles.STYLES} == set(materials)


def _split(row):
    kind, name, about, catalog, tags, is_modifier, size, colors = row
    return kind, name, about, catalog, tags, is_modifier, size, colors


def test_catalogs_hold_every_asset(folder):
    text = (folder / "blender_assets.cats.txt").read_text(encoding="utf-8")
    lines = [line.split(":") for line in text.splitlines() if line.count(":") == 2]
    assert text.splitlines()[1] == "VERSION 1"
    assert {uuid for uuid, _, _ in lines} >= {writing.catalog_id(name) for name in presets.CATALOGS}
    assert {preset.catalog for preset in presets.PRESETS.values()} | {"Materials"} == set(presets.CATALOGS)


def test_the_library_is_listed_once(blank, tmp_path):
    libraries = bpy.context.preferences.filepaths.asset_libraries
    before = len(libraries)
    for _ in range(2):
        library.make_known(tmp_path)
    assert len(libraries) == before + 1
    listed = libraries[-1]
    assert (listed.name, listed.path, listed.import_method) == (library.NAME, str(tmp_path), "APPEND")
    libraries.remove(listed)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="could not be written"):
        library.build(tmp_path / "file")


@pytest.fixture
def network(registered):
    network = look.build(look.CNN, given=look.DIGIT, max_cells=3000)
    bpy.context.window.scene = look.scene_of(network)
    bpy.context.view_layer.update()
    return network


def fetch(folder, **names):
    """Assets of the library in the open file, as a drop appends them."""
    with bpy.data.libraries.load(str(folder / writing.FILE), assets_only=True) as (_, wanted):
        for kind, name in names.items():
            setattr(wanted, kind, [name])
    return [getattr(wanted, kind)[0] for kind in names]


def test_a_material_that_was_dropped_is_shown(network, folder):
    layers = look.layers(network)
    (material,) = fetch(folder, materials="Cells Paper")
    layers["conv1"].data.materials.append(material)
    bpy.context.view_layer.update()
    assert look.inputs(layers["conv1"])["Material"] == material and not layers["conv1"].data.materials
    assert look.inputs(layers["conv2"])["Material"] != material
    palette = look.inputs(layers["conv1"])["Palette"]
    assert look.inputs(palette)["Material"] == material
    bundle = next(one for one in look.of_kind(network, "connections") if look.facts(one)["carries"] == "weight")
    (lines,) = fetch(folder, materials="Lines Paper")
    bundle.data.materials.append(lines)
    bpy.context.view_layer.update()
    assert look.inputs(bundle)["Material"] == lines and not bundle.data.materials


def drop(obj, group) -> None:
    """What Blender does where a node group is dropped, and what the extension then does."""
    obj.modifiers.new(group.name, "NODES").node_group = group
    bpy.context.view_layer.update()
    dropped.take_presets(obj.name)


@pytest.mark.parametrize("model", [look.CNN, look.SAMPLES / "pictures_resnet.onnx"], ids=["cells", "books"])
def test_what_we_have_made_ourselves_is_no_drop(blank, model):
    given = look.DIGIT if model == look.CNN else look.SAMPLES / "pictures" / "butterfly.png"
    network = look.build(model, given, fold_repeats=True)
    held = {obj: [*obj.data.materials] for obj in network.all_objects if hasattr(obj.data, "materials")}
    assert any(held.values())
    assert not any(dropped.materials(obj) for obj in held)
    assert held == {obj: [*obj.data.materials] for obj in held}


def test_a_preset_that_was_dropped_is_applied_and_leaves_nothing(network, folder):
    obj = look.layers(network)["conv1"]
    before = look.cell_places(obj, look.evaluate(network))
    blocks = look.blocks()
    for name, socket, value in (("Circle", "Arrangement", 1.0), ("Cell Sphere", "Shape", "Sphere")):
        (group,) = fetch(folder, node_groups=name)
        drop(obj, group)
        assert look.inputs(obj)[socket] == value
        assert [modifier.name for modifier in obj.modifiers] == ["Layer"]
        bpy.data.batch_remove(list(bpy.data.libraries))
    assert look.blocks() == blocks
    assert not np.allclose(before, look.cell_places(obj, look.evaluate(network)))


def test_styles_and_shots_go_to_the_network(network, folder):
    obj = look.layers(network)["conv1"]
    (group,) = fetch(folder, node_groups="Style Paper")
    drop(obj, group)
    assert look.facts(network)["style"] == "Paper"
    (group,) = fetch(folder, node_groups="Shot Plan")
    drop(obj, group)
    assert any(look.facts(one).get("shot") == "plan" for one in bpy.data.objects)


def test_a_layer_is_added_to_a_composed_network_alone(network, folder):
    obj = look.layers(network)["conv1"]
    assert bpy.ops.neuroscene.apply_preset(preset="operator/dense", object=obj.name) == {"CANCELLED"}
    assert set(look.layers(network)) >= set(look.CNN_LAYERS)
    bpy.ops.neuroscene.compose_network("EXEC_DEFAULT", template="lenet")
    composed = next(one for one in bpy.data.collections if look.facts(one).get("specification"))
    layers = look.layers(composed)
    name = next(name for name in layers if "dense" in name.lower())
    bpy.ops.neuroscene.apply_preset(preset="operator/dense", object=layers[name].name)
    after = look.layers(composed)
    assert len(after) == len(layers) + 1


def test_a_layer_goes_between_the_layers_of_the_lines_or_after_the_label_that_it_was_dropped_onto(network, folder):
    bpy.ops.neuroscene.compose_network("EXEC_DEFAULT", template="lenet")
    composed = next(one for one in bpy.data.collections if look.facts(one).get("specification"))
    bpy.context.window.scene = look.scene_of(composed)
    bpy.context.view_layer.update()
    (group,) = fetch(folder, node_groups="Batch Normalization")
    bundle = next(one for one in look.of_kind(composed, "connections") if look.facts(one)["target"] == "conv2")
    source = look.facts(bundle)["source"]
    drop(bundle, group)
    held = json.loads(look.facts(composed)["specification"])["layers"]
    (added,) = [layer["name"] for layer in held if layer["op"] == "BatchNormalization"]
    assert [layer["name"] for layer in held].index(added) == [layer["name"] for layer in held].index("conv2") - 1
    assert source in [layer["name"] for layer in held]
    (group,) = fetch(folder, node_groups="Dense")
    label = next(one for one in look.of_kind(composed, "label") if look.facts(one)["owner"] == "dense1")
    drop(label, group)
    held = [layer["name"] for layer in json.loads(look.facts(composed)["specification"])["layers"]]
    assert held[held.index("dense1") + 1] == "dense2" and not label.modifiers


def test_what_comes_beside_a_layer_is_dropped_onto_it(network, folder):
    obj = look.layers(network)["conv1"]
    for name, kind in (("Largest Value", "annotation"), ("Text", "note"), ("Histogram", "histogram")):
        (group,) = fetch(folder, node_groups=name)
        drop(obj, group)
        assert {look.facts(each)["layer"] for each in look.of_kind(network, kind)} == {"conv1"}, name
