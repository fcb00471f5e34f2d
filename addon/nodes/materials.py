# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Materials: an attribute through the group "Neuroscene Value" and a Color Ramp into colour, light and opacity.

`shade` is value / Range for cells and weight / Weight Range for lines, as the modifiers store it: -1 to 1 covers the
ramp of a diverging map. The range of one layer is a socket of its modifier; the group and the ramp here hold for all
that has the material.
"""

import bpy

from .. import colormaps, compat
from ..colormaps.value import NOT_FINITE
from . import value
from .tree import TreeBuilder, find

RAMP = "Ramp"  # the names of the nodes that export, legend and styles look for
VALUE = value.NAME
COVERS = 2.6  # times the size of evidence is how much of a cell's gray it covers
ONE_COLOR = "#b9a99b"  # of lines in Solid shading: one for all, so that of no sign
TILES = 0.65  # the light of tiles on a panel, on which numbers are read
COLOUR, SECOND, SURFACE = "Color", "Second Color", "Surface"


def cells(name: str, stops: colormaps.Stops = colormaps.ACTIVATION) -> bpy.types.Material:
    """The material of cells; `shade` comes from the instances."""
    material, tree, output = _new(name, "#3f78b5")
    node = value.add(
        tree,
        {
            "Shade": _attribute(tree, "shade", "INSTANCER"),
            "Importance": tree.math("SUBTRACT", 1.0, _attribute(tree, "importance_order", "INSTANCER")),
            "Emission": 0.20,
            "Emission by Magnitude": 0.85,
        },
    )
    ramp = _ramp(tree, node, stops)
    surface = _principled(tree, ramp, node.outputs["Emission Strength"], 0.38)
    tree.put(surface.inputs["Alpha"], node.outputs["Alpha"])
    return _finish(material, tree, output, surface.outputs[0])


def tiles(name: str, stops: colormaps.Stops = colormaps.ACTIVATION) -> bpy.types.Material:
    """The material of cells on a panel, which no lamp falls on; `shade` comes from the instances."""
    material, tree, output = _new(name, "#3f78b5")
    node = value.add(tree, {"Shade": _attribute(tree, "shade", "INSTANCER")})
    return _finish(material, tree, output, _emission(tree, _ramp(tree, node, stops), TILES))


def faces(name: str, map_: str, emission: float, by_magnitude: float) -> bpy.types.Material:
    """The material of faces in a map that begins at 0; `shade` comes from the faces."""
    shown = colormaps.maps()[map_]
    material, tree, output = _new(name, "#3f78b5")
    node = value.add(
        tree,
        {
            "Shade": _attribute(tree, "shade"),
            "Low": shown.low,
            "Emission": emission,
            "Emission by Magnitude": by_magnitude,
        },
    )
    surface = _principled(tree, _ramp(tree, node, shown.stops), node.outputs["Emission Strength"], 0.45)
    tree.put(surface.inputs["Alpha"], node.outputs["Alpha"])
    return _finish(material, tree, output, surface.outputs[0])


def lines(name: str, stops: colormaps.Stops = colormaps.WEIGHT) -> bpy.types.Material:
    """The material of connections that carry a weight: hue by its sign, brightness by importance."""
    material, tree, output = _new(name, ONE_COLOR)
    node = _light(tree, {"Shade": _attribute(tree, "shade"), "Emission by Strength": 1.235})
    ramp = _ramp(tree, node, stops)
    return _finish(material, tree, output, _through(tree, node, ramp))


def copies(name: str) -> bpy.types.Material:
    """The material of connections that carry no weight of the file: neutral."""
    material, tree, output = _new(name, "#8fa6c8")
    node = _light(tree, {"Emission by Strength": 0.455})
    return _finish(material, tree, output, _through(tree, node, _colour(tree, "#8fa6c8")))


def evidence(name: str) -> bpy.types.Material:
    """The material of cells by how much they count, `evidence_shade`: what a cell holds, `shade`, is gray under it, so
    that no cell shows the hues of two numbers."""
    material, tree, output = _new(name, "#2fcf92")
    counts, held = (_attribute(tree, each, "INSTANCER") for each in ("evidence_shade", "shade"))
    node = value.add(tree, {"Shade": counts, "Emission": 0.2, "Emission by Magnitude": 0.46})
    cover = tree.math("MULTIPLY", tree.math("ABSOLUTE", counts), COVERS, clamp=True)
    ink = tree.math("ABSOLUTE", held, clamp=True)
    gray = _mixed(tree, ink, _colour(tree, "#233050", "Nothing"), _colour(tree, "#93a1ba", "Held"))
    colour = _mixed(tree, cover, gray, _ramp(tree, node, colormaps.EVIDENCE))
    glow = tree.math("MULTIPLY", ink, tree.math("SUBTRACT", 1.0, cover))
    light = tree.math("MULTIPLY_ADD", glow, 0.34, node.outputs["Emission Strength"])
    surface = _principled(tree, colour, light, 0.38)
    tree.put(surface.inputs["Alpha"], node.outputs["Alpha"])
    return _finish(material, tree, output, surface.outputs[0])


def sheet(name: str) -> bpy.types.Material:
    """A sheet of glass: `shade` of its faces, from -1 to 1, is how dense and bright each is."""
    material, tree, output = _new(name, "#2fcf92")
    given = {"Shade": _attribute(tree, "shade"), "Emission": 0.25, "Emission by Magnitude": 0.75}
    node = value.add(tree, given | {"Opacity": 0.79, "Opacity by Magnitude": 0.84})
    material.surface_render_method = "BLENDED"
    return _finish(material, tree, output, _through(tree, node, _ramp(tree, node, colormaps.EVIDENCE)))


def flat(name: str, colour: str, strength: float = 1.0) -> bpy.types.Material:
    """One colour that no light changes, for labels."""
    material, tree, output = _new(name, colour)
    return _finish(material, tree, output, _emission(tree, _colour(tree, colour), strength))


def fading(name: str, material: bpy.types.Material) -> bpy.types.Material:
    """A copy of a material that is as clear as its object's color says: so that an object may fade, its alpha is
    keyframed."""
    made = material.copy()
    made.name = name
    tree = TreeBuilder(made.node_tree)
    output = next(node for node in made.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
    surface = output.inputs["Surface"].links[0].from_socket
    seen = tree.call("ShaderNodeObjectInfo", {}, "Alpha")
    mixed = tree.call("ShaderNodeMixShader", {0: seen, 1: tree.call("ShaderNodeBsdfTransparent", {}), 2: surface})
    tree.put(output.inputs["Surface"], mixed)
    made.surface_render_method = "BLENDED"
    return made


def bars(name: str) -> bpy.types.Material:
    """Bars of an output: amber for the winner, steel for the rest."""
    material, tree, output = _new(name, "#ffb861")
    winner = _attribute(tree, "winner", "INSTANCER")
    colour = _mixed(tree, winner, _colour(tree, "#5b7db0"), _colour(tree, "#ffb861", SECOND))
    node = value.add(tree, {"Strength": winner, "Emission": 0.9, "Emission by Strength": 0.8})
    return _finish(material, tree, output, _emission(tree, colour, node.outputs["Emission Strength"]))


def blocks(name: str) -> bpy.types.Material:
    """Trays and folded blocks, in the colour of their modifier."""
    material, tree, output = _new(name, "#3a5a8c")
    tint = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="tint").outputs["Color"]
    return _finish(material, tree, output, _principled(tree, tint, 0.35, 0.5).outputs[0])


def plate(name: str, colour: str = "#1a2745", strength: float = 0.4, roughness: float = 0.7) -> bpy.types.Material:
    """The dark, dull backing of maps."""
    material, tree, output = _new(name, colour)
    return _finish(material, tree, output, _principled(tree, _colour(tree, colour), strength, roughness).outputs[0])


def floor(name: str) -> bpy.types.Material:
    """A polished floor, two metres wide before its object is scaled. It fades towards its edge, the steeper one looks
    at it, and towards the foot of the picture, where the caption would be under it."""
    material, tree, output = _new(name, "#101a2e")
    places = tree.node("ShaderNodeTexCoord").outputs
    x, y, _ = tree.separate(places["Object"])
    radius = tree.math("SQRT", tree.math("MULTIPLY_ADD", x, x, tree.math("MULTIPLY", y, y)))
    facing = tree.separate(tree.call("ShaderNodeNewGeometry", {}, "Incoming"))[2]
    height = tree.separate(places["Window"])[1]
    alpha = value.add(tree, {"Emission": 0.0}).outputs["Alpha"]
    for measure, full, none in ((radius, 0.0, 1.0), (facing, 0.6, 0.9), (height, 0.4, 0.16)):
        share = tree.call(
            "ShaderNodeMapRange",
            {"Value": measure, "From Min": none, "From Max": full},
            interpolation_type="SMOOTHSTEP",
        )
        alpha = tree.math("MULTIPLY", alpha, share)
    surface = _principled(tree, _colour(tree, "#101a2e"), 0.0, 0.4)
    surface.inputs["Specular IOR Level"].default_value = 0.2
    tree.put(surface.inputs["Alpha"], alpha)
    material.surface_render_method = "BLENDED"  # else EEVEE dithers it, and it looks like sand
    return _finish(material, tree, output, surface.outputs[0])


def scrim(name: str) -> bpy.types.Material:
    """One colour, dense at the lower edge of its object and clear at the upper, for words to stand on."""
    material, tree, output = _new(name, "#0a0f1a")
    height = tree.separate(tree.call("ShaderNodeTexCoord", {}, "Generated"))[1]
    dense = tree.call(
        "ShaderNodeMapRange",
        {"Value": height, "From Min": 1.0, "From Max": 0.6, "To Max": 0.975},
        interpolation_type="SMOOTHSTEP",
    )
    shade = tree.call(
        "ShaderNodeMixShader",
        {0: dense, 1: tree.call("ShaderNodeBsdfTransparent", {}), 2: _emission(tree, _colour(tree, "#0a0f1a"), 1.0)},
    )
    material.surface_render_method = "BLENDED"
    return _finish(material, tree, output, shade)


def kernels(name: str) -> bpy.types.Material:
    """Kernels as tiles: the attribute `kernel` holds colours as a screen shows them, 0 to 1."""
    material, tree, output = _new(name, "#808080")
    colour = tree.node("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name="kernel").outputs["Color"]
    colour = tree.call("ShaderNodeGamma", {"Color": colour, "Gamma": 2.2})
    return _finish(material, tree, output, _emission(tree, colour, 1.0))


def picture(name: str) -> bpy.types.Material:
    """A picture: the attribute `picture` of its faces holds colors as a screen shows them, 0 to 1."""
    material, tree, output = _new(name, "#808080")
    colour = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="picture").outputs["Color"]
    colour = tree.call("ShaderNodeGamma", {"Color": colour, "Gamma": 2.2})
    return _finish(material, tree, output, _emission(tree, colour, 0.95))


def ramp_of(material: bpy.types.Material | None) -> bpy.types.ColorRamp | None:
    """The ramp of a material that shows values."""
    node = node_of(material, RAMP)
    return node.color_ramp if node and node.type == "VALTORGB" else None


def node_of(material: bpy.types.Material | None, name: str) -> bpy.types.Node | None:
    """A node that this module named."""
    return material.node_tree.nodes.get(name) if material and material.node_tree else None


def stops_of(ramp: bpy.types.ColorRamp) -> list[tuple[float, tuple[float, ...]]]:
    """Places and linear RGBA of a ramp as it stands."""
    return [(element.position, tuple(element.color)) for element in ramp.elements]


def set_stops(ramp: bpy.types.ColorRamp, stops: list[tuple[float, tuple[float, ...]]]) -> None:
    """Let a ramp have these stops and no others."""
    elements = ramp.elements
    while len(elements) > len(stops):
        elements.remove(elements[-1])
    while len(elements) < len(stops):
        elements.new(1.0)
    ramp.color_mode, ramp.interpolation = "RGB", "LINEAR"
    for place in range(len(stops)):  # they are kept in order: none may overtake the next
        elements[place].position = 0.0
    for place in reversed(range(len(stops))):
        elements[place].position, elements[place].color = stops[place]


def map_of(material: bpy.types.Material | None) -> str:
    """The name of the map that a material shows, "" if its ramp was edited."""
    ramp = ramp_of(material)
    if ramp is None or ramp.color_mode != "RGB" or ramp.interpolation != "LINEAR":
        return ""
    stops = stops_of(ramp)
    every = (colormaps.defaults, colormaps.maps)  # one after the other, for the rest take a while
    return next((name for maps in every for name, map_ in maps().items() if _same(stops, linear_stops(map_.stops))), "")


def _same(stops, other):
    return len(stops) == len(other) and all(
        abs(a - b) < 1e-4
        for first, second in zip(stops, other, strict=True)
        for a, b in zip((first[0], *first[1]), (second[0], *second[1]), strict=True)
    )


def linear_stops(stops: colormaps.Stops) -> list[tuple[float, tuple[float, ...]]]:
    """The stops of a map as a ramp holds them."""
    return [(place, colormaps.linear(colour)) for place, colour in stops]


def _new(name, solid):
    """A material that is `solid` in viewports of that shading, its tree, and the tree's output node."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = colormaps.linear(solid)
    tree = TreeBuilder(compat.use_nodes(material))
    material.cycles.emission_sampling = "NONE"  # far too many to be sampled as lamps; they glow all the same
    return material, tree, tree.node("ShaderNodeOutputMaterial")


