# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user does in a window, by mouse and keyboard, with a picture and a check after each step.

Every step is a generator that yields the seconds to wait, so that Blender can handle events and draw in between.
"""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

import bpy
import numpy as np
import onnx
from mathutils import Vector
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent))

import composing
from hands import (
    KEY,
    OUT,
    RUN,
    active,
    area_of_view,
    blocks,
    cells,
    choose_file,
    click,
    ends,
    import_file,
    importing,
    networks,
    on_screen,
    ours,
    press,
    reports,
    run_operator,
    shot,
    sidebar,
    space,
    thing,
    undo,
    until,
    values,
    view,
    window,
    xdotool,
)

LIST, ROW = (100, 51), 21  # the first row of the list of layers, from the sidebar's upper left; height of a row
OPEN_SAMPLE, RUN_INPUT, ARRANGEMENT = (160, 175), (130, 278), (172, 677)
MADE = 24  # frames of the film
RANDOM = np.random.default_rng(0)
CHOSEN = os.environ.get("STEPS", "").split()  # of the steps, all if it is empty
BEFORE: set = set()  # the data-blocks of the file before the first import


def open_sample():
    """Open in the empty sidebar makes the sample's scene, runs its input, shows it and reports it"""
    yield from press("Escape")  # the splash screen
    BEFORE.update(blocks())
    yield from press("n")
    yield from until(lambda: view("UI").active_panel_category not in ("", "UNSUPPORTED"), "a sidebar")
    view("UI").active_panel_category = "Neuroscene"
    yield from shot("01_empty")
    yield from sidebar(*OPEN_SAMPLE)
    yield from until(lambda: not importing() and networks(), "the network")
    assert reports()[-1].startswith("digits_cnn: 8 layers"), reports()
    assert window().scene.name == "digits_cnn" == networks()[0].name
    assert networks()[0][KEY]["input"] == "digit_7.png"
    assert space().region_3d.view_perspective == "CAMERA" and space().camera == window().scene.camera
    yield 15.0  # shaders are compiled
    yield from shot("02_sample")
    space().shading.type = "SOLID"  # redraws quickly without a graphics card


def look_at_sidebar():
    """The sidebar lists the layers; a click on one selects it; layers and connections show their inputs"""
    yield from until(lambda: len(networks()[0].neuroscene_state.rows) == 8, "the tree")
    yield from sidebar(LIST[0], LIST[1] + 2 * ROW)
    assert active() == thing("layer", layer="conv2"), active()
    yield from shot("03_layer")
    yield from sidebar(*ARRANGEMENT)
    yield from shot("04_arrangements")
    xdotool("key", "c")
    yield from until(
        lambda: thing("layer", layer="conv2").neuroscene_arrangement == "CIRCLE", "conv2 stands in a circle"
    )
    yield from shot("05_circle")
    yield from undo()
    yield from until(lambda: thing("layer", layer="conv2").neuroscene_arrangement == "GRID", "that is undone")
    yield from run_operator("select_object", object=thing("connections", source="pool2", target="dense1").name)
    yield from shot("06_lines")


def read_by_mouse():
    """The mouse over a cell reads its value; Ctrl-click pins it with the tool, a click selects the layer"""
    layer = thing("layer", layer="conv2")
    index = int(values(layer).argmax())
    x, y = on_screen(cells(layer)[index])
    xdotool("mousemove", x - 30, y)
    yield 1.0
    xdotool("mousemove", x, y)
    pointing = ours("addon.scene.picking.pointing")
    yield from until(lambda: pointing.now() and abs(pointing.now().x + view().x - x) < 3, "a reading")
    told = pointing.now().reading  # of this cell, or of one that stands before its back
    assert told.facts["value"] == float(values(layer)[told.hit.index]) > 0.5 * values(layer)[index], told
    yield from until(lambda: pointing.now().evidence is not None and pointing.now().evidence.lines, "lit lines")
    yield from shot("07_read")
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        bpy.ops.wm.tool_set_by_id(name="neuroscene.read_cells")
    yield from click(x, y)
    yield from until(lambda: active() == layer, "a click selects the layer")
    xdotool("keydown", "ctrl")
    yield 0.5
    xdotool("click", 1)
    yield 1.0
    xdotool("keyup", "ctrl")
    yield from until(lambda: active() and active().name == "conv2 Annotation", "the reading is pinned")
    yield from shot("08_pinned")
    yield from undo()
    yield from until(lambda: "conv2 Annotation" not in bpy.data.objects, "the annotation is undone")
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        bpy.ops.wm.tool_set_by_id(name="builtin.select_box")


