# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a series on the objects of a network: numbered attributes, the modifiers that blend them, ranges that
hold for all steps."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ... import compat
from ...colormaps import value_range
from ...nodes import series as groups
from ...nodes.tree import MARK, attach
from .. import sockets
from ..attributes import OF_STEP, forget_steps
from ..entities import Bars, Bundle, LayerObject, NetworkScene, series_nodes
from . import taps

FOLLOWS = "Steps"  # the modifier of what follows a slider
FIELDS = {"FLOAT": "value", "FLOAT_COLOR": "color", "FLOAT_VECTOR": "vector"}
DARKEST = 0.6  # of the largest range of all steps; a layer that grows to that is bright before it is there
HIGH = 0.995  # of importances, by rank: the one that has the full width


def slider(collection: bpy.types.Collection, kind: str) -> bpy.types.NodesModifier | None:
    """The modifier with the slider of a series, None where a network has none."""
    root = NetworkScene(collection).any_root()
    return _slider(root.obj, kind) if root else None


def _slider(obj, kind):
    name = groups.sockets.OF_KIND[kind].name
    return next((modifier for modifier in series_nodes(obj) if modifier.node_group.get(MARK) == name), None)


def add_slider(collection: bpy.types.Collection, kind: str, count: int, at: float) -> bpy.types.NodesModifier:
    """The slider of a series of so many steps on the root of a network, the one that is there if there is one."""
    obj = NetworkScene(collection).root().obj
    name = groups.sockets.SLIDERS[kind]
    modifier = _slider(obj, kind)
    if modifier is None:
        modifier = attach(obj, name, groups.slider_group(kind), {name: at})
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    compat.set_inputs(modifier, {"Last": count - 1})
    return modifier


def put(
    obj: bpy.types.Object, root: bpy.types.Object, kind: str, arrays: Mapping[str, list[np.ndarray]], **flags: bool
) -> None:
    """Let an object hold these numbers, an array a step by the name of the attribute, and follow the slider."""
    forget_steps(obj)
    lines = Bundle.is_one(obj) or obj.type == "CURVES"
    count = max(len(steps) for steps in arrays.values())
    for name, steps in arrays.items():
        for step, values in enumerate(steps):
            attribute = obj.data.attributes.new(groups.numbered(name, step), "FLOAT", "CURVE" if lines else "POINT")
            attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32))
    group = groups.lines_group if lines else groups.bars_group if Bars.is_one(obj) else groups.cells_group
    given = {"Network": root, "Slider": groups.sockets.attribute(kind), "Last": count - 1, **flags}
    modifier = next(iter(of_values(obj)), None)
    if modifier is None:
        attach(obj, FOLLOWS, group(), given)
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    else:
        compat.set_inputs(modifier, given)
    obj.data.update_tag()


def is_step(name: str) -> bool:
    """Whether an attribute of this name is what a step holds."""
    return bool(OF_STEP.fullmatch(name))


def has_steps(obj: bpy.types.Object) -> bool:
    """Whether an object holds numbers for steps."""
    return any(is_step(attribute.name) for attribute in obj.data.attributes)


