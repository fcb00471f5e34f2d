# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shapes, and tensors in other shapes: reshaped, turned, joined, parted, padded."""

from __future__ import annotations

from math import prod

import numpy as np
from onnx import TensorProto

from ...indexing import FAR, Cuts
from ..graph import Call, Unwritable, Value
from .pointwise import noted
from .table import Written, op


@op(
    "Identity",
    "IdentityN",
    "StopGradient",
    "PreventGradient",
    "CheckNumerics",
    "Snapshot",
    "EnsureShape",
    "PlaceholderWithDefault",
    "ReadVariableOp",
    "Enter",
    "Exit",
    "NextIteration",
    "LoopCond",
    "FakeQuantWithMinMaxVars",
    "FakeQuantWithMinMaxArgs",
    "FakeQuantWithMinMaxVarsPerChannel",
)
def same(call: Call) -> Written:
    """What it reads. What quantisation does in training is left out, as it is when a model is converted."""
    return [value for value in call.inputs if value is not None] if call.op == "IdentityN" else call.x


@op("Shape", "ShapeN")
def shape(call: Call) -> Written:
    """The shape of a tensor."""
    made = []
    for value in call.inputs if call.op == "ShapeN" else call.inputs[:1]:
        if value is None:
            raise Unwritable("it reads nothing")
        name = call.node("Shape", value.name)
        if value.name not in call.graph.shapes:
            made.append(Value(call.cast(name, call.get("out_type", TensorProto.INT32))))
            continue
        sizes = call.shape(value)
        if value.maps:
            order = [0, *range(2, len(sizes)), 1]
            name = call.node("Gather", name, call.constant(order))
        name = call.cast(name, call.get("out_type", TensorProto.INT32))
        call.graph.know(name, np.array(sizes, object) if None in sizes else np.array(sizes, np.int64))
        made.append(Value(name))
    return made if call.op == "ShapeN" else made[0]


@op("Size")
def size(call: Call) -> Written:
    """How many numbers a tensor has."""
    sizes = call.shape(call.x)
    made = call.cast(call.node("Size", call.x.name), call.get("out_type", TensorProto.INT32))
    if None not in sizes:
        call.graph.know(made, np.int64(prod(part or 0 for part in sizes)))
    return Value(made)


@op("Rank")
def rank(call: Call) -> Written:
    """How many axes a tensor has."""
    return Value(call.constant(call.rank(call.x), np.int32))


@op("Reshape")
def reshape(call: Call) -> Written:
    """A tensor in another shape, of which one size may be open."""
    known = call.partly(1)
    if call.has(1) and known is None and call.graph.shapes.get(call.value(1).name) == (0,):
        known = np.zeros(0, np.int64)
    x = call.plain(call.x)
    if known is not None:
        wanted = [-1 if part is None else int(part) for part in known.reshape(-1)]
        if wanted.count(-1) < 2 and 0 not in wanted:
            return Value(call.reshape(x, *wanted))
    return Value(call.node("Reshape", x, call.long(1), allowzero=0))


@op("Squeeze")
def squeeze(call: Call) -> Written:
    """Axes of size 1 taken away."""
    axes = [int(axis) for axis in call.get("squeeze_dims", call.get("axis", []))]
    x, sizes = call.x, call.shape(call.x)
    axes = [axis % len(sizes) for axis in axes] or [axis for axis, part in enumerate(sizes) if part == 1]
    if not axes:
        return x
    if x.maps and 0 not in axes and len(sizes) - 1 not in axes and len(axes) == len(sizes) - 2:
        return Value(call.node("Squeeze", x.name, call.constant([axis + 1 for axis in axes])))
    made = Value(call.node("Squeeze", call.plain(x), call.constant(axes)))
    numbers = call.partly(0)
    return made if numbers is None else noted(call, made, np.squeeze(numbers, tuple(axes)))


@op("ExpandDims")
def expand(call: Call) -> Written:
    """A new axis of size 1."""
    (axis,) = call.integers(1)
    made = Value(call.node("Unsqueeze", call.plain(call.x), call.constant([axis])))
    numbers = call.partly(0)
    return made if numbers is None else noted(call, made, np.expand_dims(numbers, axis))


@op("Transpose", "ConjugateTranspose")
def transpose(call: Call) -> Written:
    """Axes in another order."""
    axes = call.integers(1)
    x = call.x
    call.assume_rank(x, len(axes))
    if x.maps and axes == [0, len(axes) - 1, *range(1, len(axes) - 1)]:
        return Value(x.name)
    if not x.maps and len(axes) > 2 and axes == [0, *range(2, len(axes)), 1]:
        return Value(x.name, True)
    return Value(call.transpose(call.plain(x), *axes))


