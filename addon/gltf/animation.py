# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sampled moves and poses as one glTF animation."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from io_scene_gltf2.io.com import gltf2_io

from .accessors import accessor
from .gather import ScenePart
from .moves import Movement
from .poses import Poses

TURNED = np.array([sqrt(0.5), -sqrt(0.5), 0.0, 0.0])  # w, x, y, z: Z up to Y up


@dataclass(frozen=True)
class Clip:
    """What changes in a shot: what moves, and the times in seconds of its poses, which begin at number `at` of all."""

    name: str
    film: Movement | None = None
    times: np.ndarray | None = None
    at: int = 0


@dataclass(frozen=True)
class Animation:
    """All that changes: a clip a shot, and the poses of all, by what has them."""

    clips: list[Clip]
    poses: dict[ScenePart, Poses] = field(default_factory=dict)

    @property
    def changing(self) -> set[ScenePart]:
        """The parts that move or have poses."""
        films = [clip.film for clip in self.clips if clip.film]
        return {*self.poses, *(track.part for film in films for track in film.tracks)}

    def build(self, nodes: dict[ScenePart, gltf2_io.Node]) -> list[gltf2_io.Animation]:
        """The glTF animations of these nodes, one a shot in which something changes."""
        return [made for clip in self.clips if (made := self._built(clip, nodes)).channels]

    def _built(self, clip: Clip, nodes) -> gltf2_io.Animation:
        made = gltf2_io.Animation([], None, None, clip.name, [])
        if clip.film:
            begin = accessor(clip.film.times, bounds=True)
            for track in clip.film.tracks:
                for path, values in _paths(track):
                    _add(made, nodes[track.part], path, begin, values)
        if self.poses and clip.times is not None:
            begin = accessor(clip.times, bounds=True)
            whole = len(next(iter(self.poses.values())).places)
            weights = np.eye(whole)[clip.at : clip.at + len(clip.times)].reshape(-1)
            for part in self.poses:
                _add(made, nodes[part], "weights", begin, weights)
        return made


def _paths(track):
    """What changes of a node, by its name in glTF, with Y up."""
    turned = _with_y_up(track.turns, bool(track.part.camera)) if track.turns is not None else None
    paths = {
        "translation": None if track.places is None else track.places[:, [0, 2, 1]] * (1, 1, -1),
        "rotation": turned,
        "scale": None if track.sizes is None else track.sizes[:, [0, 2, 1]],
    }
    return ((path, values) for path, values in paths.items() if values is not None)


def _with_y_up(turns, camera):
    """Quaternions w, x, y, z (n, 4) as x, y, z, w; cameras look along their own -Z in both worlds."""
    w, x, y, z = turns.T
    if not camera:
        return np.stack([x, z, -y, w], -1)
    a, b, *_ = TURNED
    return np.stack([a * x + b * w, a * y - b * z, a * z + b * y, a * w - b * x], -1)


def _add(made, node, path, begin, values):
    made.samplers.append(gltf2_io.AnimationSampler(None, None, begin, "LINEAR", accessor(values)))
    target = gltf2_io.AnimationChannelTarget(None, None, node, path)
    made.channels.append(gltf2_io.AnimationChannel(None, None, len(made.samplers) - 1, target))
