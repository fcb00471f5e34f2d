# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exporting the networks of the open file: what the command line and the operator call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import bpy

from ..checkpoints import CheckpointError
from ..scene import tags
from . import budget, facts, writing
from .gather import Gatherer, Part
from .shapes import Cells, Curves

REALISED_BUDGET = 1_000_000  # triangles in all, of plain meshes


@dataclass(frozen=True)
class Options:
    """`realise`: plain meshes for programs that know no instancing, of at most about `triangles` in all."""

    realise: bool = False
    triangles: int = REALISED_BUDGET
    lit: bool = False


@dataclass
class Report:
    """What was written."""

    layers: int = 0
    cells: int = 0
    connections: int = 0
    triangles: int = 0
    size: int = 0
    notes: list[str] = field(default_factory=list)

    def __str__(self):
        said = [f"{count:,} {name}" for name in ("layers", "cells", "connections", "triangles")
                if (count := getattr(self, name))]
        return ", ".join([*said, f"{self.size / 1e6:.1f} MB", *self.notes])


def export(output: Path, options: Options = Options()) -> Report:
    """Write the networks of the scene that is open, or of the first that has any. Raises `CheckpointError`."""
    scene, networks = _shown(output)
    writing.needs_exporter()
    gatherer = Gatherer(scene)
    for one in networks:
        gatherer.network(one)
    gatherer.cameras()
    parts, report = gatherer.parts, Report()
    _count(parts, report)
    report.notes += budget.realised(parts, options.triangles) if options.realise else budget.instanced(parts)
    camera = next((one.name for one in parts if one.camera == scene.camera), "")
    writing.write(parts, scene, facts.of_scene(scene, camera), output, options.lit)
    report.triangles = sum(one.content.faces for one in parts if one.content is not None)
    report.size = output.stat().st_size
    return report


def _shown(output) -> tuple[bpy.types.Scene, list[bpy.types.Collection]]:
    path, networks = bpy.data.filepath or output, tags.networks()
    if not networks:
        raise CheckpointError(path, "holds no network", "import a model first")
    scenes = {one: found for one in networks if (found := tags.scene_of(one))}
    if not scenes:
        raise CheckpointError(path, "the network is in no scene")
    open_ = bpy.context.scene
    scene = open_ if open_ in scenes.values() else next(iter(scenes.values()))
    return scene, [one for one in networks if one in scene.collection.children_recursive]


def _count(parts: list[Part], report: Report) -> None:
    for one in parts:
        report.layers += one.facts["kind"] == "layer"
        report.cells += len(one.content.matrices) if isinstance(one.content, Cells) else 0
        report.connections += len(one.content.points) if isinstance(one.content, Curves) else 0

