# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exporting the networks of the open file: what the command line and the operator call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import numpy as np

from ..containers import CheckpointError
from ..nodes import materials
from ..scene.entities import NetworkScene, networks, scene_of
from ..scene.shots import keys
from ..written import replacing
from . import budget, facts, meshes, moves, poses, usdz, viewer
from .charts import CHARTS
from .gather import Gatherer, ScenePart
from .shapes import CellCopies, Curves

TRIANGLES = 1_000_000  # of plain meshes in all
POSES = 12  # whose size is told where nothing was asked for
PAGE = ".html"


@dataclass(frozen=True)
class ExportOptions:
    """`realise`: plain meshes, for programs that know no instancing, of at most about `triangles` in all; so are .usdz,
    .usdc and .obj always, and what has `poses`: that many morph targets of all that folds, rearranges or changes its
    values. `lit`: the viewer's light falls on it; None leaves it to the style. `small`: compressed.
    """

    realise: bool = False
    triangles: int = TRIANGLES
    poses: int = 0
    lit: bool | None = None
    small: bool = False


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
        said = [
            f"{count:,} {name}"
            for name in ("layers", "cells", "connections", "triangles")
            if (count := getattr(self, name))
        ]
        return ", ".join([*said, f"{self.size / 1e6:.1f} MB", *self.notes])


def export(
    output: Path, options: ExportOptions = ExportOptions(), progress: Callable[[str], None] = lambda text: None
) -> Report:
    """Write the networks of the scene that is open, or of the first that has any, as .glb, .usdz, .usdc, .obj or .html;
    `progress` is told how large poses may be before they are taken. Raises `CheckpointError`."""
    _shown(output)  # raises, if there is nothing to export
    with replacing(output) as part:
        report = _write(part, options, progress)
    report.size = output.stat().st_size
    return report


def _write(output, options, progress):
    kind = output.suffix.lower()
    if kind in meshes.WRITERS:
        report = _export(output, replace(options, realise=True, poses=0), progress)
    elif kind == usdz.SUFFIX:
        with TemporaryDirectory() as folder:
            plain = Path(folder) / "meshes.usdc"
            report = _export(plain, replace(options, realise=True, poses=0), progress)
            scene, shown = _shown(output)
            lit = _is_lit(scene, shown) if options.lit is None else options.lit
            rate = scene.render.fps / scene.render.fps_base
            usdz.pack(plain, output, lit, (scene.frame_start, scene.frame_end), rate)
    elif kind == PAGE:
        with TemporaryDirectory() as folder:
            glb = Path(folder) / "page.glb"
            # a page has no decoder of Draco, and tells numbers of cells that are instances
            report = _export(glb, replace(options, realise=bool(options.poses), small=False), progress)
            viewer.write(glb, output, next(iter(networks())).name)
    else:
        report = _export(output, replace(options, realise=options.realise or bool(options.poses)), progress)
    return report


def cost(poses_wanted: int, triangles: int = TRIANGLES) -> float:
    """The most megabytes that so many poses a shot of what is seen now take. Raises `CheckpointError`."""
    gatherer = _gathered(Path(), True)
    plan = budget.realised(gatherer.parts, triangles)
    count = sum(map(len, poses.frames(gatherer.scene, poses_wanted, moves.spans(gatherer.scene))))
    return poses.size(plan.vertices(gatherer.parts), count) / 1e6


