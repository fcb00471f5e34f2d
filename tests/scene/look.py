# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building scenes for the tests, and reading them back by Blender's own ways."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from neuroscene.addon import compat
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.entities import arrival_nodes, series_nodes

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_models"
ZOO = ROOT / "tests" / "data" / "zoo"
RESNET, VIT = ZOO / "resnet18.onnx", ZOO / "vit.onnx"
CNN, MLP = SAMPLES / "digits_cnn.onnx", SAMPLES / "digits_mlp.onnx"
DIGIT = SAMPLES / "digits" / "digit_7.png"
OTHER_DIGIT = SAMPLES / "digits" / "digit_3.png"
# The nodes of the sample network that belong together, by the layer that they make up.
CNN_LAYERS = {
    "conv1": ["conv1", "relu1"],
    "conv2": ["conv2", "bn2", "relu2"],
    "pool1": ["pool1"],
    "conv3": ["conv3", "relu3"],
    "pool2": ["pool2", "flatten"],
    "dense1": ["dense1", "relu4"],
    "scores": ["scores", "probabilities"],
}
KEY = "neuroscene"
FIELDS = {
    "INT": ("value", 1, np.int32),
    "INT8": ("value", 1, np.int8),
    "FLOAT": ("value", 1, np.float32),
    "FLOAT_VECTOR": ("vector", 3, np.float32),
    "FLOAT_COLOR": ("color", 4, np.float32),
    "FLOAT4X4": ("value", 16, np.float32),
}


def fresh() -> None:
    """An empty file with factory settings."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


def build(path, given=None, sizes=None, **settings) -> bpy.types.Collection:
    """The network of a file in the open .blend, with all that is in it unless the settings say otherwise."""
    settings = {"fold_repeats": False} | settings
    return builder.finish(importing.import_steps(path, builder.Settings(**settings), given, sizes))


def facts(block) -> dict:
    found = block.get(KEY)
    return found.to_dict() if found else {}


def mark(block, /, kind: str, **facts) -> None:
    """Write these facts onto a data-block, and no others."""
    block[KEY] = {"kind": kind, **facts}


def kind_of(block) -> str | None:
    """The kind alone: all facts of hundreds of objects take long to read."""
    found = block.get(KEY)
    return found.get("kind") if found else None


def of_kind(network, kind: str) -> list[bpy.types.Object]:
    return [one for one in network.all_objects if kind_of(one) == kind]


def layers(network) -> dict[str, bpy.types.Object]:
    return {facts(one)["layer"]: one for one in of_kind(network, "layer")}


def bundles(network) -> dict[tuple[str, str], bpy.types.Object]:
    """The bundles between layers by the names of these."""
    every = {(facts(one)["source"], facts(one)["target"]): one for one in of_kind(network, "connections")}
    return {ends: one for ends, one in every.items() if all(ends)}


def joints(network) -> dict[tuple[str, str], bpy.types.Object]:
    """The bundles from and to blocks without their inside, by names of layers and paths of blocks in brackets."""
    found = {}
    for one in of_kind(network, "connections"):
        said = facts(one)
        ends = (said[end] or f"[{said[f'{end}_block']}]" for end in ("source", "target"))
        if said["index"] < 0:
            found[tuple(ends)] = one
    return found


def boxes(network) -> dict[str, bpy.types.Object]:
    """The objects of the blocks by path."""
    return {facts(one)["path"]: one for one in of_kind(network, "block")}


def folded(network, path: str) -> bool:
    """Whether a block is closed, or one round it."""
    things = boxes(network)
    while path:
        if inputs(things[path])["Fold"] == 1:
            return True
        path = facts(things[path])["parent"]
    return False


def labels(network, of: str = "layer") -> dict[str, dict[str, bpy.types.Object]]:
    """The texts of the labels by part ("name", "shape", "notes"), by the layer or block that they are of."""
    found = {}
    for one in of_kind(network, "label"):
        if facts(one)["of"] == of:
            found.setdefault(facts(one)["owner"], {})[facts(one)["part"]] = one
    return found


def one_of(network, kind: str) -> bpy.types.Object:
    (found,) = of_kind(network, kind)
    return found


def scene_of(network) -> bpy.types.Scene:
    return next(one for one in bpy.data.scenes if network in one.collection.children_recursive)


def evaluate(network) -> bpy.types.Depsgraph:
    """The evaluated scene of a network."""
    view_layer = scene_of(network).view_layers[0]
    view_layer.update()
    return view_layer.depsgraph


def array(attributes, name: str) -> np.ndarray:
    """An attribute as an array, a row an element."""
    attribute = attributes[name]
    field, width, dtype = FIELDS[attribute.data_type]
    values = np.empty(len(attribute.data) * width, dtype)
    attribute.data.foreach_get(field, values)
    return values.reshape(-1, width) if width > 1 else values


def values_of(thing, name: str = "value") -> np.ndarray:
    return array(thing.data.attributes, name)


def cells_of(thing) -> np.ndarray:
    """Unit, row and column of every cell of a layer, (n, 3)."""
    return np.stack([values_of(thing, name) for name in ("unit", "row", "column")], -1).astype(np.int64)


def modifier(thing):
    before = (*series_nodes(thing), arrival_nodes(thing))
    (found,) = (one for one in thing.modifiers if one.type == "NODES" and one not in before)
    return found


def inputs(thing) -> dict:
    """The inputs of an object's geometry-nodes modifier by name."""
    found = modifier(thing)
    return {
        item.name: compat.get_input(found, item.name)
        for item in found.node_group.interface.items_tree
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry"
    }


