# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sidebar says of layers and lines. What takes time to be found out is kept as long as nothing has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import bpy
import numpy as np
from onnx import TensorProto

from ..addon.network import Network
from ..addon.network.joins import UNKNOWN, WEIGHT
from ..addon.nodes import materials as shaders
from ..addon.scene.attributes import array
from ..addon.scene.entities import Bundle, LayerObject, NetworkScene, network_of
from ..addon.scene.picking import models, pointing, reading
from ..addon.scene.texts import words
from . import histograms

WIDEST = 40
LARGEST = 300_000  # weights, of which a histogram is made while the panel is drawn
KEPT = 64
SOON = 0.2  # seconds
_known: OrderedDict[tuple, tuple] = OrderedDict()


def of_layer(layer: LayerObject) -> list[str]:
    """A layer in at most five lines: what it does and how, its shapes, weights, work, and what of it is drawn."""
    model = _model(layer.obj)
    said = [reading.does(layer)]
    how = window(model, layer.name) if model else ""
    if how:
        said.append(how)
    shape = " × ".join(str(size or "?") for size in layer.shape) or "1"
    before = _shapes(model, layer) if model else ""
    kind = _type(model, layer) if model else ""
    said.append(f"{before} → {shape}" if before else shape)
    work = f", {words.count_text(layer.multiply_adds)} multiply-adds" if layer.multiply_adds else ""
    said.append(f"{layer.parameters:,} parameters{work}" if layer.parameters else f"no parameters{work}")
    said.append(", ".join(filter(None, (drawn(layer), kind))))
    if layer.block:
        said.append(f"in {words.shortened(layer.block, WIDEST - 3)}")
    return said


def _model(obj) -> Network | None:
    """The model of an object's network, None until it has been read; then the sidebar is drawn anew."""
    network = network_of(obj)
    model = models.of(network, wait=False) if network else None
    if model is None and models.is_opening() and not bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.register(_redraw, first_interval=SOON)
    return model


def _redraw() -> float | None:
    if models.is_opening():
        return SOON
    pointing.redraw()
    return None


def window(model: Network, name: str) -> str:
    """How a layer's window slides: "kernel 3 × 3, stride 2, padding 1"; what is as usual is left out."""
    for connection in model.connections:
        slides = getattr(connection.join, "window", None)
        if connection.target.name != name or slides is None or not hasattr(slides, "kernel"):
            continue
        said = [f"kernel {_sizes(slides.kernel)}", f"stride {_sizes(slides.strides)}"]
        pads = tuple(zip(slides.begin, slides.end, strict=True))
        same = all(first == second for first, second in pads)
        padding = slides.begin if same else tuple(f"{first}|{second}" for first, second in pads)
        said.append(f"padding {_sizes(padding)}")
        if set(slides.dilations) != {1}:
            said.append(f"dilation {_sizes(slides.dilations)}")
        groups = getattr(connection.join, "groups", 1)
        if groups > 1:
            said.append(f"{groups:,} groups")
        if slides.transposed:
            said.append("transposed")
        return ", ".join(said)
    return ""


def _sizes(sizes) -> str:
    return " × ".join(map(str, sizes))


def _shapes(model, layer) -> str:
    shapes = [
        " × ".join(str(size or "?") for size in model.by_name[name].shape or ())
        for name in layer.sources
        if name in model.by_name
    ]
    return " + ".join(dict.fromkeys(shapes)) if 0 < len(shapes) < 3 else f"{len(shapes):,} inputs" if shapes else ""


def _type(model, layer) -> str:
    leaf = next(iter(model.by_name[layer.name].weights), None) if layer.name in model.by_name else None
    return f"weights {TensorProto.DataType.Name(leaf.data_type).lower()}" if leaf is not None else ""


def drawn(layer: LayerObject) -> str:
    """What of a layer is drawn."""
    count = len(layer.obj.data.vertices)
    units, rows, columns = layer.grid
    whole = {"cells": (units * rows * columns, "cells"), "maps": (units, "maps")}.get(layer.detail or "cells")
    if whole is None:
        return f"drawn as a {layer.detail}"
    return f"all {count:,} {whole[1]} drawn" if count == whole[0] else f"{count:,} of {whole[0]:,} {whole[1]} drawn"


def source(bundle: Bundle) -> str:
    """What a bundle leaves, as it is called."""
    layer, _ = bundle.layers
    return layer.called if layer and layer.name == bundle.source else words.shortened(bundle.named_source)


def target(bundle: Bundle) -> str:
    """What it enters."""
    _, layer = bundle.layers
    return layer.called if layer and layer.name == bundle.target else words.shortened(bundle.target_block)


