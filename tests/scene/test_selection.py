# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding layers, selecting what they have to do with, and what the sidebar says of them, on graphs made by hand."""

import time
from types import SimpleNamespace

import bpy
import pytest

from neuroscene.addon import properties
from neuroscene.addon.scene import entities, selection
from neuroscene.addon.scene.camera import viewport
from neuroscene.panels import facts as told_of
from neuroscene.panels.hierarchy import NEUROSCENE_UL_layers
from scene import look

# name: (op, parts, block, inputs)
GRAPH = {
    "image": ("Input", [], "", []),
    "mask": ("Input", [], "", []),
    "stem": ("Conv", ["Conv", "BatchNormalization", "Relu"], "", ["image"]),
    "layer1.0.conv1": ("Conv", ["Conv", "Relu"], "layer1/0", ["stem"]),
    "layer1.0.add": ("Add", ["Add"], "layer1/0", ["layer1.0.conv1", "stem"]),
    "layer1.1.conv1": ("Conv", ["Conv"], "layer1/1", ["layer1.0.add"]),
    "attention": ("Attention", ["MatMul", "Softmax", "MatMul"], "", ["layer1.1.conv1", "mask"]),
    "unread": ("Relu", ["Relu"], "layer1/1", ["layer1.0.add"]),
}
NAMES = list(GRAPH)
STATISTICS = {"count": "1000", "mean": -0.01234567, "std": 0.25, "min": -1.5, "max": 2e-7, "zeros": "123"}


def passing(name) -> bpy.types.NodeTree:
    """A group that changes nothing."""
    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    source, target = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    group.links.new(source.outputs[0], target.inputs[0])
    return group


def make(graph=GRAPH, name="net") -> bpy.types.Collection:
    """A network of which only the facts are there, its layers in collections of blocks, last ones first."""
    network, group = bpy.data.collections.new(name), passing(name)
    look.mark(network, "network", uuid=f"uuid of {name}", parameters="1", format="onnx", input="", input_note="")
    bpy.context.scene.collection.children.link(network)
    root = bpy.data.objects.new(f"{name} root", bpy.data.meshes.new(name))
    root.modifiers.new("Network", "NODES").node_group = group
    look.mark(root, "root")
    network.objects.link(root)
    blocks = {"": network}
    for order, (layer, (op, parts, block, inputs)) in reversed(list(enumerate(graph.items()))):
        if block not in blocks:
            blocks[block] = bpy.data.collections.new(block)
            network.children.link(blocks[block])
        thing = bpy.data.objects.new(f"{name} {layer}", bpy.data.meshes.new(layer))
        thing.data.vertices.add(1024)
        thing.modifiers.new("Layer", "NODES").node_group = group
        look.mark(
            thing,
            "layer",
            layer=layer,
            op=op,
            shape=[16, 14, 14],
            parameters="1216",
            grid=[16, 14, 14],
            inputs=inputs,
            parts=parts,
            block=block,
            nodes=len(parts),
            multiply_adds="903168",
            order=order,
            detail="cells",
            value_is="bias",
        )
        blocks[block].objects.link(thing)
        label = bpy.data.objects.new(layer, None)  # something else with the layer's name
        look.mark(label, "label", layer=layer)
        blocks[block].objects.link(label)
    return network


@pytest.fixture
def network(registered):
    return make()


def names(things) -> list[str]:
    return [look.facts(one)["layer"] for one in things]


def chosen() -> list[str]:
    return sorted(one.name for one in bpy.context.view_layer.objects.selected)


def pick(network, *wanted):
    selection.select(bpy.context, [look.layers(network)[name] for name in wanted])


def test_layers_are_in_the_order_of_the_network(network):
    found = selection.layers(network)
    assert list(found) == NAMES
    assert all(look.facts(one)["layer"] == name for name, one in found.items())


def test_a_copy_of_a_layer_is_not_another(network):
    first = look.layers(network)["stem"]
    copy = first.copy()
    network.objects.link(copy)
    assert list(selection.layers(network)) == NAMES
    pick(network, "layer1.0.conv1")
    assert names(selection.inputs(network, ["layer1.0.conv1"])) == ["stem"]


