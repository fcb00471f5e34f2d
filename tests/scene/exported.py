# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a GLB must show of a network: its cells and lines in their places and colours, as Blender has evaluated them."""

from __future__ import annotations

import numpy as np

from neuroscene.addon.gltf import export
from scene import look
from scene.glb import Glb

HALF = 1 / 255
COPY = "#8fa6c8"


def write(folder, path=look.CNN, given=look.DIGIT, edit=None, options=None, **settings):
    """A network in an empty file, and the GLB of it."""
    look.fresh()
    network = look.build(path, given, **settings)
    if edit:
        edit(network)
    export.export(folder / "out.glb", options or export.ExportOptions())
    return network, Glb(folder / "out.glb")


def nodes_of(material):
    by_kind = {one.type: one for one in material.node_tree.nodes}
    return by_kind["GROUP"], by_kind["VALTORGB"].color_ramp


def ramp(material, shade: np.ndarray) -> np.ndarray:
    """Linear RGB (n, 3) of shades, from the stops of the material and the settings of its value group."""
    value, found = nodes_of(material)
    assert found.interpolation == "LINEAR" and found.color_mode == "RGB"
    low, decades = (value.inputs[name].default_value for name in ("Low", "Log"))
    if decades:
        shade = np.sign(shade) * np.log10(1 + (10**decades - 1) * np.abs(shade)) / decades
    place = np.clip((shade - low) / (1 - low), 0, 1)
    stops = sorted((one.position, tuple(one.color)) for one in found.elements)
    at, colours = [one[0] for one in stops], np.array([one[1] for one in stops])
    return np.stack([np.interp(place, at, colours[:, channel]) for channel in range(3)], -1)


def linear(colour: str) -> np.ndarray:
    """sRGB "#rrggbb" as linear RGB."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def cell_colours(thing) -> np.ndarray:
    """Linear RGB (n, 3) of a layer's cells, by its numbers and its material."""
    given = look.inputs(thing)
    return ramp(given["Material"], np.clip(look.values_of(thing) / given["Range"], -1, 1))


def line_colours(bundle) -> np.ndarray:
    """Linear RGB (n, 3) of a bundle's lines."""
    given = look.inputs(bundle)
    if look.facts(bundle)["carries"] != "weight":
        return np.broadcast_to(linear(COPY), (len(bundle.data.curves), 3))
    return ramp(given["Material"], np.clip(look.values_of(bundle, "weight") / given["Weight Range"], -1, 1))


def tolerance(network, depsgraph) -> float:
    """Metres; a float32 tells no more far from the middle of the world."""
    return 1e-4 * max(1.0, look.extent(network, depsgraph) / 10)


def check_cells(network, file: Glb) -> set[str]:
    """Every cell is an instance at its place, of its size, with its colour and its numbers; returns the shapes met."""
    depsgraph, shapes = look.evaluate(network), set()
    within = tolerance(network, depsgraph)
    for thing in look.of_kind(network, "layer"):
        given, count = look.inputs(thing), len(thing.data.vertices)
        if look.folded(network, look.facts(thing)["block"]):
            assert "mesh" not in file.node(thing.name) and file.facts(thing.name)["cells"] == 0
            continue
        matrices, _ = look.local_instances(thing, depsgraph)
        world = np.array(thing.evaluated_get(depsgraph).matrix_world, np.float64)
        found = file.instances(thing.name)
        assert np.abs(found - world @ matrices[:count]).max() <= within, thing.name
        corners = file.local(thing.name)
        low, high = ([-0.5] * 3, [0.5] * 3) if given["Shape"] == "Sphere" else ([-1, -0.5, -0.5], [0, 0.5, 0.5])
        assert np.allclose([corners.min(0), corners.max(0)], [low, high], atol=0.03), thing.name
        assert np.abs(file.instanced(thing.name, "_COLOR_0")[:, :3] - cell_colours(thing)).max() <= HALF, thing.name
        for name in ("value", "unit", "row", "column"):
            assert np.array_equal(file.instanced(thing.name, f"_{name.upper()}"), look.values_of(thing, name))
        assert file.facts(thing.name)["cells"] == count
        assert np.isclose(file.facts(thing.name)["range"], given["Range"])
        shapes.add(given["Shape"])
    return shapes


