# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities: the facts on data-blocks as typed fields, what is an entity, and the way from one to another."""

import ast
import re

import bpy
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.entities import BlockBox, Bundle, LayerObject, NetworkScene, RoleMaterial, ShotCamera
from scene import look
from scene.acting import network as only
from scene.acting import select


@pytest.fixture
def network(registered):
    """The sample network in a file that has an undo step."""
    network = look.build(look.CNN, look.DIGIT, max_cells=3_000)
    bpy.ops.ed.undo_push(message="built")
    return network


def layer(name="conv1") -> LayerObject:
    return NetworkScene(only()).layers()[name]


def bundle() -> Bundle:
    return next(bundle for bundle in NetworkScene(only()).bundles() if bundle.ends == ("conv1", "conv2"))


def write() -> None:
    """A fact of every kind, and what of them is optional."""
    layer().tell(
        name="conv1",
        parameters=7_000_000_000,
        multiply_adds=None,
        size=(1.0, 2.5, -3.0),
        grid=[16, 14, 12],
        sources=["input", "ümlaut"],
        turn=0.25,
        pinned=True,
        statistics={"mean": 0.5, "count": "12"},
        wish={"detail": "maps", "cells": 40, "lines": 3},
    )
    bundle().tell(counts=[1, 5_000_000_000], total=3, grain="unit")


def check() -> None:
    conv, lines = layer(), bundle()
    assert (conv.parameters, conv.multiply_adds, conv.has("multiply_adds")) == (7_000_000_000, None, True)
    assert conv.size == (1.0, 2.5, -3.0) and type(conv.size) is tuple and conv.grid == [16, 14, 12]
    assert conv.sources == ["input", "ümlaut"] and conv.turn == 0.25 and conv.pinned is True
    assert conv.statistics == {"mean": 0.5, "count": "12"} and conv.wished_detail == "maps"
    assert (lines.counts, lines.total, lines.grain) == ([1, 5_000_000_000], 3, "unit")
    assert look.facts(conv.obj)["inputs"] == ["input", "ümlaut"] and look.facts(conv.obj)["op"] == conv.op == "Conv"


def test_facts_are_read_back_as_they_were_written(network):
    write()
    check()


def test_facts_are_read_back_from_the_saved_file(network, tmp_path):
    write()
    path = tmp_path / "network.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    check()


def test_facts_follow_undo_and_redo(network):
    before = look.facts(layer().obj), look.facts(bundle().obj)
    write()
    bpy.ops.ed.undo_push(message="written")
    bpy.ops.ed.undo()
    assert (look.facts(layer().obj), look.facts(bundle().obj)) == before
    bpy.ops.ed.redo()
    check()


def test_writing_leaves_all_other_facts(network):
    before = look.facts(layer().obj)
    layer().pinned = True
    assert look.facts(layer().obj) == before | {"pinned": True}
    del layer().pinned
    del layer().pinned  # that is not there
    assert look.facts(layer().obj) == before


def test_optional_facts(network):
    conv = layer()
    for name in ("pinned", "wish", "sources", "multiply_adds", "detail", "block", "statistics"):
        delattr(conv, name)
    assert (conv.pinned, conv.wish, conv.sources, conv.multiply_adds) == (False, {}, [], None)
    assert (conv.detail, conv.block, conv.statistics, conv.has("multiply_adds")) == ("", "", {}, False)
    conv.wish["cells"] = 3  # a value of its own, not the default of all layers
    assert layer("conv2").wish == conv.wish == {}


def test_a_needed_fact_of_the_wrong_kind_or_none_is_a_plain_error(network):
    conv = layer()
    wrong = (
        ("size", "large"),
        ("size", [1.0, 2.0]),
        ("grid", "16"),
        ("op", 3),
        ("parameters", "many"),
        ("turn", "left"),
    )
    for name, value in (*wrong, *((name, {"a": 1}) for name, _ in wrong)):
        conv.obj[look.KEY][name] = value
        with pytest.raises(CheckpointError, match=f"conv1.*'{name}'"):
            getattr(conv, name)
    for name in ("size", "grid", "op", "parameters", "turn"):
        del conv.obj[look.KEY][name]
        with pytest.raises(CheckpointError, match=f"conv1.*'{name}'"):
            getattr(conv, name)


