# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule of derivatives against central differences in float64 of the ONNX reference, for random settings."""

from math import erf

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.onnx_file import read
from neuroscene.addon.gradients import derive
from neuroscene.addon.gradients.rules import DECOMPOSED, RULES

DRAWS, DIRECTIONS, STEP = 20, 2, 1e-5
VERSION = 23


class Draw:
    """Random numbers, shapes and settings of one case."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)

    def size(self, low=1, high=4) -> int:
        return int(self.random.integers(low, high + 1))

    def pick(self, *choices):
        return choices[int(self.random.integers(len(choices)))]

    def shape(self, low=1, high=4) -> tuple[int, ...]:
        return tuple(self.size() for _ in range(self.size(low, high)))

    def array(self, *shape) -> np.ndarray:
        return self.random.normal(size=shape)

    def positive(self, *shape) -> np.ndarray:
        return self.random.uniform(0.3, 2.5, shape)

    def apart(self, *shape) -> np.ndarray:
        """Numbers of which no two are near one another, nor near a whole number of halves."""
        count = int(np.prod(shape))
        return (self.random.permutation(count).reshape(shape) - count / 2) * 0.11 + 0.037

    def broadcast(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Two shapes that go together."""
        whole = self.shape()
        other = tuple(size if self.random.random() < 0.6 else 1 for size in whole)
        return self.pick((whole, other), (other, whole), (whole, other[self.size(0, len(other)) :]))


CASES = {}


def case(*operators):
    def enter(function):
        for operator in operators:
            CASES[operator] = function
        return function

    return enter


# each gives (inputs by which it is derived, further inputs, attributes)
@case("Add", "Sub", "Mul")
def _two(draw, operator):
    first, second = draw.broadcast()
    return [draw.array(*first), draw.array(*second)], [], {}


@case("Div")
def _div(draw, operator):
    first, second = draw.broadcast()
    return [draw.array(*first), draw.positive(*second)], [], {}


@case("Pow")
def _pow(draw, operator):
    first, second = draw.broadcast()
    return [draw.positive(*first), draw.array(*second)], [], {}


@case("Sum", "Mean", "Max", "Min")
def _several(draw, operator):
    first, second = draw.broadcast()
    arrays = [draw.apart(*first), draw.apart(*second) + 0.031]
    return arrays + ([draw.apart(*first) * 0.7 + 0.011] if draw.size(0, 1) else []), [], {}


