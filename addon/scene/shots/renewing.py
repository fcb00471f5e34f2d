# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a film follow the run that the network shows: a film that is there never speaks of another."""

from __future__ import annotations

import bpy

from ...containers import CheckpointError
from .. import removing
from ..entities import FilmPart, NetworkScene
from ..storyboard import beats, writing
from ..storyboard.beats import TITLE
from ..texts import labels
from . import forward, making


def renew(network: bpy.types.Collection) -> None:
    """Let the words of the film through a network speak of its present run; where none ran they are silent. Words that
    somebody has changed stay."""
    if forward.KIND not in making.shots(network):
        return
    before = beats.read(network)
    parts = {part.role: part.obj for part in NetworkScene(network).members(FilmPart) if part.shot == forward.KIND}
    try:
        board = writing.fitting(network)
    except CheckpointError:
        for role, obj in parts.items():
            if obj.type == "FONT" and role.startswith(("beat", "title")):
                labels.write_body(obj, " ")
        removing.remove([obj for role, obj in parts.items() if role.startswith("frame")])
        return
    if before is None or [beat.about for beat in before.beats] != [beat.about for beat in board.beats]:
        making.refit(network, forward.KIND)
        return
    beats.write(network, board)
    gone = []
    for number, (old, new) in enumerate(zip(before.beats, board.beats, strict=True)):
        head = "title" if new.about == TITLE else f"beat {number}"
        for role, obj in parts.items():
            if role.startswith(f"{head} "):
                first = role == f"{head} {'hot' if new.about == 'end' else 'label'}"
                labels.write_body(obj, (new.heading if first else new.sentence) or " ")
        if old.unit != new.unit:
            gone.append(parts.get(f"frame {number}"))
    removing.remove(gone)
