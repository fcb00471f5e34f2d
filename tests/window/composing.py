# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A first network in a window, by mouse: put together from the asset library, trained, saved, rendered as a film."""

import json
from pathlib import Path

import bpy
import numpy as np
from hands import (
    KEY,
    OUT,
    RUN,
    area_of_view,
    cells,
    choose_file,
    click,
    networks,
    on_screen,
    ours,
    press,
    run_operator,
    shot,
    space,
    undo,
    until,
    view,
    window,
    xdotool,
)

# pixels from the upper left of the area below the view: of its menu of editors, and of the asset browser in its place
EDITORS, ASSET_BROWSER, LIBRARIES, LIBRARY, SEARCH, FIRST = (
    (20, 13),
    (686, 139),
    (116, 45),
    (54, 185),
    (1437, 13),
    (306, 95),
)
TALLER = 260  # pixels that this area is pulled up by
RUN_INPUT = (140, 257)  # from the upper left of the sidebar, under a list of seven layers


def add_from_menu(words):
    """Shift A, and what it finds first for these words."""
    yield from press("Escape")
    yield 1.0
    yield from press("shift+a")
    yield 1.0
    xdotool("type", "--delay", 60, words)
    yield 2.0
    xdotool("key", "Return")
    yield 1.5


def network():
    """The composed network, None if there is none."""
    return next((each for each in networks() if each[KEY].get("specification")), None)


def composed():
    """The layers of the composed network by its own specification, none if there is no such network."""
    return [layer["name"] for layer in specification()["layers"]] if network() else []


def specification():
    return json.loads(network()[KEY]["specification"])


def below():
    """The area below the 3D view, and its upper left corner on the screen."""
    area = next(each for each in window().screen.areas if each.type in ("DOPESHEET_EDITOR", "INFO", "FILE_BROWSER"))
    return area, area.x, window().height - area.y - area.height


def drag(start, end, steps=12):
    """Pull from one place of the screen to another with the left button."""
    for left in (1, 0):
        xdotool("mousemove", start[0] - left, start[1])
        yield 0.4
    xdotool("mousedown", 1)
    yield 0.3
    for step in range(1, steps + 1):
        xdotool("mousemove", *(round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)))
        yield 0.12
    yield 0.6
    xdotool("mouseup", 1)
    yield 1.5


def open_asset_browser():
    """In the area below the view, with the library Neuroscene."""
    area, x, y = below()
    middle = x + area.width // 2
    yield from drag((middle, y - 1), (middle, y - TALLER))
    _, x, y = below()
    for place in (EDITORS, ASSET_BROWSER):
        yield from click(x + place[0], y + place[1])
    yield from until(lambda: below()[0].ui_type == "ASSETS", "the asset browser", 20.0)
    for place in (LIBRARIES, LIBRARY):
        yield from click(x + place[0], y + place[1])
    assert below()[0].spaces.active.params.asset_library_reference == "Neuroscene"


def cell_in_view(name):
    """Where on the screen a cell of a layer is seen."""
    pointing, region = ours("addon.scene.picking.pointing"), view()
    layers = (obj for obj in network().all_objects if KEY in obj and obj[KEY]["kind"] == "layer")
    layer = next(obj for obj in layers if obj[KEY]["layer"] == name)  # of this network: others have such names too
    places = cells(layer)
    for place in places[np.linspace(0, len(places) - 1, 60).astype(int)]:
        x, y = on_screen(place)
        if not (region.x + 90 < x < view("UI").x - 20 and 120 < y < window().height - region.y - 20):
            continue
        with bpy.context.temp_override(window=window(), area=area_of_view(), region=region):
            hit = pointing.pick(bpy.context, x - region.x, window().height - y - region.y, "CELLS")
        if hit and hit.target == layer.name:
            return x, y
    raise AssertionError(f"no cell of {name} is seen")


def put(words, layer):
    """Drag the first asset that these words find onto a cell of a layer; the new layer comes after that."""
    before, (_, x, y) = composed(), below()
    yield from click(x + SEARCH[0], y + SEARCH[1])
    xdotool("key", "ctrl+a")
    xdotool("type", "--delay", 60, words)
    xdotool("key", "Return")
    yield 2.0
    yield from drag((x + FIRST[0], y + FIRST[1]), cell_in_view(layer))
    yield from until(lambda: len(composed()) == len(before) + 1, f"{words} after {layer}", 30.0)
    place = before.index(layer) + 1 if layer in before else 0
    after = composed()
    assert after[:place] + after[place + 1 :] == before, (before, after)
    yield 1.0