def _finish(material, tree, output, surface):
    tree.put(output.inputs["Surface"], surface)
    tree.arrange()
    return material


def _attribute(tree, name, kind="GEOMETRY"):
    return tree.node("ShaderNodeAttribute", attribute_type=kind, attribute_name=name).outputs["Fac"]


def _colour(tree, colour, name=COLOUR):
    node = tree.node("ShaderNodeRGB", name=name, label=name)
    node.outputs[0].default_value = colormaps.linear(colour)
    return node.outputs[0]


def _ramp(tree, node, stops):
    ramp = tree.node("ShaderNodeValToRGB", name=RAMP)
    set_stops(ramp.color_ramp, linear_stops(stops))
    tree.put(ramp.inputs[0], node.outputs["Factor"])
    wrong = _colour(tree, NOT_FINITE, value.NOT_FINITE)
    return _mixed(tree, node.outputs[value.NOT_FINITE], ramp.outputs["Color"], wrong)


def _mixed(tree, share, first, second):
    mix = tree.node("ShaderNodeMix", data_type="RGBA")
    for key, socket in ((("Factor", "VALUE"), share), (("A", "RGBA"), first), (("B", "RGBA"), second)):
        tree.put(find(mix.inputs, key), socket)
    return find(mix.outputs, ("Result", "RGBA"))