@pytest.mark.parametrize(
    "function, given, expected",
    [
        (selection.inputs, ["layer1.0.add"], ["stem", "layer1.0.conv1"]),
        (selection.inputs, ["layer1.0.add", "layer1.0.conv1"], ["stem", "layer1.0.conv1"]),
        (selection.inputs, ["image"], []),
        (selection.inputs, [], []),
        (selection.outputs, ["stem"], ["layer1.0.conv1", "layer1.0.add"]),
        (selection.outputs, ["unread"], []),
        (selection.upstream, ["layer1.0.add"], ["image", "stem", "layer1.0.conv1"]),
        (selection.upstream, ["attention"], [one for one in NAMES if one not in ("attention", "unread")]),
        (selection.upstream, ["stem", "mask"], ["image"]),
        (selection.downstream, ["layer1.0.add"], ["layer1.1.conv1", "attention", "unread"]),
        (selection.downstream, ["mask"], ["attention"]),
        (selection.downstream, ["attention"], []),
        (selection.same_block, ["unread"], ["layer1.1.conv1", "unread"]),
        (
            selection.same_block,
            ["unread", "layer1.0.add", "stem"],
            ["layer1.0.conv1", "layer1.0.add", "layer1.1.conv1", "unread"],
        ),
        (selection.same_block, ["stem"], []),
    ],
)
def test_related(network, function, given, expected):
    assert names(function(network, given)) == expected


def test_related_where_layers_were_deleted(network):
    bpy.data.objects.remove(look.layers(network)["stem"])
    assert names(selection.inputs(network, ["layer1.0.add"])) == ["layer1.0.conv1"]
    assert names(selection.upstream(network, ["layer1.0.add"])) == ["layer1.0.conv1"]


def test_related_in_a_graph_that_claims_a_cycle(registered):
    network = make({"a": ("Relu", [], "", ["b"]), "b": ("Relu", [], "", ["a"])})
    assert names(selection.upstream(network, ["a"])) == ["a", "b"]


def test_related_in_a_scene_of_an_older_version(registered):
    """One that has no facts on what is read, on parts and on blocks."""
    network = make()
    for one in look.layers(network).values():
        facts = look.facts(one)
        for name in ("inputs", "parts", "block", "nodes", "multiply_adds", "order", "detail"):
            facts.pop(name)
        look.mark(one, **facts)
    assert sorted(selection.layers(network)) == sorted(NAMES)
    assert selection.upstream(network, ["attention"]) == selection.same_block(network, ["unread"]) == []
    assert names(selection.matching(network, "attention")) == ["attention"]
    assert told_of.of_layer(entities.LayerObject(look.layers(network)["stem"]))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", NAMES),
        ("  ", NAMES),
        ("stem", ["stem"]),
        ("STEM", ["stem"]),
        ("conv", ["stem", "layer1.0.conv1", "layer1.1.conv1"]),
        ("relu", ["stem", "layer1.0.conv1", "unread"]),
        ("conv relu", ["stem", "layer1.0.conv1"]),
        ("softmax", ["attention"]),
        ("layer1/1", ["layer1.1.conv1", "unread"]),
        ("layer1/1 relu", ["unread"]),
        ("conv mask", []),
        ("stemconv", []),
    ],
)
def test_found(network, text, expected):
    assert names(selection.matching(network, text)) == expected


def test_found_by_the_name_that_the_user_gave(network):
    look.layers(network)["stem"].name = "Beginning"
    assert names(selection.matching(network, "beginning")) == ["stem"] == names(selection.matching(network, "stem"))


def test_select(network):
    things = look.layers(network)
    pick(network, "image")
    wanted = [things["stem"], things["mask"]]
    assert selection.select(bpy.context, wanted) == wanted
    assert chosen() == ["net mask", "net stem"] and bpy.context.view_layer.objects.active == things["stem"]
    selection.select(bpy.context, [things["unread"]], extend=True)
    assert chosen() == ["net mask", "net stem", "net unread"]
    assert bpy.context.view_layer.objects.active == things["unread"]


def hide(how, thing):
    if how == "hidden":
        thing.hide_set(True)
    elif how == "disabled":
        thing.hide_viewport = True
    elif how == "not selectable":
        thing.hide_select = True
    elif how == "collection":
        thing.users_collection[0].hide_viewport = True
    else:
        network = entities.network_of(thing)
        child = bpy.context.view_layer.layer_collection.children[network.name].children[thing.users_collection[0].name]
        child.exclude = True


@pytest.mark.parametrize("how", ["hidden", "disabled", "not selectable", "collection", "excluded"])
def test_what_is_hidden_is_left_out(network, how):
    hidden = look.layers(network)["layer1.0.conv1"]
    pick(network, "mask")
    hide(how, hidden)
    alone = how in ("hidden", "disabled", "not selectable")
    assert selection.select(bpy.context, [hidden]) == [] and chosen() == ["net mask"]  # nothing has changed
    found = selection.select(bpy.context, selection.matching(network, ""))
    hidden = ["layer1.0.conv1"] if alone else ["layer1.0.conv1", "layer1.0.add"]
    assert names(found) == [one for one in NAMES if one not in hidden]
    assert chosen() == sorted(one.name for one in found)


