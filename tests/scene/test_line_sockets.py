# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every socket of the lines' group, changed, against the formula in NumPy on the evaluated curves."""

from dataclasses import replace
from itertools import product

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from neuroscene.addon.nodes.sockets import CONNECTIONS
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import connections
from neuroscene.addon.scene.editing import bundling
from scene import look
from unit.make import model, node, save, seeded

LINES = 150
T = np.linspace(0, 1, 8)
SHAPE = {
    "Ease": (0.0, 0.5, 1.0),
    "Tangent": (0.0, 0.5, 1.0),
    "Arc": (0.0, 0.5, 1.0),
    "Trim Start": (0.0, 0.5, 1.0),
    "Trim End": (0.0, 0.5, 1.0),
    "Bundle": (0.0, 0.5, 1.0),
    "Lift": ((0.0, 0.0, 0.0), (0.5, 1.0, 2.0), (0.0, 0.0, -9.0)),
}
WITH_BUNDLE = {"Bundle Place": (0.0, 0.5, 1.0)}  # while Bundle is 0.7
WIDTH = {
    "Radius": (0.0, 0.05, 1.0),
    "Thin End": (0.0, 0.5, 1.0),
    "Width Power": (0.1, 1.0, 8.0),
    "Crowd": (1, 50, 100_000),
    "Start Width": (0.0, 0.5, 4.0),
    "End Width": (0.0, 0.5, 4.0),
    "Waist": (0.0, 0.5, 4.0),
    "Importance Range": (0.01, 5.0, 80.0),
}
PULSE = {"Pulse": (0.0, 0.5, 1.0), "Pulse Strength": (0.0, 0.5, 3.0), "Pulse Width": (0.01, 0.2, 1.0)}
DENSITY = {
    "Density": (0.0, 0.5, 1.0),
    "Iterations": (0.0, 1.5, 6.0, 9.0),
    "Rounds": (0, 2, 4),
    "Rest Length": (0.0, 10.0, 200.0),
    "Rest Source Rotation": ((0.0, 0.0, 0.0), (0.3, 0.0, 0.5), (1.0, 2.0, 3.0)),
    "Rest Target Rotation": ((0.0, 0.0, 0.0), (0.3, 0.0, 0.5), (1.0, 2.0, 3.0)),
    "Rest Source Scale": ((1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (2.0, 1.0, 3.0)),
    "Rest Target Scale": ((1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (2.0, 1.0, 3.0)),
}
CHOICE = {
    "Most": (0, 3, 1000),
    "Threshold": (0.0, 0.5, 1.0),
    "Per": ("Layer", "Unit"),
    "Rank By": ("Magnitude", "Weight", "Importance", "Weight x Activation"),
}
COLOUR = {"Weight Range": (0.01, 0.5, 4.0), "Color By": ("Weight", "Weight x Activation")}
WINDOW = {
    "Kernel": ((1, 1, 0), (2, 3, 0), (5, 5, 0)),
    "Stride": ((1, 1, 0), (2, 1, 0), (3, 2, 0)),
    "Padding": ((0, 0, 0), (1, 2, 0), (4, 4, 0)),
    "Padding End": ((0, 0, 0), (1, 2, 0), (4, 4, 0)),
    "Dilation": ((1, 1, 0), (2, 1, 0), (1, 3, 0)),
    "Source Map": ((1, 1, 0), (4, 6, 0), (6, 6, 0)),
    "Target Map": ((1, 1, 0), (4, 6, 0), (6, 6, 0)),
    "Source Step": ((1, 1, 0), (2, 1, 0), (3, 4, 0)),
    "Target Step": ((1, 1, 0), (2, 1, 0), (3, 4, 0)),
    "Transposed": (False, True),
    "Mean": ("None", "Cells", "Window"),
    "Position Row": (0, 3, 99),
    "Position Column": (0, 3, 99),
    "Most Lines": (1, 300, 100_000),
    "Expansion": (1.0, 2.0, 3.0),
    "Detail": ("Chosen", "Expansion"),
}
ENDS = ("Source", "Target", "Network", "Taps", "Material", "Evidence Material")
ELSEWHERE = ("Range From", "Clip", "Layer Row", "Block Row")  # of the ranges, which layers have as well


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Maps, maps, neurons; turned and moved, so that a space that is mistaken for another shows. A .blend."""
    folder = tmp_path_factory.mktemp("sockets")
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1] * 4),
        node("Relu", ["c"], ["m"]),
        node("Flatten", ["m"], ["f"]),
        node("Gemm", ["f", "v"], ["y"]),
    ]
    made = model(nodes, {"x": (1, 2, 6, 6)}, {"y": None}, {"w": seeded(4, 2, 3, 3), "v": seeded(144, 10)})
    np.save(folder / "x.npy", seeded(1, 2, 6, 6, seed=3))
    look.fresh()
    network = look.build(save(folder, made), folder / "x.npy", lines_a_pair=LINES)
    root = look.one_of(network, "root")
    root.location, root.rotation_euler = (3.0, -2.0, 1.0), (0.2, 0.5, -0.3)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "lines.blend"))
    return folder / "lines.blend"


@pytest.fixture
def network(saved):
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    return entities.networks()[0]


def dense(network):
    """The bundle from maps to neurons, and its inputs."""
    (bundle,) = (one for (_, target), one in look.bundles(network).items() if target == "y")
    return bundle


class Lines:
    """A bundle as it is evaluated: attributes, points (n, 8, 3) and ends (n, 2, 3) in its own space."""

    def __init__(self, network, bundle):
        depsgraph = look.evaluate(network)
        geometry = bundle.evaluated_get(depsgraph).evaluated_geometry()  # it owns the curves
        self.given = look.inputs(bundle)
        found = geometry.curves
        names = [one.name for one in found.attributes if one.data_type in look.FIELDS] if found else []
        self.of = {name: look.array(found.attributes, name) for name in names}
        self.count = len(self.of["source"]) if found else 0
        self.points = self.of["position"].reshape(-1, 8, 3).astype(np.float64) if found else np.zeros((0, 8, 3))
        self.own = np.linalg.inv(np.array(bundle.evaluated_get(depsgraph).matrix_world, np.float64))
        self.matrices = {
            name: self.own @ np.array(self.given[name].evaluated_get(depsgraph).matrix_world, np.float64)
            for name in ("Source", "Target")
        }
        self.ends = (
            np.stack([self.place(name, depsgraph)[self.of[name.lower()]] for name in ("Source", "Target")], 1)
            if found
            else None
        )

    def place(self, name, depsgraph):
        return look.cell_places(self.given[name], depsgraph) @ self.own[:3, :3].T + self.own[:3, 3]


def formula(lines: Lines, offsets=0.0) -> np.ndarray:
    """Where the points of lines stand, (n, 8, 3), in the bundle's space."""
    given, (a, b) = lines.given, np.moveaxis(lines.ends, 1, 0)[:, :, None]
    t = given["Trim Start"] + max(0.0, given["Trim End"] - given["Trim Start"]) * T
    tangent, chord = given["Tangent"], np.linalg.norm(b - a, axis=-1)

    def eased(s):
        return s + given["Ease"] * (s * s * (3 - 2 * s) - s)

    x = 3 * (1 - t) ** 2 * t * tangent + 3 * (1 - t) * t**2 * (1 - tangent) + t**3
    own = a + (b - a) * np.stack([x, eased(t), eased(t)], -1)
    lift = np.array(given["Lift"])
    own = own + np.minimum(1, 2 * chord / max(np.linalg.norm(lift), 1e-9))[..., None] * (
        (1 - (2 * t - 1) ** 4)[:, None] * lift
    )
    own[..., 2] += given["Arc"] * chord / 2 * 4 * t * (1 - t)
    own = own + offsets
    centre = (1 - given["Bundle Place"]) * lines.ends[:, 0].mean(0) + given["Bundle Place"] * lines.ends[:, 1].mean(0)
    there, on = np.clip(7 * t / 3, 0, 1), np.clip((7 * t - 4) / 3, 0, 1)
    legs = (
        a
        + (centre - a) * np.stack([there, eased(there), eased(there)], -1)
        + (b - centre) * np.stack([on, eased(on), eased(on)], -1)
    )
    return own + given["Bundle"] * (legs - own)


def way(given):
    return given["Trim Start"] + max(0.0, given["Trim End"] - given["Trim Start"]) * T


def widths(lines: Lines) -> np.ndarray:
    """Radii (n, 8)."""
    given, t = lines.given, way(lines.given)
    strength = np.clip(lines.of["importance"] / given["Importance Range"], 0, 1) ** given["Width Power"]
    crowd = min(1.0, given["Crowd"] / lines.count) ** 0.5
    width = crowd * given["Radius"] * (given["Thin End"] + (1 - given["Thin End"]) * strength)
    taper = given["Start Width"] + (given["End Width"] - given["Start Width"]) * t
    profile = taper * (1 + (given["Waist"] - 1) * 4 * t * (1 - t))
    return width[:, None] * profile * (1 + beats(lines)) * (given["Trim End"] > given["Trim Start"])


def beats(lines: Lines) -> np.ndarray:
    given = lines.given
    return given["Pulse Strength"] * np.exp(-(((way(given) - given["Pulse"]) / given["Pulse Width"]) ** 2))


def close(found, expected):
    assert np.isfinite(found).all()
    assert np.abs(found - expected).max() <= 2e-5 * max(1.0, np.abs(expected).max())


def changed(network, bundle, name, values, measure):
    """Set a socket to each of these values; what is measured has to differ between them."""
    seen = []
    for value in values:
        look.set_input(bundle, name, value)
        seen.append(measure(Lines(network, bundle)))
    assert any(one.shape != seen[0].shape or np.abs(one - seen[0]).max() > 1e-4 for one in seen[1:]), name


@pytest.mark.parametrize("name", [*SHAPE, *WITH_BUNDLE])
def test_shape(network, name):
    bundle = dense(network)
    if name in WITH_BUNDLE:
        look.set_input(bundle, "Bundle", 0.7)

    def measure(lines):
        close(lines.points, formula(lines))
        return lines.points

    changed(network, bundle, name, {**SHAPE, **WITH_BUNDLE}[name], measure)


def test_shapes_together(network):
    bundle = dense(network)
    for name, value in {
        "Ease": 0.4,
        "Tangent": 0.8,
        "Arc": 0.6,
        "Lift": (0.0, 1.0, 2.0),
        "Trim Start": 0.2,
        "Trim End": 0.9,
        "Bundle": 0.3,
        "Bundle Place": 0.25,
    }.items():
        look.set_input(bundle, name, value)
    lines = Lines(network, bundle)
    close(lines.points, formula(lines))


@pytest.mark.parametrize("name", [*WIDTH, *PULSE])
def test_width_and_pulse(network, name):
    bundle = dense(network)
    look.set_input(bundle, "Radius", 0.1)
    if name in PULSE:
        look.set_input(bundle, "Pulse Strength", 0.8)
        look.set_input(bundle, "Pulse", 0.3)

    def measure(lines):
        radius = lines.of["radius"].reshape(-1, 8)
        close(radius, widths(lines))
        if lines.given["Pulse Strength"] > 0:
            close(lines.of["pulse"].reshape(-1, 8), np.broadcast_to(beats(lines), radius.shape))
        else:
            assert "pulse" not in lines.of
        return radius

    changed(network, bundle, name, {**WIDTH, **PULSE}[name], measure)


def test_a_pulse_and_a_profile_follow_the_trim(network):
    bundle = dense(network)
    for name, value in {
        "Radius": 0.1,
        "Trim Start": 0.2,
        "Trim End": 0.6,
        "Pulse Strength": 1.0,
        "Pulse": 0.5,
        "Start Width": 0.2,
        "Waist": 2.0,
    }.items():
        look.set_input(bundle, name, value)
    lines = Lines(network, bundle)
    close(lines.of["radius"].reshape(-1, 8), widths(lines))
    look.set_input(bundle, "Trim Start", 0.7)  # behind the end: nothing is left
    assert not Lines(network, bundle).of["radius"].any()


def offsets_of(lines, bundle, turned=True):
    """What the stored offsets come to: (n, 8, 3)."""
    given = lines.given
    stored = [np.zeros((lines.count, 8, 3))]
    while f"bundle_{len(stored)}" in bundle.data.attributes:
        stored.append(look.array(bundle.data.attributes, f"bundle_{len(stored)}").reshape(-1, 8, 3).astype(np.float64))
    done = min(given["Iterations"], given["Rounds"] or np.inf)
    low = int(done)
    first, high = (stored[at] if at < len(stored) else np.zeros_like(stored[0]) for at in (low, low + 1))
    offset = first + (done - low) * (high - first)
    found = []
    for name in ("Source", "Target"):
        rest = np.array(Matrix.LocRotScale(None, Euler(given[f"Rest {name} Rotation"]), None).to_3x3()) @ np.diag(
            given[f"Rest {name} Scale"]
        )
        found.append(offset @ (lines.matrices[name][:3, :3] @ np.linalg.inv(rest)).T)
    turned = found[0] * (1 - T[:, None]) + found[1] * T[:, None]
    chord = np.linalg.norm(lines.ends[:, 1] - lines.ends[:, 0], axis=-1)
    room = np.clip(2 * chord / max(given["Rest Length"], 1e-9), 0, 1)
    return given["Density"] * room[:, None, None] * turned


@pytest.mark.parametrize("name", DENSITY)
def test_density(network, name):
    bundle = dense(network)
    assert bundling.store(bundle, look.evaluate(network)) == len(bundle.data.curves)

    def measure(lines):
        close(lines.points, formula(lines, offsets_of(lines, bundle)))
        return lines.points

    changed(network, bundle, name, DENSITY[name], measure)


@pytest.mark.parametrize("edit", ["turn", "stretch", "together"])
def test_bundled_lines_follow_their_layers(network, edit):
    bundle = dense(network)
    bundling.store(bundle, look.evaluate(network))
    at_rest = Lines(network, bundle)
    moved = at_rest.points - formula(at_rest)
    stored = look.array(bundle.data.attributes, "bundle_6").reshape(-1, 8, 3)
    assert np.abs(moved - stored).max() < 1e-4 and np.abs(stored).max() > 0.1, "at rest offsets are as they are stored"
    source, target = (at_rest.given[name] for name in ("Source", "Target"))
    if edit == "turn":
        source.rotation_euler.x += 0.8
    elif edit == "stretch":
        source.scale = target.scale = (2.0, 2.0, 2.0)
    else:
        target.matrix_world, target.scale = source.matrix_world, (1e-3,) * 3
        source.scale = (1e-3,) * 3
    lines = Lines(network, bundle)
    close(lines.points, formula(lines, offsets_of(lines, bundle)))
    offset = lines.points - formula(lines)
    if edit == "stretch":
        assert np.allclose(offset, 2 * moved, atol=1e-3)
    elif edit == "together":
        assert np.abs(offset).max() < 1e-3


def test_new_lines_forget_how_others_were_bundled(network):
    bundle = dense(network)
    bundling.store(bundle, look.evaluate(network))
    same = connections.lines_of(bundle)
    connections.set_lines(bundle, same)  # lines that stay the same keep them
    assert any(one.name.startswith("bundle_") for one in bundle.data.attributes)
    connections.set_lines(bundle, replace(same, weight=-same.weight))
    assert not [one.name for one in bundle.data.attributes if one.name.startswith("bundle_")]
    lines = Lines(network, bundle)
    close(lines.points, formula(lines))


@pytest.mark.parametrize("slider, socket", [("Bundle", "Bundle"), ("Density", "Density")])
def test_the_network_draws_all_lines_together(network, slider, socket):
    bundle, root = dense(network), look.one_of(network, "root")
    bundling.store(bundle, look.evaluate(network))
    look.set_input(bundle, socket, 0.25)
    for value, in_force in ((0.0, 0.25), (0.5, 0.5), (1.0, 1.0)):
        look.set_input(root, slider, value)
        lines = Lines(network, bundle)
        lines.given[socket] = in_force
        close(lines.points, formula(lines, offsets_of(lines, bundle)))


def rank(bundle, by, values):
    weight = look.values_of(bundle, "weight").astype(np.float64)
    if by == "Weight x Activation":
        return np.abs(weight * values[look.values_of(bundle, "source")])
    return {
        "Weight": weight,
        "Magnitude": look.values_of(bundle, "magnitude"),
        "Importance": look.values_of(bundle, "importance"),
    }[by]


def kept(bundle, values):
    """Which of its lines a bundle should show, (n,) bool."""
    given = look.inputs(bundle)
    size, target = rank(bundle, given["Rank By"], values), look.values_of(bundle, "target")
    extent = given["Importance Range" if given["Rank By"] in ("Importance", "Weight x Activation") else "Weight Range"]
    shown = size >= given["Threshold"] * extent if given["Threshold"] else np.ones(len(size), bool)
    if given["Most"]:
        for group in np.unique(target) if given["Per"] == "Unit" else (None,):
            mine = np.flatnonzero(shown & ((target == group) | (group is None)))
            order = mine[np.argsort(-size[mine], kind="stable")]
            shown[order[given["Most"] :]] = False
    return shown


@pytest.mark.parametrize("by, per", list(product(CHOICE["Rank By"], CHOICE["Per"])))
def test_choice(network, by, per):
    bundle = dense(network)
    values = look.values_of(look.inputs(bundle)["Source"])
    for name, value in (("Rank By", by), ("Per", per)):
        look.set_input(bundle, name, value)
    counts = set()
    for most, threshold in product(CHOICE["Most"], CHOICE["Threshold"]):
        look.set_input(bundle, "Most", most)
        look.set_input(bundle, "Threshold", threshold)
        lines, shown = Lines(network, bundle), kept(bundle, values)
        pairs = [
            sorted(zip(source.tolist(), target.tolist(), strict=True))
            for source, target in (
                (lines.of.get("source", np.zeros(0)), lines.of.get("target", np.zeros(0))),
                (look.values_of(bundle, "source")[shown], look.values_of(bundle, "target")[shown]),
            )
        ]
        assert pairs[0] == pairs[1]
        if lines.count:
            close(lines.points, formula(lines))
        counts.add(lines.count)
    assert len(counts) > 2


@pytest.mark.parametrize("name", COLOUR)
def test_colour(network, name):
    bundle = dense(network)

    def measure(lines):
        weight, given = lines.of["weight"].astype(np.float64), lines.given
        if given["Color By"] == "Weight":
            expected = weight / given["Weight Range"]
        else:
            expected = weight * look.values_of(given["Source"])[lines.of["source"]] / given["Importance Range"]
        close(lines.of["shade"], expected)
        return lines.of["shade"]

    changed(network, bundle, name, COLOUR[name], measure)


def test_evidence(network):
    """Lines that count at least 0.12 of the most are left, as wide as they count, in a material of their own."""
    bundle = dense(network)
    count = len(bundle.data.curves)
    counts = np.random.default_rng(2).normal(size=count).astype(np.float32)
    full = np.full(count, np.abs(counts).max(), np.float32)
    for name, values in (("evidence", counts), ("evidence_range", full)):
        bundle.data.attributes.new(name, "FLOAT", "CURVE").data.foreach_set("value", values)
    material = bpy.data.materials.new("evidence")
    look.set_input(bundle, "Evidence Material", material)
    for share in (0.5, 1.0):
        look.set_input(bundle, "Evidence", share)
        lines = Lines(network, bundle)
        size = np.abs(counts) / full
        kept = size > 0.12
        order, own = (
            np.lexsort((source, target))
            for source, target in (
                (lines.of["source"], lines.of["target"]),
                (look.values_of(bundle, "source")[kept], look.values_of(bundle, "target")[kept]),
            )
        )
        close(lines.of["shade"][order], (np.sign(counts) * size**0.6)[kept][own])
        close(lines.of["strength"][order], ((share * size**0.6) ** lines.given["Width Power"])[kept][own])
        geometry = bundle.evaluated_get(look.evaluate(network)).evaluated_geometry()
        assert [one.name for one in geometry.curves.materials] == [material.name]
    look.set_input(bundle, "Evidence", 0.0)
    assert Lines(network, bundle).count == count


def joined(given, stored):
    """{(source vertex, target vertex): weight} of all taps at all positions by the window of these sockets."""
    pair = {
        name: np.array(given[name][:2]).astype(int) for name, values in WINDOW.items() if isinstance(values[0], tuple)
    }
    drawn = {end: -(-pair[f"{end} Map"] // pair[f"{end} Step"]) for end in ("Source", "Target")}
    found = []
    for place in product(
        *(range(0, size, step) for size, step in zip(pair["Target Map"], pair["Target Step"], strict=True))
    ):
        taps = []
        for row, column, source, target, weight in zip(
            *(stored[name].tolist() for name in ("tap_row", "tap_column", "source_unit", "target_unit", "weight")),
            strict=True,
        ):
            reach = np.array([row, column]) * pair["Dilation"]
            if given["Transposed"]:
                at, rest = np.divmod(place + pair["Padding"] - reach, pair["Stride"])
            else:
                at, rest = place * pair["Stride"] - pair["Padding"] + reach, np.zeros(2)
            if rest.any() or (at < 0).any() or (at >= pair["Source Map"]).any() or (at % pair["Source Step"]).any():
                continue
            vertices = [
                (unit * size[0] + cell[0]) * size[1] + cell[1]
                for unit, size, cell in (
                    (source, drawn["Source"], at // pair["Source Step"]),
                    (target, drawn["Target"], np.array(place) // pair["Target Step"]),
                )
            ]
            taps.append((*map(int, vertices), weight))
        if given["Mean"] != "None":
            begin = np.array(place) * pair["Stride"] - pair["Padding"]
            whole = given["Mean"] == "Window"
            many = 1
            for axis in (0, 1):
                low = -pair["Padding"][axis] if whole else 0
                high = pair["Source Map"][axis] + (pair["Padding End"][axis] if whole else 0)
                cells = begin[axis] + np.arange(pair["Kernel"][axis]) * pair["Dilation"][axis]
                many *= np.count_nonzero((cells >= low) & (cells < high))
            taps = [(source, target, 1 / max(1, many)) for source, target, _ in taps]
        found += taps
    return sorted(found)


@pytest.mark.parametrize(
    "name",
    [name for name in WINDOW if name not in ("Position Row", "Position Column", "Most Lines", "Expansion", "Detail")],
)
def test_window(network, name):
    """Whatever the window is said to be, the lines are those of that window; the size of its kernel matters to a mean,
    the taps are those that are stored."""
    (bundle,) = (one for (source, _), one in look.bundles(network).items() if source == "x")
    given = look.inputs(bundle)
    everything = given["Taps"].data.attributes
    stored = {one.name: look.array(everything, one.name) for one in everything if one.data_type in look.FIELDS}
    stored = {key: value[stored["detail"] == 2] for key, value in stored.items() if len(value) == len(stored["detail"])}
    for key, value in (("Detail", "Expansion"), ("Expansion", 3.0), ("Most Lines", 1_000_000)):
        look.set_input(bundle, key, value)
    if name in ("Kernel", "Padding End"):
        look.set_input(bundle, "Mean", "Window")
    seen = []
    for value in WINDOW[name]:
        look.set_input(bundle, name, value)
        lines = shown(network, bundle)
        expected = joined(look.inputs(bundle), stored)
        assert [one[:2] for one in lines] == [one[:2] for one in expected]
        assert np.allclose([one[2] for one in lines], [one[2] for one in expected], rtol=1e-5)
        seen.append(lines)
    assert any(one != seen[0] for one in seen[1:])


def shown(network, bundle):
    """Vertices and weights of the lines that are shown, sorted."""
    geometry = bundle.evaluated_get(look.evaluate(network)).evaluated_geometry()
    if geometry.curves is None:
        return []
    attributes = geometry.curves.attributes
    return sorted(zip(*(look.array(attributes, name).tolist() for name in ("source", "target", "weight")), strict=True))


def test_hidden_cells_take_their_lines_along(network):
    """Stands in for layers that hide cells: an object that gives instances with `hidden` and `hides`."""
    bundle = dense(network)
    look.set_input(bundle, "Radius", 0.1)
    full = Lines(network, bundle)
    source = full.given["Source"]
    count = len(source.data.vertices)
    hidden = np.linspace(0, 1, count).astype(np.float32)
    source.data.attributes.new("hidden", "FLOAT", "POINT").data.foreach_set("value", hidden)
    before = Lines(network, bundle).of["radius"].reshape(-1, 8)
    close(before, full.of["radius"].reshape(-1, 8))  # nothing says that anything is hidden
    source.data.attributes.new("hides", "FLOAT", "POINT").data.foreach_set("value", np.ones(count, np.float32))
    source.data.update_tag()
    found = Lines(network, bundle)
    left = 1 - hidden[found.of["source"]]
    close(found.of["radius"].reshape(-1, 8), before * left[:, None])


def test_ends_follow_the_objects_in_the_sockets(network):
    bundle = dense(network)
    given = look.inputs(bundle)
    assert given["Network"] == look.one_of(network, "root") and given["Taps"].type == "CURVES"
    other = given["Source"].copy()
    other.location.y += 7.0
    look.scene_of(network).collection.objects.link(other)
    for name, end in (("Source", 0), ("Target", -1)):
        before = Lines(network, bundle)
        look.set_input(bundle, name, other)
        lines = Lines(network, bundle)
        close(lines.points, formula(lines))
        assert np.abs(lines.points[:, end] - before.points[:, end]).max() > 1.0, name
    material = bpy.data.materials.new("Another")
    look.set_input(bundle, "Material", material)
    evaluated = bundle.evaluated_get(look.evaluate(network)).evaluated_geometry()
    assert material.name in [one.name for one in evaluated.curves.materials if one]


def test_bundle_lines_from_the_sidebar(registered, tmp_path):
    network = look.build(look.MLP)
    bpy.context.view_layer.objects.active = look.layers(network)["dense2"]
    assert bpy.ops.neuroscene.bundle_lines(which="SELECTED", iterations=3) == {"FINISHED"}
    bundled = {ends for ends, one in look.bundles(network).items() if "bundle_3" in one.data.attributes}
    assert bundled == {("dense1", "dense2")}
    assert bpy.ops.neuroscene.bundle_lines(which="ALL") == {"FINISHED"}
    for ends, bundle in look.bundles(network).items():
        assert "bundle_6" in bundle.data.attributes and look.inputs(bundle)["Iterations"] == 6, ends
    look.check_ends(network)
    for other in bpy.context.view_layer.objects.selected:
        other.select_set(False)
    bpy.context.view_layer.objects.active = look.layers(network)["image"]
    assert bpy.ops.neuroscene.bundle_lines(which="SELECTED") == {"CANCELLED"}


def test_every_socket_is_tested_described_and_bounded():
    assert {*CONNECTIONS.names} == {
        *SHAPE,
        *WITH_BUNDLE,
        *WIDTH,
        *PULSE,
        *DENSITY,
        *CHOICE,
        *COLOUR,
        *WINDOW,
        *ENDS,
        *ELSEWHERE,
        "Evidence",
    }
    for socket in CONNECTIONS:
        assert socket.about and socket.panel, socket.name
        if socket.kind in ("Float", "Int", "Vector"):
            assert socket.low > -1e9 and (
                socket.high is not None or socket.name in ("Weight Range", "Importance Range")
            ), socket.name
    for tested in (CHOICE, COLOUR, WINDOW):
        assert all(
            tested[socket.name] == socket.items for socket in CONNECTIONS if socket.items and socket.name in tested
        )