def _light(tree, values):
    """The value group of a line: light by its importance, and of a pulse that runs along it."""
    strength = _attribute(tree, "strength")
    given = {
        "Strength": strength,
        "Importance": strength,
        "Density": _attribute(tree, "density"),
        "Pulse": _attribute(tree, "pulse"),
        "Emission": 0.208,
    }
    return value.add(tree, given | values)


def _through(tree, node, colour):
    """Light of a line, or where its group says so less of it and what lies behind."""
    glow = _emission(tree, colour, node.outputs["Emission Strength"])
    return tree.call(
        "ShaderNodeMixShader", {0: node.outputs["Alpha"], 1: tree.call("ShaderNodeBsdfTransparent", {}), 2: glow}
    )


def _principled(tree, colour, strength, roughness):
    surface = tree.node("ShaderNodeBsdfPrincipled", name=SURFACE)
    for socket, source in (
        ("Base Color", colour),
        ("Emission Color", colour),
        ("Emission Strength", strength),
        ("Roughness", roughness),
    ):
        tree.put(surface.inputs[socket], source)
    return surface


def _emission(tree, colour, strength):
    node = tree.node("ShaderNodeEmission", name=SURFACE)
    tree.put(node.inputs["Color"], colour)
    tree.put(node.inputs["Strength"], strength)
    return node.outputs[0]