def set_input(thing, name: str, value) -> None:
    compat.set_inputs(modifier(thing), {name: value})
    thing.update_tag()


def local_instances(thing, depsgraph) -> tuple[np.ndarray, np.ndarray]:
    """Matrices (n, 4, 4) of an object's instances in its own space, and which geometry each of them shows."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()  # it owns the cloud
    cloud = geometry.instances_pointcloud()
    matrices = array(cloud.attributes, "instance_transform").reshape(-1, 4, 4).swapaxes(1, 2)
    return matrices.astype(np.float64), array(cloud.attributes, ".reference_index")


def world(thing, depsgraph, points: np.ndarray) -> np.ndarray:
    """Points (..., 3) of an evaluated object in the world."""
    matrix = np.array(thing.evaluated_get(depsgraph).matrix_world, np.float64)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def cell_places(thing, depsgraph) -> np.ndarray:
    """World positions (n, 3) of the cells of a layer as they are evaluated."""
    matrices, _ = local_instances(thing, depsgraph)
    return world(thing, depsgraph, matrices[: len(thing.data.vertices), :3, 3])


def curve_places(thing, depsgraph) -> np.ndarray:
    """World positions (curves, points, 3) of a bundle as it is evaluated."""
    points = on_curves(thing, depsgraph, "position").astype(np.float64)
    return world(thing, depsgraph, points.reshape(len(on_curves(thing, depsgraph, "shade")), -1, 3))


def box_points(thing, depsgraph) -> np.ndarray:
    """World positions (n, 3) of the corners of a block's trays, or of its box, as they are evaluated."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()
    matrices, _ = local_instances(thing, depsgraph)
    reference = geometry.instance_references()[0]  # it owns the mesh
    points = array(reference.mesh.attributes, "position").astype(np.float64)
    return world(thing, depsgraph, points @ matrices[0, :3, :3].T + matrices[0, :3, 3])


def on_curves(thing, depsgraph, name: str) -> np.ndarray:
    """An attribute of a bundle as it is evaluated."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()  # it owns the curves
    return array(geometry.curves.attributes, name)


def on_cells(thing, depsgraph, name: str) -> np.ndarray:
    """An attribute of the cells of a layer as they are evaluated."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()
    return array(geometry.instances_pointcloud().attributes, name)[: len(thing.data.vertices)]


def check_ends(network):
    """The first and last point of every curve lie on the source and target cell."""
    depsgraph = evaluate(network)
    places = {name: cell_places(thing, depsgraph) for name, thing in layers(network).items()}
    tolerance = 1e-5 * max(np.abs(one).max() for one in places.values())
    for (source, target), bundle in bundles(network).items():
        points = curve_places(bundle, depsgraph)
        for end, name, which in ((0, source, "source"), (-1, target, "target")):
            away = np.abs(points[:, end] - places[name][on_curves(bundle, depsgraph, which)]).max()
            assert away <= tolerance, (bundle.name, which, away)


def extent(network, depsgraph) -> float:
    """The largest coordinate in the scene, the measure of what a float32 position can tell."""
    return max(float(np.abs(cell_places(one, depsgraph)).max()) for one in of_kind(network, "layer"))


