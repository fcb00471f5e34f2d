# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow Lite's operators by their numbers, and as which of TensorFlow's each is written, with its settings.

Settings lie in tables whose fields go by numbers, as in the public schema (tensorflow/lite/schema/schema.fbs).
"""

from __future__ import annotations

from collections.abc import Callable

from ...containers.flatbuffers import Table

BUILTIN = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
    FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC
    LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX
    SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD
    UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
    UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE
    BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL
    LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT
    RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT
    UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
    LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK
    ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4
    NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
    PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS
    HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE
    READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL
    GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT
""".split()  # fmt: skip
ACTIVATIONS = {1: "Relu", 2: "ReluN1To1", 3: "Relu6", 4: "Tanh"}
PADDINGS = {0: "SAME", 1: "VALID"}


class Settings:
    """An operator's settings as the functions see them that write TensorFlow's operators."""

    def __init__(self, options: Table | None):
        self.options = options

    def number(self, field: int, how: str = "i", default=0):
        """A setting that is a number."""
        return default if self.options is None else self.options.number(field, how, default)

    def numbers(self, field: int) -> list[int]:
        """A setting that is a row of integers."""
        return [] if self.options is None else self.options.numbers(field, "<i4").tolist()


def _window(settings: Settings, dilated: bool = False) -> dict:
    """Padding and strides, which convolutions and pools have in the same fields."""
    made = {
        "padding": PADDINGS.get(settings.number(0, "b"), "SAME"),
        "strides": [1, settings.number(2, default=1), settings.number(1, default=1), 1],
    }
    return made


def _pool(settings):
    return _window(settings) | {"ksize": [1, settings.number(4, default=1), settings.number(3, default=1), 1]}


def _nothing(settings):
    return {}


def _keep(settings):
    return {"keep_dims": bool(settings.number(0, "b"))}


def _strided(settings):
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return {name: settings.number(place) for place, name in enumerate(names)}


