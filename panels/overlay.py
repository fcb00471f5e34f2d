# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is drawn over a 3D view that is read: the card by the pointer, lit lines and frames, the rest dimmed."""

from __future__ import annotations

import blf
import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..addon import preferences
from ..addon.scene.camera import framing
from ..addon.scene.entities import networks
from ..addon.scene.picking import pointing
from ..addon.scene.texts.words import counted

DARK, BORDER, AMBER = (0.035, 0.045, 0.07, 0.95), (1.0, 1.0, 1.0, 0.12), (1.0, 0.72, 0.38, 1.0)
TITLE, LABEL, TEXT = (1.0, 1.0, 1.0, 1.0), (0.62, 0.67, 0.75, 1.0), (0.93, 0.95, 1.0, 1.0)
SIZE, LINE, PAD, WIDE = 12, 20, 12, 236  # pixels of a card at the usual size of the interface
AWAY = 26  # pixels between pointer and card
MOST_FRAMED = 30
EDGES = np.array([[a, b] for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1])
PLAIN = "Cells are plain: choose Color: Attribute in the menu of Solid shading to see their values"
_handles = []


def register():
    """Draw over all 3D views."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def unregister():
    """Stop that."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


def _draw():
    context = bpy.context
    region = context.region
    if not networks(context.scene):
        return
    if not context.space_data.overlay.show_overlays:
        return
    if not context.space_data.overlay.show_outline_selected:
        _frame_selected(context)
    shading = context.space_data.shading
    if shading.type == "SOLID" and shading.color_type != "VERTEX" and context.space_data.overlay.show_text:
        _text(PLAIN, 96 * context.preferences.system.ui_scale, 16, 11 * context.preferences.system.ui_scale, LABEL)
    here = pointing.now()
    if here is None or here.region != region.as_pointer():
        return
    if here.seen != pointing.seen_by(context):  # the view has moved on under a mouse that rests
        pointing.forget()
        return
    gpu.state.blend_set("ALPHA")
    try:
        if here.evidence is not None and (here.evidence.lines or here.evidence.frames):
            _evidence(context, here)
        _card(context, here)
    finally:
        gpu.state.blend_set("NONE")


def _frame_selected(context):
    """A box round each selected layer: an outline round each of its cells would hide their values."""
    view = np.array(context.region_data.perspective_matrix)
    depsgraph = context.evaluated_depsgraph_get()
    theme = context.preferences.themes[0].view_3d
    gpu.state.blend_set("ALPHA")
    for obj in list(context.view_layer.objects.selected)[:MOST_FRAMED]:
        corners = framing.box_corners(obj, depsgraph)
        if not len(corners):
            continue
        first = obj == context.view_layer.objects.active
        colour = (*(theme.object_active if first else theme.object_selected)[:3], 1.0)
        lines = _seen(view, context.region, corners[EDGES])
        _segments(context.region, lines, colour, 1.5 * context.preferences.system.ui_scale)
    gpu.state.blend_set("NONE")


def _evidence(context, here):
    region, lit = context.region, here.evidence
    if here.dims:
        _rectangle(0, 0, region.width, region.height, (0.0, 0.008, 0.02, preferences.value("dim")))
    scale = context.preferences.system.ui_scale
    view = np.array(context.region_data.perspective_matrix)
    for lines, strengths in zip(lit.lines, lit.strengths, strict=True):
        size = np.abs(strengths)
        for sign, colour in ((1, lit.colours[0]), (-1, lit.colours[1])):
            for low, high, width, alpha in ((0.0, 0.25, 1.0, 0.45), (0.25, 0.6, 1.6, 0.75), (0.6, 1.1, 2.6, 1.0)):
                mine = (np.sign(strengths) == sign) & (size > low) & (size <= high)
                if mine.any():
                    _segments(region, _seen(view, region, lines[mine]), (*_shown(colour), alpha), width * scale)
    for corners in lit.frames:
        loop = _seen(view, region, np.concatenate([corners, corners[:1]])[None])
        _segments(region, loop, AMBER, 1.6 * scale)
    if lit.cell is not None:
        at = _seen(view, region, lit.cell[None, None])[0, 0]
        if np.isfinite(at).all():
            x, y, half = at[0], at[1], 6 * scale
            square = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
            _segments(region, np.array([[*square, square[0]]]), AMBER, 2 * scale)