def test_an_optional_fact_of_the_wrong_kind_counts_as_none(network):
    conv = layer()
    for name, value in (("pinned", "yes"), ("wish", [1]), ("detail", 7), ("nodes", "x"), ("sources", "conv1")):
        conv.obj[look.KEY][getattr(LayerObject, name).key] = value
        assert getattr(conv, name) == getattr(LayerObject, name).default, name


def test_facts_of_the_wrong_kind_are_not_written(network):
    conv, before = layer(), look.facts(layer().obj)
    for name, value in (("op", 3), ("size", (1.0, 2.0)), ("sources", "conv1"), ("parameters", 1.5), ("wish", [1])):
        with pytest.raises(TypeError, match="LayerObject"):
            setattr(conv, name, value)
    assert look.facts(conv.obj) == before


def test_nobody_tells_what_is_no_fact(network):
    with pytest.raises(TypeError, match="colour"):
        layer().tell(colour="red")


def test_every_member_is_an_entity_of_its_kind_alone(network):
    """Also each kind is known by one class for objects."""
    kinds = [cls for cls in vars(entities).values() if isinstance(cls, type) and issubclass(cls, entities.Entity)]
    kinds = [cls for cls in kinds if cls.KIND]
    for id_data in (*entities.objects(network), network, *network.children, *bpy.data.materials, *bpy.data.worlds):
        matches = [cls for cls in kinds if cls.is_one(id_data)]
        if entities.kind(id_data) not in ("", "layers", "connections", "labels", "studio"):
            assert len(matches) == 1, id_data.name
    for other in (
        None,
        bpy.data.objects.new("other", None),
        bpy.data.materials.new("other"),
        bpy.data.scenes.new("other"),
    ):
        assert not any(cls.of(other) for cls in kinds)
    with pytest.raises(TypeError, match="no LayerObject"):
        LayerObject(bundle().obj)


@pytest.mark.parametrize("target", ["MESH", "POINTCLOUD"])
def test_a_converted_object_is_no_entity(network, target):
    conv, lines = layer().obj, bundle().obj
    select(lines)  # which show nothing once one of their layers has no cells
    assert bpy.ops.object.convert(target="MESH") == {"FINISHED"}
    select(conv)
    assert bpy.ops.object.convert(target=target) == {"FINISHED"}
    conv, lines, scene = bpy.data.objects[conv.name], bpy.data.objects[lines.name], NetworkScene(only())
    assert look.kind_of(conv) == "layer" and LayerObject.of(conv) is entities.layer_or_block(conv) is None
    assert "conv1" not in scene.layers() and layer("conv2").incoming() == [] and len(scene.bundles()) == 6
    assert look.kind_of(lines) == "connections" and Bundle.of(lines) is None
    assert NetworkScene(only()).bundles()[0].layers[1] is None
    with pytest.raises(TypeError, match="conv1 is no LayerObject"):
        LayerObject(conv)
    assert entities.Marked.of(conv) and not entities.Marked.of(bpy.data.objects.new("other", None))


def test_neighbours(network):
    scene, conv = NetworkScene(network), layer()
    assert list(scene.layers()) == ["image", *look.CNN_LAYERS]
    assert [lines.ends for lines in conv.incoming()] == [("image", "conv1")]
    assert [lines.ends for lines in conv.outgoing()] == [("conv1", "conv2")]
    lines = bundle()
    assert lines.layers == (conv, layer("conv2")) and lines.source_object == conv.obj
    assert lines.target_object == look.layers(network)["conv2"]
    assert entities.network_of(conv.obj) == network and scene.scene == look.scene_of(network)
    assert scene.root().obj == look.one_of(network, "root") == lines.obj.parent
    assert {RoleMaterial(material).role for material in scene.materials.values()} == set(scene.materials)