def check_lines(network, file: Glb, sides: int = 4) -> int:
    """Every line begins and ends on its cells, as thick as it is, with its colour and its numbers; returns how many.
    `sides` of a tube; 0 of bare lines."""
    depsgraph, lines = look.evaluate(network), 0
    within = tolerance(network, depsgraph)
    places = {name: look.cell_places(thing, depsgraph) for name, thing in look.layers(network).items()}
    for (source, target), bundle in look.bundles(network).items():
        count = len(bundle.data.curves)
        radius = look.on_curves(bundle, depsgraph, "radius").reshape(count, -1) if count else np.zeros((0, 8))
        points = look.on_curves(bundle, depsgraph, "position") if count else np.zeros((0, 3))
        length = np.ptp(points.astype(np.float64).reshape(count, -1, 3), axis=1) if count else np.zeros((0, 3))
        seen = (length.max(1, initial=0) > 1e-4) & (radius.max(1, initial=0) > 0)
        if not seen.any():  # all ends are in one folded block, or no cells share a window
            assert "mesh" not in file.node(bundle.name)
            continue
        lines += int(seen.sum())
        rings = file.positions(bundle.name).reshape(int(seen.sum()), -1, sides or 1, 3)
        for end, name, which in ((0, source, "source"), (-1, target, "target")):
            cells = look.on_curves(bundle, depsgraph, which)[seen]
            assert np.abs(rings[:, end].mean(1) - places[name][cells]).max() <= within, (bundle.name, which)
            if sides:
                scale = np.linalg.det(np.array(bundle.matrix_world)[:3, :3]) ** (1 / 3)
                wide = np.linalg.norm(rings[:, end] - rings[:, end].mean(1, keepdims=True), axis=-1)
                assert np.allclose(wide, scale * radius[seen, end, None], atol=within), bundle.name
        each = rings.shape[1] * rings.shape[2]
        for name in ("weight", "source", "target"):
            found = file.attribute(bundle.name, f"_{name.upper()}").reshape(-1, each)
            assert (found == look.on_curves(bundle, depsgraph, name)[seen, None]).all(), (bundle.name, name)
        colours = file.colours(bundle.name).reshape(len(rings), each, -1)[..., :3]
        assert np.abs(colours - line_colours(bundle)[seen, None]).max() <= HALF, bundle.name
    return lines


def check_meshes(network, file: Glb, each: dict[str, int]) -> None:
    """Every cell is a part of its layer's mesh, at its place and with its colour; `each`: corners by the shape."""
    depsgraph = look.evaluate(network)
    within = tolerance(network, depsgraph)
    for thing in look.of_kind(network, "layer"):
        shape, count = look.inputs(thing)["Shape"], len(thing.data.vertices)
        vertices = file.positions(thing.name).reshape(count, each[shape], 3)
        matrices, _ = look.local_instances(thing, depsgraph)
        # a ball's centre is the mean of its corners, a tile's place the middle of its back
        centre = np.array([0.0 if shape == "Sphere" else -0.5, 0.0, 0.0])
        expected = look.world(thing, depsgraph, matrices[:count, :3, :3] @ centre + matrices[:count, :3, 3])
        assert np.abs(vertices.mean(1) - expected).max() <= within, thing.name
        wide = look.world(thing, depsgraph, matrices[:count, :3, :3] @ [0.0, 1.0, 0.0] + matrices[:count, :3, 3])
        wide = np.linalg.norm(wide - look.world(thing, depsgraph, matrices[:count, :3, 3]), axis=1)
        reach = np.linalg.norm(np.ptp(vertices, axis=1), axis=-1)
        assert (reach >= 0.8 * wide).all()
        colours = file.colours(thing.name).reshape(count, each[shape], -1)[..., :3]
        assert np.abs(colours - cell_colours(thing)[:, None]).max() <= HALF, thing.name
