# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the strip says and shows while a network explains its answer."""

from __future__ import annotations

import json

import numpy as np

from ... import compat
from ..entities import CaptionPart, NetworkScene, nodes
from . import labels

CELLS = 40  # color patches of the legend of cells


def said(scene: NetworkScene, short: bool) -> dict:
    """What the strip says of the evidence that a network shows, by role, instead of what it says else; `short` where
    there is little room. The legend of cells shows its colors from then on."""
    try:
        told = json.loads(scene.evidence) if scene.evidence else {}
    except ValueError:
        return {}
    if not isinstance(told, dict) or not {"title", "facts", "sentence", "low", "high"} <= told.keys():
        return {}
    words: dict = {"name": told["title"], "facts": told["facts"], "sentence": told["sentence"], "explanation": ""}
    if short:
        words = {"facts": told.get("brief", ""), "sentence": told["title"], "explanation": told["sentence"]}
    for part in scene.members(CaptionPart):
        if part.role in words and part.obj.type == "FONT" and not part.before:
            part.before = labels.body_of(part.obj)
        _show(scene, part, True)
    head = "color: what it counts" if short else "color: what it counts; gray: what it holds"
    return words | {
        "cube": (head, False, head),
        "cube strip": -1.0,
        "cube low": (told["low"], False, told["low"]),
        "cube zero": "" if short else "0",
        "cube high": (told["high"], False, told["high"]),
    }


def restore(scene: NetworkScene) -> None:
    """Let texts say what they said before, and legends show values and weights."""
    for part in scene.members(CaptionPart):
        if part.before:
            labels.write_body(part.obj, part.before)
            part.before = ""
        _show(scene, part, False)


def _show(scene: NetworkScene, part: CaptionPart, shown: bool) -> None:
    """Let the legend of cells show the colors of evidence, and hide that of weights meanwhile."""
    obj = part.obj
    if part.role.startswith("line"):
        if shown or part.away:
            obj.hide_render = obj.hide_viewport = shown
        part.away = shown
    if part.role != "cube strip" or obj.type != "MESH":
        return
    modifier = nodes(obj)
    material = scene.materials.get("evidence")
    if modifier is None or shown and material is None:
        return
    for name, values in (("evidence", np.linspace(-1, 1, CELLS)), ("evidence_range", np.ones(CELLS))):
        if len(obj.data.vertices) == CELLS:
            attribute = obj.data.attributes.get(name) or obj.data.attributes.new(name, "FLOAT", "POINT")
            attribute.data.foreach_set("value", values.astype(np.float32))
    given = {"Evidence": float(shown)} | ({"Evidence Material": material, "Evidence Relief": 0.0} if shown else {})
    compat.set_inputs(modifier, given)
