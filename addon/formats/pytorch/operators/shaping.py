# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that move, cut out, join and repeat the entries of tensors."""

from __future__ import annotations

from functools import reduce

from onnx import TensorProto

from .emitter import Emitter, MismatchError, Open, UndecidedError, UnknownError, Value
from .numbers import NUMBERS
from .table import OPERATORS, op

MOST_PARTS = 1 << 12
END = (1 << 63) - 1  # as a slice's end: all that is left


def _refuse(value: Value) -> None:
    raise UndecidedError("a part of a tensor is changed in place")


def _part(value: Value, write=_refuse) -> Value:
    """Mark a tensor that is a part of another: what is done to it in place is done to that too."""
    value.write = write
    return value


def _spliced(e: Emitter, x: Value, dim: int, start: int, end: int, part: Value) -> Value:
    """x with the part from start to end of an axis replaced; negative numbers count from the end."""
    first, last, _ = slice(int(start), int(end)).indices(x.sizes[dim])
    before = [_cut(e, x, dim, 0, start)] if first > 0 else []
    after = [_cut(e, x, dim, end, END)] if last < x.sizes[dim] else []
    return e.node("Concat", *before, e.cast(part, x.type), *after, axis=dim)


def _cut(e, x, dim, start, end, step=1):
    return e.node("Slice", x, e.integers([start]), e.integers([end]), e.constant([dim]), e.constant([step]))


@op("size", "shape")
def size(e, x, dim=None):
    """The sizes of a tensor, or the one along an axis, as they will be when the graph runs."""
    return [e.size(x, axis) for axis in range(x.rank)] if dim is None else e.size(x, dim)


@op("dim", "ndimension")
def dim(e, x):
    """How many axes it has."""
    return x.rank


@op("numel")
def numel(e, x):
    """How many numbers it has."""
    return reduce(lambda product, length: NUMBERS["mul"](e, product, length), size(e, x), 1)


@op("clone")
def clone(e, x, memory_format=None):
    """A tensor of its own with the same numbers."""
    return Value(x.name, x.type, x.shape, x.input, zero=x.zero)


@op("view", "reshape", "_reshape_alias", "_unsafe_view")
def reshape(e: Emitter, x: Value, sizes, *rest):
    """A tensor in another shape; as view(dtype), itself."""
    if not isinstance(sizes, (list, tuple)):
        return x  # view(dtype)
    return e.node("Reshape", x, e.integers(_written(x, list(sizes))))


def _written(x, sizes) -> list[int]:
    """Sizes as Reshape takes them: 0 for one that stays in its place, -1 for one that follows from the others."""
    for axis, length in enumerate(sizes):
        if isinstance(length, Open) and length.made[0] == "Shape" and axis < x.rank and length == x.sizes[axis]:
            sizes[axis] = 0
    left = [axis for axis, length in enumerate(sizes) if isinstance(length, Open)]
    if len(left) == 1 and -1 not in sizes:
        sizes[left[0]] = -1
    return sizes


@op("view_as", "reshape_as")
def view_as(e, x, other):
    """In the shape of another tensor."""
    return reshape(e, x, size(e, other))


@op("flatten")
def flatten(e, x, start_dim=0, end_dim=-1):
    """Several axes made one."""
    first, last = x.axis(start_dim), x.axis(end_dim)
    if first == 1 and last == x.rank - 1:
        return e.node("Flatten", x, axis=1)
    if first == last:
        return x
    after = [e.size(x, axis) for axis in range(last + 1, x.rank)]
    return e.node("Reshape", x, e.integers([*([0] * first), -1, *after]))


@op("unflatten")
def unflatten(e, x, dim, sizes):
    """One axis made several."""
    dim = x.axis(dim)
    before, after = [e.size(x, axis) for axis in range(dim)], [e.size(x, axis) for axis in range(dim + 1, x.rank)]
    return reshape(e, x, [*before, *sizes, *after])


