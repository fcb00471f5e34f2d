# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sidebar says of networks, blocks and layers, and what can be set there."""

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from neuroscene import panels
from neuroscene.addon import properties
from neuroscene.addon.colormaps.oklab import encode
from neuroscene.addon.nodes import materials
from neuroscene.addon.nodes.sockets import OF
from neuroscene.addon.scene import hierarchy
from neuroscene.addon.scene.entities import LayerObject, NetworkScene, chosen
from neuroscene.addon.scene.picking import models
from neuroscene.panels import facts, histograms
from neuroscene.panels.block import NEUROSCENE_PT_block
from neuroscene.panels.hierarchy import NEUROSCENE_PT_hierarchy, NEUROSCENE_UL_layers
from neuroscene.panels.layer import NEUROSCENE_PT_layer
from neuroscene.panels.lines import NEUROSCENE_PT_lines
from neuroscene.panels.network import NEUROSCENE_PT_network
from scene import look
from scene.acting import inside, select


class Layout:
    """Takes down what a panel draws; parts that are closed at first stay closed, unless they are `opened`."""

    def __init__(self, opened=False):
        self.texts, self.buttons, self.fields, self.closed = [], [], [], []
        self.opened = opened

    def label(self, text="", **_):
        self.texts.append(text)

    def operator(self, name, **options):
        module, _, own = name.partition(".")
        assert getattr(getattr(bpy.ops, module), own).get_rna_type()
        self.buttons.append((own, pressed := SimpleNamespace(**options)))
        return pressed

    def operator_menu_enum(self, name, *_, **options):
        return self.operator(name, **options)

    def prop(self, data, name, text=None, **_):
        data.path_resolve(name)
        self.fields.append(text)

    def prop_search(self, data, name, *_, text=None):
        self.fields.append(text)

    def panel(self, name, default_closed=False):
        if default_closed and not self.opened:
            self.closed.append(name)
            return Layout(), None
        return self, self

    def menu(self, *_, **__):
        pass

    template_list = template_icon = separator = menu

    def split(self, **_):
        return self

    row = column = box = split


def draw(panel, thing, opened=False) -> Layout:
    layout = Layout(opened)
    context = SimpleNamespace(object=thing, scene=bpy.context.scene, view_layer=bpy.context.view_layer)
    assert not hasattr(panel, "poll") or panel.poll(context)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout


def said(drawn) -> str:
    return "\n".join(drawn.texts)


def test_every_panel_of_ours_says_something(vit):
    for panel in panels.CLASSES:
        if issubclass(panel, bpy.types.Panel):
            assert panel.bl_label and panel.bl_category == "Neuroscene"


def test_layer_on_one_screen(registered):
    network = look.build(look.CNN, look.DIGIT)
    assert models.of(network)
    layer = look.layers(network)["conv2"]
    drawn = draw(NEUROSCENE_PT_layer, layer)
    text = said(drawn)
    for part in (
        "Conv · Batch Norm · ReLU",
        "kernel 3 × 3, stride 1 × 1, padding 1 × 1",
        "8 × 28 × 28 → 16 × 28 × 28",
        "1,216 parameters",
        "all 12,544 cells drawn, weights float",
    ):
        assert part in text, part
    controls = [name for name in drawn.fields if name]
    assert controls[:3] == ["Columns", "Spacing", "Shape"] and len(controls) <= 15
    assert {"Arrangement", "Color Range"} <= set(drawn.texts)  # each before two fields
    assert len(drawn.closed) == 2 and "Std Dev" in text
    values = look.values_of(layer)
    assert {f"{values.min():.4g}", f"{values.max():.4g}"} <= set(drawn.texts)
    hidden = {socket.name for socket in OF["layer"] if socket.hidden} - {"Columns"}  # as Unit Columns are called
    every = draw(NEUROSCENE_PT_layer, layer, opened=True)
    assert "360 of 903,168" in every.texts
    assert not hidden & set(every.fields) and {"Softness", "Thickness", "Offset"} <= set(every.fields)
    assert {"edit_cells", "back_to_arrangement"} <= {name for name, _ in every.buttons}


def test_arrangements_have_names(registered):
    network = look.build(look.CNN)
    layer = look.layers(network)["conv2"]
    assert layer.neuroscene_arrangement == "GRID"
    layer.neuroscene_arrangement = "SPIRAL"
    assert look.inputs(layer)["Arrangement"] == 4.0
    assert "Radius" in draw(NEUROSCENE_PT_layer, layer).fields
    look.set_input(layer, "Arrangement", 0.2)
    assert layer.neuroscene_arrangement == "LINE" and "Line Axis" in draw(NEUROSCENE_PT_layer, layer).fields