CURVES = ("Abs", "Atan", "Celu", "Cos", "Cosh", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu")
CURVES += ("Mish", "Neg", "Relu", "Selu", "Sigmoid", "Sin", "Sinh", "Softplus", "Softsign", "Tanh", "ThresholdedRelu")
CURVES += ("Asinh", "Identity", "Dropout")


@case(*CURVES)
def _curve(draw, operator):
    given = {}
    if operator in ("Elu", "LeakyRelu", "Celu") and draw.size(0, 1):
        given["alpha"] = 0.3
    if operator == "HardSigmoid":
        given["alpha"] = 0.33
    if operator == "Gelu":
        given["approximate"] = draw.pick("none", "tanh")
    return [draw.apart(*draw.shape())], [], given


@case("Log", "Sqrt", "Reciprocal", "Tan")
def _of_positive(draw, operator):
    return [draw.positive(*draw.shape()) * (0.4 if operator == "Tan" else 1)], [], {}


@case("Acos", "Asin", "Atanh")
def _of_small(draw, operator):
    return [draw.random.uniform(-0.8, 0.8, draw.shape())], [], {}


@case("Acosh")
def _of_large(draw, operator):
    return [draw.positive(*draw.shape()) + 1.2], [], {}


@case("PRelu")
def _prelu(draw, operator):
    first, second = draw.broadcast()
    whole = np.broadcast_shapes(first, second)
    return [draw.apart(*whole), draw.array(*second)], [], {}


@case("Clip")
def _clip(draw, operator):
    return [draw.apart(*draw.shape())], draw.pick([np.array(-0.5), np.array(0.4)], [np.array(-0.5)]), {}


@case("Where")
def _where(draw, operator):
    first, second = draw.broadcast()
    return [draw.array(*first), draw.array(*second)], [draw.random.random(first) < 0.5], {}


@case("MatMul")
def _matmul(draw, operator):
    inner = draw.size()
    outer, other = draw.pick(((), ()), ((2,), (2,)), ((3, 2), (2,)), ((1, 2), (3, 1)), ((), (2,)))
    first = draw.pick((*outer, draw.size(), inner), (inner,) if not outer else (*outer, 2, inner))
    second = draw.pick((*other, inner, draw.size()), (inner,) if not other else (*other, inner, 2))
    return [draw.array(*first), draw.array(*second)], [], {}


@case("Gemm")
def _gemm(draw, operator):
    rows, inner, columns = draw.size(), draw.size(), draw.size()
    given = {
        "transA": draw.size(0, 1),
        "transB": draw.size(0, 1),
        "alpha": draw.pick(1.0, 0.5),
        "beta": draw.pick(1.0, 2.0),
    }
    first = (inner, rows) if given["transA"] else (rows, inner)
    second = (columns, inner) if given["transB"] else (inner, columns)
    bias = draw.pick((rows, columns), (columns,), (1, columns), (rows, 1), (1,))
    return [draw.array(*first), draw.array(*second), draw.array(*bias)], [], given


@case("Einsum")
def _einsum(draw, operator):
    equation, *shapes = draw.pick(
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("bij,bjk->bik", (2, 2, 3), (2, 3, 4)),
        ("...ij,...jk->...ik", (2, 2, 3), (2, 3, 2)),
        ("bhqd,bhkd->bhqk", (1, 2, 3, 2), (1, 2, 4, 2)),
        ("ij->i", (3, 4)),
        ("ij,j", (3, 4), (4,)),
        ("i,j,k->ijk", (2,), (3,), (2,)),
        ("bij,kj->bik", (2, 3, 2), (4, 2)),
    )
    return [draw.array(*shape) for shape in shapes], [], {"equation": equation}


def _window(draw, count):
    kernel = [draw.size(1, 3) for _ in range(count)]
    dilations = [draw.size(1, 2) for _ in range(count)]
    strides = [draw.size(1, 3) for _ in range(count)]
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilations, strict=True)]
    sizes = [size + draw.size(0, 4) for size in reach]
    pads = [draw.size(0, max(size // 2, 0)) for size in (*kernel, *kernel)]
    return kernel, sizes, {"kernel_shape": kernel, "dilations": dilations, "strides": strides, "pads": pads}


@case("Conv")
def _conv(draw, operator):
    count, groups = draw.size(1, 3), draw.size(1, 2)
    kernel, sizes, given = _window(draw, count)
    if draw.random.random() < 0.3:
        given = {"kernel_shape": kernel, "strides": given["strides"], "auto_pad": draw.pick("SAME_UPPER", "SAME_LOWER")}
    inside, outside = draw.size(1, 2), draw.size(1, 2)
    maps = draw.array(draw.size(1, 2), groups * inside, *sizes)
    weights = draw.array(groups * outside, inside, *kernel)
    bias = [draw.array(groups * outside)] if draw.size(0, 1) else []
    return [maps, weights, *bias], [], given | {"group": groups}


@case("ConvTranspose")
def _conv_transpose(draw, operator):
    count, groups = draw.size(1, 2), draw.size(1, 2)
    kernel, _, given = _window(draw, count)
    given["pads"] = (
        [0] * (2 * count)
        if draw.size(0, 1)
        else [min(pad, 1) if kernel[i % count] > 2 else 0 for i, pad in enumerate(given["pads"])]
    )
    given["output_padding"] = [draw.size(0, step - 1) for step in given["strides"]]
    inside, outside = draw.size(1, 2), draw.size(1, 2)
    maps = draw.array(draw.size(1, 2), groups * inside, *(draw.size(2, 4) for _ in kernel))
    weights = draw.array(groups * inside, outside, *kernel)
    bias = [draw.array(groups * outside)] if draw.size(0, 1) else []
    return [maps, weights, *bias], [], given | {"group": groups}


@case("MaxPool", "AveragePool")
def _pool(draw, operator):
    kernel, sizes, given = _window(draw, draw.size(1, 2))
    given["ceil_mode"] = 0
    if operator == "AveragePool":
        given["count_include_pad"] = draw.size(0, 1)
        given["dilations"] = [1] * len(kernel)
    return [draw.apart(draw.size(1, 2), draw.size(1, 3), *sizes)], [], given


@case("GlobalAveragePool", "GlobalMaxPool")
def _global(draw, operator):
    return [draw.apart(draw.size(), draw.size(), *draw.pick((3,), (2, 4), (2, 3, 2)))], [], {}


REDUCTIONS = (
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
)
REDUCTIONS += ("ReduceLogSum", "ReduceLogSumExp")


@case(*REDUCTIONS)
def _reduce(draw, operator):
    shape = draw.shape()
    axes = [axis for axis in range(len(shape)) if draw.random.random() < 0.5]
    array = draw.positive(*shape) if operator in ("ReduceLogSum", "ReduceProd") else draw.apart(*shape)
    given = {"keepdims": draw.size(0, 1)}
    return [array], [np.array([axis - draw.pick(0, len(shape)) for axis in axes], np.int64)] if axes else [], given


@case("Softmax", "LogSoftmax")
def _softmax(draw, operator):
    shape = draw.shape()
    return [draw.array(*shape)], [], {"axis": draw.size(0, len(shape) - 1) - draw.pick(0, len(shape))}


@case("CumSum")
def _cumsum(draw, operator):
    shape = draw.shape()
    axis = np.array(draw.size(0, len(shape) - 1), np.int64)
    return [draw.array(*shape)], [axis], {"exclusive": draw.size(0, 1), "reverse": draw.size(0, 1)}


@case("TopK")
def _topk(draw, operator):
    shape = draw.shape()
    axis = draw.size(0, len(shape) - 1)
    return (
        [draw.apart(*shape)],
        [np.array([draw.size(1, shape[axis])], np.int64)],
        {"axis": axis, "largest": draw.size(0, 1)},
    )


@case("Reshape")
def _reshape(draw, operator):
    return [draw.array(*draw.shape())], [np.array([-1], np.int64)], {}


@case("Flatten")
def _flatten(draw, operator):
    return [draw.array(2, 3, 2)], [], {"axis": draw.size(0, 3)}


@case("Squeeze")
def _squeeze(draw, operator):
    return [draw.array(1, 3, 1)], draw.pick([np.array([0], np.int64)], []), {}


@case("Unsqueeze")
def _unsqueeze(draw, operator):
    return [draw.array(*draw.shape())], [np.array([0], np.int64)], {}


@case("Transpose")
def _transpose(draw, operator):
    shape = draw.shape()
    return [draw.array(*shape)], [], draw.pick({}, {"perm": draw.random.permutation(len(shape)).tolist()})


@case("Concat")
def _concat(draw, operator):
    shape = list(draw.shape())
    axis = draw.size(0, len(shape) - 1)
    parts = []
    for _ in range(draw.size(2, 3)):
        shape[axis] = draw.size()
        parts.append(draw.array(*shape))
    return parts, [], {"axis": axis}


@case("Split")
def _split(draw, operator):
    return [draw.array(2, 6)], [np.array([1, 2, 3], np.int64)], {"axis": 1}


@case("Expand")
def _expand(draw, operator):
    whole = draw.shape(2)
    given = tuple(size if draw.size(0, 1) else 1 for size in whole)[draw.size(0, 1) :]
    return [draw.array(*given)], [np.array(whole, np.int64)], {}


@case("Tile")
def _tile(draw, operator):
    shape = draw.shape()
    return [draw.array(*shape)], [np.array([draw.size(1, 3) for _ in shape], np.int64)], {}


@case("Slice")
def _slice(draw, operator):
    step = draw.pick(1, 2, -1, -2)
    ends = ([5], [-(2**31)]) if step < 0 else ([0], [5])
    return [draw.array(3, 6)], [np.array(part, np.int64) for part in (*ends, [1], [step])], {}


@case("Gather")
def _gather(draw, operator):
    return [draw.array(4, 5)], [draw.random.integers(-4, 4, draw.pick((), (3,), (2, 2)))], {"axis": draw.size(0, 1)}


@case("GatherElements")
def _gather_elements(draw, operator):
    return [draw.array(4, 3)], [draw.random.integers(-4, 4, (2, 3))], {"axis": 0}


@case("GatherND")
def _gather_nd(draw, operator):
    return [draw.array(4, 3)], [draw.pick(np.array([[0], [2], [2]]), np.array([[1, 2], [3, 0]]))], {}


@case("Pad")
def _pad(draw, operator):
    mode = draw.pick("constant", "reflect", "edge")
    low = -1 if mode == "constant" else 0
    return [draw.array(4, 5)], [np.array([draw.size(low, 2) for _ in range(4)], np.int64)], {"mode": mode}


@case("DepthToSpace")
def _depth_to_space(draw, operator):
    return [draw.array(2, 8, 2, 3)], [], {"blocksize": 2, "mode": draw.pick("DCR", "CRD")}


@case("SpaceToDepth")
def _space_to_depth(draw, operator):
    return [draw.array(2, 2, 4, 6)], [], {"blocksize": 2}


@case("Trilu")
def _trilu(draw, operator):
    return [draw.array(3, 4)], [], {"upper": draw.size(0, 1)}


@case("ScatterElements")
def _scatter(draw, operator):
    return [draw.array(5), draw.array(2)], [np.array([3, 1])], {"reduction": draw.pick("none", "add")}


@case("ScatterND")
def _scatter_nd(draw, operator):
    return [draw.array(5, 2), draw.array(2, 2)], [np.array([[3], [1]])], {"reduction": draw.pick("none", "add")}


@case("Resize")
def _resize(draw, operator):
    mode = draw.pick("nearest", "linear", "cubic")
    given = {"mode": mode, "coordinate_transformation_mode": draw.pick("half_pixel", "align_corners", "asymmetric")}
    if mode == "nearest":
        given["nearest_mode"] = "floor"
    return (
        [draw.array(1, 2, 4, 5)],
        [np.zeros(0, np.float32), np.array([1, 1, *draw.pick((2, 2), (1.5, 2), (0.5, 0.6))], np.float32)],
        given,
    )


@case("BatchNormalization")
def _batch(draw, operator):
    channels = draw.size()
    maps = draw.array(2, channels, *draw.pick((), (3,), (2, 3)))
    return (
        [maps, draw.array(channels), draw.array(channels)],
        [draw.array(channels), draw.positive(channels)],
        {"epsilon": 1e-3},
    )


@case("LayerNormalization")
def _layer(draw, operator):
    axis = draw.size(1, 2)
    bias = [draw.array(*(4, 5)[axis - 1 :])] if draw.size(0, 1) else []
    return [draw.array(2, 4, 5), draw.array(*(4, 5)[axis - 1 :]), *bias], [], {"axis": axis - draw.pick(0, 3)}


@case("InstanceNormalization")
def _instance(draw, operator):
    return [draw.array(2, 3, *draw.pick((5,), (3, 4))), draw.array(3), draw.array(3)], [], {}


@case("GroupNormalization")
def _group(draw, operator):
    return [draw.array(2, 4, 3, 2), draw.array(4), draw.array(4)], [], {"num_groups": draw.pick(1, 2, 4)}


@case("MeanVarianceNormalization")
def _mean_variance(draw, operator):
    return [draw.array(2, 3, 4, 2)], [], draw.pick({}, {"axes": [1, 2]})


@case("LpNormalization")
def _lp(draw, operator):
    return [draw.apart(3, 4)], [], {"p": draw.pick(1, 2), "axis": draw.size(0, 1)}


@case("LRN")
def _lrn(draw, operator):
    return [draw.array(2, 5, 2, 3)], [], {"size": draw.pick(3, 5), "alpha": 0.5, "beta": 0.75, "bias": 1.5}


@case("LSTM", "GRU", "RNN")
def _recurrent(draw, operator):
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[operator]
    steps, samples, size, hidden = draw.size(1, 3), draw.size(1, 2), draw.size(), draw.size()
    given = {"hidden_size": hidden}
    if operator == "GRU":
        given["linear_before_reset"] = draw.size(0, 1)
    arrays = [
        draw.array(steps, samples, size),
        draw.array(1, gates * hidden, size),
        draw.array(1, gates * hidden, hidden),
    ]
    return [*arrays, draw.array(1, 2 * gates * hidden)], [], given


@case("Attention")
def _attention(draw, operator):
    heads, shared, steps, others, size = draw.pick(2, 4), 2, draw.size(1, 3), draw.size(1, 3), draw.size()
    given = {"is_causal": draw.size(0, 1)}
    if draw.size(0, 1):
        given["scale"] = 0.7
    mask = [draw.array(steps, others)] if draw.size(0, 1) else []
    if draw.size(0, 1):
        arrays = (
            draw.array(2, heads, steps, size),
            draw.array(2, shared, others, size),
            draw.array(2, shared, others, 3),
        )
        return [*arrays, *mask], [], given
    given |= {"q_num_heads": heads, "kv_num_heads": shared}
    arrays = draw.array(2, steps, heads * size), draw.array(2, others, shared * size), draw.array(2, others, shared * 3)
    return [*arrays, *mask], [], given


WITHOUT_CASE = {  # nothing passes, or they are as another
    *(
        "ArgMax",
        "ArgMin",
        "BitShift",
        "Ceil",
        "ConstantOfShape",
        "Equal",
        "EyeLike",
        "Floor",
        "Greater",
        "GreaterOrEqual",
    ),
    *(
        "Hardmax",
        "IsInf",
        "IsNaN",
        "Less",
        "LessOrEqual",
        "Not",
        "And",
        "Or",
        "Xor",
        "NonZero",
        "OneHot",
        "Range",
        "Round",
    ),
    *("Shape", "Sign", "Size", "Constant", "NonMaxSuppression", "Unique"),
    *("Cast", "CastLike", "Mod", "Compress", "ReverseSequence", "Scatter", "Swish", "RMSNormalization"),
    "SimplifiedLayerNormalization",
}


def _lrn_formula(x, size, alpha, beta, bias):
    ahead = (size - 1) // 2
    padded = np.pad(x**2, [(0, 0), (ahead, size - 1 - ahead), (0, 0), (0, 0)])
    near = sum(padded[:, i : i + x.shape[1]] for i in range(size))
    return x / (bias + alpha / size * near) ** beta


def _group_formula(x, scale, bias, num_groups):
    apart = x.reshape(len(x), num_groups, -1)
    normal = (apart - apart.mean(-1, keepdims=True)) / np.sqrt(apart.var(-1, keepdims=True) + 1e-5)
    return normal.reshape(x.shape) * scale[:, None, None] + bias[:, None, None]


def _mean_variance_formula(x, axes=(0, 2, 3)):
    axes = tuple(axes)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-9)


def _gelu_formula(x, approximate):
    if approximate == "tanh":
        return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + np.vectorize(erf)(x / np.sqrt(2)))


def _pad_formula(x, pads, mode):
    low, high = pads[:2], pads[2:]
    cut = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for a, b, n in zip(low, high, x.shape, strict=True))]
    return np.pad(cut, np.maximum([low, high], 0).T, mode=mode)


