# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""An import is all or nothing: one step of undo, nothing after a failure or Esc, nothing of other networks changed."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.transaction import Made
from scene import bad, look


def import_network(path=look.MLP, **options):
    return bpy.ops.neuroscene.import_network(filepath=str(path), **options)


def shown():
    return bpy.context.window.scene.name


@pytest.mark.parametrize("kind", bad.KINDS)
def test_bad_files(registered, tmp_path_factory, kind):
    folder = tmp_path_factory.mktemp("bad") / "model"
    folder.mkdir()
    path = bad.make(folder, kind)
    before, scene = look.blocks(), shown()
    with pytest.raises(RuntimeError, match=bad.KINDS[kind]) as raised:
        import_network(path)
    assert kind in str(raised.value) and "Traceback" not in str(raised.value)
    assert look.blocks() == before and shown() == scene


@pytest.mark.parametrize("given", ["missing.png", "text.png", "words.npy", "wrong.npy", "model.onnx"])
def test_bad_inputs(registered, tmp_path, given):
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "model.onnx").write_bytes(look.MLP.read_bytes())
    np.save(tmp_path / "words.npy", np.array(["a"] * 784))
    np.save(tmp_path / "wrong.npy", np.zeros((5, 5), np.float32))
    before, scene = look.blocks(), shown()
    with pytest.raises(RuntimeError, match=given):
        import_network(input=str(tmp_path / given))
    assert look.blocks() == before and shown() == scene


def test_failure_beside_another_network(registered, tmp_path):
    """What a failed import shares with the network that is there (cells, node groups, font) stays."""
    import_network(input=str(look.DIGIT))
    (network,) = entities.networks()
    geometry, before = look.geometry(network), look.blocks()
    with pytest.raises(RuntimeError):
        import_network(look.CNN, input=str(tmp_path / "missing.png"))
    assert look.blocks() == before
    after = look.geometry(network)
    assert all((after[name] == geometry[name]).all() for name in geometry)


def steps_of(path, given=look.DIGIT):
    return importing.import_steps(path, build.Settings(), given)


@pytest.mark.parametrize(
    "path, given, beside",
    [(look.CNN, look.DIGIT, False), (look.CNN, look.DIGIT, True), (look.ZOO / "unet.onnx", None, False)],
    ids=["alone", "beside", "blocks"],
)
def test_cancel_at_every_step(blank, path, given, beside):
    """As Esc does it: stop the steps, take back what was made."""
    if beside:
        look.build(look.MLP)
    count = len(list(steps_of(path, given)))
    assert count > 6
    for stop in range(1, count + 1):
        look.fresh()
        if beside:
            look.build(look.MLP)
        window, scene = bpy.context.window, bpy.context.scene
        before, made, steps = look.blocks(), Made(), steps_of(path, given)
        for _ in range(stop):
            next(steps)
        steps.close()
        made.remove()
        assert look.blocks() == before, stop
        assert window.scene == scene, stop


def with_undo(operator, **options):
    """Run an operator so that its own UNDO flag counts, as from a menu."""
    assert operator("EXEC_DEFAULT", True, **options) == {"FINISHED"}


@pytest.mark.parametrize("path, given", [(look.MLP, look.DIGIT), (look.ZOO / "gpt2.onnx", "")], ids=["flat", "blocks"])
def test_undo_and_redo_in_one_step(registered, path, given):
    names = [name for _, name, _ in look.blocks()]
    bpy.ops.ed.undo_push(message="before")
    with_undo(bpy.ops.neuroscene.import_network, filepath=str(path), input=str(given))
    imported, geometry = [name for _, name, _ in look.blocks()], look.geometry(entities.networks()[0])
    assert imported != names
    bpy.ops.ed.undo()
    assert [name for _, name, _ in look.blocks()] == names and not entities.networks()
    bpy.ops.ed.redo()
    assert [name for _, name, _ in look.blocks()] == imported
    again = look.geometry(entities.networks()[0])
    assert all((again[name] == geometry[name]).all() for name in geometry)