def test_detail_buttons(resnet):
    layer = look.layers(resnet)["/conv1/Conv"]
    select(layer)
    levels = {
        pressed.text: pressed for name, pressed in draw(NEUROSCENE_PT_layer, layer).buttons if name == "set_detail"
    }
    assert list(levels) == ["Auto", "Box", "Maps", "Cells", "Sheet", "Cover"] and levels["Auto"].depress
    dense = look.layers(resnet)["/fc/Gemm"]
    levels = [pressed.text for name, pressed in draw(NEUROSCENE_PT_layer, dense).buttons if name == "set_detail"]
    assert "Maps" not in levels


def test_lines_on_one_screen(registered):
    network = look.build(look.CNN, look.DIGIT)
    bundle = look.bundles(network)[("conv1", "conv2")]
    drawn = draw(NEUROSCENE_PT_lines, bundle)
    assert [pressed.text for name, pressed in drawn.buttons if name == "select_object"] == ["conv1", "conv2"]
    assert "360 of 903,168 lines drawn" in drawn.texts
    hidden = {socket.name for socket in OF["connections"] if socket.hidden}
    assert not hidden & set(draw(NEUROSCENE_PT_lines, bundle, opened=True).fields)


def test_network_where_nothing_is_inspected(vit):
    root = look.one_of(vit, "root")
    drawn = draw(NEUROSCENE_PT_network, root)
    assert {*OF["root"].having("first")} - {"Followed Token"} <= set(drawn.fields) and "vit.onnx" in drawn.texts
    layer = next(iter(look.layers(vit).values()))
    assert not NEUROSCENE_PT_network.poll(SimpleNamespace(object=layer))


def test_block_panel(vit):
    drawn = draw(NEUROSCENE_PT_block, look.boxes(vit)["encoder/layers"])
    parameters = sum(int(look.facts(look.layers(vit)[name])["parameters"]) for name in inside(vit, "encoder/layers"))
    assert drawn.texts[:3] == ["layers × 4", "encoder/layers", f"28 layers, {parameters:,} parameters"]
    assert {"Fold", "Fold encoder", "Color"} <= set(drawn.fields)
    names = [name for name, _ in drawn.buttons]
    assert names.count("fold_blocks") == 2 and "select_block" in names
    for other in (None, look.layers(vit)[inside(vit, "encoder/layers").pop()], look.one_of(vit, "camera")):
        assert not NEUROSCENE_PT_block.poll(SimpleNamespace(object=other))


def test_block_panel_of_one_found_by_repetition(registered):
    found = look.build(look.ZOO / "bert_unnamed.onnx")
    inferred = next(
        one for one in look.boxes(found).values() if look.facts(one)["inferred"] and not look.facts(one)["stage"]
    )
    assert "found by its repetition" in draw(NEUROSCENE_PT_block, inferred).texts


def test_panels_tell_what_was_moved(resnet):
    layer, box = look.layers(resnet)["/fc/Gemm"], look.boxes(resnet)["layer2"]
    for panel, thing in ((NEUROSCENE_PT_layer, layer), (NEUROSCENE_PT_block, box)):
        assert "Moved by hand" not in draw(panel, thing).texts
        thing.location.z += 1
        drawn = draw(panel, thing)
        assert "Moved by hand" in drawn.texts and "put_back" in {name for name, _ in drawn.buttons}


def shown(network, search="", op="") -> list[str]:
    """The rows that the tree shows."""
    state = network.neuroscene_state
    state.operators = op
    mine = SimpleNamespace(bitflag_filter_item=1, filter_name=search)
    mine._open = lambda rows: NEUROSCENE_UL_layers._open(mine, rows)
    flags, _ = NEUROSCENE_UL_layers.filter_items(mine, None, state, "rows")
    return [row.text for row, flag in zip(state.rows, flags, strict=True) if flag]