@op("ravel")
def ravel(e, x):
    """All axes made one."""
    return reshape(e, x, [-1])


@op("permute")
def permute(e, x, dims):
    """The axes in another order."""
    return e.node("Transpose", x, perm=[x.axis(axis) for axis in dims])


@op("transpose", "swapaxes", "swapdims")
def transpose(e, x, first, second):
    """Two axes that change places."""
    order = list(range(x.rank))
    first, second = x.axis(first), x.axis(second)
    order[first], order[second] = second, first
    return e.node("Transpose", x, perm=order)


@op("t", "numpy_T", "mT", "adjoint", "matrix_H")
def t(e, x):
    """The last two axes swapped."""
    return x if x.rank < 2 else transpose(e, x, -2, -1)


@op("movedim")
def movedim(e, x, source, target):
    """Axes put elsewhere; the others keep their order."""
    pairs = list(zip(*(([axes] if isinstance(axes, int) else axes) for axes in (source, target)), strict=True))
    moved = {x.axis(to): x.axis(come) for come, to in pairs}
    left = iter([axis for axis in range(x.rank) if axis not in moved.values()])
    return permute(e, x, [moved[axis] if axis in moved else next(left) for axis in range(x.rank)])


@op("unsqueeze")
def unsqueeze(e, x, dim):
    """A new axis of size 1."""
    return e.node("Unsqueeze", x, e.constant([dim if dim >= 0 else dim + x.rank + 1]))


@op("squeeze")
def squeeze(e, x, dim=None):
    """Axes of size 1 taken away: all of them, or these."""
    axes = range(x.rank) if dim is None else [x.axis(axis) for axis in ([dim] if isinstance(dim, int) else dim)]
    axes = [axis for axis in axes if x.sizes[axis] == 1]
    return e.node("Squeeze", x, e.constant(axes)) if axes else x


@op("cat", "concat", "concatenate")
def cat(e, tensors, dim=0):
    """Tensors one behind the other along an axis."""
    tensors = [tensor for tensor in tensors if tensor.shape != (0,)]
    return tensors[0] if len(tensors) == 1 else e.node("Concat", *e.alike(*tensors), axis=tensors[0].axis(dim))


@op("stack")
def stack(e, tensors, dim=0):
    """Tensors side by side along a new axis."""
    dim = dim if dim >= 0 else dim + tensors[0].rank + 1
    return e.node("Concat", *(e.node("Unsqueeze", tensor, e.constant([dim])) for tensor in e.alike(*tensors)), axis=dim)


@op("split", "split_with_sizes")
def split(e, x, sizes, dim=0):
    """Parts along an axis, of one size or of these. Raises `UnknownError` for too many."""
    dim = x.axis(dim)
    if isinstance(sizes, int):
        whole, left = divmod(x.sizes[dim], max(sizes, 1))
        if whole > MOST_PARTS:
            raise UnknownError(f"{whole:,} parts")
        sizes = [int(sizes)] * whole + [left] * bool(left)
    if len(sizes) == 1:
        return [x]
    return [_part(part) for part in e.node("Split", x, e.integers(sizes), outputs=len(sizes), axis=dim)]