def counted(bundle: Bundle) -> str:
    """How many lines of a bundle are drawn."""
    if not bundle.total or bundle.total == bundle.drawn:
        return f"{bundle.drawn:,}"
    return f"{bundle.drawn:,} of {words.count_text(bundle.total)}"


def of_lines(bundle: Bundle) -> list[str]:
    """A bundle in a few lines."""
    said = [f"{counted(bundle)} lines drawn"]
    if bundle.carries == UNKNOWN or bundle.is_joint:
        said.append("says only that they are joined")
    elif bundle.grain == "unit":
        said.append(f"a line is a kernel, the sum of {bundle.taps:,} weights")
    else:
        said.append("a line is one weight" if bundle.carries == "weight" else "a line carries no weight")
    model = _model(bundle.obj)
    how = window(model, bundle.target) if model and bundle.target else ""
    if how:
        said.append(how)
    return said


def numbers(layer: LayerObject) -> Iterator[tuple[str, int, list[tuple[str, str]]]]:
    """Title, icon of a histogram (0 for none) and statistics of a layer's values as they are drawn, and of its
    weights."""
    if layer.value_is != "none" and "value" in layer.obj.data.attributes:
        yield _values(layer)
    told = layer.statistics
    if told:
        yield "Weights", _weights(layer), _of_statistics(told)


def _values(layer):
    network = network_of(layer.obj)
    key = (
        layer.obj.session_uid,
        NetworkScene(network).input if network else "",
        layer.value_is,
        layer.given.get("Range"),
    )

    key = ("values", *key, _painted(layer.inputs["Material"]))

    def find():
        values = array(layer.obj, "value")
        finite = values[np.isfinite(values)]
        if not len(finite):
            return layer.value_is.capitalize(), None, [("Not Finite", f"{len(values):,}")]
        zero = int((finite == 0).sum())
        rows = [
            ("Mean", f"{finite.mean(dtype=np.float64):.4g}"),
            ("Std Dev", f"{finite.std(dtype=np.float64):.4g}"),
            ("Min", f"{finite.min():.4g}"),
            ("Max", f"{finite.max():.4g}"),
        ]
        if zero:
            rows.append(("Zeros", f"{zero:,} ({zero / len(finite):.1%})"))
        units, height, width = layer.grid
        if len(values) < units * height * width:
            rows.append(("Of", f"{len(values):,} drawn"))
        drawn = histograms.of(finite, layer.inputs["Material"], layer.inputs["Range"])
        return layer.value_is[:1].upper() + layer.value_is[1:], drawn, rows

    title, drawn, rows = _keep(key, find)
    return title, histograms.icon(key, drawn) if drawn else 0, rows


def _weights(layer) -> int:
    """The icon of the histogram of a layer's weights, in the colors of its lines; 0 for none."""
    model = _model(layer.obj)
    if model is None or layer.name not in model.by_name or layer.parameters > LARGEST:
        return 0
    scene = NetworkScene(network_of(layer.obj))
    bundle = next((each for each in layer.incoming() if each.carries == WEIGHT), None)
    material = bundle.inputs["Material"] if bundle else scene.materials.get("lines")
    extent = bundle.inputs["Weight Range"] if bundle else None
    key = ("weights", scene.uuid, scene.sha256, layer.name, extent, _painted(material))

    def find():
        parts = [np.asarray(each.array(), np.float32).ravel() for each in model.by_name[layer.name].applied]
        weights = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return histograms.of(weights, material, extent or float(np.abs(weights).max(initial=0.0)))

    drawn = _keep(key, find)
    return histograms.icon(key, drawn) if drawn else 0


def _painted(material) -> tuple:
    """What a material shows values as: another color map is another picture."""
    ramp = shaders.ramp_of(material)
    return tuple((stop.position, *stop.color) for stop in ramp.elements) if ramp else ()


def _of_statistics(told) -> list[tuple[str, str]]:
    zeros, count = int(told["zeros"]), int(told["count"])
    rows = [
        ("Mean", f"{told['mean']:.4g}"),
        ("Std Dev", f"{told['std']:.4g}"),
        ("Min", f"{told['min']:.4g}"),
        ("Max", f"{told['max']:.4g}"),
    ]
    if zeros:
        rows.append(("Zeros", f"{zeros:,} ({zeros / count:.1%})"))
    if int(told.get("not_finite", 0)):
        rows.append(("Not Finite", f"{int(told['not_finite']):,}"))
    return rows


def _keep(key, find):
    if key not in _known:
        _known[key] = find()
        while len(_known) > KEPT:
            _known.popitem(last=False)
    _known.move_to_end(key)
    return _known[key]