# Operator -> TensorFlow's, its settings, and the field of the activation behind it (None: it has none).
SAME: dict[str, tuple[str, Callable[[Settings], dict], int | None]] = {
    "ADD": ("AddV2", _nothing, 0),
    "SUB": ("Sub", _nothing, 0),
    "MUL": ("Mul", _nothing, 0),
    "DIV": ("RealDiv", _nothing, 0),
    "AVERAGE_POOL_2D": ("AvgPool", _pool, 5),
    "MAX_POOL_2D": ("MaxPool", _pool, 5),
    "DEPTH_TO_SPACE": ("DepthToSpace", lambda settings: {"block_size": settings.number(0)}, None),
    "SPACE_TO_DEPTH": ("SpaceToDepth", lambda settings: {"block_size": settings.number(0)}, None),
    "L2_NORMALIZATION": ("L2Normalize", _nothing, 0),
    "LOCAL_RESPONSE_NORMALIZATION": (
        "LRN",
        lambda settings: {
            "depth_radius": settings.number(0),
            "bias": settings.number(1, "f"),
            "alpha": settings.number(2, "f"),
            "beta": settings.number(3, "f"),
        },
        None,
    ),
    "SOFTMAX": ("Softmax", lambda settings: {"beta": settings.number(0, "f", 1.0) or 1.0}, None),
    "RESIZE_BILINEAR": (
        "ResizeBilinear",
        lambda settings: {"align_corners": settings.number(2, "b"), "half_pixel_centers": settings.number(3, "b")},
        None,
    ),
    "RESIZE_NEAREST_NEIGHBOR": (
        "ResizeNearestNeighbor",
        lambda settings: {"align_corners": settings.number(0, "b"), "half_pixel_centers": settings.number(1, "b")},
        None,
    ),
    "GATHER": ("Gather", lambda settings: {"axis": settings.number(0), "batch_dims": settings.number(1)}, None),
    "SQUEEZE": ("Squeeze", lambda settings: {"squeeze_dims": settings.numbers(0)}, None),
    "STRIDED_SLICE": ("StridedSlice", _strided, None),
    "SPLIT": ("Split", lambda settings: {"num_split": settings.number(0)}, None),
    "SPLIT_V": ("SplitV", lambda settings: {"num_split": settings.number(0)}, None),
    "PACK": ("Pack", lambda settings: {"axis": settings.number(1)}, None),
    "UNPACK": ("Unpack", lambda settings: {"num": settings.number(0), "axis": settings.number(1)}, None),
    "LEAKY_RELU": ("LeakyRelu", lambda settings: {"alpha": settings.number(0, "f")}, None),
    "GELU": ("Gelu", lambda settings: {"approximate": bool(settings.number(0, "b"))}, None),
    "MIRROR_PAD": ("MirrorPad", lambda settings: {"mode": "SYMMETRIC" if settings.number(0, "b") else "REFLECT"}, None),
    "ONE_HOT": ("OneHot", lambda settings: {"axis": settings.number(0)}, None),
    "BATCH_MATMUL": (
        "BatchMatMulV2",
        lambda settings: {"adj_x": bool(settings.number(0, "b")), "adj_y": bool(settings.number(1, "b"))},
        None,
    ),
    "CUMSUM": (
        "Cumsum",
        lambda settings: {"exclusive": bool(settings.number(0, "b")), "reverse": bool(settings.number(1, "b"))},
        None,
    ),
    "MEAN": ("Mean", _keep, None),
    "SUM": ("Sum", _keep, None),
    "REDUCE_MAX": ("Max", _keep, None),
    "REDUCE_MIN": ("Min", _keep, None),
    "REDUCE_PROD": ("Prod", _keep, None),
    "REDUCE_ANY": ("Any", _keep, None),
    "REDUCE_ALL": ("All", _keep, None),
    **{
        name: (target, _nothing, None)
        for name, target in {
            "LOGISTIC": "Sigmoid",
            "RELU": "Relu",
            "RELU_N1_TO_1": "ReluN1To1",
            "RELU6": "Relu6",
            "TANH": "Tanh",
            "ELU": "Elu",
            "HARD_SWISH": "HardSwish",
            "PRELU": "PRelu",
            "LOG_SOFTMAX": "LogSoftmax",
            "FLOOR": "Floor",
            "CEIL": "Ceil",
            "ROUND": "Round",
            "EXP": "Exp",
            "LOG": "Log",
            "SQRT": "Sqrt",
            "RSQRT": "Rsqrt",
            "SQUARE": "Square",
            "ABS": "Abs",
            "NEG": "Neg",
            "SIN": "Sin",
            "COS": "Cos",
            "SIGN": "Sign",
            "POW": "Pow",
            "MAXIMUM": "Maximum",
            "MINIMUM": "Minimum",
            "SQUARED_DIFFERENCE": "SquaredDifference",
            "FLOOR_DIV": "FloorDiv",
            "FLOOR_MOD": "FloorMod",
            "ADD_N": "AddN",
            "LESS": "Less",
            "LESS_EQUAL": "LessEqual",
            "GREATER": "Greater",
            "GREATER_EQUAL": "GreaterEqual",
            "EQUAL": "Equal",
            "NOT_EQUAL": "NotEqual",
            "LOGICAL_AND": "LogicalAnd",
            "LOGICAL_OR": "LogicalOr",
            "LOGICAL_NOT": "LogicalNot",
            "SELECT": "Select",
            "SELECT_V2": "SelectV2",
            "PAD": "Pad",
            "PADV2": "PadV2",
            "TRANSPOSE": "Transpose",
            "BATCH_TO_SPACE_ND": "BatchToSpaceND",
            "SPACE_TO_BATCH_ND": "SpaceToBatchND",
            "SLICE": "Slice",
            "TILE": "Tile",
            "EXPAND_DIMS": "ExpandDims",
            "FILL": "Fill",
            "BROADCAST_TO": "BroadcastTo",
            "RANGE": "Range",
            "RANK": "Rank",
            "ZEROS_LIKE": "ZerosLike",
            "REVERSE_V2": "ReverseV2",
            "GATHER_ND": "GatherNd",
            "SCATTER_ND": "ScatterNd",
            "TOPK_V2": "TopKV2",
            "WHERE": "Where",
            "FAKE_QUANT": "Identity",
        }.items()
    },
}
# Operators that give the numbers which they read: where scale and zero point stay, nothing is rounded anew.
KEEPING = {
    "MAX_POOL_2D",
    "RESHAPE",
    "SQUEEZE",
    "EXPAND_DIMS",
    "TRANSPOSE",
    "GATHER",
    "GATHER_ND",
    "SLICE",
    "STRIDED_SLICE",
    "SPLIT",
    "SPLIT_V",
    "PACK",
    "UNPACK",
    "CONCATENATION",
    "PAD",
    "PADV2",
    "MIRROR_PAD",
    "TILE",
    "DEPTH_TO_SPACE",
    "SPACE_TO_DEPTH",
    "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND",
    "RESIZE_NEAREST_NEIGHBOR",
    "REVERSE_V2",
    "BROADCAST_TO",
    "SELECT",
    "SELECT_V2",
    "MAXIMUM",
    "MINIMUM",
    "RELU",
    "REDUCE_MAX",
    "REDUCE_MIN",
    "TOPK_V2",
}