def test_undo_of_run_input_and_frame(registered):
    import_network(input=str(look.DIGIT))
    bpy.ops.ed.undo_push(message="before")
    before = look.values_of(look.layers(entities.networks()[0])["dense1"])
    with_undo(bpy.ops.neuroscene.run_input, filepath=str(look.OTHER_DIGIT))
    assert (look.values_of(look.layers(entities.networks()[0])["dense1"]) != before).any()
    look.layers(entities.networks()[0])["dense1"].location.z += 9
    bpy.ops.ed.undo_push(message="moved")
    place = tuple(look.one_of(entities.networks()[0], "camera").location)
    with_undo(bpy.ops.neuroscene.frame_network)
    assert tuple(look.one_of(entities.networks()[0], "camera").location) != place
    bpy.ops.ed.undo()
    assert tuple(look.one_of(entities.networks()[0], "camera").location) == place
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert (look.values_of(look.layers(entities.networks()[0])["dense1"]) == before).all()
    assert look.facts(entities.networks()[0])["input"] == look.DIGIT.name


def test_two_networks_in_one_file(registered):
    import_network(look.MLP, input=str(look.DIGIT))
    (first,) = entities.networks()
    geometry, groups = look.geometry(first), len(bpy.data.node_groups)
    meshes = {one.name for one in bpy.data.objects if look.facts(one).get("kind") == "cell"}
    import_network(look.CNN, input=str(look.DIGIT))
    assert {one.name for one in entities.networks()} == {"digits_mlp", "digits_cnn"}
    after = look.geometry(first)
    assert all((after[name] == geometry[name]).all() for name in geometry)
    # what can be shared is: node groups (but a compositor a scene) and the meshes of cells
    assert len(bpy.data.node_groups) - groups <= 1
    assert {one.name for one in bpy.data.objects if look.facts(one).get("kind") == "cell"} == meshes
    for network in entities.networks():
        assert look.outside(network) == []


def test_the_same_model_twice(registered):
    for _ in range(2):
        import_network(look.MLP, input=str(look.DIGIT), update=False)
    first, second = entities.networks()
    assert look.facts(first)["uuid"] != look.facts(second)["uuid"]
    assert not {one.name for one in first.all_objects} & {one.name for one in second.all_objects}
    for one, other in ((first, second), (second, first)):
        own = set(look.layers(one).values())
        for bundle in look.of_kind(one, "connections"):
            assert {look.inputs(bundle)["Source"], look.inputs(bundle)["Target"]} <= own
        mine, theirs = (
            {look.inputs(thing)["Material"] for thing in look.of_kind(which, "layer")} for which in (one, other)
        )
        assert not mine & theirs  # so that one can be recoloured and not the other


def settings_of(scene) -> dict:
    """All plain settings of a scene and its render, view, Cycles and EEVEE."""
    found = {}
    for part in ("", "render", "view_settings", "cycles", "eevee", "render.image_settings"):
        block = scene.path_resolve(part) if part else scene
        for one in block.bl_rna.properties:
            value = getattr(block, one.identifier) if one.identifier != "use_nodes" else None  # deprecated
            if isinstance(value, (int, float, str)) or one.identifier in ("world", "camera"):
                found[part, one.identifier] = value
    return found


def test_adding_to_the_open_scene(registered):
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("mine")
    camera = bpy.data.objects.new("mine", bpy.data.cameras.new("mine"))
    cube = bpy.data.objects.new("cube", bpy.data.meshes.new("cube"))
    for thing in (camera, cube):
        scene.collection.objects.link(thing)
    scene.camera, camera.location = camera, (3, -8, 2)
    scene.render.resolution_x, scene.render.resolution_y, scene.render.engine = 700, 500, "BLENDER_WORKBENCH"
    scene.frame_end, scene.view_settings.exposure = 77, 0.5
    before = settings_of(scene)
    assert len(before) > 100
    assert import_network(input=str(look.DIGIT), new_scene=False) == {"FINISHED"}
    (network,) = entities.networks()
    assert list(bpy.data.scenes) == [scene] and look.scene_of(network) == scene
    assert settings_of(scene) == before
    assert scene.camera == camera and tuple(camera.location) == (3, -8, 2) and cube.name in scene.objects
    assert [one.name for one in bpy.data.worlds] == ["mine"]
    assert look.outside(network) == []  # through its own camera


def test_a_new_scene_leaves_the_open_one(registered):
    scene = bpy.context.scene
    before, content = settings_of(scene), set(scene.objects)
    import_network(input=str(look.DIGIT))
    assert settings_of(scene) == before and set(scene.objects) == content
    assert len(bpy.data.scenes) == 2
