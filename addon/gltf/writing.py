# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing parts as a GLB by Blender's own exporter: a stage of empties and cameras, and hooks that give them meshes.

The exporter takes neither instances of geometry nodes nor curves, and loses every colour that comes through a ramp. It
calls the hooks of add-ons for each node, though, and writes whatever glTF objects it finds there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import addon_utils
import bpy

from ..containers import CheckpointError
from . import accessors, compact
from .animation import Animation
from .gather import ScenePart
from .shapes import CellCopies
from .stage import staged

EXPORTER = "io_scene_gltf2"
SHADED = ("layer", "backing", "block")  # kinds that light may fall on; all else glows in every style
OPTIONS = {
    "export_format": "GLB",
    "use_active_scene": True,
    "export_extras": True,
    "export_yup": True,
    "export_cameras": True,
    "export_animations": False,
    "export_current_frame": True,
    "export_unused_textures": True,
}  # there are none, but then the last hook is called


@dataclass(frozen=True)
class Wanted:
    """What is to be written: parts by the names of their objects in the stage, what is said of the whole, how it
    changes over time, whether light falls on it, and which parts have their places on a grid."""

    parts: dict[str, ScenePart]
    extras: dict
    animation: Animation
    lit: bool
    grids: set[ScenePart]


class glTF2ExportUserExtension:  # noqa: N801 - the name that the exporter looks for
    """What the exporter calls, with an instance of its own for each export."""

    is_critical = True
    wanted: Wanted | None = None

    def __init__(self):
        self._materials = {}
        self._nodes = {}
        self._places = []

    def gather_node_hook(self, node, obj, settings):
        part = self.wanted.parts[obj.name]
        node.name = part.name
        node.extras = {"neuroscene": part.facts}
        self._nodes[part] = node
        if part.content is None:
            return
        content = part.content
        if isinstance(content, CellCopies):
            extension = accessors.instancing(content)
            if extension is None:
                content = content.realised()
            else:
                node.extensions = (node.extensions or {}) | {accessors.INSTANCING: extension}
        grid = part in self.wanted.grids
        node.mesh = accessors.mesh(
            part.name, content, self._material(part, content), self.wanted.animation.poses.get(part), grid
        )
        if grid:
            self._places.append(node.mesh.primitives[0].attributes["POSITION"])

    def gather_scene_hook(self, scene, blender_scene, settings):
        scene.name = self.wanted.extras["name"]
        scene.extras = {"neuroscene": self.wanted.extras}

    def gather_gltf_hook(self, active, scenes, animations, settings):
        animations.extend(self.wanted.animation.build(self._nodes))

    def gather_gltf_extensions_hook(self, gltf, settings):
        for place in self._places:  # the exporter knows no room between rows
            gltf.buffer_views[place.buffer_view].byte_stride = accessors.GRID_ROW

    def gather_gltf_additional_textures_hook(self, content, textures, settings):
        if self._places:  # here: what is declared earlier and is no object of its own, the exporter takes out again
            for name in ("extensionsUsed", "extensionsRequired"):
                content[name] = [*content.get(name, ()), compact.EXTENSION]

    def _material(self, part, content):
        lit = self.wanted.lit and part.facts["kind"] in SHADED
        clear = bool((content.colours[:, 3] < 0.999).any())
        if (lit, clear) not in self._materials:
            name = ("Clear" if clear else "Solid") + (" Lit" if lit else "")
            self._materials[lit, clear] = accessors.material(name, lit, clear)
        return self._materials[lit, clear]


def write(
    parts: list[ScenePart],
    scene: bpy.types.Scene,
    extras: dict,
    output: Path,
    animation: Animation,
    lit: bool = False,
    small: bool = False,
) -> str:
    """Write parts as a GLB; `scene` has the size of the picture, `extras` are said of the whole. With `small` it is
    compressed; returns how. Raises `CheckpointError`."""
    _needs_exporter()
    draco = small and compact.has_draco()
    grids = compact.onto_grids(parts, animation.changing) if small and not draco else set()
    with staged(parts, scene) as by_name, _hooks(Wanted(by_name, extras, animation, lit, grids)):
        bpy.ops.export_scene.gltf(filepath=str(output.resolve()), **OPTIONS, **(compact.DRACO if draco else {}))
    return "compressed by Draco" if draco else "positions in 16 bits" if small else ""


@contextmanager
def _hooks(wanted: Wanted) -> Iterator[None]:
    """Let the exporter find the class above: it looks into the modules of the add-ons in the preferences."""
    addons = bpy.context.preferences.addons
    entry = addons.new()
    entry.module = __name__
    glTF2ExportUserExtension.wanted = wanted
    try:
        yield
    finally:
        addons.remove(entry)
        glTF2ExportUserExtension.wanted = None


def _needs_exporter() -> None:
    """See to it that Blender's glTF exporter is there. Raises `CheckpointError`."""
    if not addon_utils.check(EXPORTER)[1] and addon_utils.enable(EXPORTER) is None:
        raise CheckpointError(EXPORTER, "Blender's glTF exporter is missing", "enable 'glTF 2.0 format'")
