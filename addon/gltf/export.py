# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exporting the networks of the open file: what the command line and the operator call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ..checkpoints import CheckpointError
from ..scene import tags
from . import budget, facts, meshes, moves, poses
from .gather import Gatherer, Part
from .shapes import Cells, Curves

TRIANGLES = 1_000_000  # of plain meshes in all
POSES = 12  # that are named where nothing was asked for


@dataclass(frozen=True)
class Options:
    """`realise`: plain meshes, for programs that know no instancing, of at most about `triangles` in all; so are .usdc
    and .obj always, and what has `poses`: that many morph targets of all that folds, rearranges or changes its values.
    `lit`: the viewer's light falls on it.
    """

    realise: bool = False
    triangles: int = TRIANGLES
    poses: int = 0
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


def export(output: Path, options: Options = Options(), progress: Callable[[str], None] = lambda text: None) -> Report:
    """Write the networks of the scene that is open, or of the first that has any, as .glb, .usdc or .obj; `progress` is
    told how large poses may be before they are taken. Raises `CheckpointError`."""
    scene, networks = _shown(output)
    plain = output.suffix.lower() in meshes.WRITERS
    if plain or options.poses:
        options = replace(options, realise=True, poses=0 if plain else options.poses)
    whole = bool(options.poses)
    gatherer = Gatherer(scene, whole)
    for one in networks:
        gatherer.network(one)
    gatherer.cameras()
    parts = gatherer.parts
    report = _counted(parts)
    plan = budget.realised(parts, options.triangles) if options.realise else budget.instanced(parts)
    cost = poses.size(plan.vertices(parts), options.poses or POSES) / 1e6
    plan.apply(parts, whole)
    report.notes.append(str(plan))
    report.triangles = sum(one.content.faces for one in parts if one.content is not None)
    if options.realise and report.triangles > options.triangles:
        report.notes.append(f"these are the fewest triangles, yet more than {options.triangles:,}")
    if whole:
        progress(f"{options.poses} poses, at most {cost:,.0f} MB")
    elif kept := moves.keyed_inputs(scene):
        report.notes.append(f"keyframed inputs of {len(kept):,} things stay as at frame {scene.frame_current}"
                            + ("" if plain else f" ({POSES} poses of plain meshes would take at most {cost:,.0f} MB)"))
    if plain:
        meshes.write(parts, scene, output)
    else:
        _write_glb(parts, gatherer, networks, plan, options, output)
    report.size = output.stat().st_size
    return report


def _write_glb(parts, gatherer, networks, plan, options, output):
    from . import writing  # here: it needs the modules of Blender's exporter

    scene, changing, times = gatherer.scene, {}, None
    if options.poses:
        at = poses.frames(scene, options.poses)
        changing, times = poses.posed(scene, networks, parts, plan, at), moves.seconds(scene, at)
    film = moves.film(parts, scene, gatherer.depsgraph)
    camera = next((one.name for one in parts if one.camera and one.camera == scene.camera), "")
    extras = facts.of_scene(scene, camera, moves.span(scene)[0])
    writing.write(parts, scene, extras, output, writing.Animation(scene.name, film, changing, times), options.lit)


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


def _counted(parts: list[Part]) -> Report:
    return Report(sum(one.facts["kind"] == "layer" for one in parts),
                  sum(len(one.content.matrices) for one in parts if isinstance(one.content, Cells)),
                  sum(len(one.content.points) for one in parts if isinstance(one.content, Curves)))