def with_steps(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The objects of a network that hold numbers for steps."""
    return [obj for obj in parts(collection) if obj.type in ("MESH", "CURVES") and has_steps(obj)]


def put_step(obj: bpy.types.Object, name: str, step: int, values: np.ndarray) -> None:
    """Let an object hold these numbers for a step, in place of those that it has. Each is of the type and domain that
    the attribute of this name has without a step."""
    attributes = obj.data.attributes
    own = groups.numbered(name, step)
    attribute = attributes.get(own)
    if attribute is None:
        resting = attributes.get(name)
        kind = resting.data_type if resting else "FLOAT"
        domain = resting.domain if resting else "CURVE" if obj.type == "CURVES" else "POINT"
        attribute = attributes.new(own, kind, domain)
    attribute.data.foreach_set(FIELDS[attribute.data_type], np.ascontiguousarray(values, np.float32).ravel())
    obj.data.update_tag()


def put_pictures(obj: bpy.types.Object, steps: list[np.ndarray], root: bpy.types.Object, kind: str) -> None:
    """Let the picture of an input have these colors (faces, 4), an array a step."""
    _put_many(obj, steps, "picture", ("FLOAT_COLOR", "FACE", "color"), groups.picture_group(), root, kind)


def put_numbers(obj: bpy.types.Object, steps: list[np.ndarray], root: bpy.types.Object, kind: str) -> None:
    """Let points have these numbers, an array a step."""
    put(obj, root, kind, {"value": steps})


def put_kernels(obj: bpy.types.Object, steps: list[np.ndarray], root: bpy.types.Object, kind: str) -> None:
    """Let kernels have these weights (taps, 3), an array a step."""
    if steps[0].size == 3 * len(obj.data.vertices):  # nobody has deleted some of them
        _put_many(obj, steps, "weight", ("FLOAT_VECTOR", "POINT", "vector"), groups.kernels_group(), root, kind)


def put_places(obj: bpy.types.Object, steps: list[np.ndarray], root: bpy.types.Object, kind: str) -> None:
    """Let samples have these places (samples, 3), an array a step."""
    _put_many(obj, steps, "place", ("FLOAT_VECTOR", "POINT", "vector"), groups.places_group(), root, kind)


def _put_many(obj, steps, name, form, group, root, kind) -> None:
    """Let an object hold several numbers a place, and follow the slider; `form` is the type, domain and field."""
    forget_steps(obj)
    for step, values in enumerate(steps):
        attribute = obj.data.attributes.new(groups.numbered(name, step), *form[:2])
        attribute.data.foreach_set(form[2], np.ascontiguousarray(values, np.float32).ravel())
    given = {"Network": root, "Slider": groups.sockets.attribute(kind), "Last": len(steps) - 1}
    modifier = next(iter(of_values(obj)), None)
    if modifier is None:
        attach(obj, FOLLOWS, group, given)
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    else:
        compat.set_inputs(modifier, given)
    obj.data.update_tag()


def parts(collection: bpy.types.Collection) -> set[bpy.types.Object]:
    """The objects of a network, with the stored lines of expansions, which are in no collection."""
    bundles = NetworkScene(collection).bundles()
    return {*collection.all_objects, *filter(None, (taps.object_of(bundle.obj) for bundle in bundles))}


def put_still(obj: bpy.types.Object) -> None:
    """Let an object be the same at all steps."""
    forget_steps(obj)
    for modifier in of_values(obj):
        obj.modifiers.remove(modifier)


def remove(collection: bpy.types.Collection, kind: str) -> None:
    """Take a series of a network away; it shows the step that it was made with."""
    own = _slider(NetworkScene(collection).root().obj, kind)
    for obj in parts(collection):
        modifiers = [each for each in of_values(obj) if each == own or not _is_slider(each)]
        for modifier in modifiers:
            obj.modifiers.remove(modifier)
        if modifiers and obj.type in ("MESH", "CURVES"):
            forget_steps(obj)


def _is_slider(modifier: bpy.types.NodesModifier) -> bool:
    return modifier.node_group.get(MARK) in {interface.name for interface in groups.sockets.OF_KIND.values()}


def of_values(obj: bpy.types.Object) -> list[bpy.types.NodesModifier]:
    """The modifiers of series on an object, but for those of evidence."""
    return [each for each in series_nodes(obj) if each.node_group.get(MARK) != groups.sockets.EVIDENCE.name]


def lasting_range(steps: list[np.ndarray]) -> float:
    """One range for the values of a layer at all steps: that of most of them, between `DARKEST` of the largest and the
    largest."""
    return lasting([value_range(values) for values in steps if np.isfinite(values).any() and np.any(values)])


def lasting(extents: list[float]) -> float:
    """The same, of the ranges of the steps; 1 where there are none."""
    if not extents:
        return 1.0
    return float(np.clip(np.median(extents), DARKEST * max(extents), max(extents)))


def set_range(layer: LayerObject, steps: list[np.ndarray]) -> None:
    """Give a layer the range of all steps, unless somebody has set its own."""
    sockets.refresh(layer, {"Range": lasting_range(steps)})


def set_lasting(layer: LayerObject, extents: list[float]) -> None:
    """The same, of the ranges of the steps."""
    sockets.refresh(layer, {"Range": lasting(extents)})


def rank_of_high(count: int) -> int:
    """Which of so many importances, by size from the least, is the one that has the full width."""
    return int(HIGH * (count - 1))


def set_importance_range(bundle: Bundle, steps: list[np.ndarray]) -> None:
    """Give a bundle the importance of full width over all steps, unless somebody has set its own."""
    finite = np.concatenate([values[np.isfinite(values)] for values in steps])
    place = rank_of_high(len(finite))
    set_importance_high(bundle, float(np.partition(finite, place)[place]) if len(finite) else None)


def set_importance_high(bundle: Bundle, high: float | None) -> None:
    """The same, of that importance; None where there is none."""
    if high is not None:
        sockets.refresh(bundle, {"Importance Range": high or 1.0})
