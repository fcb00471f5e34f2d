# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing parts as a GLB by Blender's own exporter: a stage of empties and cameras, and hooks that give them meshes.

The exporter takes neither instances of geometry nodes nor curves, and loses every colour that comes through a ramp. It
calls the hooks of add-ons for each node, though, and writes whatever glTF objects it finds there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import addon_utils
import bpy
from mathutils import Matrix

from ..checkpoints import CheckpointError
from ..scene.transaction import Made
from . import accessors
from .gather import Part
from .shapes import Cells

EXPORTER = "io_scene_gltf2"
OPTIONS = {"export_format": "GLB", "use_active_scene": True, "export_extras": True, "export_yup": True,
           "export_cameras": True, "export_animations": False, "export_current_frame": True}


class glTF2ExportUserExtension:  # noqa: N801 - the name that the exporter looks for
    """What the exporter calls; `plan` has the part of each object of the stage, by name."""

    is_critical = True
    plan: dict[str, Part] = {}
    extras: dict = {}
    lit = False

    def __init__(self):
        self._materials = {}

    def gather_node_hook(self, node, thing, settings):
        part = self.plan.get(thing.name) if thing else None
        if part is None:
            return
        node.name, node.extras = part.name, {"neuroscene": part.facts}
        if part.content is None:
            return
        content = part.content
        if isinstance(content, Cells):
            extension = accessors.instancing(content)
            if extension is None:
                content = content.realised()
            else:
                node.extensions = (node.extensions or {}) | {accessors.INSTANCING: extension}
        node.mesh = accessors.mesh(part.name, content, self._material(content))

    def gather_scene_hook(self, scene, blender_scene, settings):
        scene.name, scene.extras = self.extras["name"], {"neuroscene": self.extras}

    def _material(self, content):
        clear = bool((content.colours[:, 3] < 0.999).any())
        if clear not in self._materials:
            self._materials[clear] = accessors.material("Clear" if clear else "Solid", self.lit, clear)
        return self._materials[clear]


def write(parts: list[Part], scene: bpy.types.Scene, extras: dict, output: Path, lit: bool = False) -> None:
    """Write parts as a GLB; `scene` has the size of the picture, `extras` are said of the whole. Raises
    `CheckpointError`."""
    made = Made()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        stage = bpy.data.scenes.new("glTF")
        for name in ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y"):
            setattr(stage.render, name, getattr(scene.render, name))
        plan = _put(parts, stage)
        with _hooks(plan, extras, lit), \
                bpy.context.temp_override(scene=stage, view_layer=stage.view_layers[0]):
            bpy.ops.export_scene.gltf(filepath=str(output.resolve()), **OPTIONS)
    except OSError as error:
        raise CheckpointError(output, f"cannot be written ({error.strerror})", "choose another place") from error
    finally:
        made.remove()


def _put(parts, stage) -> dict[str, Part]:
    """An object in the stage for each part; returns the parts by the names of these."""
    plan, things = {}, {None: None}
    for part in parts:
        thing = bpy.data.objects.new("part", part.camera.data if part.camera else None)
        thing.parent = things[part.parent]
        thing.matrix_basis = Matrix(part.local)
        stage.collection.objects.link(thing)
        plan[thing.name], things[part] = part, thing
    stage.view_layers[0].update()
    return plan


@contextmanager
def _hooks(plan, extras, lit) -> Iterator[None]:
    """Let the exporter find the class above: it looks into the modules of the add-ons in the preferences."""
    mine, addons = glTF2ExportUserExtension, bpy.context.preferences.addons
    mine.plan, mine.extras, mine.lit = plan, extras, lit
    entry = addons.new()
    entry.module = __name__
    try:
        yield
    finally:
        addons.remove(entry)
        mine.plan, mine.extras = {}, {}


def needs_exporter() -> None:
    """See to it that Blender's glTF exporter is there. Raises `CheckpointError`."""
    if not addon_utils.check(EXPORTER)[1] and addon_utils.enable(EXPORTER) is None:
        raise CheckpointError("glTF", "Blender's own exporter is missing", "enable 'glTF 2.0 format' in the preferences")
