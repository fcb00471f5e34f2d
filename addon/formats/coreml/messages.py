# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Core ML's messages, as far as they are read (Model.proto, FeatureTypes.proto, NeuralNetwork.proto, MIL.proto)."""

from __future__ import annotations

from onnx import TensorProto

from ...containers.protobuf import Description, Many, Map

# what a model reads and gives
ARRAY = Description({1: ("shape", Many("int")), 2: ("dataType", "int")})
IMAGE = Description({1: ("width", "int"), 2: ("height", "int"), 3: ("colorSpace", "int")})
FEATURE_TYPE = Description({4: ("imageType", IMAGE), 5: ("multiArrayType", ARRAY)})
FEATURE = Description({1: ("name", "text"), 3: ("type", FEATURE_TYPE)})
METADATA = Description({100: ("userDefined", Map("text"))})
ABOUT = Description({1: ("input", Many(FEATURE)), 10: ("output", Many(FEATURE)), 100: ("metadata", METADATA)})

# neural networks
QUANTISED = Description({1: ("numberOfBits", "int")})
WEIGHTS = Description(
    {1: ("floatValue", "span"), 2: ("float16Value", "span"), 30: ("rawValue", "span"), 40: ("quantization", QUANTISED)}
)
EDGE = Description({1: ("startEdgeSize", "int"), 2: ("endEdgeSize", "int")})
BORDER = Description({10: ("borderAmounts", Many(EDGE))})
VALID = Description({1: ("paddingAmounts", BORDER)})
SAME = Description({1: ("asymmetryMode", "int")})
NOTHING = Description()
CONVOLUTION = Description(
    {
        1: ("outputChannels", "int"),
        2: ("kernelChannels", "int"),
        10: ("nGroups", "int"),
        20: ("kernelSize", Many("int")),
        30: ("stride", Many("int")),
        40: ("dilationFactor", Many("int")),
        50: ("valid", VALID),
        51: ("same", SAME),
        60: ("isDeconvolution", "int"),
        70: ("hasBias", "int"),
        90: ("weights", WEIGHTS),
        91: ("bias", WEIGHTS),
        100: ("outputShape", Many("int")),
    }
)
POOLING = Description(
    {
        1: ("type", "int"),
        10: ("kernelSize", Many("int")),
        20: ("stride", Many("int")),
        30: ("valid", VALID),
        31: ("same", SAME),
        50: ("avgPoolExcludePadding", "int"),
        60: ("globalPooling", "int"),
    }
)
ALPHA = Description({1: ("alpha", "float"), 2: ("beta", "float")})
PRELU = Description({1: ("alpha", WEIGHTS)})
ACTIVATION = Description(
    {
        5: ("linear", ALPHA),
        10: ("ReLU", NOTHING),
        15: ("leakyReLU", ALPHA),
        25: ("PReLU", PRELU),
        30: ("tanh", NOTHING),
        40: ("sigmoid", NOTHING),
        41: ("sigmoidHard", ALPHA),
        50: ("ELU", ALPHA),
        60: ("softsign", NOTHING),
        70: ("softplus", NOTHING),
    }
)
DENSE = Description(
    {
        1: ("inputChannels", "int"),
        2: ("outputChannels", "int"),
        10: ("hasBias", "int"),
        20: ("weights", WEIGHTS),
        21: ("bias", WEIGHTS),
    }
)
NORM = Description(
    {
        1: ("channels", "int"),
        5: ("computeMeanVar", "int"),
        10: ("epsilon", "float"),
        15: ("gamma", WEIGHTS),
        16: ("beta", WEIGHTS),
        17: ("mean", WEIGHTS),
        18: ("variance", WEIGHTS),
    }
)
SCALE = Description(
    {
        1: ("shapeScale", Many("int")),
        2: ("scale", WEIGHTS),
        3: ("hasBias", "int"),
        4: ("shapeBias", Many("int")),
        5: ("bias", WEIGHTS),
    }
)
PADDING = Description(
    {
        1: ("constant", Description({1: ("value", "float")})),
        2: ("reflection", NOTHING),
        3: ("replication", NOTHING),
        10: ("paddingAmounts", BORDER),
    }
)
UPSAMPLE = Description({1: ("scalingFactor", Many("int")), 5: ("mode", "int"), 6: ("linearUpsampleMode", "int")})
UNARY = Description(
    {1: ("type", "int"), 2: ("alpha", "float"), 3: ("epsilon", "float"), 4: ("shift", "float"), 5: ("scale", "float")}
)
LRN = Description({1: ("alpha", "float"), 2: ("beta", "float"), 3: ("localSize", "int"), 4: ("k", "float")})
AXES = Description({1: ("axes", Many("int"))})
ROW = Description({1: ("shape", Many("int")), 2: ("bias", WEIGHTS)})
LAYER = Description(
    {
        1: ("name", "text"),
        2: ("input", Many("text")),
        3: ("output", Many("text")),
        100: ("convolution", CONVOLUTION),
        120: ("pooling", POOLING),
        130: ("activation", ACTIVATION),
        140: ("innerProduct", DENSE),
        160: ("batchnorm", NORM),
        175: ("softmax", NOTHING),
        180: ("lrn", LRN),
        200: ("padding", PADDING),
        210: ("upsample", UPSAMPLE),
        220: ("unary", UNARY),
        230: ("add", ALPHA),
        231: ("multiply", ALPHA),
        240: ("average", NOTHING),
        245: ("scale", SCALE),
        250: ("bias", ROW),
        260: ("max", NOTHING),
        261: ("min", NOTHING),
        300: ("reshape", Description({1: ("targetShape", Many("int")), 2: ("mode", "int")})),
        301: ("flatten", Description({1: ("mode", "int")})),
        310: ("permute", Description({1: ("axis", Many("int"))})),
        320: ("concat", Description({100: ("sequenceConcat", "int")})),
        600: ("copy", NOTHING),
        795: ("gelu", Description({1: ("mode", "int")})),
        880: ("addBroadcastable", NOTHING),
        900: ("multiplyBroadcastable", NOTHING),
        950: ("softmaxND", Description({1: ("axis", "int")})),
        980: ("concatND", Description({1: ("axis", "int")})),
        985: ("transpose", AXES),
        1140: ("reshapeStatic", Description({1: ("targetShape", Many("int"))})),
        1120: ("squeeze", AXES),
        1125: ("expandDims", AXES),
        1130: ("flattenTo2D", Description({1: ("axis", "int")})),
    }
)
# layers that are not written, by name
LAYER |= {
    number: (name, NOTHING)
    for number, name in {
        150: "embedding",
        165: "mvn",
        170: "l2normalize",
        190: "crop",
        211: "resizeBilinear",
        212: "cropResize",
        270: "dot",
        280: "reduce",
        290: "loadConstant",
        330: "split",
        340: "sequenceRepeat",
        345: "reorganizeData",
        350: "slice",
        400: "simpleRecurrent",
        410: "gru",
        420: "uniDirectionalLSTM",
        430: "biDirectionalLSTM",
        500: "custom",
        605: "branch",
        615: "loop",
        930: "gather",
        975: "splitND",
        995: "sliceStatic",
        1040: "embeddingND",
        1045: "batchedMatmul",
        1070: "loadConstantND",
        1155: "constantPad",
        1280: "reduceMean",
        1350: "layerNormalization",
        1400: "NonMaximumSuppression",
    }.items()
}
LABELS = Description({1: ("vector", Many("text"))})
PREPROCESSING = Description({1: ("featureName", "text")})
NETWORK = Description(
    {1: ("layers", Many(LAYER)), 2: ("preprocessing", Many(PREPROCESSING)), 5: ("arrayMapping", "int")}
)
CLASSIFIER = Description(NETWORK | {100: ("stringClassLabels", LABELS)})

