# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an export in a real browser: pictures as in Blender, numbers as in the file, and nothing asked for."""

import base64
import gzip
import html.parser
import re
from collections import Counter

import bpy
import numpy as np
import onnx
import pytest

from neuroscene.addon.gltf import export, viewer
from scene import browser, look
from scene.stored import File
from unit.make import model, node, run, save, seeded

SIZE, LARGE = (640, 360), (960, 540)
FREE = (0.75, 0.6), (0.9, 0.55)  # shares of the page: from nothing to nothing
PHONE = 390, 844
HOSTILE = "</script><img src=x onerror=document.title='hit'><b>&amp;"

needs_browser = pytest.mark.skipif(browser.PROGRAM is None, reason="needs Chromium (Debian: apt-get install chromium)")


def page_of(folder, network, title="digits_cnn"):
    """The page of the open network."""
    export.export(folder / "out.glb")
    viewer.write(folder / "out.glb", folder / "out.html", title)
    return folder / "out.html"


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as found:
        yield found


def middles(thing, depsgraph) -> np.ndarray:
    """The middles of what the cells of a layer show, (n, 3): they stand on their places."""
    return look.corners(thing, depsgraph)[: len(thing.data.vertices)].mean(1)


class Sample:
    """The sample network with a digit, its page, and where its cells are in the page."""

    def __init__(self, folder):
        look.fresh()
        # few cells and lines, for all is drawn by software
        self.network = look.build(look.CNN, look.DIGIT, max_cells=6_000, max_connections=500)
        scene = look.scene_of(self.network)
        scene.render.resolution_x, scene.render.resolution_y = SIZE
        self.path = page_of(folder, self.network)
        depsgraph = look.evaluate(self.network)
        self.pixels = {
            name: self._pixels(depsgraph, middles(thing, depsgraph))
            for name, thing in look.layers(self.network).items()
        }
        self.ends = {
            key: self._pixels(depsgraph, look.curve_places(one, depsgraph))
            for key, one in look.bundles(self.network).items()
        }
        picture = look.png(look.DIGIT)[..., 0].astype(np.float32)[None, None] / 255
        names = {name: look.facts(thing)["tensor"] for name, thing in look.layers(self.network).items()}
        computed = [name for name in names if name != "image"]
        found = run(onnx.load(look.CNN), {"image": picture}, [names[name] for name in computed])
        self.activations = {"image": picture[0]} | {
            name: np.squeeze(one, 0) for name, one in zip(computed, found, strict=True)
        }
        self.weights = File(look.CNN).arrays

    def _pixels(self, depsgraph, points):
        return look.seen(self.network, depsgraph, points) * [SIZE[0], -SIZE[1]] + [0, SIZE[1]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return Sample(tmp_path_factory.mktemp("page"))


def opened(chromium, path, size=SIZE, **options) -> browser.Page:
    page = chromium.open(path, *size, **options)
    page.wait("document.querySelector('#message').textContent !== 'Opening …'")
    page.settle()
    return page


@pytest.fixture
def page(chromium, sample):
    """The page of the sample network; in the end it has complained of nothing and asked for nothing."""
    found = opened(chromium, sample.path)
    yield found
    assert found.complaints() == [] and found.requests() == []
    found.close()


def card(page) -> dict[str, str]:
    """What the card says, by what; "" is its heading; {} if there is none."""
    return page.evaluate("""(() => {
        const card = document.querySelector("#card");
        if (card.hidden) return {};
        const texts = (name) => [...card.querySelectorAll(name)].map((one) => one.textContent);
        const [whats, whichs] = [texts("dt"), texts("dd")];
        return {"": texts("h2")[0], ...Object.fromEntries(whats.map((what, i) => [what, whichs[i]]))};
    })()""")


def hover(page, x, y) -> dict[str, str]:
    page.move(x, y)
    return card(page)


def cell_of(text) -> tuple[int, ...]:
    """The indices in "channel 1, row 2, column 3" or "unit 4"."""
    return tuple(int(one) for one in re.findall(r"(?:channel|unit|row|column) (\d+)", text))


def check_number(said: str, truth) -> None:
    """A text is a float32 in full: it leads back to that number, which is the truth but for the order of a sum."""
    assert np.isclose(np.float32(said), truth, rtol=1e-5, atol=1e-6), (said, truth)


def labels(page) -> dict[str, dict]:
    """Middle and state of each label by its name."""
    return {
        one["name"]: one
        for one in page.evaluate("""[...document.querySelectorAll(".label")].map((one) => {
        const {x, y, width, height} = one.getBoundingClientRect();
        return {name: one.querySelector(".name").textContent, x: x + width / 2, y: y + height / 2,
                open: one.getAttribute("aria-expanded") === "true", crowded: one.classList.contains("crowded")};
    })""")
    }


class Tags(html.parser.HTMLParser):
    """The tags of a page with their attributes, and the text of its script of data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags[-1:] == [("script", {"type": "application/octet-stream", "id": "glb"})]:
            self.data += data.strip()


def test_page_holds_the_glb_and_names_no_other_file(tmp_path):
    data = bytes(range(256)) * 40
    viewer.write(data, tmp_path / "out.html", HOSTILE)
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    found = Tags(text)
    assert gzip.decompress(base64.b64decode(found.data)) == data
    for tag, attributes in found.tags:
        for name in ("src", "href", "srcset", "action"):
            assert attributes.get(name, "data:,") == "data:,", (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    assert Counter(tag for tag, _ in found.tags)["script"] == 3 and "img" not in dict(found.tags)
    (policy,) = (one["content"] for tag, one in found.tags if one.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "http" not in policy
    assert "Permission is hereby granted" in text  # the licence of three.js
    assert len(text) < 1_000_000


@needs_browser
def test_cells_say_the_numbers_of_the_network(page, sample):
    """Known cells that nothing hides: pixels of the picture, and the scores."""
    cells = {name: look.cells_of(thing) for name, thing in look.layers(sample.network).items()}
    for name, some in (("image", (30, 300, 313, 402, 700)), ("scores", (0, 4, 7, 9))):
        for index in some:
            said = hover(page, *sample.pixels[name][index])
            expected = cells[name][index] if name == "image" else cells[name][index][:1]
            assert said[""] == name and cell_of(said["where"]) == tuple(expected)
            check_number(said["activation"], sample.activations[name][tuple(expected)])


@pytest.mark.slow
@needs_browser
def test_whatever_is_pointed_at_is_true(page, sample):
    """All over the picture: cells have the activations that onnxruntime finds, lines the weights of the file."""
    found = Counter()
    for y in range(50, 230, 36):
        for x in range(60, 600, 67):
            said = hover(page, x, y)
            if "activation" in said:
                place = cell_of(said["where"])
                check_number(said["activation"], sample.activations[said[""]][place])
                found[said[""]] += 1
    assert len(found) >= 4, found


@needs_browser
def test_lines_say_the_weights_of_the_file(page, sample):
    matrix = sample.weights["scores.weight"]
    points = sample.ends["dense1", "scores"]
    found = set()
    for one in points[np.linspace(0, len(points) - 1, 20).astype(int)]:
        said = hover(page, *(one[3] + one[4]) / 2)
        if "weight" not in said or not said["to"].startswith("scores"):
            continue
        (source,), (target,) = cell_of(said["from"]), cell_of(said["to"])
        assert said["from"].startswith("dense1: ") and np.float32(said["weight"]) == matrix[target, source]
        found.add((source, target))
    assert len(found) >= 8


@pytest.mark.slow
@needs_browser
def test_a_click_folds_a_layer_and_its_lines_follow(page, sample):
    corner, middle = sample.pixels["image"][30], sample.pixels["image"].mean(0)
    outline = [middle + 0.30 * (one - middle) for one in sample.pixels["image"][::41]]
    assert hover(page, *corner)[""] == "image"
    before = sum("weight" in hover(page, *one) for one in outline)  # lines that pass before the layer
    page.click(*middle)
    assert not labels(page)["image"]["open"]
    assert hover(page, *corner).get("") != "image" and hover(page, *middle)[""] == "image"
    lines = [said for one in outline if "weight" in (said := hover(page, *one))]
    assert len(lines) > before + 2 and {said["from"].split(":")[0] for said in lines} == {"image"}
    page.click(*middle)
    assert labels(page)["image"]["open"] and hover(page, *corner)[""] == "image"


@needs_browser
@pytest.mark.parametrize("still", [False, True])
def test_folding_takes_a_moment_unless_motion_is_to_be_reduced(chromium, sample, still):
    page = opened(chromium, sample.path, still=still)
    page.evaluate("""{
        const label = [...document.querySelectorAll(".label")].find((one) => one.textContent.startsWith("image"));
        const places = window.places = new Set();
        new MutationObserver(() => places.add(label.style.transform)).observe(label, {attributes: true});
    }""")
    page.click(*sample.pixels["image"].mean(0))
    page.evaluate("new Promise((done) => setTimeout(() => done(true), 1500))")
    assert (page.evaluate("places.size") == 2) == still  # the first and the last, and others between
    page.close()


@needs_browser
def test_drag_turns_and_reset_turns_back(page, sample):
    before = labels(page)
    (x, y), (to_x, to_y) = (np.array(one) * SIZE for one in FREE)
    page.drag(x, y, to_x, to_y)
    turned = labels(page)
    assert abs(turned["image"]["x"] - before["image"]["x"]) > 20 and turned["image"]["open"]
    page.evaluate("document.querySelector('#reset').click()")
    page.settle()
    assert labels(page) == before


@pytest.mark.slow
@needs_browser
def test_keys(page, sample):
    focused = "document.activeElement.querySelector('.name')?.textContent"
    for _ in range(12):
        page.press("Tab")
        if page.evaluate(focused) == "image":
            break
    assert page.evaluate(focused) == "image" and card(page)[""] == "image"
    assert card(page)["shape"] == "1 × 28 × 28"
    for key in ["ArrowDown"] * 5 + ["ArrowRight"] * 11:
        page.press(key)
    row, column = cell_of(card(page)["where"])[1:]
    assert (row, column) == (4, 11)
    check_number(card(page)["activation"], sample.activations["image"][0, row, column])
    page.press("Enter")
    assert not labels(page)["image"]["open"]
    page.press("Enter")
    assert labels(page)["image"]["open"]
    page.press("Escape")
    assert card(page) == {} and page.evaluate("document.activeElement === document.body")


@needs_browser
def test_phone(chromium, sample):
    page = opened(chromium, sample.path, PHONE, touch=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE[0]
    spots = {name: np.array([one["x"], one["y"]]) for name, one in labels(page).items()}
    for above in (40, 60):  # the name of a layer stands below it
        page.tap(*spots["image"] - [0, above])
        said = card(page)
        assert said[""] == "image"
        check_number(said["activation"], sample.activations["image"][cell_of(said["where"])])
    depth, width = (np.abs(spots["scores"] - spots["image"]) / PHONE)[::-1]
    assert width > 0.4 and depth > 0.2  # a long network goes up the page
    boxes = page.evaluate("""["#card", "header", "#legends", "#reset"].map((name) => {
        const {left, top, right, bottom} = document.querySelector(name).getBoundingClientRect();
        return [left, top, right, bottom];
    })""")
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= PHONE[0] and 0 <= top < bottom <= PHONE[1]
    shown, header, legends, _ = boxes
    assert header[3] < shown[1] and shown[3] <= legends[1]
    smallest = page.evaluate("""Math.min(...[...document.querySelectorAll("p, button, .legend, dd, dt")]
        .map((one) => parseFloat(getComputedStyle(one).fontSize)))""")
    assert smallest >= 12
    page.evaluate("document.querySelector('#card button').click()")
    page.settle()
    assert not labels(page)["image"]["open"] and page.complaints() == []
    page.close()


@needs_browser
def test_blocks_fold_and_names_are_only_text(blank, tmp_path, chromium):
    names = [f"/encoder/{HOSTILE}", "/encoder/second/Conv", "/head/Gemm"]
    nodes = [
        node("Conv", ["x", "a"], ["s"], name=names[0], pads=[1, 1, 1, 1]),
        node("Conv", ["s", "b"], ["t"], name=names[1], pads=[1, 1, 1, 1]),
        node("Flatten", ["t"], ["f"], name="/head/Flatten"),
        node("Gemm", ["f", "w"], ["y"], name=names[2]),
    ]
    weights = {"a": seeded(2, 1, 3, 3), "b": seeded(2, 2, 3, 3), "w": seeded(72, 3)}
    path = save(tmp_path, model(nodes, {"x": (1, 1, 6, 6)}, {"y": (1, 3)}, weights))
    np.save(tmp_path / "x.npy", seeded(1, 1, 6, 6))
    network = look.build(path, tmp_path / "x.npy")
    page = opened(chromium, page_of(tmp_path, network, HOSTILE))
    assert page.evaluate("document.querySelector('h1').textContent") == HOSTILE
    assert page.evaluate("document.title") == HOSTILE
    assert page.evaluate("document.querySelectorAll('img, b, script:not([type])').length") == 2  # our scripts
    before = labels(page)
    inside = [name for name in before if name not in ("encoder", "x", "head", "Gemm")]
    assert "encoder" in before and len(inside) == 2, before
    page.evaluate("document.querySelector('.label.block').click()")
    page.settle()
    after = labels(page)

    def apart(found):
        a, b = (np.array([found[name]["x"], found[name]["y"]]) for name in inside)
        return np.linalg.norm(a - b)

    assert not after["encoder"]["open"] and apart(after) < 0.6 * apart(before)
    assert after["x"] == before["x"]
    for name in inside:  # whatever the card says of them is text as well
        page.evaluate(f"[...document.querySelectorAll('.label')][{list(after).index(name)}].focus()")
        page.settle()
        assert card(page)["operator"] == "Conv"
    assert page.evaluate("document.querySelectorAll('img, b').length") == 0
    assert page.complaints() == [] and page.requests() == []
    page.close()


@needs_browser
def test_without_webgl_it_says_so(sample):
    with browser.Browser("--disable-3d-apis") as chromium:
        page = opened(chromium, sample.path)
        assert "WebGL 2" in page.evaluate("document.querySelector('#message').textContent")
        assert "29,066 parameters in 7 layers" in page.evaluate("document.querySelector('#facts').textContent")


def unlit(network):
    """Let every material show its colour as it is, and the scene nothing else."""
    for material in bpy.data.materials:
        tree = material.node_tree
        output = next((one for one in tree.nodes if one.type == "OUTPUT_MATERIAL"), None) if tree else None
        if not output or not output.inputs["Surface"].links:
            continue
        shader = output.inputs["Surface"].links[0].from_node
        if shader.type == "MIX_SHADER":  # of what is clear and what is seen
            sides = [one.links[0].from_node for one in shader.inputs if one.type == "SHADER"]
            shader = next(one for one in sides if one.type == "EMISSION")
        given = next(one for one in shader.inputs if one.name in ("Base Color", "Color"))
        light = tree.nodes.new("ShaderNodeEmission")
        light.inputs["Strength"].default_value = 1
        light.inputs["Color"].default_value = given.default_value
        if given.links:
            tree.links.new(given.links[0].from_socket, light.inputs["Color"])
        tree.links.new(light.outputs[0], output.inputs["Surface"])
    for thing in list(network.all_objects):  # hiding one while it is walked through crashes 4.5
        thing.hide_render |= look.facts(thing).get("kind") in ("label", "caption", "floor", "scrim")


def plain_picture(network, folder) -> np.ndarray:
    """Blender's picture of an unlit network before black, in the Standard view, as 8-bit RGB."""
    scene = look.scene_of(network)
    look.plain_render(scene, 24)
    scene.cycles.max_bounces, scene.cycles.pixel_filter_type = 0, "BOX"
    scene.cycles.filter_width = 1.0
    scene.world.node_tree.nodes.clear()  # black
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.view_settings.exposure, scene.view_settings.gamma = 0, 1
    scene.render.use_compositing, scene.render.use_motion_blur = False, False
    look.one_of(network, "camera").data.dof.use_dof = False
    scene.render.filepath, scene.render.image_settings.file_format = str(folder / "blender.png"), "PNG"
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return pixels(folder / "blender.png")


def pixels(path) -> np.ndarray:
    """RGB (height, width, 3) of a picture, 0 to 1, as a screen shows them."""
    return look.png(path)[..., :3] / 255


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """The mean structural similarity of two grey pictures, 0 to 1 (Wang, Bovik, Sheikh and Simoncelli 2004, "Image
    Quality Assessment", with its window: Gaussian, 11 pixels wide, sigma 1.5)."""
    kernel = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()

    def mean(picture):
        for axis in (0, 1):
            picture = np.apply_along_axis(np.convolve, axis, picture, kernel, mode="valid")
        return picture

    first, second = 0.01**2, 0.03**2
    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b, both = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2, mean(a * b) - mean_a * mean_b
    found = (
        (2 * mean_a * mean_b + first)
        * (2 * both + second)
        / ((mean_a**2 + mean_b**2 + first) * (spread_a + spread_b + second))
    )
    return float(found.mean())


@pytest.mark.slow
@needs_browser
def test_the_picture_is_that_of_blender(blank, tmp_path, chromium):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = LARGE
    unlit(network)
    page = opened(chromium, page_of(tmp_path, network), LARGE)
    page.evaluate("""for (const one of [0, 1, 2]) document.documentElement.style.setProperty(`--ground-${one}`, "#000");
        for (const one of document.body.children) if (one.tagName !== "CANVAS") one.style.display = "none";
        dispatchEvent(new Event("resize"));""")
    page.settle()
    page.screenshot(tmp_path / "three.png")
    page.close()
    mine, theirs = pixels(tmp_path / "three.png"), plain_picture(network, tmp_path)
    luma = [0.2126, 0.7152, 0.0722]
    assert similarity(mine @ luma, theirs @ luma) >= 0.95
    assert np.abs(mine - theirs).mean() < 4 / 255
