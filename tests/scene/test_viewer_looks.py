# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an export wears the style, says what Blender's labels say, and plays what moves."""

import re

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from neuroscene.addon.gltf import export
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.entities import NetworkScene
from neuroscene.addon.scene.looks import painting, styles
from scene import browser, look
from scene.test_viewer import SIZE, card, chromium, hover, labels, opened

__all__ = ["chromium"]
pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="needs Chromium (Debian: apt-get install chromium)")
BLANK = 0.97, 0.9  # shares of the page at which nothing is


def shown(folder, network, **options):
    """The page of a network, in a picture of the page's size."""
    render = look.scene_of(network).render
    render.resolution_x, render.resolution_y = SIZE
    export.export(folder / "out.html", export.ExportOptions(**options))
    return folder / "out.html"


def colour(page, element, name="color") -> tuple[int, ...]:
    return tuple(
        page.evaluate(f"""getComputedStyle(document.querySelector('{element}')).{name}
        .match(/[0-9]+/g).slice(0, 3).map(Number)""")
    )


def hexadecimal(text) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text[1:7]))


@pytest.mark.parametrize("style", ["Paper", "Blueprint"])
def test_the_page_wears_the_style(blank, tmp_path, chromium, style):
    network = look.build(look.MLP, look.DIGIT, max_cells=200, max_connections=50)
    wanted = styles.STYLES[style]
    styles.apply(wanted, painting.part_of(bpy.context, network))
    page = opened(chromium, shown(tmp_path, network))
    assert np.abs(np.subtract(colour(page, "h1"), hexadecimal(wanted.materials["label"]["Color"]))).max() <= 1
    page.screenshot(tmp_path / "page.png")
    x, y = np.array(BLANK) * SIZE
    ground = look.png(tmp_path / "page.png")[int(y), int(x), :3].astype(int)
    grounds = np.array([hexadecimal(one) for one in wanted.backdrop.background])
    assert (ground >= grounds.min(0) - 2).all() and (ground <= grounds.max(0) + 2).all()
    assert page.complaints() == []
    page.close()


@pytest.mark.slow
def test_labels_say_what_blender_says(blank, tmp_path, chromium):
    network = look.build(look.RESNET, max_cells=3_000)
    page = opened(chromium, shown(tmp_path, network))
    wanted = {look.facts(one)["layer"]: look.facts(one)["label"] for one in look.layers(network).values()}
    assert any("tile for" in one["notes"] for one in wanted.values())
    assert any(" of " in one["notes"] for one in wanted.values())
    found = {}
    for index in range(page.evaluate("document.querySelectorAll('.label.layer').length")):
        page.evaluate(f"document.querySelectorAll('.label.layer')[{index}].focus()")
        page.settle()
        note = page.evaluate("document.querySelector('#card .note')?.textContent ?? ''")
        name, shape = page.evaluate("[...document.activeElement.children].map((one) => one.textContent)")
        found[card(page)[""]] = {"name": name, "shape": shape, "notes": note}
    assert len(found) > 20 and found == {name: wanted[name] for name in found}
    page.close()


@pytest.mark.slow
def test_what_is_left_out_is_said(blank, tmp_path, chromium):
    """How many lines there are, and what a closed block has in it. Where a total is unknown, what is drawn counts."""
    network = look.build(look.VIT, max_cells=2_000)
    for number in (1, 3):
        NetworkScene(network).blocks()[f"encoder/layers/encoder_layer_{number}"].inputs["Fold"] = 1.0
    page = opened(chromium, shown(tmp_path, network))
    known = [look.facts(one) for one in look.bundles(network).values()]
    seen = [
        one
        for one in known
        if not any(
            look.folded(network, look.facts(look.layers(network)[one[end]])["block"]) for end in ("source", "target")
        )
    ]
    said = page.evaluate("document.querySelector('#drawn').textContent")
    counts = re.search(r"([0-9,]+) of ([0-9,]+) connections", said).groups()
    drawn, total = (int(one.replace(",", "")) for one in counts)
    assert sum(one["drawn"] for one in seen) <= drawn < total <= sum(one["total"] or one["drawn"] for one in known)
    closed = [path for path in look.boxes(network) if look.folded(network, path)]
    found = 0
    for index in range(page.evaluate("document.querySelectorAll('.label.block').length")):
        page.evaluate(f"document.querySelectorAll('.label.block')[{index}].focus()")
        page.settle()
        path = card(page)["block"]
        rows = page.evaluate("[...document.querySelectorAll('#card dd')].map((one) => one.textContent)")
        inner = [
            look.facts(one)
            for one in look.layers(network).values()
            if f"{look.facts(one)['block']}/".startswith(f"{path}/")
        ]
        if path in closed:
            first = min(inner, key=lambda one: one["order"])
            assert f"{first['op']}, {first['label']['shape']}" == rows[2], rows
            found += 1
    assert found == 2
    page.close()