@op("ConcatV2", "Concat")
def concat(call: Call) -> Written:
    """Tensors one behind the other; their axis comes last, in the first version first."""
    given = [value for value in call.inputs if value is not None]
    place = 0 if call.op == "Concat" else len(given) - 1
    (axis,) = call.integers(place)
    parts = given[1:] if call.op == "Concat" else given[:-1]
    return joined(call, parts, axis)


def joined(call: Call, parts: list[Value], axis: int) -> Value:
    """Tensors one behind the other along an axis of the file's."""
    if not parts:
        raise Unwritable("it joins nothing")
    maps = any(part.maps for part in parts) and len({call.rank(part) for part in parts}) == 1
    names = [call.maps(part) if maps else call.plain(part) for part in parts]
    if len(names) == 1:
        return Value(names[0], maps)
    made = Value(call.node("Concat", *names, axis=call.axis(Value(names[0], maps), axis)), maps)
    numbers = [call.graph.known.get(part.name) for part in parts]
    if maps or any(part is None for part in numbers):
        return made
    return noted(call, made, np.concatenate([part for part in numbers if part is not None], axis))


@op("Pack")
def pack(call: Call) -> Written:
    """Tensors side by side along a new axis."""
    axis = int(call.get("axis", 0))
    parts = [value for value in call.inputs if value is not None]
    lifted = [call.node("Unsqueeze", call.plain(value), call.constant([axis])) for value in parts]
    made = Value(call.node("Concat", *lifted, axis=axis) if len(lifted) > 1 else lifted[0])
    numbers = [call.graph.known.get(value.name) for value in parts]
    if any(part is None for part in numbers):
        return made
    return noted(call, made, np.stack([part for part in numbers if part is not None], axis))


@op("Unpack")
def unpack(call: Call) -> Written:
    """A tensor's parts along an axis, without it."""
    axis, count = int(call.get("axis", 0)), int(call.get("num", call.outputs))
    x = call.plain(call.x)
    numbers = call.partly(0)
    made = []
    for place in range(count):
        part = Value(call.node("Gather", x, call.constant(place), axis=axis))
        made.append(part if numbers is None else noted(call, part, np.take(numbers, place, axis)))
    return made


