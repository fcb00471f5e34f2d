# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every difference between Blender 4.5 LTS and 5.2 LTS, and nothing else."""

import bpy

FIVE = bpy.app.version >= (5, 0, 0)
FIVE_TWO = bpy.app.version >= (5, 2, 0)
_identifiers: dict[tuple[int, int], dict[str, str]] = {}  # of groups, which stay the same as long as Blender runs
EEVEE = "BLENDER_EEVEE" if FIVE else "BLENDER_EEVEE_NEXT"


def identifiers(tree: bpy.types.NodeTree) -> dict[str, str]:
    """The identifiers of a group's inputs by name; they cannot be told beforehand, for panels use up numbers."""
    items = tree.interface.items_tree
    key = tree.session_uid, len(items)
    if key not in _identifiers:
        _identifiers[key] = {
            item.name: item.identifier for item in items if item.item_type == "SOCKET" and item.in_out == "INPUT"
        }
    return _identifiers[key]


def set_inputs(modifier: bpy.types.NodesModifier, values: dict) -> None:
    """Set inputs of a geometry-nodes modifier by the names of their sockets; menus by the names of their items.

    Blender evaluates them anew: it does not look for itself at what Python has set, and would go on reading an object
    that was there before, though it be removed.
    """
    names = identifiers(modifier.node_group)
    owner = modifier.id_data
    inputs = modifier.properties.inputs if FIVE_TWO else None
    joined = False
    for name, value in values.items():
        if value is None or isinstance(value, bpy.types.Object):
            joined = joined or get_input(modifier, name) != value
        if FIVE_TWO:
            getattr(inputs, names[name]).value = value
        else:
            items = menu(modifier.node_group, name) if isinstance(value, str) else ()
            modifier[names[name]] = items.index(value) if items else value
    owner.update_tag()
    if joined:
        owner.parent = owner.parent  # of all that is quick, this alone makes Blender look anew at who needs whom


def get_input(modifier: bpy.types.NodesModifier, name: str):
    """The value of a modifier's input, by its name; of a menu the name of its item."""
    identifier = identifiers(modifier.node_group)[name]
    if FIVE_TWO:
        return getattr(modifier.properties.inputs, identifier).value
    items = menu(modifier.node_group, name) if isinstance(modifier[identifier], int) else ()
    return items[modifier[identifier]] if items else modifier[identifier]


def menu(tree: bpy.types.NodeTree, name: str) -> list[str]:
    """The items of a group's input that is a menu, none if it is not; 4.5 stores their numbers, 5.2 their names."""
    identifier = identifiers(tree)[name]
    for link in tree.links:
        if link.from_node.type == "GROUP_INPUT" and link.from_socket.identifier == identifier:
            if link.to_node.type == "MENU_SWITCH" and link.to_socket.name == "Menu":
                return [item.name for item in link.to_node.enum_items]
    return []


def input_path(modifier: bpy.types.NodesModifier, name: str) -> str:
    """The data path of an input, from its object, for keyframes and drivers."""
    identifier = identifiers(modifier.node_group)[name]
    own = f".properties.inputs.{identifier}.value" if FIVE_TWO else f'["{identifier}"]'
    return f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"]{own}'


def draw_input(layout: bpy.types.UILayout, modifier: bpy.types.NodesModifier, item, text: str) -> None:
    """One input of a geometry-nodes modifier as a field; `item` is its socket in the group's interface."""
    if FIVE_TWO:
        layout.prop(getattr(modifier.properties.inputs, item.identifier), "value", text=text)
    elif item.socket_type in ("NodeSocketObject", "NodeSocketMaterial"):
        data = "objects" if item.socket_type == "NodeSocketObject" else "materials"
        layout.prop_search(modifier, f'["{item.identifier}"]', bpy.data, data, text=text)
    else:
        layout.prop(modifier, f'["{item.identifier}"]', text=text)


