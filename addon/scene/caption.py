# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strip along the lower edge of the picture: what this is, and what the colours mean.

It hangs on the camera, at the distance of its focus, in units of the frame's height.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from ..inference import Ran
from ..network import Network
from ..nodes.layer import layer_group
from ..nodes.tree import attach
from . import framing, tags
from .labels import text

BAND = 0.15  # of the frame's height, kept free for the strip
MARGIN = 0.04  # from the edges, of the frame's width and height
STRIP, CELLS = 0.25, 40  # length of a legend, in frame heights; colour patches in it
RAN = "cube: activation, range by layer"
RESTING = "cube: bias, else mean of its weights"
SENTENCE = "Each cube is one number inside the network. Each line is one weight: orange adds, blue subtracts."


def make(network: Network, camera: bpy.types.Object, materials: dict, cells: dict, weights: float,
         ran: Ran | None) -> list[bpy.types.Object]:
    """The objects of the strip; `weights` is the range of the line colours."""
    holder = bpy.data.objects.new(f"{network.name} caption", None)
    holder.empty_display_size, holder.parent = 0.01, camera
    tags.write(holder, "caption")
    things = [holder]

    words = _words(network, ran, weights)

    def add(thing, x, y, side, role=""):
        thing.parent, thing.location = holder, (x, y, 0)
        tags.write(thing, "caption", x=x, side=side, role=role)
        things.append(thing)

    def say(role, size, paint, x, y, side="right", align="LEFT"):
        add(text(words[role], size, materials[paint], align, "BOTTOM"), x, y, side, role)

    say("name", 0.034, "label", 0.0, 0.052, "left")
    say("facts", 0.0185, "dim", 0.0, 0.026, "left")
    say("sentence", 0.0185, "dim", 0.0, 0.0, "left")
    for strip, kind, x, centre in ((_cell_strip(materials, cells), "cube", -2 * STRIP - 0.1, STRIP / 2),
                                   (_line_strip(materials), "line", -STRIP, 0.0)):
        add(strip, x + centre, 0.0285, "right")
        say(kind, 0.0185, "label", x, 0.048)
        say(f"{kind} low", 0.0165, "dim", x, 0.0)
        say(f"{kind} zero", 0.0165, "dim", x + STRIP / 2, 0.0, align="CENTER")
        say(f"{kind} high", 0.0165, "dim", x + STRIP, 0.0, align="RIGHT")
    return things


def show(collection: bpy.types.Collection, network: Network, ran: Ran, weights: float) -> None:
    """Let the strip of a network speak of a new run."""
    words = _words(network, ran, weights)
    for thing in tags.members(collection, "caption"):
        role = tags.read(thing).get("role")
        if role:
            thing.data.body = words[role]


def _words(network: Network, ran: Ran | None, weights: float) -> dict[str, str]:
    """What the strip says, by role."""
    return {
        "name": network.name, "facts": _facts(network, ran), "sentence": SENTENCE,
        "cube": RAN if ran else RESTING, "cube low": "negative", "cube zero": "0", "cube high": "positive",
        "line": "line: weight", "line low": f"−{weights:.3g}", "line zero": "0", "line high": f"+{weights:.3g}",
    }


def _facts(network: Network, ran: Ran | None) -> str:
    facts = f"{network.parameters:,} parameters in {sum(one.op != 'Input' for one in network.layers):,} layers"
    if ran is None:
        return facts
    best = ran.scores[0] if ran.scores else None
    share = best is not None and 0 <= best.score <= 1
    return f"{facts}  ·  {ran.file}" + (f" → {best.label} ({best.score:.1%})" if share else "")


def arrange(things: list[bpy.types.Object], camera: bpy.types.Object, aspect: float, distance: float) -> None:
    """Hang the strip into the lower part of the frame."""
    _, up = framing.slopes(camera.data, aspect)
    holder, height = things[0], 2 * up * distance
    holder.location = (0.0, (MARGIN - 0.5) * height, -distance)
    holder.scale = (height,) * 3
    edge = aspect * (0.5 - MARGIN)
    narrow = min(1.0, aspect / (16 / 9))  # a narrow picture has less room for words
    for thing in things[1:]:
        facts = tags.read(thing)
        thing.location.x = facts["x"] * narrow + (edge if facts["side"] == "right" else -edge)
        thing.scale = (narrow,) * 3


def _cell_strip(materials, cells):
    """A row of cells from -1 to 1 in the network's own material, so that an edited ramp shows here too."""
    mesh = bpy.data.meshes.new("legend cells")
    mesh.vertices.add(CELLS)
    position = np.zeros((CELLS, 3), np.float32)
    position[:, 0] = np.arange(CELLS)
    mesh.attributes["position"].data.foreach_set("vector", position.ravel())
    shades = np.linspace(-1, 1, CELLS, dtype=np.float32)
    mesh.attributes.new("value", "FLOAT", "POINT").data.foreach_set("value", shades)
    thing = bpy.data.objects.new("legend cells", mesh)
    attach(thing, "Layer", layer_group(), {
        "Units": CELLS, "Unit Columns": CELLS, "Pitch": STRIP / CELLS, "Cell": cells["tile"], "Relief": 0.0,
        "Thickness": 0.2, "Size": 1.0, "Material": materials["cells"], "Range": 1.0})
    # A layer faces -X with columns along -Y; the camera wants it to face +Z with columns along +X.
    thing.rotation_euler = Matrix(((0, -1, 0), (0, 0, 1), (-1, 0, 0))).to_euler()
    return thing


def _line_strip(materials):
    """One thick line from -1 to 1 in the material of the lines."""
    curves = bpy.data.hair_curves.new("legend line")
    curves.add_curves([CELLS])
    curves.set_types(type="POLY")
    position = np.zeros((CELLS, 3), np.float32)
    position[:, 0] = np.linspace(0, STRIP, CELLS)
    curves.attributes["position"].data.foreach_set("vector", position.ravel())
    for name, value in (("radius", np.full(CELLS, 0.0032)), ("shade", np.linspace(-1, 1, CELLS)),
                        ("strength", np.full(CELLS, 0.8))):
        attribute = curves.attributes.get(name) or curves.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", value.astype(np.float32))
    curves.materials.append(materials["lines"])
    return bpy.data.objects.new("legend line", curves)