def with_undo(operator, **options):
    """Run an operator so that its own UNDO flag counts, as from a menu."""
    assert operator("EXEC_DEFAULT", True, **options) == {"FINISHED"}


@pytest.mark.parametrize(
    "relation, expected",
    [
        ("INPUTS", ["net layer1.0.conv1", "net stem"]),
        ("OUTPUTS", ["net layer1.1.conv1", "net unread"]),
        ("UPSTREAM", ["net image", "net layer1.0.conv1", "net stem"]),
        ("DOWNSTREAM", ["net attention", "net layer1.1.conv1", "net unread"]),
        ("BLOCK", ["net layer1.0.add", "net layer1.0.conv1"]),
    ],
)
def test_select_related(network, relation, expected):
    pick(network, "layer1.0.add")
    bpy.ops.ed.undo_push(message="before")
    with_undo(bpy.ops.neuroscene.select_related, relation=relation)
    assert chosen() == expected
    bpy.ops.ed.undo()
    assert chosen() == ["net layer1.0.add"]
    bpy.ops.ed.redo()
    assert chosen() == expected


def test_select_related_of_several_and_of_the_active_layer(network):
    pick(network, "stem", "mask")
    bpy.ops.neuroscene.select_related(relation="OUTPUTS", extend=True)
    assert chosen() == ["net attention", "net layer1.0.add", "net layer1.0.conv1", "net mask", "net stem"]
    look.layers(network)["unread"].select_set(False)
    for one in list(bpy.context.view_layer.objects.selected):
        one.select_set(False)
    bpy.context.view_layer.objects.active = look.layers(network)["unread"]
    bpy.ops.neuroscene.select_related(relation="INPUTS")
    assert chosen() == ["net layer1.0.add"]


def test_select_related_with_nothing_to_select(network):
    assert not bpy.ops.neuroscene.select_related.poll()  # no layer is selected or active
    pick(network, "image")
    assert bpy.ops.neuroscene.select_related.poll()
    for relation in ("INPUTS", "UPSTREAM", "BLOCK"):
        assert bpy.ops.neuroscene.select_related(relation=relation) == {"CANCELLED"}
        assert chosen() == ["net image"]


def test_select_related_keeps_to_one_network(network):
    other = make(name="other")
    pick(other, "layer1.0.conv1")
    bpy.ops.neuroscene.select_related(relation="INPUTS")
    assert chosen() == ["other stem"]


def test_find_layers(network):
    other = make(name="other")
    bpy.ops.ed.undo_push(message="before")
    with_undo(bpy.ops.neuroscene.find_layers, text="conv layer1")
    assert chosen() == ["net layer1.0.conv1", "net layer1.1.conv1"]
    bpy.ops.ed.undo()
    assert chosen() == []
    other = bpy.data.collections["other"]
    bpy.ops.neuroscene.find_layers(text="stem", uuid=look.facts(other)["uuid"])
    assert chosen() == ["other stem"]
    bpy.ops.neuroscene.find_layers(text="mask", extend=True)  # in the network of the active layer
    assert chosen() == ["other mask", "other stem"]
    assert bpy.ops.neuroscene.find_layers(text="nonsense") == {"CANCELLED"}
    assert chosen() == ["other mask", "other stem"]
    bpy.ops.neuroscene.find_layers("INVOKE_DEFAULT", text="unread")  # as a button calls it: no dialog
    assert chosen() == ["other unread"]


def test_reports(network, capfd):
    def said(operator, **options):
        capfd.readouterr()
        operator(**options)
        return capfd.readouterr().out.strip()

    find = bpy.ops.neuroscene.find_layers
    assert said(find, text="conv") == "Info: 3 layers selected"
    assert said(find, text="stem") == "Info: 1 layer selected"
    look.layers(network)["layer1.0.conv1"].hide_set(True)
    assert said(find, text="conv") == "Info: 2 layers selected; 1 hidden or not selectable"
    assert said(find, text="1.0.conv") == "Warning: 0 layers selected; 1 hidden or not selectable"
    assert said(find, text="zzz").startswith("Warning: No layer of net has 'zzz' in")
    pick(network, "image")
    assert (
        said(bpy.ops.neuroscene.select_related, relation="INPUTS")
        == "Warning: The selected layers of net have no inputs"
    )


def test_operators_wait_for_object_mode(network):
    thing = look.layers(network)["stem"]
    pick(network, "stem")
    assert bpy.ops.neuroscene.find_layers.poll() and bpy.ops.neuroscene.select_related.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.neuroscene.find_layers.poll() and not bpy.ops.neuroscene.select_related.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert thing.select_get()