def go_to(page, share):
    """Set the time line of a page."""
    page.evaluate(f"""(() => {{
        const time = document.querySelector("#time");
        time.value = Number(time.min) + {share} * (time.max - time.min);
        time.dispatchEvent(new Event("input"));
    }})()""")
    page.settle()


def middle_of(network, name, camera, index):
    """Where a camera sees a cell, in pixels of the page."""
    place = look.cell_places(look.layers(network)[name], look.evaluate(network))[index]
    x, y, _ = world_to_camera_view(look.scene_of(network), camera, Vector(place))
    return x * SIZE[0], (1 - y) * SIZE[1]


@pytest.mark.slow
def test_a_shot_is_played(blank, tmp_path, chromium):
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000, max_connections=100)
    shots.add(network, "turntable")
    scene, camera = look.scene_of(network), shots.shots(network)["turntable"]
    page = opened(chromium, shown(tmp_path, network))
    named = "[...document.querySelectorAll('#shot option')].map((one) => one.textContent)"
    assert set(page.evaluate(named)) == {"hero", "turntable"}
    first, last = look.facts(camera)["frames"]
    for share in (0, 0.35, 0.7):
        go_to(page, share)
        frame = first + share * (last - first)
        scene.frame_set(int(frame), subframe=frame % 1)
        for unit in (0, 7):
            said = hover(page, *middle_of(network, "scores", camera, unit))
            assert (said[""], said["where"]) == ("scores", f"unit {unit}"), (share, said)
    now = "Number(document.querySelector('#time').value)"
    before, spots = page.evaluate(now), labels(page)
    page.evaluate("document.querySelector('#play').click()")
    page.wait(f"Math.abs({now} - {before}) > 0.2")
    assert page.evaluate("document.querySelector('#play').textContent") == "Pause"
    (x, y) = np.array((0.75, 0.1)) * SIZE
    page.drag(x, y, x + 40, y)  # whoever turns the network by hand stops the film
    after = page.evaluate(now)
    page.settle()
    assert page.evaluate("document.querySelector('#play').textContent") == "Play" and page.evaluate(now) == after
    assert labels(page) != spots and page.complaints() == []
    page.evaluate("""(() => {
        const choice = document.querySelector("#shot");
        choice.value = [...choice.options].findIndex((one) => one.textContent === "hero");
        choice.dispatchEvent(new Event("change"));
    })()""")
    page.settle()
    hero = shots.shots(network)["hero"]
    assert hover(page, *middle_of(network, "scores", hero, 7))["where"] == "unit 7"
    assert page.evaluate("document.querySelector('#play').hidden")  # nothing moves in that one
    page.close()


@pytest.mark.slow
def test_poses_are_played(blank, tmp_path, chromium):
    network = look.build(look.CNN, look.DIGIT, max_cells=1_000, max_connections=50)
    shots.add(network, "unfold")
    camera = shots.shots(network)["unfold"]
    look.scene_of(network).frame_set(look.facts(camera)["frames"][1])
    page = opened(chromium, shown(tmp_path, network, poses=3))
    corner = middle_of(network, "conv1", camera, 0)
    seen = []  # of the layer, where its first cell is in the end and its slab is not in the beginning
    for share in (1, 0, 1):
        go_to(page, share)
        seen.append(hover(page, *corner).get("") == "conv1")
    assert seen == [True, False, True] and page.complaints() == []
    page.close()


def test_without_shots_there_is_no_time_line_and_fine_screens_have_fine_pictures(blank, tmp_path, chromium):
    page = opened(chromium, shown(tmp_path, look.build(look.MLP, max_cells=200, max_connections=50)))
    assert page.evaluate("document.querySelector('#film').hidden")
    for ratio in (2, 1, 1.5):  # the window goes from screen to screen
        page.send(
            "Emulation.setDeviceMetricsOverride", width=SIZE[0], height=SIZE[1], deviceScaleFactor=ratio, mobile=False
        )
        page.move(ratio * 100, 100)
        page.wait(f"document.querySelector('canvas').width === {int(ratio * SIZE[0])}")
    page.close()