def _export(output, options, progress):
    whole = bool(options.poses)
    plain = output.suffix.lower() in meshes.WRITERS
    scene, _ = _shown(output)
    moving = not whole and not plain
    # what appears in a shot is there, and the film says from when on
    with keys.at_rest(scene.objects, moves.APPEARS if moving else ()):
        gatherer = _gathered(output, whole)
    if moving:
        scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
    parts = gatherer.parts
    report = _counted(parts)
    plan = budget.realised(parts, options.triangles) if options.realise else budget.instanced(parts)
    shots = moves.spans(scene)
    count = sum(map(len, poses.frames(scene, options.poses or POSES, shots)))
    size = poses.size(plan.vertices(parts), count) / 1e6
    plan.apply(parts, whole)
    report.notes.append(str(plan))
    report.triangles = sum(part.content.faces for part in parts if part.content is not None)
    if options.realise and report.triangles > options.triangles:
        report.notes.append(f"these are the fewest triangles, yet more than {options.triangles:,}")
    if whole:
        progress(f"{count} poses, at most {size:,.0f} MB")
    elif kept := moves.keyed_inputs(scene):
        report.notes.append(
            f"keyframed inputs of {len(kept):,} objects keep what they have at frame {scene.frame_current}"
            + ("" if plain else f" ({count} poses of plain meshes would take at most {size:,.0f} MB)")
        )
    if plain:
        meshes.write(parts, scene, output, *_film_of_shot(gatherer))
    elif how := _write_glb(gatherer, plan, options, output):
        report.notes.append(how)
    return report


def _gathered(output, whole) -> Gatherer:
    scene, networks = _shown(output)
    gatherer = Gatherer(scene, whole)
    for network in networks:
        gatherer.network(network)
    gatherer.cameras()
    return gatherer


def _write_glb(gatherer, plan, options, output):
    from . import writing  # here: these need the modules of Blender's exporter
    from .animation import Animation, Clip

    scene = gatherer.scene
    parts = gatherer.parts
    changing = {}
    shots = moves.spans(scene)
    at = poses.frames(scene, options.poses, shots) if options.poses else [()] * len(shots)
    if options.poses:
        changing = poses.posed(gatherer, plan, np.concatenate(at))
    films = moves.films(parts, scene, gatherer.depsgraph, shots)
    clips = []
    begun = 0
    for shot, film, frames in zip(shots, films, at, strict=True):
        times = moves.seconds(scene, frames, shot.first) if len(frames) else None
        clips.append(Clip(shot.name, film, times, begun))
        begun += len(frames)
    camera = next((part.name for part in parts if part.camera and part.camera == scene.camera), "")
    extras = facts.of_scene(scene, camera, min(shot.first for shot in shots))
    animation = Animation(clips, changing)
    lit = _is_lit(scene, gatherer.networks) if options.lit is None else options.lit
    return writing.write(parts, scene, extras, output, animation, lit, options.small)


def _film_of_shot(gatherer) -> tuple[moves.Movement | None, np.ndarray]:
    """What moves in the shot that the scene looks through, and its frames."""
    scene = gatherer.scene
    shot = next(each for each in moves.spans(scene) if (each.first, each.last) == (scene.frame_start, scene.frame_end))
    (film,) = moves.films(gatherer.parts, scene, gatherer.depsgraph, [shot])
    return film, shot.frames


def _is_lit(scene, shown):
    """Whether a style shows cells by the light that falls on them: there are lamps, and no cell glows by itself."""
    cells = [
        node
        for network in shown
        if (node := materials.node_of(NetworkScene(network).materials.get("cells"), materials.VALUE))
    ]
    glow = any(node.inputs[name].default_value for node in cells for name in ("Emission", "Emission by Magnitude"))
    lamps = any(obj.type == "LIGHT" and not obj.hide_render for obj in scene.objects)
    return bool(cells) and lamps and not glow


def _shown(output) -> tuple[bpy.types.Scene, list[bpy.types.Collection]]:
    path = bpy.data.filepath or output
    shown = networks()
    if not shown:
        raise CheckpointError(path, "holds no network", "import a model first")
    scenes = {network: scene for network in shown if (scene := scene_of(network))}
    if not scenes:
        raise CheckpointError(path, "the network is in no scene")
    open_ = bpy.context.scene
    scene = open_ if open_ in scenes.values() else next(iter(scenes.values()))
    return scene, networks(scene)


def _counted(parts: list[ScenePart]) -> Report:
    return Report(
        sum(part.facts["kind"] == "layer" for part in parts),
        sum(
            len(part.content.matrices)
            for part in parts
            if isinstance(part.content, CellCopies) and part.facts["kind"] not in CHARTS
        ),
        sum(len(part.content.points) for part in parts if isinstance(part.content, Curves)),
    )