def test_frame_layers_waits_for_a_selected_layer(network):
    assert not bpy.ops.neuroscene.frame_layers.poll()
    pick(network, "stem")
    assert bpy.ops.neuroscene.frame_layers.poll() == (viewport.view(bpy.context) is not None)


def test_in_a_saved_file(network, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    look.fresh()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    (network,) = entities.networks()
    for one in network.all_objects:
        one.name = f"renamed {one.name}"
    assert names(selection.upstream(network, ["layer1.0.add"])) == ["image", "stem", "layer1.0.conv1"]
    bpy.ops.neuroscene.find_layers(text="softmax")
    assert chosen() == ["renamed net attention"]


def listed(network, text=""):
    """The layers in the sidebar's tree, from top to bottom."""
    properties.fill(network)
    state = network.neuroscene_state
    tree = SimpleNamespace(filter_name=text, bitflag_filter_item=1 << 30)
    tree._open = lambda rows: NEUROSCENE_UL_layers._open(tree, rows)
    shown, order = NEUROSCENE_UL_layers.filter_items(tree, bpy.context, state, "rows")
    assert len(shown) == len(state.rows) and not order
    layers = [bpy.data.objects[row.name] for row, flag in zip(state.rows, shown, strict=True) if flag]
    return [look.facts(layer)["layer"] for layer in layers if look.kind_of(layer) == "layer"]


def test_list_of_layers(network):
    assert listed(network) == NAMES
    assert listed(network, "conv relu") == ["stem", "layer1.0.conv1"]
    assert listed(network, "layer1/1") == ["layer1.1.conv1", "unread"]


def test_click_in_the_list(network):
    properties.fill(network)
    state = network.neuroscene_state
    rows = [row.name for row in state.rows]
    for name, thing in look.layers(network).items():
        state.active = rows.index(thing.name)
        assert chosen() == [f"net {name}"] and bpy.context.view_layer.objects.active == thing
        assert rows[state.active] == thing.name
    hidden = look.layers(network)["stem"]
    hidden.hide_set(True)
    state.active = rows.index(hidden.name)
    assert bpy.context.view_layer.objects.active == hidden and not hidden.select_get()


def test_a_long_list_is_quick(registered):
    graph = {f"layer {n}": ("Conv", ["Conv", "Relu"], f"block {n // 10}", [f"layer {n - 1}"][:n]) for n in range(1000)}
    network = make(graph)
    listed(network)  # Blender gathers the objects of all collections once
    properties.fill(network)
    tree = SimpleNamespace(filter_name="conv 7", bitflag_filter_item=1 << 30)
    start = time.process_time()
    for _ in range(5):
        NEUROSCENE_UL_layers.filter_items(tree, bpy.context, network.neuroscene_state, "rows")
    assert (time.process_time() - start) / 5 < 0.1  # some 15 ms of it
    assert len(selection.upstream(network, ["layer 999"])) == 999


def test_layer_panel(network):
    stem = entities.LayerObject(look.layers(network)["stem"])
    assert told_of.of_layer(stem) == [
        "Conv · Batch Norm · ReLU",
        "16 × 14 × 14",
        "1,216 parameters, 903,168 multiply-adds",
        "1,024 of 3,136 cells drawn",
    ]
    thing = look.layers(network)["unread"]
    look.mark(thing, **look.facts(thing) | {"parts": ["MatMul"] * 21, "multiply_adds": "", "detail": "box"})
    told = told_of.of_layer(entities.LayerObject(thing))
    assert told[0] == "Relu" and told[-2:] == ["drawn as a box", "in layer1/1"]


def test_weights_panel(network):
    thing = look.layers(network)["stem"]
    assert not [title for title, _, _ in told_of.numbers(entities.LayerObject(thing)) if title == "Weights"]
    look.mark(thing, **look.facts(thing) | {"statistics": STATISTICS})
    ((_, _, rows),) = (told for told in told_of.numbers(entities.LayerObject(thing)) if told[0] == "Weights")
    assert rows == [
        ("Mean", "-0.01235"),
        ("Std Dev", "0.25"),
        ("Min", "-1.5"),
        ("Max", "2e-07"),
        ("Zeros", "123 (12.3%)"),
    ]
    look.mark(
        thing,
        **look.facts(thing) | {"statistics": STATISTICS | {"mean": float("nan"), "zeros": "0", "not_finite": "1000"}},
    )
    ((_, _, rows),) = (told for told in told_of.numbers(entities.LayerObject(thing)) if told[0] == "Weights")
    assert rows[:2] == [("Mean", "nan"), ("Std Dev", "0.25")] and rows[-1] == ("Not Finite", "1,000")