def test_the_tree_has_blocks_and_layers_in_the_order_of_the_network(resnet):
    look.evaluate(resnet)
    rows = resnet.neuroscene_state.rows
    assert {row.name for row in rows} == {
        one.name for one in (*look.layers(resnet).values(), *look.boxes(resnet).values())
    }
    layers = [row.name for row in rows if row.op != "block"]
    assert layers == [layer.obj.name for layer in NetworkScene(resnet).layers().values()]
    for row in rows:
        box = look.boxes(resnet).get(look.facts(bpy.data.objects[row.name]).get("block", ""))
        if row.op != "block" and box:
            assert rows[row.parent].name == box.name and row.depth == rows[row.parent].depth + 1
    whole = shown(resnet)
    assert len(whole) == len(rows)
    at = next(number for number, row in enumerate(rows) if row.text == "layer2")
    rows[at].opened = False
    closed = shown(resnet)
    assert len(closed) == len(whole) - sum(row.name != "layer2" and "layer2" in row.sought for row in rows) + 1 - 1
    properties.fill(resnet)
    assert not resnet.neuroscene_state.rows[at].opened
    assert shown(resnet, "layer2 conv1") and all("conv1" in text for text in shown(resnet, "layer2 conv1"))
    pooled = shown(resnet, op="MaxPool")
    assert len(pooled) == sum(look.facts(one)["op"] == "MaxPool" for one in look.layers(resnet).values())
    shown(resnet)


def test_a_row_that_is_clicked_selects(resnet):
    look.evaluate(resnet)
    state = resnet.neuroscene_state
    state.active = 3
    assert bpy.context.view_layer.objects.active.name == state.rows[3].name and state.active == 3


def test_counts_are_short():
    assert [hierarchy.counted(number) for number in (0, 80, 1216, 29_066, 25_600_000)] == [
        "",
        "80",
        "1.22k",
        "29.1k",
        "25.6M",
    ]


def test_several_networks_are_reached(registered):
    first, second = look.build(look.MLP), look.build(look.MLP)
    other = first if look.scene_of(second) == bpy.context.scene else second
    assert bpy.ops.neuroscene.show_network("EXEC_DEFAULT", True, uuid=look.facts(other)["uuid"]) == {"FINISHED"}
    assert draw(NEUROSCENE_PT_hierarchy, None)


@pytest.mark.parametrize("name", ["digits_cnn", "letters_transformer"])
def test_a_sample_opens_with_its_input(registered, name):
    drawn = draw(NEUROSCENE_PT_hierarchy, None)
    assert {pressed.sample for own, pressed in drawn.buttons if own == "open_sample"} >= {"digits_cnn", "cells_unet"}
    bpy.ops.neuroscene.open_sample(sample=name)
    assert look.facts(bpy.data.collections[name])["input"]


def test_histograms_of_the_sidebar_are_the_numbers_in_their_colors(registered):
    network = look.build(look.CNN, look.DIGIT)
    obj = look.layers(network)["conv2"]
    values = np.empty(len(obj.data.vertices), np.float32)
    obj.data.attributes["value"].data.foreach_get("value", values)
    told = {title: rows for title, _, rows in facts.numbers(LayerObject(obj))}
    rows = told["Activation"]
    assert ("Zeros", f"{(values == 0).sum():,} ({(values == 0).mean():.1%})") in rows
    material, extent = look.inputs(obj)["Material"], look.inputs(obj)["Range"]
    drawn = histograms.of(values, material, extent)
    assert drawn.counts.sum() == len(values)
    assert (drawn.edges[0], drawn.edges[-1]) == (values.min(), values.max())
    pixels = histograms.picture(drawn)
    wide = pixels.shape[1] // len(drawn.counts)
    full = histograms.HIGH - histograms.AXIS - histograms.GAP
    for number, count in enumerate(drawn.counts.tolist()):
        column = pixels[:, number * wide]
        tall = int(column[histograms.AXIS + histograms.GAP :, 3].sum())
        assert abs(tall - np.sqrt(count / drawn.counts.max()) * full) <= (2 if count else 0), number
        middle = (drawn.edges[number] + drawn.edges[number + 1]) / 2
        place = np.clip((middle / extent + 1) / 2, 0, 1)  # a diverging map without a logarithm
        expected = np.array(materials.ramp_of(material).evaluate(place)[:3])
        assert np.allclose(column[0, :3], encode(expected), atol=1e-5), number
    assert histograms.icon(("conv2",), drawn) == 0  # there is no window
    assert histograms.of(np.ones(5, np.float32), material, 1.0) is None


def test_without_an_active_object_the_network_of_the_scene_is_shown(registered):
    first, second = (look.build(look.CNN, look.DIGIT, new_scene=True) for _ in range(2))
    for network in (second, first):
        bpy.context.window.scene = look.scene_of(network)
        bpy.context.view_layer.objects.active = None
        assert chosen(bpy.context) == network