@op("Split", "SplitV")
def split(call: Call) -> Written:
    """A tensor in parts along an axis, equal ones or of given sizes."""
    value = call.value(1) if call.op == "Split" else call.x
    (axis,) = call.integers(0 if call.op == "Split" else 2)
    target = call.axis(value, axis)
    count = int(call.get("num_split", call.outputs))
    whole = call.graph.shape(value.name)[target]
    if call.op == "Split":
        if whole is None or count < 1:
            raise Unwritable("parts of open size")
        sizes = [whole // count] * count
    else:
        sizes = call.integers(1)
        if -1 in sizes:
            if whole is None:
                raise Unwritable("parts of open size")
            sizes[sizes.index(-1)] = whole - sum(sizes) - 1
    if len(sizes) == 1:
        return [value]
    made = call.node("Split", value.name, call.constant(sizes), outputs=len(sizes), axis=target)
    return [Value(name, value.maps) for name in made]


@op("Slice")
def cut(call: Call) -> Written:
    """A part of a tensor, by where it begins and how large it is."""
    begins, sizes = call.integers(1), call.integers(2)
    ends = [FAR if size == -1 else begin + size for begin, size in zip(begins, sizes, strict=True)]
    axes = [axis for axis, (begin, end) in enumerate(zip(begins, ends, strict=True)) if begin or end != FAR]
    if not axes:
        return call.x
    x = call.x
    columns = ([begins[axis] for axis in axes], [ends[axis] for axis in axes], [call.axis(x, axis) for axis in axes])
    made = Value(sliced(call, x.name, *columns, [1] * len(axes)), x.maps)
    numbers = call.partly(0)
    if numbers is None or x.maps:
        return made
    return noted(call, made, numbers[tuple(slice(*ends_of) for ends_of in zip(begins, ends, strict=True))])


def sliced(call: Call, name: str, starts: list[int], stops: list[int], axes: list[int], steps: list[int]) -> str:
    """Parts along axes; the shape is worked out here, for ONNX's inference gives up where any size is open."""
    sizes = list(call.graph.shape(name))
    made = call.node("Slice", name, *map(call.constant, (starts, stops, axes, steps)))
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        whole = sizes[axis]
        if whole is not None:
            stop_at = None if step < 0 and stop <= -FAR else stop
            sizes[axis] = len(range(*slice(start, stop_at, step).indices(whole)))
    call.graph.shapes[made] = tuple(sizes)
    return made


@op("StridedSlice")
def strided(call: Call) -> Written:
    """x[key], of whole numbers, slices, new axes and an ellipsis, which bits of masks tell."""
    begins, ends, steps = (call.integers(place) for place in (1, 2, 3))
    masks = {name: int(call.get(f"{name}_mask", 0)) for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    rank = call.rank(call.x)
    key: list = []
    for place in range(len(begins)):
        bit = 1 << place
        if masks["ellipsis"] & bit:
            taken = sum(not (masks["new_axis"] | masks["ellipsis"]) >> other & 1 for other in range(len(begins)))
            key += [slice(None)] * (rank - taken)
        elif masks["new_axis"] & bit:
            key.append(None)
        elif masks["shrink_axis"] & bit:
            key.append(begins[place])
        else:
            key.append(
                slice(
                    None if masks["begin"] & bit else begins[place],
                    None if masks["end"] & bit else ends[place],
                    steps[place],
                )
            )
    return cut_by_key(call, call.x, key)


def cut_by_key(call: Call, x: Value, key: list) -> Value:
    """What Python's x[key] is, of slices, whole numbers and None for new axes."""
    cuts = Cuts.of(key)
    numbers = call.graph.known.get(x.name)
    maps = x.maps and not cuts.gone and not cuts.new
    name = x.name if maps else call.plain(x)
    if cuts.axes:
        along = [call.axis(x, place) for place in cuts.axes] if maps else cuts.axes
        name = sliced(call, name, cuts.starts, cuts.stops, along, cuts.strides)
    name = call.node("Squeeze", name, call.constant(cuts.gone)) if cuts.gone else name
    name = call.node("Unsqueeze", name, call.constant(cuts.new)) if cuts.new else name
    made = Value(name, maps)
    return made if numbers is None or maps else noted(call, made, np.asarray(numbers[tuple(key)], numbers.dtype))


@op("Pad", "PadV2", "MirrorPad")
def pad(call: Call) -> Written:
    """Numbers put round a tensor."""
    widths = call.static(1).reshape(-1, 2)
    mode = {"REFLECT": "reflect", "SYMMETRIC": None}.get(str(call.get("mode", "")).upper(), "constant")
    if call.op == "MirrorPad" and (mode is None or mode == "constant"):
        raise Unwritable("symmetric padding")
    x = call.x
    if x.maps:
        widths = np.concatenate([widths[:1], widths[-1:], widths[1:-1]])
    value = call.plain(call.value(2)) if call.op == "PadV2" and call.has(2) else call.number(0, x)
    return Value(call.node("Pad", x.name, call.constant(widths.T.reshape(-1)), value, mode=mode), x.maps)


@op("Tile")
def tile(call: Call) -> Written:
    """A tensor repeated along its axes."""
    return Value(call.node("Tile", call.plain(call.x), call.long(1)))


@op("Fill")
def fill(call: Call) -> Written:
    """One number everywhere."""
    known = call.partly(0)
    value = call.value(1)
    made = Value(call.node("Expand", call.plain(value), call.long(0)))
    number = call.graph.known.get(value.name)
    if known is None or number is None or any(part is None for part in known) or prod(map(int, known)) > 1 << 10:
        return made
    return noted(call, made, np.full([int(part) for part in known], number.reshape(-1)[0]))


@op("BroadcastTo")
def broadcast(call: Call) -> Written:
    """A tensor in a larger shape."""
    return Value(call.node("Expand", call.plain(call.x), call.long(1)))


@op("Range")
def ascending(call: Call) -> Written:
    """Numbers that grow by a step."""
    made = Value(call.node("Range", *(call.plain(call.value(place)) for place in range(3))))
    parts = [call.partly(place) for place in range(3)]
    if any(part is None or part.dtype == object and None in part.reshape(-1) for part in parts):
        return made
    first, end, step = (part.reshape(-1)[0] for part in parts if part is not None)
    if step == 0 or abs((end - first) / step) > 1 << 10:
        return made
    return noted(call, made, np.arange(first, end, step))


@op("ReverseV2")
def reverse(call: Call) -> Written:
    """The other way round along some axes."""
    axes = call.integers(1)
    ends = ([-1] * len(axes), [-FAR] * len(axes), axes, [-1] * len(axes))
    return Value(call.node("Slice", call.plain(call.x), *map(call.constant, ends)))


@op("Roll")
def roll(call: Call) -> Written:
    """Turned along an axis; what leaves at the end comes in at the front."""
    x = call.plain(call.x)
    for shift, axis in zip(call.integers(1), call.integers(2), strict=True):
        length = call.graph.shape(x)[axis]
        if length is None:
            raise Unwritable("an open size")
        x = call.node("Gather", x, call.constant(np.roll(np.arange(length), shift)), axis=axis)
    return Value(x)
