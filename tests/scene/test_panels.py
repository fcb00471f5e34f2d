# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sidebar says of networks, blocks and layers."""

from types import SimpleNamespace

import bpy

from neuroscene.addon.nodes.sockets import OF
from neuroscene.panels.block import NEUROSCENE_PT_block
from neuroscene.panels.layer import NEUROSCENE_PT_detail, NEUROSCENE_PT_layer
from neuroscene.panels.networks import NEUROSCENE_PT_networks, called
from neuroscene.panels.shape import NEUROSCENE_PT_shape
from neuroscene.panels.sliders import NEUROSCENE_PT_sliders
from scene import look
from scene.acting import inside, run, select


class Layout:
    """Takes down what a panel draws."""

    def __init__(self):
        self.texts, self.buttons, self.fields = [], [], []

    def label(self, text="", **_):
        self.texts.append(text)

    def operator(self, name, **options):
        assert getattr(bpy.ops.neuroscene, name.removeprefix("neuroscene.")).get_rna_type()
        self.buttons.append((name.removeprefix("neuroscene."), pressed := SimpleNamespace(**options)))
        return pressed

    def prop(self, data, name, text=None, **_):
        data.path_resolve(name)
        self.fields.append(text)

    def template_list(self, *_, **__):
        pass

    def split(self, **_):
        return self

    row = column = box = split


def draw(panel, thing) -> Layout:
    layout, context = Layout(), SimpleNamespace(object=thing, scene=bpy.context.scene)
    assert not hasattr(panel, "poll") or panel.poll(context)
    mine = SimpleNamespace(layout=layout)
    if panel is NEUROSCENE_PT_networks:
        mine._network = lambda *given: panel._network(mine, *given)
    panel.draw(mine, context)
    return layout


def test_sliders_are_those_that_stand_first_in_the_tables(vit):
    layer = next(iter(look.layers(vit).values()))
    assert draw(NEUROSCENE_PT_shape, layer).fields[: len(OF["layer"].having("first"))] == [*OF["layer"].having("first")]
    bpy.context.view_layer.objects.active = layer
    assert draw(NEUROSCENE_PT_sliders, layer).fields == [*OF["root"].having("first")]


def test_block_panel_of_a_block(vit):
    drawn = draw(NEUROSCENE_PT_block, look.boxes(vit)["encoder/layers"])
    assert drawn.texts[0] == "layers × 4" and "28" in drawn.texts and "encoder/layers" in drawn.texts
    assert drawn.fields == ["Fold", "Fold encoder"]
    parameters = sum(int(look.facts(look.layers(vit)[name])["parameters"]) for name in inside(vit, "encoder/layers"))
    assert f"{parameters:,}" in drawn.texts and parameters > 0
    assert [name for name, _ in drawn.buttons] == ["fold_blocks", "fold_blocks", "select_block"]


def test_block_panel_of_a_layer(resnet):
    drawn = draw(NEUROSCENE_PT_block, look.layers(resnet)["/layer2/layer2.1/conv1/Conv"])
    assert drawn.texts[0] == "layer2.1" and drawn.fields == ["Fold", "Fold layer2"]
    for other in (None, look.layers(resnet)["image"], look.one_of(resnet, "camera")):
        assert not NEUROSCENE_PT_block.poll(SimpleNamespace(object=other))


def test_block_panel_of_one_found_by_repetition(registered):
    found = look.build(look.ZOO / "bert_unnamed.onnx")
    inferred = next(
        one for one in look.boxes(found).values() if look.facts(one)["inferred"] and not look.facts(one)["stage"]
    )
    assert "by its repetition" in draw(NEUROSCENE_PT_block, inferred).texts


def test_panels_tell_what_was_moved(resnet):
    layer, box = look.layers(resnet)["/fc/Gemm"], look.boxes(resnet)["layer2"]
    for panel, thing in ((NEUROSCENE_PT_layer, layer), (NEUROSCENE_PT_block, box)):
        assert "Moved by hand" not in draw(panel, thing).texts
        thing.location.z += 1
        drawn = draw(panel, thing)
        assert "Moved by hand" in drawn.texts and "put_back" in {name for name, _ in drawn.buttons}


def test_detail_panel(resnet):
    thing = look.layers(resnet)["/conv1/Conv"]
    select(thing)
    levels = {pressed.text: pressed for name, pressed in draw(NEUROSCENE_PT_detail, thing).buttons}
    assert list(levels) == ["Auto", "Box", "Maps", "Cells", "Sheet", "Cover", ""] and levels["Auto"].depress
    run("set_detail", detail="MAPS")
    levels = {pressed.text: pressed for name, pressed in draw(NEUROSCENE_PT_detail, thing).buttons}
    assert levels["Maps"].depress and not levels["Auto"].depress


def test_networks_panel(resnet):
    buttons = draw(NEUROSCENE_PT_networks, None).buttons
    mine = [(name, getattr(pressed, "which", "")) for name, pressed in buttons]
    assert {("arrange_network", ""), ("fold_blocks", "REPEATS"), ("fold_blocks", "ALL")} <= set(mine)
    bpy.data.batch_remove(list(resnet.all_objects))
    bpy.data.collections.remove(resnet)
    look.build(look.MLP)
    assert "fold_blocks" not in {name for name, _ in draw(NEUROSCENE_PT_networks, None).buttons}


def test_networks_panel_of_several_scenes(registered):
    """Networks of the scene that is open in full, others by name alone; names without the numbers that Blender adds."""
    first = look.build(look.MLP)
    second = look.build(look.MLP)
    drawn = draw(NEUROSCENE_PT_networks, None)
    shown = look.scene_of(second) == bpy.context.scene
    one, other = (second, first) if shown else (first, second)
    assert look.scene_of(other).name == other.name and drawn.texts[-2:] == ["In other scenes:", other.name]
    assert sum(name == "run_input" for name, _ in drawn.buttons) == 1 and one.name not in drawn.texts
    layers = look.layers(second)
    assert any(thing.name != name for name, thing in layers.items())
    assert [called(thing) for thing in layers.values()] == list(layers)
    thing = next(iter(layers.values()))
    thing.name = "Mine.7"  # the name that somebody gave it is kept
    assert called(thing) == "Mine.7"
