# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Materials: an attribute through Map Range and Color Ramp into colour and light.

`shade` is value / Range for cells and weight / Weight Range for lines, as the modifiers store it: -1 to 1 covers the
ramp. The range of one layer is a socket of its modifier; the Map Range and the ramp here hold for the network.
"""

import bpy

from .. import colormaps, compat
from .tree import Tree, find

RAMP = "Ramp"  # the names of the nodes that export and legend look for
RANGE = "Range"


def cells(name: str, stops: colormaps.Stops = colormaps.ACTIVATION) -> bpy.types.Material:
    """The material of cells; `shade` comes from the instances."""
    material, tree, output = _new(name, "#3f78b5")
    shade, ramp = _ramp(tree, "INSTANCER", stops)
    away = tree.math("MINIMUM", tree.math("ABSOLUTE", shade), 1.0)
    glow = tree.math("MULTIPLY_ADD", tree.math("POWER", away, 2.0), 0.85, 0.20)
    surface = tree.node("ShaderNodeBsdfPrincipled")
    for socket, value in (("Base Color", ramp), ("Emission Color", ramp), ("Emission Strength", glow),
                          ("Roughness", 0.38)):
        tree.put(surface.inputs[socket], value)
    return _finish(material, tree, output, surface)


def lines(name: str, stops: colormaps.Stops = colormaps.WEIGHT) -> bpy.types.Material:
    """The material of connections that carry a weight: hue by its sign, brightness by importance."""
    material, tree, output = _new(name, "#e0481c")
    _, ramp = _ramp(tree, "GEOMETRY", stops)
    return _finish(material, tree, output, _emission(tree, ramp, _strength(tree, 1.235)))


def copies(name: str) -> bpy.types.Material:
    """The material of connections that carry no weight of the file: neutral."""
    material, tree, output = _new(name, "#8fa6c8")
    return _finish(material, tree, output, _emission(tree, colormaps.linear("#8fa6c8"), _strength(tree, 0.455)))


def flat(name: str, colour: str, strength: float = 1.0) -> bpy.types.Material:
    """One colour that no light changes, for labels."""
    material, tree, output = _new(name, colour)
    return _finish(material, tree, output, _emission(tree, colormaps.linear(colour), strength))


def bars(name: str) -> bpy.types.Material:
    """Bars of an output: amber for the winner, steel for the rest."""
    material, tree, output = _new(name, "#ffb861")
    winner = tree.node("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name="winner").outputs["Fac"]
    mix = tree.node("ShaderNodeMix", data_type="RGBA")
    for key, value in ((("Factor", "VALUE"), winner), (("A", "RGBA"), colormaps.linear("#5b7db0")),
                       (("B", "RGBA"), colormaps.linear("#ffb861"))):
        tree.put(find(mix.inputs, key), value)
    colour = find(mix.outputs, ("Result", "RGBA"))
    return _finish(material, tree, output, _emission(tree, colour, tree.math("MULTIPLY_ADD", winner, 0.8, 0.9)))


def blocks(name: str) -> bpy.types.Material:
    """Trays and folded blocks, in the colour of their modifier."""
    material, tree, output = _new(name, "#3a5a8c")
    tint = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="tint").outputs["Color"]
    surface = tree.node("ShaderNodeBsdfPrincipled")
    for socket, value in (("Base Color", tint), ("Emission Color", tint), ("Emission Strength", 0.35),
                          ("Roughness", 0.5)):
        tree.put(surface.inputs[socket], value)
    return _finish(material, tree, output, surface)


def plate(name: str) -> bpy.types.Material:
    """The dark, dull backing of maps."""
    material, tree, output = _new(name, "#131d33")
    surface = tree.node("ShaderNodeBsdfPrincipled")
    for socket, value in (("Base Color", colormaps.linear("#131d33")), ("Roughness", 0.7),
                          ("Emission Color", colormaps.linear("#131d33")), ("Emission Strength", 0.35)):
        surface.inputs[socket].default_value = value
    return _finish(material, tree, output, surface)


def _new(name, solid):
    """A material that is `solid` in viewports of that shading, its tree, and the tree's output node."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = colormaps.linear(solid)
    tree = Tree(compat.use_nodes(material))
    material.cycles.emission_sampling = "NONE"  # far too many to be sampled as lamps; they glow all the same
    return material, tree, tree.node("ShaderNodeOutputMaterial")


def _finish(material, tree, output, surface):
    tree.put(output.inputs["Surface"], surface.outputs[0])
    tree.arrange()
    return material


def _ramp(tree, attribute_type, stops):
    shade = tree.node("ShaderNodeAttribute", attribute_type=attribute_type, attribute_name="shade").outputs["Fac"]
    share = tree.call("ShaderNodeMapRange", {("Value", "VALUE"): shade, ("From Min", "VALUE"): -1.0,
                                             ("From Max", "VALUE"): 1.0}, ("Result", "VALUE"))
    share.node.name = RANGE
    node = tree.node("ShaderNodeValToRGB")
    node.name = RAMP
    elements = node.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(0.5)
    for element, (position, colour) in zip(elements, stops, strict=True):
        element.position, element.color = position, colormaps.linear(colour)
    tree.put(node.inputs[0], share)
    return shade, node.outputs["Color"]


def _strength(tree, gain):
    strength = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="strength").outputs["Fac"]
    return tree.math("MULTIPLY_ADD", strength, gain, 0.208)


def _emission(tree, colour, strength):
    node = tree.node("ShaderNodeEmission")
    tree.put(node.inputs["Color"], colour)
    tree.put(node.inputs["Strength"], strength)
    return node