# ML programs
DIMENSION = Description({1: ("constant", Description({1: ("size", "int")})), 2: ("unknown", NOTHING)})
TENSOR_TYPE = Description({1: ("dataType", "int"), 2: ("rank", "int"), 3: ("dimensions", Many(DIMENSION))})
VALUE_TYPE = Description({1: ("tensorType", TENSOR_TYPE)})
NAMED_TYPE = Description({1: ("name", "text"), 2: ("type", VALUE_TYPE)})
TENSOR = Description(
    {
        1: ("floats", Description({1: ("values", "span")})),
        2: ("ints", Description({1: ("values", Many("int"))})),
        3: ("bools", Description({1: ("values", Many("int"))})),
        4: ("strings", Description({1: ("values", Many("text"))})),
        5: ("longInts", Description({1: ("values", Many("int"))})),
        6: ("doubles", Description({1: ("values", "span")})),
        7: ("bytes", Description({1: ("values", "span")})),
    }
)
IMMEDIATE = Description({1: ("tensor", TENSOR)})
BLOB = Description({1: ("fileName", "text"), 2: ("offset", "int")})
VALUE = Description({2: ("type", VALUE_TYPE), 3: ("immediateValue", IMMEDIATE), 5: ("blobFileValue", BLOB)})
BINDING = Description({1: ("name", "text"), 2: ("value", VALUE)})
ARGUMENT = Description({1: ("arguments", Many(BINDING))})
OPERATION = Description(
    {1: ("type", "text"), 2: ("inputs", Map(ARGUMENT)), 3: ("outputs", Many(NAMED_TYPE)), 5: ("attributes", Map(VALUE))}
)
BLOCK = Description({2: ("outputs", Many("text")), 3: ("operations", Many(OPERATION))})
FUNCTION = Description(
    {1: ("inputs", Many(NAMED_TYPE)), 2: ("opset", "text"), 3: ("block_specializations", Map(BLOCK))}
)
PROGRAM = Description({2: ("functions", Map(FUNCTION))})
PIPELINE = Description({1: ("models", Many("span")), 2: ("names", Many("text"))})
PIPELINE_OF = Description({1: ("pipeline", PIPELINE)})
MODEL = Description(
    {
        1: ("specificationVersion", "int"),
        2: ("description", ABOUT),
        200: ("pipelineClassifier", PIPELINE_OF),
        201: ("pipelineRegressor", PIPELINE_OF),
        202: ("pipeline", PIPELINE),
        303: ("neuralNetworkRegressor", NETWORK),
        403: ("neuralNetworkClassifier", CLASSIFIER),
        500: ("neuralNetwork", NETWORK),
        502: ("mlProgram", PROGRAM),
    }
)
# MIL's types -> ONNX's, and the names by which operators call them.
TYPES = {
    1: TensorProto.BOOL,
    2: TensorProto.STRING,
    10: TensorProto.FLOAT16,
    11: TensorProto.FLOAT,
    12: TensorProto.DOUBLE,
    13: TensorProto.BFLOAT16,
    21: TensorProto.INT8,
    22: TensorProto.INT16,
    23: TensorProto.INT32,
    24: TensorProto.INT64,
    31: TensorProto.UINT8,
    32: TensorProto.UINT16,
    33: TensorProto.UINT32,
}
NAMES = {
    "fp32": TensorProto.FLOAT,
    "fp16": TensorProto.FLOAT16,
    "int32": TensorProto.INT32,
    "int16": TensorProto.INT16,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "bool": TensorProto.BOOL,
}


def producer(model: dict) -> str:
    """What wrote a model."""
    said = model.get("description", {}).get("metadata", {}).get("userDefined", {})
    version = said.get("com.github.apple.coremltools.version", "")
    return f"coremltools {version[:20]}" if version else "Core ML"