def click_layers():
    """Sixteen clicks at cells take their layers, eight at labels those that they name"""
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        bpy.ops.wm.tool_set_by_id(name="neuroscene.read_cells")
    pointing = ours("addon.scene.picking.pointing")
    met = 0
    for number in range(400):
        layers = [one for one in bpy.data.objects if KEY in one and one[KEY]["kind"] == "layer"]
        layer = layers[number % len(layers)]
        index = RANDOM.integers(len(layer.data.vertices))
        x, y = on_screen(cells(layer)[index])
        region = view()
        inside = region.x + 90 < x < view("UI").x - 20 and 160 < y < window().height - region.y - 20
        with bpy.context.temp_override(window=window(), area=area_of_view(), region=region):
            hit = inside and pointing.pick(bpy.context, x - region.x, window().height - y - region.y, "CELLS")
        if not hit or hit.target != layer.name:
            continue  # behind another layer, or beside the view
        yield from click(x, y)
        assert active() == layer, (layer.name, active())
        met += 1
        if met == 16:
            break
    assert met == 16, met
    for label in [one for one in bpy.data.objects if KEY in one and one[KEY]["kind"] == "label"]:
        if label[KEY]["part"] == "name" and label.visible_get():
            middle = label.matrix_world @ Vector(np.array(label.bound_box).mean(0))
            yield from click(*on_screen(middle))
            assert active() == label.parent, (label.name, active())
    with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
        bpy.ops.wm.tool_set_by_id(name="builtin.select_box")


def rename_in_tree():
    """A double click in the tree renames a layer with its label and its lines, in one step"""
    yield from sidebar(LIST[0], LIST[1] + 4 * ROW)
    layer = thing("layer", layer="conv3")
    assert active() == layer, active()
    xdotool("click", "--repeat", 2, "--delay", 60, 1)
    yield 1.5
    xdotool("key", "ctrl+a")
    xdotool("type", "--delay", 60, "Shapes")
    yield from shot("09_asked_for_a_name")
    xdotool("key", "Return")
    yield from until(lambda: thing("layer", layer="conv3").name == "Shapes", "the layer is renamed")
    yield from until(lambda: thing("label", owner="conv3", part="name").data.body == "Shapes", "its label says so")
    assert thing("connections", target="conv3").name == "pool1 to Shapes"
    yield from shot("09_renamed")
    yield from undo()
    yield from until(lambda: thing("label", owner="conv3", part="name").data.body == "conv3", "the name is undone")
    assert thing("connections", target="conv3").name == "pool1 to conv3"


def delete_by_key():
    """X deletes a layer with its label and its lines, and Ctrl Z brings all back; H hides it, / shows it alone"""
    before = blocks()
    yield from sidebar(LIST[0], LIST[1] + 4 * ROW)
    assert active() == thing("layer", layer="conv3"), active()
    yield from press("x")
    yield from shot("10_asked")
    xdotool("key", "Return")
    yield from until(lambda: not [one for one in bpy.data.objects if "conv3" in one.name], "all of the layer is gone")
    yield from shot("11_deleted")
    yield from undo()
    yield from until(lambda: blocks() == before, "all is back")
    yield from sidebar(LIST[0], LIST[1] + 4 * ROW)
    yield from press("h")
    layer = thing("layer", layer="conv3")
    yield from until(layer.hide_get, "the layer is hidden")
    assert thing("connections", target="conv3").hide_get() and thing("label", owner="conv3", part="name").hide_get()
    yield from undo()
    yield from until(lambda: not thing("layer", layer="conv3").hide_get(), "the layer is shown")
    yield from sidebar(LIST[0], LIST[1] + 4 * ROW)
    yield from press("slash")
    yield from until(lambda: space().local_view, "the layer alone")
    assert thing("connections", target="conv3").local_view_get(space())
    assert not thing("layer", layer="conv1").local_view_get(space())
    yield from shot("12_alone")
    yield from press("slash")
    yield from until(lambda: not space().local_view, "everything again")