def _shown(colour):
    """A linear colour as the screen has it."""
    return tuple(min(1.0, max(0.0, part)) ** (1 / 2.2) for part in colour)


def _seen(view, region, points):
    """Points (n, k, 3) of the world in pixels (n, k, 2); not finite behind the viewer."""
    clip = points @ view[:, :3].T + view[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = clip[..., :2] / clip[..., 3:]
    at[clip[..., 3] <= 0] = np.nan
    return (at + 1) / 2 * (region.width, region.height)


def _segments(region, points, colour, width):
    pairs = np.stack([points[:, :-1], points[:, 1:]], 2).reshape(-1, 2, 2)
    pairs = pairs[np.isfinite(pairs).all((1, 2))].reshape(-1, 2)
    if not len(pairs):
        return
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    places = np.column_stack([pairs, np.zeros(len(pairs))]).astype(np.float32)
    batch = batch_for_shader(shader, "LINES", {"pos": places})
    shader.bind()
    shader.uniform_float("viewportSize", (region.width, region.height))
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _rectangle(x, y, wide, tall, colour):
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    corners = ((x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall))
    batch = batch_for_shader(shader, "TRIS", {"pos": corners}, indices=((0, 1, 2), (0, 2, 3)))
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _card(context, here):
    scale = context.preferences.system.ui_scale
    said = here.reading
    rows = list(said.rows)
    lit = here.evidence
    if lit is not None and lit.lines and lit.total:
        count = sum(map(len, lit.lines))
        rows.append(
            ("Lit", counted(count, "line") if count == lit.total else f"{count:,} of {counted(lit.total, 'line')}")
        )
    title = _fitted(said.title, 14 * scale, (WIDE - 2 * PAD) * scale)
    tall = (PAD * 2 + LINE * (2.3 + len(rows))) * scale - (0 if said.what else LINE * scale)
    x, y = _place(context, here, WIDE * scale, tall, scale)
    _rectangle(x - 1, y - 1, WIDE * scale + 2, tall + 2, BORDER)
    _rectangle(x, y, WIDE * scale, tall, DARK)
    _rectangle(x, y, 3 * scale, tall, AMBER)
    left, right, top = x + PAD * scale + 2, x + (WIDE - PAD) * scale, y + tall - (PAD + 12) * scale
    _text(title, left, top, 14 * scale, TITLE)
    if said.what:
        top -= LINE * scale
        _text(_fitted(said.what, 11 * scale, right - left), left, top, 11 * scale, LABEL)
    top -= LINE * 1.3 * scale
    for label, text in rows:
        _text(label, left, top, SIZE * scale, LABEL)
        blf.size(0, SIZE * scale)
        room = right - left - blf.dimensions(0, label)[0] - 10 * scale
        text = _fitted(text, SIZE * scale, room)
        wide = blf.dimensions(0, text)[0]
        _text(text, right - wide, top, SIZE * scale, AMBER if label in ("Value", "Weight") else TEXT)
        top -= LINE * scale


def _place(context, here, wide, tall, scale):
    """The lower left corner of the card: beside the pointer, inside what is free of the view."""
    region = context.region
    edges = {"UI": 0.0, "TOOLS": 0.0}
    if context.preferences.system.use_region_overlap:
        for other in context.area.regions:
            if other.type in edges and other.width > 1:
                edges[other.type] = float(other.width)
    least, most = edges["TOOLS"] + 8, region.width - edges["UI"] - 8
    x = here.x + AWAY * scale
    if x + wide > most:
        x = here.x - AWAY * scale - wide
    y = here.y - tall / 2
    return max(least, min(x, most - wide)), max(8, min(y, region.height - tall - 60 * scale))


def _fitted(text, size, room):
    """A text, at its end cut down to a width in pixels."""
    blf.size(0, size)
    if blf.dimensions(0, text)[0] <= room:
        return text
    while text and blf.dimensions(0, text + "…")[0] > room:
        text = text[:-1]
    return text + "…"


def _text(text, x, y, size, colour):
    blf.size(0, size)
    blf.color(0, *colour)
    blf.position(0, x, y, 0)
    blf.draw(0, text)