@op("chunk")
def chunk(e, x, chunks, dim=0):
    """So many parts along an axis."""
    total = x.sizes[x.axis(dim)]
    return split(e, x, -(-total // chunks), dim)


def _apart(function):
    """As this function, for parts that are tensors of their own."""

    def work(e, *args):
        parts = function(e, *args)
        return [Value(part.name, part.type, part.shape, part.input, fixed=part.fixed) for part in parts]

    return work


OPERATORS.update(
    {"unsafe_split": _apart(split), "unsafe_split_with_sizes": _apart(split), "unsafe_chunk": _apart(chunk)}
)


@op("unbind")
def unbind(e, x, dim=0):
    """The parts along an axis, which goes."""
    return [select(e, x, dim, index) for index in range(x.sizes[x.axis(dim)])]


@op("slice")
def slice_(e, x, dim=0, start=None, end=None, step=1):
    """A part along an axis; what is written into it is written into the whole."""
    dim, start, end = x.axis(dim), start or 0, END if end is None else end
    if start == 0 and not isinstance(start, Open) and end >= END >> 1 and step == 1:
        return x

    def write(part):
        if step != 1:
            _refuse(part)
        x.become(_spliced(e, x, dim, start, end, part))

    return _part(_cut(e, x, dim, start, end, step), write)


@op("narrow")
def narrow(e, x, dim, start, length):
    """A part of so many places along an axis."""
    end = NUMBERS["add"](e, start, length)
    return slice_(e, x, dim, start, end)


@op("select")
def select(e, x, dim, index):
    """One place along an axis, which goes."""
    dim, place = x.axis(dim), index

    def write(part):
        if not isinstance(place, int):
            _refuse(part)
        end = END if place == -1 else NUMBERS["add"](e, place, 1)
        x.become(_spliced(e, x, dim, place, end, e.node("Unsqueeze", part, e.constant([dim]))))

    index = e.integer(index) if isinstance(index, int) else index
    return _part(e.node("Gather", x, index, axis=dim), write)


@op("_copy_into")
def copy_into(e, x, source, *rest):
    """x.copy_(source)"""
    return expand(e, e.cast(e.tensor(source, x), x.type), size(e, x))


@op("index_select")
def index_select(e, x, dim, index):
    """Places along an axis, by a tensor of them."""
    return e.node("Gather", x, index, axis=x.axis(dim))


@op("gather")
def gather(e, x, dim, index, sparse_grad=False):
    """Along an axis, for each place the number that its index says."""
    return e.node("GatherElements", x, index, axis=x.axis(dim))


@op("index")
def index(e, x, indices):
    """x[..., tensor, ...] with one tensor of integers, or with several for the first axes."""
    given = [(axis, tensor) for axis, tensor in enumerate(indices) if tensor is not None]
    axes, tensors = [axis for axis, _ in given], [tensor for _, tensor in given]
    if any(tensor.type == TensorProto.BOOL for tensor in tensors) or len(axes) > 1 and axes != list(range(len(axes))):
        raise UnknownError("indexing by a mask, or by several tensors in the middle")
    if len(axes) == 1:
        return e.node("Gather", x, tensors[0], axis=axes[0])
    zero = e.node("Mul", reduce(lambda total, tensor: e.node("Add", total, tensor), tensors), e.constant(0))
    wide = [
        e.node("Unsqueeze", e.node("Add", tensor, zero), e.constant([-1])) for tensor in tensors
    ]  # all of one shape
    return e.node("GatherND", x, e.node("Concat", *wide, axis=-1))


@op("expand", "broadcast_to")
def expand(e, x, sizes, implicit=False):
    """Axes of size 1 repeated to these sizes; -1 leaves one as it is."""
    ahead = len(sizes) - x.rank
    sizes = [1 if length == -1 else length for length in sizes]
    if (
        ahead == 0
        and all(length == had for length, had in zip(sizes, x.sizes, strict=True))
        and not any(isinstance(length, Open) and length == 1 for length in sizes)
    ):
        return x
    return _part(e.node("Expand", x, e.integers(sizes)))


@op("expand_as")
def expand_as(e, x, other):
    """To the sizes of another tensor."""
    return expand(e, x, size(e, other))


@op("repeat")
def repeat(e, x, repeats):
    """A tensor side by side with itself, so often along each axis."""
    ahead = len(repeats) - x.rank
    if ahead > 0:
        x = e.node("Unsqueeze", x, e.constant(list(range(ahead))))
    return e.node("Tile", x, e.integers(repeats))


@op("repeat_interleave")
def repeat_interleave(e, x, repeats, dim=None, output_size=None):
    """Each entry along an axis so many times, one behind the other."""
    if not isinstance(repeats, int) or dim is None:
        raise UnknownError("entries that are repeated by a tensor of counts")
    dim = x.axis(dim)
    wide = e.node("Unsqueeze", x, e.constant([dim + 1]))
    wide = e.node("Tile", wide, e.constant([1] * (dim + 1) + [repeats] + [1] * (x.rank - dim - 1)))
    sizes = [e.size(x, axis) for axis in range(x.rank)]
    return reshape(e, wide, [*sizes[:dim], -1, *sizes[dim + 1 :]])


@op("flip")
def flip(e, x, dims):
    """The other way round along some axes."""
    axes = [x.axis(axis) for axis in dims]
    return e.node(
        "Slice",
        x,
        e.constant([-1] * len(axes)),
        e.constant([-END] * len(axes)),
        e.constant(axes),
        e.constant([-1] * len(axes)),
    )


@op("roll")
def roll(e, x, shifts, dims=()):
    """Turned along axes; what leaves at the end comes in at the front."""
    for shift, dim in zip(shifts, dims, strict=True):
        if shift:
            parts = slice_(e, x, dim, -shift), slice_(e, x, dim, 0, -shift)
            x = e.node("Concat", *parts, axis=x.axis(dim))
    return x


@op("pixel_shuffle")
def pixel_shuffle(e, x, upscale_factor):
    """(batch, channels x factor x factor, rows, columns) -> (batch, channels, rows x factor, columns x factor)."""
    return e.node("DepthToSpace", x, blocksize=upscale_factor, mode="CRD")


@op("pixel_unshuffle")
def pixel_unshuffle(e, x, factor):
    """The way back of `pixel_shuffle`. Raises `MismatchError` for sides that are no multiples."""
    batch, channels, rows, columns = x.sizes
    if rows % factor or columns % factor:
        raise MismatchError("pixel_unshuffle of a picture whose sides are no multiples")
    sizes = [0, channels, rows // factor, factor, columns // factor, factor]
    wide = e.node("Reshape", x, e.constant(sizes))
    wide = e.node("Transpose", wide, perm=[0, 1, 3, 5, 2, 4])
    return e.node("Reshape", wide, e.constant([0, channels * factor**2, rows // factor, columns // factor]))


@op("channel_shuffle")
def channel_shuffle(e, x, groups):
    """Channels dealt out among groups."""
    sizes = size(e, x)
    wide = reshape(e, x, [sizes[0], groups, x.sizes[1] // groups, *sizes[2:]])
    return reshape(e, transpose(e, wide, 1, 2), [sizes[0], x.sizes[1], *sizes[2:]])


PADS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@op("pad", "constant_pad_nd")
def pad(e, x, pad, mode="constant", value=None):
    """Pairs of sizes before and after, from the last axis backwards."""
    if isinstance(mode, (int, float)):
        mode, value = "constant", mode
    before, after = [0] * x.rank, [0] * x.rank
    for place in range(len(pad) // 2):
        before[-1 - place], after[-1 - place] = pad[2 * place], pad[2 * place + 1]
    fill = e.cast(e.tensor(value or 0, x), x.type) if mode == "constant" else None
    return e.node("Pad", x, e.integers([*before, *after]), fill, mode=PADS[mode])


def _padding(mode):
    return lambda e, x, sizes: pad(e, x, sizes, mode)


OPERATORS.update(
    {
        f"{mode}ion_pad{count}d" if mode != "replicate" else f"replication_pad{count}d": _padding(mode)
        for mode in ("reflect", "replicate")
        for count in (1, 2, 3)
    }
)


OPERATORS.update(
    {
        name: lambda e, x, diagonal=0, upper=upper: e.node("Trilu", x, e.constant(diagonal), upper=upper)
        for name, upper in (("tril", 0), ("triu", 1))
    }
)
