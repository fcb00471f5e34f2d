# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is under the mouse now, in which view, and what lights up for it. Plain data: it outlives undo and load."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
from bpy.app.handlers import persistent

from . import evidence, hits, models
from .evidence import Evidence
from .hits import Hit
from .rays import Ray
from .reading import Reading, read

REST = 0.12  # seconds that the mouse rests before lines light up


@dataclass(frozen=True)
class Pointed:
    """A reading at a place of a region (pixels), in the view with this address; `serial` counts what was pointed at,
    `seen` says of which scene and from where (`seen_by`)."""

    reading: Reading
    region: int
    x: int
    y: int
    dims: bool
    serial: int
    seen: tuple
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Place:
    """Where the mouse is: an area and its region, by their addresses, and pixels of the region."""

    area: int
    region: int
    x: int
    y: int


_now: list[Pointed] = []
_serial = [0]
_mouse: list[Place] = []


def remember(context: bpy.types.Context, x: int, y: int) -> None:
    """Keep where the mouse is in a 3D view."""
    _mouse[:] = [Place(context.area.as_pointer(), context.region.as_pointer(), x, y)]


def in_view() -> bool:
    """Whether the mouse was in a 3D view when it was seen last."""
    return bool(_mouse)


def leave() -> bool:
    """The mouse is in no 3D view any more; whether something was pointed at."""
    _mouse.clear()
    return forget()


def under_mouse(window: bpy.types.Window) -> Hit | None:
    """What lies under the mouse, where that was seen last in a 3D view of a window; None where it was not."""
    for area in window.screen.areas if _mouse else ():
        region = next((region for region in area.regions if region.as_pointer() == _mouse[0].region), None)
        if region is None or area.as_pointer() != _mouse[0].area or area.type != "VIEW_3D":
            continue
        with bpy.context.temp_override(window=window, area=area, region=region):
            return pick(bpy.context, _mouse[0].x, _mouse[0].y)
    return None


def now() -> Pointed | None:
    """What is pointed at, if anything is."""
    return _now[-1] if _now else None


def forget() -> bool:
    """Let nothing be pointed at; whether something was."""
    was = bool(_now)
    _now.clear()
    return was


def pick(context: bpy.types.Context, x: int, y: int, prefer: str = "CELLS") -> Hit | None:
    """What lies under a pixel of the region of a 3D view."""
    ray = Ray.through(context.region, context.region_data, x, y)
    return hits.pick(context.view_layer, ray, prefer, context.space_data)


def point(context: bpy.types.Context, x: int, y: int, prefer: str, dims: bool) -> bool:
    """Point at a pixel of a region; whether something has to be drawn anew."""
    hit = pick(context, x, y, prefer)
    before = now()
    if hit is None:
        return forget()
    region = context.region.as_pointer()
    if before and before.region == region and same(before.reading.hit, hit):
        _now[:] = [replace(before, x=x, y=y, dims=dims, seen=seen_by(context))]
        return True
    found = read(hit, context.view_layer, wait=False)
    if found is None:
        return forget()
    _serial[0] += 1
    _now[:] = [Pointed(found, region, x, y, dims, _serial[0], seen_by(context))]
    bpy.app.timers.register(lambda serial=_serial[0]: _light_up(serial), first_interval=REST)
    return True


def seen_by(context: bpy.types.Context) -> tuple:
    """Which scene a 3D view shows, and from where."""
    matrix = context.region_data.perspective_matrix
    return context.scene.session_uid, tuple(number for row in matrix for number in row)


def same(first: Hit, second: Hit) -> bool:
    """Whether two hits are of the same cell, line or other part."""
    return (first.kind, first.object, first.index) == (second.kind, second.object, second.index)


def _light_up(serial: int) -> float | None:
    """Find what belongs to what is pointed at, once the mouse rests there. A timer: it says when to come again."""
    here = now()
    if here is None or here.serial != serial or here.evidence is not None:
        return None
    view_layer = bpy.context.view_layer
    found = read(here.reading.hit, view_layer, wait=False)
    if models.is_opening():
        return REST
    if found is None:
        forget()
    else:
        lit = evidence.of(found, view_layer, wait=False)
        _now[:] = [replace(here, reading=found, evidence=lit or Evidence())]
    redraw()
    return None


@persistent
def _evaluated(scene, depsgraph) -> None:
    """Read again what is pointed at, where Blender has evaluated it anew: its numbers may be others."""
    here = now()
    if here is None:
        return
    names = {here.reading.hit.object, here.reading.hit.target}
    if any(
        isinstance(update.id, bpy.types.Object) and update.is_updated_geometry and update.id.name in names
        for update in depsgraph.updates
    ):
        _serial[0] += 1
        _now[:] = [replace(here, serial=_serial[0], evidence=None)]
        bpy.app.timers.register(lambda serial=_serial[0]: _read_again(serial), first_interval=0.0)


def _read_again(serial: int) -> None:
    """Point anew at where the mouse is, unless it has moved on."""
    here = now()
    if here is None or here.serial != serial:
        return
    window = next(iter(bpy.context.window_manager.windows), None)
    hit = under_mouse(window) if window else None
    reading = read(hit, window.view_layer, wait=False) if hit else None
    if reading is None:
        forget()
    else:
        _now[:] = [replace(here, reading=reading)]
        bpy.app.timers.register(lambda: _light_up(serial), first_interval=REST)
    redraw()


def register():
    """Begin to follow what is evaluated."""
    bpy.app.handlers.depsgraph_update_post.append(_evaluated)


def unregister():
    """End it."""
    bpy.app.handlers.depsgraph_update_post.remove(_evaluated)
    forget()


def redraw() -> None:
    """Let every 3D view draw itself anew."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    area.tag_redraw()