def test_blocks_and_their_layers(registered):
    network = look.build(look.RESNET)
    scene = NetworkScene(network)
    boxes, layers = scene.blocks(), scene.layers()
    assert {path: box.obj for path, box in boxes.items()} == look.boxes(network)
    order = list(boxes)
    for path, box in boxes.items():
        assert box.parent == "" or order.index(box.parent) < order.index(path)
        inside = {name for name, layer in layers.items() if path in {outer.path for outer in layer.outward()}}
        assert {layer.name for layer in scene.layers_in(box)} == inside == set(box.layers)
        assert box.collection.path == path and BlockBox.of(box.collection.id_data) is None
    closed = next(iter(boxes.values()))
    closed.inputs["Fold"] = 1.0
    assert closed.folded and look.inputs(closed.obj)["Fold"] == 1.0


def test_inputs_are_those_of_the_modifier(network):
    conv = layer()
    conv.inputs["Size"] = 0.5
    conv.inputs.update({"Relief": 0.25, "Shape": "Sphere"})
    found = look.inputs(conv.obj)
    assert (found["Size"], found["Relief"], found["Shape"]) == (0.5, 0.25, "Sphere")
    assert conv.inputs["Shape"] == "Sphere" and "Size" in conv.inputs and "Flavor" not in conv.inputs


def test_two_networks_and_a_copy_are_told_apart(network):
    other = look.build(look.CNN)
    copy = network.copy()
    for obj in network.objects:
        copy.objects.unlink(obj)
        copy.objects.link(obj.copy())
    look.scene_of(network).collection.children.link(copy)
    first, second, third = (NetworkScene(each) for each in (network, other, copy))
    assert first.uuid != second.uuid and third.uuid == first.uuid and len({first, second, third}) == 3
    assert first == NetworkScene(network) and first != second
    assert len(second.layers()) == len(first.layers())
    assert not {layer.obj for layer in first.layers().values()} & {layer.obj for layer in second.layers().values()}
    assert entities.network_of(layer_of(other).obj) == other and entities.network_of(layer_of(network).obj) == network
    second.changes = ["new: conv9"]
    assert (first.changes, third.changes) == ([], [])
    bpy.context.window.scene = other_scene = second.scene
    bpy.context.view_layer.objects.active = layer_of(other).obj
    assert entities.chosen(bpy.context) == other and entities.networks(other_scene) == [other]
    assert entities.chosen(bpy.context, first.uuid) in (network, copy)


def layer_of(network) -> LayerObject:
    return next(NetworkScene(network).members(LayerObject))


def test_an_entity_keeps_the_reference_alone(network):
    conv = layer()
    with pytest.raises(AttributeError):
        conv.remembered = 1
    assert not hasattr(conv, "__dict__") and conv == LayerObject(conv.obj) and hash(conv) == hash(conv.obj)
    assert conv != bundle() and ShotCamera.of(conv.obj) is None


BY_STRINGS = re.compile(
    r"\btags\.|\bmarks\.facts\(|\[(\w+\.)?KEY\]|\['neuroscene'\]|\.get\(((\w+\.)?KEY|'neuroscene')|\.to_dict\(\)"
)
FOREIGN = ("addon/gltf/attach.py", "addon/gltf/meshes.py")  # what other programs have kept, and what is given to them


def test_facts_are_reached_by_fields_alone(root):
    """Nobody reads the property group by strings, or reads all of it to write it back."""
    for text in ("tags.read(obj)['level']", "obj[marks.KEY]", "obj.get(KEY)", "obj.get('neuroscene', {}).to_dict()"):
        assert BY_STRINGS.search(text)
    entities_room = root / "addon" / "scene" / "entities"
    for room in ("addon/scene", "addon/gltf", "operators", "panels"):
        for path in sorted((root / room).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if entities_room in path.parents or name in FOREIGN:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call | ast.Subscript):
                    assert not BY_STRINGS.search(ast.unparse(node)), f"{name}, line {node.lineno}"