def geometry(network) -> dict[str, np.ndarray]:
    """Every position of the evaluated network, by object: instances as matrices, curves as points. What is hidden has
    none, for Blender does not evaluate it."""
    depsgraph, found = evaluate(network), {}
    for thing in network.all_objects:
        if thing.hide_viewport:
            continue
        if kind_of(thing) in ("layer", "bars"):
            found[thing.name] = local_instances(thing, depsgraph)[0]
        elif kind_of(thing) == "connections":
            found[thing.name] = curve_places(thing, depsgraph)
        elif kind_of(thing) == "block":
            found[thing.name] = box_points(thing, depsgraph)
        found[f"{thing.name}/matrix"] = np.array(thing.evaluated_get(depsgraph).matrix_world)
    return found


def blocks() -> list[tuple[str, str, int]]:
    """Every data-block of the open file: its collection, name and identity."""
    found = []
    for name in dir(bpy.data):
        collection = getattr(bpy.data, name)
        if isinstance(collection, bpy.types.bpy_prop_collection):
            found += [(name, one.name_full, one.session_uid) for one in collection if isinstance(one, bpy.types.ID)]
    return sorted(found)


def projection(network, depsgraph, camera=None) -> np.ndarray:
    """From the world to the picture of a camera, the network's own unless another is given, (4, 4)."""
    camera, render = (camera or one_of(network, "camera")).evaluated_get(depsgraph), scene_of(network).render
    return np.array(
        camera.calc_matrix_camera(
            depsgraph,
            x=render.resolution_x,
            y=render.resolution_y,
            scale_x=render.pixel_aspect_x,
            scale_y=render.pixel_aspect_y,
        )
    ) @ np.linalg.inv(np.array(camera.matrix_world))


def seen(network, depsgraph, points: np.ndarray) -> np.ndarray:
    """World points (..., 3) in the picture of the network's camera: 0 to 1 from left to right and bottom to top."""
    return projected(projection(network, depsgraph), points)


def projected(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The same by a projection; all must be before the camera."""
    clip = points @ matrix[:, :3].T + matrix[:, 3]
    assert (clip[..., 3] > 0).all(), "behind the camera"
    return (clip[..., :2] / clip[..., 3:] + 1) / 2


def corners(thing, depsgraph) -> np.ndarray:
    """World corners (n, 8, 3) of all that an object shows, its instances or its text; of a curve all points."""
    if thing.type == "CURVES":
        return curve_places(thing, depsgraph)
    evaluated = thing.evaluated_get(depsgraph)
    grid = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T
    if thing.type == "FONT":
        return world(thing, depsgraph, np.array(evaluated.bound_box, np.float64))[None]
    geometry = evaluated.evaluated_geometry()
    matrices, which = local_instances(thing, depsgraph)
    found, places = [np.zeros((0, 8, 3))], [np.zeros(0, int)]
    for index, reference in enumerate(geometry.instance_references()):
        mesh = getattr(reference, "mesh", None) or getattr(reference, "data", None)
        if mesh is None:  # instances of nothing, for lines to end on
            continue
        points = array(mesh.attributes, "position").astype(np.float64)
        box = points.min(0) + grid * np.ptp(points, axis=0)
        mine = matrices[which == index]
        found.append(np.einsum("nij,kj->nki", mine[:, :3, :3], box) + mine[:, None, :3, 3])
        places.append(np.flatnonzero(which == index))
    return world(thing, depsgraph, np.concatenate(found)[np.argsort(np.concatenate(places))])


def pictures(network, kinds=("layer", "label", "class", "bars")) -> dict[str, np.ndarray]:
    """Left, bottom, right and top, in the picture of the network's camera, of all that is shown of these kinds."""
    depsgraph, found = evaluate(network), {}
    matrix = projection(network, depsgraph)
    for thing in (one for kind in kinds for one in of_kind(network, kind)):
        if not thing.hide_render and (thing.type != "FONT" or thing.data.body):
            points = projected(matrix, corners(thing, depsgraph)).reshape(-1, 2)
            found[thing.name] = np.concatenate([points.min(0), points.max(0)])
    return found


def outside(network, kinds=("layer", "label", "class", "bars")) -> list[str]:
    """What is not wholly in the picture of the network's camera."""
    return [name for name, box in pictures(network, kinds).items() if box.min() < 0 or box.max() > 1]


def plain_render(scene, samples: int) -> None:
    """Cycles on the processor, the same on every run."""
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.seed = samples, 0
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False


def png(path: Path) -> np.ndarray:
    """The pixels (height, width, channels) of a picture of 8 bits a channel, uint8."""
    with Image.open(path) as image:
        pixels = np.asarray(image)
    assert pixels.dtype == np.uint8
    return pixels.reshape(*pixels.shape[:2], -1)
