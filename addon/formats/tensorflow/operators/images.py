# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures at another size."""

from __future__ import annotations

from onnx import TensorProto

from ..graph import Call, Value
from .table import Written, op


@op("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic")
def resize(call: Call) -> Written:
    """(batch, rows, columns, channels) at a given size; the first versions of TensorFlow put pixels to corners."""
    x = call.cast(call.maps(call.x), TensorProto.FLOAT) if "Nearest" not in call.op else call.maps(call.x)
    way = {"ResizeBilinear": "linear", "ResizeBicubic": "cubic"}.get(call.op, "nearest")
    settings: dict = {"mode": way}
    if call.get("align_corners"):
        settings["coordinate_transformation_mode"] = "align_corners"
        settings["nearest_mode"] = "round_prefer_ceil"
    elif call.get("half_pixel_centers"):
        # ONNX takes 1/2 off again: the nearest pixel, of two the one behind, is what TensorFlow cuts down to
        settings["coordinate_transformation_mode"] = "half_pixel"
        settings["nearest_mode"] = "round_prefer_ceil"
    else:
        settings["coordinate_transformation_mode"] = "asymmetric"
        settings["nearest_mode"] = "floor"
    if way == "cubic":
        settings["cubic_coeff_a"] = -0.5 if call.get("half_pixel_centers") else -0.75
    if way != "nearest":
        settings.pop("nearest_mode")
    known = call.partly(1)
    front = call.node("Shape", x, start=0, end=2)
    wanted = call.constant([int(size) for size in known]) if known is not None and None not in known else call.long(1)
    sizes = call.node("Concat", front, wanted, axis=0)
    made = call.node("Resize", x, "", "", sizes, **settings)
    if known is not None and None not in known:  # which ONNX's inference does not see where the batch is open
        call.graph.shapes[made] = (*call.graph.shape(x)[:2], *(int(size) for size in known))
    return Value(made, True)