def run_by_mouse():
    """Run Input in the sidebar fills layers, bars and caption"""
    before = values(thing("layer", layer="conv2"))
    yield from sidebar(*RUN_INPUT)
    yield from choose_file(RUN / "digit_3.png", "13_choose_input")
    yield from until(lambda: networks()[0][KEY]["input"] == "digit_3.png", "the network shows the input")
    assert (values(thing("layer", layer="conv2")) != before).any()
    assert any("digit_3.png → 3" in one.data.body for one in bpy.data.objects if one.type == "FONT")
    assert reports()[-1].startswith("digit_3.png: 3"), reports()
    yield from shot("14_ran")


def move_layer():
    """G X 5 Enter moves a layer by five metres, and its lines stay on its cells"""
    yield from sidebar(LIST[0], LIST[1] + 2 * ROW)
    layer = thing("layer", layer="conv2")
    assert active() == layer, active()
    bundles = thing("connections", target="conv2"), thing("connections", source="conv2")
    before = [ends(one) for one in bundles]
    for points, there in before:
        assert len(points) and np.abs(points - there).max() < 1e-3, np.abs(points - there).max()
    place = layer.location.x
    yield from press("g", "x", "5", "Return")
    yield from until(lambda: abs(thing("layer", layer="conv2").location.x - place - 5) < 1e-4, "the layer has moved")
    for one, (_, old), side in zip(bundles, before, (1, 0), strict=True):
        points, there = ends(one)
        assert np.abs(points - there).max() < 1e-3, np.abs(points - there).max()
        assert np.allclose(there[:, side] - old[:, side], (5, 0, 0), atol=1e-3)
        assert np.allclose(there[:, 1 - side], old[:, 1 - side], atol=1e-4)
    yield from shot("15_moved")


def undo_all():
    """Ctrl Z takes back the move, then the run, then the whole import at once; Ctrl Shift Z brings it back"""
    place, full = thing("layer", layer="conv2").location.x, blocks()
    yield from undo()
    yield from until(lambda: abs(thing("layer", layer="conv2").location.x - place + 5) < 1e-4, "the move is undone")
    steps = 1
    while networks()[0][KEY]["input"] != "digit_7.png":
        assert steps < 6, "the run is not undone"
        yield from undo()
        steps += 1
    yield from shot("16_run_undone")
    while networks():
        assert steps < 40, "the import is not undone"
        yield from undo()
        steps += 1
    assert blocks() == BEFORE, blocks() ^ BEFORE
    assert window().scene.name == "Scene"
    yield from shot("17_import_undone")
    for _ in range(steps):
        yield from press("ctrl+shift+z")
    assert blocks() == full, blocks() ^ full
    assert networks()[0][KEY]["input"] == "digit_3.png" and window().scene.name == "digits_cnn"
    points, there = ends(thing("connections", target="conv2"))
    assert np.abs(points - there).max() < 1e-3
    yield from shot("18_redone")


def edit_by_hand():
    """Edit Cells by Hand: in Edit Mode a dragged cell takes its lines along before the mouse is let go"""
    layer, bundle = thing("layer", layer="dense1"), thing("connections", source="dense1")
    window().view_layer.objects.active = layer
    area = next(one for one in window().screen.areas if one.type == "VIEW_3D")
    with bpy.context.temp_override(window=window(), area=area, region=view()):
        bpy.ops.neuroscene.edit_cells("INVOKE_DEFAULT")
    yield from until(lambda: layer.mode == "EDIT", "Edit Mode")
    yield 2.0
    _, before = ends(bundle)
    yield from press("a", "g", "z", "3")
    yield from until(lambda: np.allclose(ends(bundle)[1][:, 0] - before[:, 0], (0, 0, 3), atol=1e-2), "the cells move")
    points, there = ends(bundle)
    assert np.abs(points - there).max() < 1e-3, np.abs(points - there).max()
    yield from shot("19_by_hand")
    yield from press("Return", "Tab")
    yield from until(lambda: layer.mode == "OBJECT", "Object Mode")
    points, there = ends(bundle)
    assert np.abs(points - there).max() < 1e-3 and np.allclose(there[:, 0] - before[:, 0], (0, 0, 3), atol=1e-2)