def use_nodes(owner) -> bpy.types.NodeTree:
    """The emptied node tree of a material or world."""
    if not FIVE:
        owner.use_nodes = True
    owner.node_tree.nodes.clear()
    return owner.node_tree


def glow(scene: bpy.types.Scene, name: str, threshold: float, strength: float, size: float) -> None:
    """Bloom through the compositor of the running Blender."""
    if FIVE:
        tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        output = tree.nodes.new("NodeGroupOutput").inputs[0]
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        output = tree.nodes.new("CompositorNodeComposite").inputs[0]
    layers, glare = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeGlare")
    layers.scene = scene
    if FIVE:
        glare.inputs["Type"].default_value, glare.inputs["Quality"].default_value = "Bloom", "High"
    else:
        glare.glare_type, glare.quality = "BLOOM", "HIGH"
    settings = {"Threshold": threshold, "Smoothness": 0.5, "Strength": strength, "Size": size, "Maximum": 6.0}
    for socket, value in settings.items():
        glare.inputs[socket].default_value = value
    glare.inputs["Clamp"].default_value = True
    tree.links.new(layers.outputs["Image"], glare.inputs["Image"])
    tree.links.new(glare.outputs["Image"], output)
    for column, node in enumerate((layers, glare, output.node)):
        node.location = (column * 300, 0)
    scene.render.use_compositing = True


def glare_of(scene: bpy.types.Scene) -> bpy.types.Node | None:
    """The node that gives a scene its glow, if it has one."""
    tree = scene.compositing_node_group if FIVE else scene.node_tree
    return next((node for node in tree.nodes if node.type == "GLARE"), None) if tree else None


def align_letters(node: bpy.types.Node, align: str) -> None:
    """On which side the text of a String to Curves node begins: "Left", "Center" or "Right"."""
    if FIVE_TWO:
        node.inputs["Align X"].default_value = align
        node.inputs["Align Y"].default_value = "Bottom Baseline"
    else:
        node.align_x = align.upper()
        node.align_y = "BOTTOM_BASELINE"


def set_font(node: bpy.types.Node, font: bpy.types.VectorFont) -> None:
    """The font of a String to Curves node."""
    if FIVE_TWO:
        node.inputs["Font"].default_value = font
    else:
        node.font = font


def strips(scene: bpy.types.Scene):
    """The strips of a scene's sequencer, which is made if there is none."""
    editor = scene.sequence_editor_create() or scene.sequence_editor
    return editor.strips if FIVE else editor.sequences


def set_end(strip, frame: int) -> None:
    """Let a strip of the sequencer end before a frame."""
    setattr(strip, "right_handle" if hasattr(strip, "right_handle") else "frame_final_end", frame)


def film(render: bpy.types.RenderSettings) -> None:
    """Write an H.264 film."""
    if FIVE:
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"


STILL = (*(("media_type",) if FIVE else ()), "file_format", "color_mode", "compression")  # what `still` sets


def still(render: bpy.types.RenderSettings) -> None:
    """Write PNG pictures."""
    if FIVE:
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"
    render.image_settings.compression = 90


def can_denoise() -> bool:
    """Whether this build has OpenImageDenoise; some distributions leave it out."""
    import _cycles

    return _cycles.with_openimagedenoise


def animated(owner: bpy.types.ID) -> set[str]:
    """The data paths of a data-block that are keyframed or driven."""
    data = owner.animation_data
    curves = (*(curve for some in curves_of(owner) for curve in some), *data.drivers) if data else ()
    return {curve.data_path for curve in curves}


def curves_of(owner: bpy.types.ID) -> list[bpy.types.bpy_prop_collection]:
    """The collections of F-curves that animate a data-block; one in all but rare cases."""
    data = owner.animation_data
    action = data.action if data else None
    if action is None:
        return []
    if not FIVE:
        return [action.fcurves]
    bags = [strip.channelbag(data.action_slot) for layer in action.layers for strip in layer.strips if data.action_slot]
    return [bag.fcurves for bag in bags if bag]
