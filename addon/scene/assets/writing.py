# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of the asset library: node groups and materials with previews, and the catalogs that they stand in."""

from __future__ import annotations

import uuid
from pathlib import Path

import bpy
import numpy as np

from ...nodes import materials as shaders
from ...written import replacing
from ..entities import RoleMaterial
from ..looks import painting
from ..looks.styles import STYLES
from .presets import CATALOGS, PRESET, PRESETS, Preset

NAME = "Neuroscene"  # of the library, and of the catalog that holds the others
FILE = "neuroscene.blend"
PREVIEWS = Path(__file__).parent / "previews"
ROLES = {"cells": (shaders.cells, "Cells"), "lines": (shaders.lines, "Lines")}
SIZE = 128  # pixels of a preview
_SPACE = uuid.UUID("6f3c9a0e-0f0f-5c7e-9a57-6b1d0f5f2d11")


def write(folder: Path) -> Path:
    """Write the library into a folder; returns its file. The open file is given up: call it in a Blender of its own.

    Raises `OSError` where nothing can be written.
    """
    # not read_factory_settings: it switches the extension off, and with it Blender removes its wheels from the disk
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assets = [*map(_group, PRESETS.values()), *_materials()]
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / FILE) as path:
        try:
            bpy.data.libraries.write(str(path), set(assets), fake_user=True, compress=True)
        except RuntimeError as error:
            raise OSError(str(error).strip()) from None
    with replacing(folder / "blender_assets.cats.txt") as path:
        path.write_text(_catalogs(), encoding="utf-8")
    return folder / FILE


def catalog_id(name: str) -> str:
    """The identifier of a catalog, the same in every library."""
    return str(uuid.uuid5(_SPACE, name))


def _catalogs() -> str:
    lines = ["# An asset catalog of Blender's", "VERSION 1", "", f"{catalog_id('')}:{NAME}:{NAME}"]
    return "\n".join([*lines, *(f"{catalog_id(name)}:{NAME}/{name}:{NAME}-{name}" for name in CATALOGS), ""])


def _group(preset: Preset) -> bpy.types.NodeTree:
    """A node group that passes geometry on: a modifier as soon as it is dropped onto an object."""
    group = bpy.data.node_groups.new(preset.title, "GeometryNodeTree")
    group.is_modifier = True
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    begin, end = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    end.location.x = 200
    group.links.new(begin.outputs[0], end.inputs[0])
    group[PRESET] = preset.key
    _mark(group, preset.about, preset.catalog, preset.key)
    return group


def _materials() -> list[bpy.types.Material]:
    """The materials of cells and lines in each style."""
    made = []
    for style in STYLES.values():
        for role, (make, title) in ROLES.items():
            if role not in style.materials:
                continue
            material = make(f"{title} {style.name}")
            painting.set_settings(material, style.materials[role], True)
            RoleMaterial.make(material, role=role)
            _mark(
                material, f"The {role} of the style {style.name}", "Materials", f"material/{role}/{style.name.lower()}"
            )
            made.append(material)
    return made


def _mark(block: bpy.types.ID, about: str, catalog: str, key: str) -> None:
    block.asset_mark()
    block.asset_data.description = about
    block.asset_data.author = "Neuroscene developers"
    block.asset_data.license = "GPL-3.0-or-later"
    block.asset_data.catalog_id = catalog_id(catalog)
    marks = block.asset_data.tags
    marks.new(key)
    picture = PREVIEWS / f"{key.replace('/', '-')}.png"
    if picture.is_file():
        _preview(block, picture)


def _preview(block: bpy.types.ID, path: Path) -> None:
    image = bpy.data.images.load(str(path))
    try:
        image.colorspace_settings.name = "Non-Color"  # as a screen shows it
        if tuple(image.size) != (SIZE, SIZE):
            image.scale(SIZE, SIZE)
        pixels = np.empty(SIZE * SIZE * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    pixels = pixels.reshape(-1, 4)
    pixels[:, :3] *= pixels[:, 3:]  # Blender draws previews with premultiplied alpha
    preview = block.preview_ensure()
    preview.image_size = (SIZE, SIZE)
    preview.image_pixels_float.foreach_set(pixels.ravel())