def cancel_by_escape():
    """Esc stops an import and leaves the file as it was"""
    before, scene = blocks(), window().scene.name
    yield from import_file(long_model())
    yield from until(lambda: len(blocks()) > len(before) + 20, "the import is under way")
    xdotool("key", "Escape")
    yield from until(lambda: not importing(), "the import has stopped")
    assert "cancelled" in reports()[-1], reports()
    assert blocks() == before, blocks() ^ before
    assert window().scene.name == scene
    yield from shot("20_cancelled")


def import_bad_file():
    """A damaged file is one line of error and leaves the file as it was"""
    bad = RUN / "damaged.onnx"
    bad.write_bytes((RUN / "digits_cnn.onnx").read_bytes()[:1000])
    before, said = blocks(), reports()
    yield from import_file(bad)
    yield from until(lambda: not importing(), "the import has stopped")
    yield from shot("21_bad_file")
    assert reports()[:-1] == said and "damaged.onnx" in reports()[-1], reports()
    assert blocks() == before, blocks() ^ before
    yield from press("Escape")


def drop_file():
    """A dropped file asks for the settings in a dialog and is then imported"""
    region, before = view(), len(networks())
    xdotool("mousemove", region.x + 0.35 * region.width, 0.4 * window().height)
    yield 0.5
    area = next(one for one in window().screen.areas if one.type == "VIEW_3D")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        bpy.ops.neuroscene.import_network("INVOKE_DEFAULT", filepath=str(RUN / "digits_cnn.onnx"), update=False)
    yield from shot("22_dropped")
    xdotool("key", "Return")
    yield from until(lambda: not importing() and len(networks()) == before + 1, "one more network")
    yield 10.0
    yield from shot("23_second")
    assert window().scene == window().scene.camera.users_scene[0]


def shots_of_a_keras_model():
    """A Keras file opens like any other; Add Shot looks through a new camera, Set Shot back, one undo takes it away"""
    area = next(one for one in window().screen.areas if one.type == "VIEW_3D")
    region, before = view(), len(networks())
    with bpy.context.temp_override(window=window(), area=area, region=region):
        bpy.ops.neuroscene.import_network("INVOKE_DEFAULT", filepath=str(RUN / "mnist_cnn.keras"), update=False)
    yield 1.0
    xdotool("key", "Return")
    yield from until(lambda: not importing() and len(networks()) == before + 1, "a Keras network")
    yield 10.0
    network = next(one for one in networks() if one[KEY]["format"] == "keras-v3")
    uuid, hero = network[KEY]["uuid"], window().scene.camera
    with bpy.context.temp_override(window=window(), area=area, region=region):
        bpy.ops.neuroscene.add_shot("EXEC_DEFAULT", True, uuid=uuid, shot="fly-through")
    assert window().scene.camera != hero and len(window().scene.timeline_markers) == 2
    yield 5.0
    yield from shot("24_flight")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        bpy.ops.neuroscene.set_shot("EXEC_DEFAULT", True, uuid=uuid, shot="hero")
    assert window().scene.camera == hero
    with bpy.context.temp_override(window=window(), area=area, region=region):
        bpy.ops.ed.undo()
        bpy.ops.ed.undo()
    yield 5.0
    assert not window().scene.timeline_markers and len(networks()) == before + 1
    yield from shot("25_shot_undone")


