# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a session in a window sees and does: what the screen holds, and the mouse and the keyboard.

All that takes time is a generator that yields the seconds to wait, so that Blender can handle events and draw.
"""

import importlib
import os
import subprocess
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

RUN, OUT = Path(__file__).parent, Path(os.environ["OUT"])
KEY = "neuroscene"
FILE_MENU, IMPORT, NEURAL_NETWORK = (43, 13), (76, 311), (336, 499)  # pixels from the screen's upper left


# Eyes


def window(index=0):
    return bpy.context.window_manager.windows[index]


def view(kind="WINDOW"):
    """A region of the 3D view."""
    area = next(one for one in window().screen.areas if one.type == "VIEW_3D")
    return next(one for one in area.regions if one.type == kind)


def area_of_view():
    """The area of the 3D view."""
    return next(one for one in window().screen.areas if one.type == "VIEW_3D")


def on_screen(point) -> tuple[int, int]:
    """A place of the world in pixels from the screen's upper left."""
    at = location_3d_to_region_2d(view(), space().region_3d, Vector(point))
    return round(view().x + at.x), round(window().height - view().y - at.y)


def ours(name):
    """A module of the installed extension."""
    return importlib.import_module(f"bl_ext.user_default.neuroscene.{name}")


def space():
    return next(one for one in window().screen.areas if one.type == "VIEW_3D").spaces.active


def blocks():
    """All data-blocks but screens, which the file browser adds to."""
    every = (getattr(bpy.data, name) for name in dir(bpy.data) if name != "screens")
    return {
        (type(one).__name__, one.name)
        for some in every
        if isinstance(some, bpy.types.bpy_prop_collection)
        for one in some
        if isinstance(one, bpy.types.ID)
    }


def networks():
    return [one for one in bpy.data.collections if KEY in one and one[KEY]["kind"] == "network"]


def thing(kind, **facts):
    """The first object of ours with these facts."""
    return next(
        one
        for one in bpy.data.objects
        if KEY in one and one[KEY]["kind"] == kind and all(one[KEY][name] == value for name, value in facts.items())
    )


def active():
    return window().view_layer.objects.active


def values(layer):
    found = np.empty(len(layer.data.vertices), np.float32)
    layer.data.attributes["value"].data.foreach_get("value", found)
    return found


def cells(layer):
    """Where the cells of a layer are drawn, (n, 3)."""
    graph = window().view_layer.depsgraph
    return np.array(
        [
            one.matrix_world.translation[:]
            for one in graph.object_instances
            if one.is_instance and one.parent.original == layer
        ]
    )


def ends(bundle):
    """First and last points of the lines of a bundle, (n, 2, 3), and the cells of both layers that they belong to."""
    curves = bundle.evaluated_get(window().view_layer.depsgraph).data
    points = np.empty(len(curves.points) * 3, np.float32)
    curves.attributes["position"].data.foreach_get("vector", points)
    points = points.reshape(len(curves.curves), -1, 3)[:, [0, -1]]
    points = points @ np.array(bundle.matrix_world.to_3x3()).T + np.array(bundle.matrix_world.translation)
    there = []
    for name in ("source", "target"):
        index = np.empty(len(points), np.int32)
        curves.attributes[name].data.foreach_get("value", index)
        there.append(cells(thing("layer", layer=bundle[KEY][name]))[index])
    return points, np.stack(there, 1)


def reports():
    """What operators said so far, from the Info editor that stands in the place of the timeline."""
    area = next(one for one in window().screen.areas if one.type in ("DOPESHEET_EDITOR", "INFO"))
    area.type = "INFO"
    with bpy.context.temp_override(window=window(), area=area, region=area.regions[-1]):
        bpy.ops.info.select_all(action="SELECT")
        bpy.ops.info.report_copy()
        bpy.ops.info.select_all(action="DESELECT")
    return [line for line in bpy.context.window_manager.clipboard.splitlines() if not line.startswith("bpy.")]


def importing():
    return "NEUROSCENE_OT_import_network" in window().modal_operators


def shot(name):
    yield 2.0
    subprocess.run(["import", "-window", "root", OUT / f"{name}.png"], check=True)


def until(condition, what, seconds=90.0):
    for _ in range(int(seconds * 5)):
        if condition():
            return
        yield 0.2
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


# Hands


def xdotool(*words):
    subprocess.run(["xdotool", *map(str, words)], check=True)


def click(x, y):
    for left in (3, 0):  # a button takes a click only once it has seen the mouse
        xdotool("mousemove", round(x) - left, round(y))
        yield 0.4
    xdotool("click", 1)
    yield 0.8


def press(*keys):
    """Keys, with the mouse over the 3D view."""
    region = view()
    xdotool("mousemove", region.x + 0.3 * region.width, window().height - region.y - 0.1 * region.height)
    yield 0.5
    for key in keys:
        xdotool("key", key)
        yield 0.3
    yield 1.0


def sidebar(x, y):
    region = view("UI")
    return click(region.x + x, window().height - region.y - region.height + y)


def choose_file(path, picture=""):
    """Type a path into the file browser and confirm."""
    yield from until(lambda: len(bpy.context.window_manager.windows) == 2, "a file browser")
    yield 1.0
    one = window(1)
    left, bottom = one.x, window().height - one.y
    yield from click(left + 576, bottom - one.height + 21)
    xdotool("key", "ctrl+a")
    xdotool("type", "--delay", 20, path)
    yield 1.0
    xdotool("key", "Return")
    yield 1.0
    if picture:
        yield from shot(picture)
    for attempt in range(60):  # the first Enter may only leave the text field
        if len(bpy.context.window_manager.windows) == 1:
            return
        if attempt % 20 == 0:
            xdotool("key", "Return")
        yield 0.2


def import_file(path, picture=""):
    for place in (FILE_MENU, IMPORT, NEURAL_NETWORK):
        yield from click(*place)
    yield from choose_file(path, picture)


def run_operator(name, **settings):
    """An operator of ours, as from a button of the view."""
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        getattr(bpy.ops.neuroscene, name)("EXEC_DEFAULT", True, **settings)
    yield 1.0


def undo():
    return press("ctrl+z")
