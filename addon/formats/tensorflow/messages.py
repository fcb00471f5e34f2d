# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow's messages, as far as they are read (tensorflow/core/framework and core/protobuf, *.proto)."""

from __future__ import annotations

from onnx import TensorProto

from ...containers.protobuf import Description, Many, Map

DIM = Description({1: ("size", "int")})
SHAPE = Description({2: ("dim", Many(DIM)), 3: ("unknown_rank", "int")})
TENSOR = Description(
    {
        1: ("dtype", "int"),
        2: ("tensor_shape", SHAPE),
        4: ("tensor_content", "span"),
        5: ("float_val", Many("float")),
        6: ("double_val", Many("double")),
        7: ("int_val", Many("int")),
        8: ("string_val", Many("octets")),
        10: ("int64_val", Many("int")),
        11: ("bool_val", Many("int")),
        13: ("half_val", Many("int")),
        16: ("uint32_val", Many("int")),
        17: ("uint64_val", Many("int")),
    }
)
FUNCTION_NAME = Description({1: ("name", "text")})
LIST = Description(
    {
        2: ("s", Many("octets")),
        3: ("i", Many("int")),
        4: ("f", Many("float")),
        5: ("b", Many("int")),
        6: ("type", Many("int")),
        7: ("shape", Many(SHAPE)),
        9: ("func", Many(FUNCTION_NAME)),
    }
)
ATTRIBUTE = Description(
    {
        1: ("list", LIST),
        2: ("s", "octets"),
        3: ("i", "int"),
        4: ("f", "float"),
        5: ("b", "int"),
        6: ("type", "int"),
        7: ("shape", SHAPE),
        8: ("tensor", TENSOR),
        10: ("func", FUNCTION_NAME),
    }
)
NODE = Description({1: ("name", "text"), 2: ("op", "text"), 3: ("input", Many("text")), 5: ("attr", Map(ATTRIBUTE))})
ARGUMENT = Description({1: ("name", "text"), 3: ("type", "int")})
SIGNATURE = Description({1: ("name", "text"), 2: ("input_arg", Many(ARGUMENT)), 3: ("output_arg", Many(ARGUMENT))})
FUNCTION = Description(
    {1: ("signature", SIGNATURE), 3: ("node_def", Many(NODE)), 4: ("ret", Map("text")), 5: ("attr", Map(ATTRIBUTE))}
)
LIBRARY = Description({1: ("function", Many(FUNCTION))})
GRAPH = Description({1: ("node", Many(NODE)), 2: ("library", LIBRARY)})
TENSOR_INFO = Description({1: ("name", "text"), 2: ("dtype", "int"), 3: ("tensor_shape", SHAPE)})
SERVING = Description({1: ("inputs", Map(TENSOR_INFO)), 2: ("outputs", Map(TENSOR_INFO)), 3: ("method_name", "text")})
META_INFO = Description({4: ("tags", Many("text")), 5: ("tensorflow_version", "text")})
SAVER = Description({1: ("filename_tensor_name", "text"), 3: ("restore_op_name", "text")})
CHILD = Description({1: ("node_id", "int"), 2: ("local_name", "text")})
META_GRAPH = Description(
    {
        1: ("meta_info_def", META_INFO),
        2: ("graph_def", GRAPH),
        3: ("saver_def", SAVER),
        5: ("signature_def", Map(SERVING)),
    }
)
SAVED_MODEL = Description({1: ("saved_model_schema_version", "int"), 2: ("meta_graphs", Many(META_GRAPH))})

ENTRY = Description(
    {
        1: ("dtype", "int"),
        2: ("shape", SHAPE),
        3: ("shard_id", "int"),
        4: ("offset", "int"),
        5: ("size", "int"),
        6: ("crc32c", "fixed"),
    }
)
EXTENT = Description({1: ("start", "int"), 2: ("length", "int")})
SLICE = Description({1: ("extent", Many(EXTENT))})
ENTRY[7] = ("slices", Many(SLICE))
HEADER = Description({1: ("num_shards", "int"), 2: ("endianness", "int")})
SLICE_META = Description({1: ("name", "text"), 2: ("shape", SHAPE), 3: ("type", "int"), 4: ("slice", Many(SLICE))})
SLICES_META = Description({1: ("tensor", Many(SLICE_META))})
SAVED_SLICE = Description({1: ("name", "text"), 2: ("slice", SLICE), 3: ("data", TENSOR)})
SAVED_SLICES = Description({1: ("meta", SLICES_META), 2: ("data", SAVED_SLICE)})

OBJECT_ATTRIBUTE = Description({1: ("name", "text"), 2: ("full_name", "text"), 3: ("checkpoint_key", "text")})
SLOT = Description({1: ("original", "int"), 2: ("slot_name", "text"), 3: ("slot", "int")})
OBJECT = Description(
    {1: ("children", Many(CHILD)), 2: ("attributes", Many(OBJECT_ATTRIBUTE)), 3: ("slot_variables", Many(SLOT))}
)
OBJECT_GRAPH = Description({1: ("nodes", Many(OBJECT))})

# TensorFlow's types -> ONNX's; quantised ones are their integers.
TYPES = {
    1: TensorProto.FLOAT,
    2: TensorProto.DOUBLE,
    3: TensorProto.INT32,
    4: TensorProto.UINT8,
    5: TensorProto.INT16,
    6: TensorProto.INT8,
    7: TensorProto.STRING,
    9: TensorProto.INT64,
    10: TensorProto.BOOL,
    11: TensorProto.INT8,
    12: TensorProto.UINT8,
    13: TensorProto.INT32,
    14: TensorProto.BFLOAT16,
    17: TensorProto.UINT16,
    19: TensorProto.FLOAT16,
    22: TensorProto.UINT32,
    23: TensorProto.UINT64,
    24: TensorProto.FLOAT8E5M2,
    25: TensorProto.FLOAT8E4M3FN,
}
TYPE_NAMES = {
    "DT_FLOAT": 1,
    "DT_DOUBLE": 2,
    "DT_INT32": 3,
    "DT_UINT8": 4,
    "DT_INT16": 5,
    "DT_INT8": 6,
    "DT_STRING": 7,
    "DT_COMPLEX64": 8,
    "DT_INT64": 9,
    "DT_BOOL": 10,
    "DT_BFLOAT16": 14,
    "DT_UINT16": 17,
    "DT_HALF": 19,
    "DT_RESOURCE": 20,
    "DT_VARIANT": 21,
    "DT_UINT32": 22,
    "DT_UINT64": 23,
}
FIELD_OF = {
    1: "float_val",
    2: "double_val",
    9: "int64_val",
    10: "bool_val",
    14: "half_val",
    19: "half_val",
    22: "uint32_val",
    23: "uint64_val",
}


def data_type(number: int | None) -> int | None:
    """ONNX's type for TensorFlow's, references (numbers above 100) too; None for what ONNX has not."""
    return TYPES.get((number or 0) % 100)


def sizes(shape: dict | None) -> tuple[int | None, ...] | None:
    """The sizes of a shape, None for those that are open; None for a shape of any rank."""
    if shape is None or shape.get("unknown_rank"):
        return None
    made = (dim.get("size", 0) for dim in shape.get("dim", []))
    return tuple(size if 0 <= size < 1 << 60 else None for size in made)