def compose_from_assets():
    """Assets dragged onto layers make a network; one undo takes one layer away, and it comes back"""
    for other in list(bpy.context.window_manager.windows)[1:]:  # of a render
        with bpy.context.temp_override(window=other):
            bpy.ops.wm.window_close()
    yield from press("Escape")  # the splash screen, where this is the first step
    yield from add_from_menu("install asset")
    libraries = bpy.context.preferences.filepaths.asset_libraries
    yield from until(lambda: any(each.name == "Neuroscene" for each in libraries), "the library", 120.0)
    assert Path(place_of_a_package()).is_file(), "Blender has removed the extension's packages"
    yield from add_from_menu("empty: image")
    yield from until(network, "a network", 120.0)
    yield 3.0
    space().shading.type = "SOLID"  # redraws quickly without a graphics card
    if not view("UI").width > 1:
        yield from press("n")
    yield from until(lambda: view("UI").active_panel_category not in ("", "UNSUPPORTED"), "a sidebar")
    view("UI").active_panel_category = "Neuroscene"
    yield from open_asset_browser()
    yield from press("Home")
    yield from shot("40_library")
    yield from put("convolution", "image")
    yield from shot("41_convolution")
    for words, layer in (
        ("max pool", "conv1"),
        ("convolution", "maxpool1"),
        ("max pool", "conv2"),
        ("dense", "maxpool2"),
    ):
        yield from put(words, layer)
    yield from shot("42_composed")
    made = composed()
    assert [layer["op"] for layer in specification()["layers"]] == [*["Conv", "MaxPool"] * 2, "Dense", "Dense"]
    yield from undo()
    yield from until(lambda: composed() == made[:-2] + made[-1:], "one undo takes one layer away")
    yield from press("ctrl+shift+z")
    yield from until(lambda: composed() == made, "it is back")


def place_of_a_package():
    """Where a package that came with the extension lies."""
    import PIL  # noqa: PLC0415 (of the installed extension)

    return PIL.__file__


def train_by_mouse():
    """Run Input and Train in the sidebar: the network learns the digits to 95 % and more, and the view goes on"""
    region = view("UI")
    yield from click(region.x + RUN_INPUT[0], window().height - region.y - region.height + RUN_INPUT[1])
    yield from choose_file(RUN / "digit_3.png")
    yield from until(lambda: network()[KEY]["input"] == "digit_3.png", "the network shows the input")
    yield from shot("43_untrained")
    yield from run_operator("train_network")
    yield from until(lambda: "NEUROSCENE_OT_train_network" in window().modal_operators, "it trains")
    yield from until(lambda: network()[KEY].get("series"), "the first checkpoints", 120.0)
    yield from shot("44_trains")
    yield from until(lambda: "NEUROSCENE_OT_train_network" not in window().modal_operators, "it has learned", 600.0)
    steps = json.loads(network()[KEY]["series"])["checkpoints"]["values"]
    assert len(steps) == 11 and steps[-1]["accuracy"] >= 0.95, steps[-1]
    yield from shot("45_learned")


def save_and_open():
    """Save As keeps the trained network, and the file opens with all of it"""
    path = OUT / "first_network.blend"
    held = (composed(), network()[KEY]["series"])
    yield from press("ctrl+shift+s")
    yield from until(lambda: len(bpy.context.window_manager.windows) == 2, "a file browser")
    browser = window(1).screen.areas[0]
    browser.spaces.active.params.directory, browser.spaces.active.params.filename = str(OUT).encode(), path.name
    yield 1.0
    xdotool("mousemove", window(1).x + 576, window().height - window(1).y - window(1).height / 2)
    yield 0.5
    xdotool("key", "Return")
    yield from until(lambda: bpy.data.filepath == str(path) and not bpy.data.is_dirty, "the file is saved")
    yield 2.0
    bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=True)
    yield 3.0
    assert (composed(), network()[KEY]["series"]) == held
    yield from shot("46_opened")


def film_of_training():
    """The shot Training is rendered as a film"""
    yield from run_operator("add_shot", shot="training")
    scene = window().scene
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 320, 180, 4
    scene.frame_step = max(1, (scene.frame_end - scene.frame_start) // 5)
    yield from shot("47_shot")
    film = OUT / "training.mp4"
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        bpy.ops.neuroscene.render_film("EXEC_DEFAULT", filepath=str(film))
    yield from until(film.exists, "the film", 300.0)
    clip = bpy.data.movieclips.load(str(film))
    assert clip.frame_duration > 4 and tuple(clip.size) == (320, 180), (clip.frame_duration, tuple(clip.size))


STEPS = (compose_from_assets, train_by_mouse, save_and_open, film_of_training)