def film_by_mouse():
    """Render Film shows how far it is, Esc keeps what is rendered, and the same film goes on with that"""
    scene, film = window().scene, OUT / "film.mp4"
    scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 160, 90, 2
    scene.frame_start, scene.frame_end = 1, MADE
    place = scene.frame_current
    area = next(one for one in window().screen.areas if one.type == "VIEW_3D")

    def making():
        return "NEUROSCENE_OT_render_film" in window().modal_operators

    def browser():
        windows = bpy.context.window_manager.windows
        return next((one for one in windows if one.screen.areas[0].type == "FILE_BROWSER"), None)

    def start(picture):
        with bpy.context.temp_override(window=window(), area=area, region=view()):
            bpy.ops.neuroscene.render_film("INVOKE_DEFAULT", filepath=str(film))
        yield from until(browser, "a file browser")
        xdotool("mousemove", browser().x + 576, window().height - browser().y - browser().height / 2)
        yield from shot(picture)
        xdotool("key", "Return")
        yield from until(making, "the film has begun")

    yield from start("26_film")
    frames = OUT / "film_frames"
    yield from until(lambda: len(list(frames.glob("film_????.png"))) > 2, "some frames")
    xdotool("key", "Escape")  # at once: a picture takes as long as some frames
    yield from until(lambda: not making(), "the film has stopped")
    kept = len(list(frames.glob("film_????.png")))
    assert 2 < kept < MADE and not film.exists() and f"{MADE - kept} frames left" in reports()[-1], (kept, reports())
    yield from shot("28_film_stopped")
    yield from start("29_film_again")
    yield from until(lambda: not making(), "the film is made")
    assert film.exists() and not frames.exists() and reports()[-1].startswith("Wrote "), reports()
    assert scene.frame_current == place and scene.render.image_settings.file_format == "PNG"
    yield from shot("30_film_made")


def export_a_page():
    """Export writes the network of the scene as glTF and as a page"""
    for suffix in ("glb", "html"):
        path = OUT / f"exported.{suffix}"
        with bpy.context.temp_override(window=window(), area=area_of_view(), region=view()):
            bpy.ops.neuroscene.export_gltf(filepath=str(path))
        assert path.stat().st_size > 10_000, path
    yield 0.0


def inspect_by_command():
    """blender --command neuroscene inspect prints JSON and ends with status 0, or 2 for a bad file"""
    command = [bpy.app.binary_path, "--command", "neuroscene", "inspect", "--json"]
    good = subprocess.run([*command, RUN / "digits_cnn.onnx"], capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout.splitlines()[-1])["parameters"] == 29066  # Blender may warn before it
    bad = subprocess.run([*command, RUN / "damaged.onnx"], capture_output=True, text=True)
    said = [line for line in bad.stderr.splitlines() if " WARNING " not in line]  # Blender's own, before ours
    assert bad.returncode == 2 and len(said) == 1 and said[0].startswith("neuroscene: "), bad
    yield 0.0


def long_model():
    """A chain of 120 convolutions, which takes a while to import."""
    random = np.random.default_rng(0)
    nodes, weights = [], []
    for index in range(120):
        weight = random.standard_normal((16, 1 if index == 0 else 16, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{index}"))
        nodes.append(
            helper.make_node("Conv", [f"x{index}", f"w{index}"], [f"x{index + 1}"], f"conv{index}", pads=[1, 1, 1, 1])
        )
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, 14, 14])]
        for name, channels in (("x0", 1), ("x120", 16))
    ]
    model = helper.make_model(helper.make_graph(nodes, "long", *ports, weights))
    onnx.save(model, RUN / "long.onnx")
    return RUN / "long.onnx"


STEPS = (
    open_sample,
    look_at_sidebar,
    read_by_mouse,
    click_layers,
    rename_in_tree,
    delete_by_key,
    run_by_mouse,
    move_layer,
    undo_all,
    edit_by_hand,
    cancel_by_escape,
    import_bad_file,
    drop_file,
    shots_of_a_keras_model,
    export_a_page,
    film_by_mouse,
    inspect_by_command,
    *composing.STEPS,
)


def session():
    yield 3.0
    bpy.context.preferences.edit.undo_steps = 256  # the import is to be undone after all that follows it
    reports()
    for step in STEPS:
        if CHOSEN and step.__name__ not in CHOSEN:
            continue
        print(f"...     {step.__name__}", flush=True)
        yield from step()
        print(f"ok      {step.__doc__}", flush=True)


def advance():
    try:
        return next(running)
    except StopIteration:
        status = 0
    except BaseException:
        status = 1
        print("FAILED ", traceback.format_exc(), flush=True)
        subprocess.run(["import", "-window", "root", OUT / "failed.png"], check=False)
    sys.stdout.flush()
    os._exit(status)


running = session()
bpy.app.timers.register(advance, persistent=True)