def _transposed_formula(x, w, *bias, kernel_shape, dilations, strides, pads, output_padding, group):
    """Every number times the kernel, added where it falls."""
    count = len(kernel_shape)
    samples, inside, outside = len(x), x.shape[1] // group, w.shape[1]
    full = [
        (n - 1) * s + (k - 1) * d + 1 + extra
        for n, s, k, d, extra in zip(x.shape[2:], strides, kernel_shape, dilations, output_padding, strict=True)
    ]
    y = np.zeros((samples, group * outside, *full))
    for place in np.ndindex(*x.shape[2:]):
        for tap in np.ndindex(*kernel_shape):
            to = tuple(p * s + t * d for p, s, t, d in zip(place, strides, tap, dilations, strict=True))
            for g in range(group):
                own = slice(g * inside, (g + 1) * inside)
                given = x[(slice(None), own, *place)] @ w[(own, slice(None), *tap)]
                y[(slice(None), slice(g * outside, (g + 1) * outside), *to)] += given
    cut = tuple(slice(pads[i], full[i] - pads[count + i]) for i in range(count))
    y = y[(slice(None), slice(None), *cut)]
    return y + bias[0].reshape(-1, *[1] * count) if bias else y


def _attention_formula(q, k, v, *mask, is_causal, scale=None, q_num_heads=0, kv_num_heads=0):
    if q_num_heads:
        q, k, v = (
            x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)
            for x, heads in ((q, q_num_heads), (k, kv_num_heads), (v, kv_num_heads))
        )
    k, v = (x.repeat(q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = q @ k.swapaxes(2, 3) * (scale or q.shape[-1] ** -0.5)
    if is_causal:
        scores = np.where(np.tri(*scores.shape[2:], dtype=bool), scores, -np.inf)
    scores = scores + (mask[0] if mask else 0)
    share = np.exp(scores - scores.max(-1, keepdims=True))
    y = share / share.sum(-1, keepdims=True) @ v
    return y.swapaxes(1, 2).reshape(len(y), y.shape[2], -1) if q_num_heads else y


FORMULAS = {  # where the reference computes in float32, or otherwise than ONNX says
    "Attention": _attention_formula,
    "ConvTranspose": _transposed_formula,
    "Erf": np.vectorize(erf, otypes=[float]),
    "Gelu": _gelu_formula,
    "GlobalMaxPool": lambda x: x.max(tuple(range(2, x.ndim)), keepdims=True),
    "GroupNormalization": _group_formula,
    "LRN": _lrn_formula,
    "LpNormalization": lambda x, p, axis: x / (np.abs(x) ** p).sum(axis, keepdims=True) ** (1 / p),
    "Mean": lambda *arrays: sum(arrays) / len(arrays),
    "MeanVarianceNormalization": _mean_variance_formula,
    "Pad": _pad_formula,
}


def test_every_rule_has_a_case():
    assert set(RULES) | set(DECOMPOSED) == set(CASES) | WITHOUT_CASE


def model_of(operator, arrays, others, given):
    """A model of one node: what it is derived by first, but where ONNX has the further inputs elsewhere."""
    names = [f"x{i}" for i in range(len(arrays))] + [f"o{i}" if array.size else "" for i, array in enumerate(others)]
    if operator == "Where":
        names = ["o0", "x0", "x1"]
    if operator in ("ScatterElements", "ScatterND"):
        names = ["x0", "o0", "x1"]
    outputs = {"Split": ["y", "y2", "y3"], "TopK": ["y", "places"]}.get(operator, ["y"])
    kinds = {"f": TensorProto.FLOAT, "i": TensorProto.INT64, "b": TensorProto.BOOL}
    values = [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, one.shape) for i, one in enumerate(arrays)]
    constants = [
        onnx.numpy_helper.from_array(one.astype(np.float32) if one.dtype.kind == "f" else one, f"o{i}")
        for i, one in enumerate(others)
        if one.size
    ]
    assert all(one.dtype.kind in kinds for one in others)
    node = helper.make_node(operator, names, outputs, name="node", **given)
    graph = helper.make_graph([node], "one", values, [helper.make_empty_tensor_value_info("y")], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", VERSION)], ir_version=10)


def formula(operator, model, names, others, given):
    """What the operator gives in float64."""
    if operator in FORMULAS:
        return lambda *values: FORMULAS[operator](*values, *others, **given)
    reference = ReferenceEvaluator(model)
    return lambda *values: np.asarray(reference.run(["y"], dict(zip(names, values, strict=True)))[0])


@pytest.mark.parametrize("operator", sorted(CASES))
def test_rule(tmp_path, operator):
    for seed in range(DRAWS):
        draw = Draw(seed)
        arrays, others, given = CASES[operator](draw, operator)
        arrays = [np.asarray(one, np.float32).astype(np.float64) for one in arrays]
        model = model_of(operator, arrays, others, given)
        onnx.save(model, tmp_path / "one.onnx")
        names = [f"x{i}" for i in range(len(arrays))]
        inputs = {name: array.astype(np.float32) for name, array in zip(names, arrays, strict=True)}
        derivative = derive(read(tmp_path / "one.onnx"), inputs, "y", names)
        weights = draw.array(*derivative.shape)
        made = derivative.run(inputs, weights)
        forward = formula(operator, model, names, others, given)

        def total(*values, forward=forward, weights=weights):
            return float((forward(*values) * weights).sum())

        for place, name in enumerate(names):
            assert made[name].shape == arrays[place].shape, (operator, seed, name)
            for _ in range(DIRECTIONS):
                way = draw.array(*arrays[place].shape)
                ends = [
                    total(*(array + sign * STEP * way if i == place else array for i, array in enumerate(arrays)))
                    for sign in (1, -1)
                ]
                slope = (ends[0] - ends[1]) / (2 * STEP)
                parts = made[name].astype(np.float64) * way
                scale = max(1.0, abs(slope), float(np.abs(parts).sum()))
                assert abs(parts.sum() - slope) <= 2e-4 * scale, (operator, seed, name, parts.sum(), slope, given)


def test_an_operator_without_a_rule_is_named(tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Det", ["x"], ["y"], name="volume")],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (3, 3))],
        [helper.make_empty_tensor_value_info("y")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "one.onnx"
    )
    with pytest.raises(CheckpointError, match=r"no derivative goes through Det \('volume'\)"):
        derive(read(tmp_path / "one.onnx"), {"x": np.eye(3, dtype=np.float32)}, "y", ["x"])
