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

from ..checkpoints import CheckpointError
from . import accessors
from .animation import Animation
from .gather import Part
from .shapes import Cells
from .stage import staged

EXPORTER = "io_scene_gltf2"
OPTIONS = {"export_format": "GLB", "use_active_scene": True, "export_extras": True, "export_yup": True,
           "export_cameras": True, "export_animations": False, "export_current_frame": True}


@dataclass(frozen=True)
class Wanted:
    """What is to be written: parts by the names of their objects in the stage, what is said of the whole, how it
    changes over time, and whether light falls on it."""

    parts: dict[str, Part]
    extras: dict
    animation: Animation
    lit: bool


class glTF2ExportUserExtension:  # noqa: N801 - the name that the exporter looks for
    """What the exporter calls, with an instance of its own for each export."""

    is_critical = True
    wanted: Wanted | None = None

    def __init__(self):
        self._materials, self._nodes = {}, {}

    def gather_node_hook(self, node, thing, settings):
        part = self.wanted.parts[thing.name]
        node.name, node.extras = part.name, {"neuroscene": part.facts}
        self._nodes[part] = node
        if part.content is None:
            return
        content = part.content
        if isinstance(content, Cells):
            extension = accessors.instancing(content)
            if extension is None:
                content = content.realised()
            else:
                node.extensions = (node.extensions or {}) | {accessors.INSTANCING: extension}
        node.mesh = accessors.mesh(part.name, content, self._material(content),
                                   self.wanted.animation.poses.get(part))

    def gather_scene_hook(self, scene, blender_scene, settings):
        scene.name, scene.extras = self.wanted.extras["name"], {"neuroscene": self.wanted.extras}

    def gather_gltf_hook(self, active, scenes, animations, settings):
        found = self.wanted.animation.build(self._nodes)
        if found:
            animations.append(found)

    def _material(self, content):
        clear = bool((content.colours[:, 3] < 0.999).any())
        if clear not in self._materials:
            self._materials[clear] = accessors.material("Clear" if clear else "Solid", self.wanted.lit, clear)
        return self._materials[clear]


def write(parts: list[Part], scene: bpy.types.Scene, extras: dict, output: Path, animation: Animation,
          lit: bool = False) -> None:
    """Write parts as a GLB; `scene` has the size of the picture, `extras` are said of the whole. Raises
    `CheckpointError`."""
    _needs_exporter()
    with staged(parts, scene, output) as by_name, _hooks(Wanted(by_name, extras, animation, lit)):
        bpy.ops.export_scene.gltf(filepath=str(output.resolve()), **OPTIONS)


@contextmanager
def _hooks(wanted: Wanted) -> Iterator[None]:
    """Let the exporter find the class above: it looks into the modules of the add-ons in the preferences."""
    addons = bpy.context.preferences.addons
    entry = addons.new()
    entry.module, glTF2ExportUserExtension.wanted = __name__, wanted
    try:
        yield
    finally:
        addons.remove(entry)
        glTF2ExportUserExtension.wanted = None


def _needs_exporter() -> None:
    """See to it that Blender's glTF exporter is there. Raises `CheckpointError`."""
    if not addon_utils.check(EXPORTER)[1] and addon_utils.enable(EXPORTER) is None:
        raise CheckpointError(EXPORTER, "Blender's glTF exporter is missing", "enable 'glTF 2.0 format'")
