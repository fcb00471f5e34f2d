# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of Keras 1 in the words of Keras 2 and 3."""

from __future__ import annotations

CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
}
SETTINGS = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "output_dim": "units",
    "inner_activation": "recurrent_activation",
    "p": "rate",
    "pool_length": "pool_size",
    "stride": "strides",
    "length": "size",
    "dim_ordering": "data_format",
}
SIZES = ("nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3")
ORDERINGS = {"th": "channels_first", "tf": "channels_last"}
MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "concat": "Concatenate",
    "ave": "Average",
    "max": "Maximum",
    "dot": "Dot",
    "cos": "Dot",
}
# What the settings that only Keras 1 has are called: a reader of the layer looks for them.
FIRST_KERNEL, GATES_APART = "kernel_of_keras_1", "gates_apart"


def modern(kind: str, config: dict, ordering: str = "tf") -> tuple[str, dict]:
    """The class name and settings that a layer of Keras 1 has in Keras 2; `ordering` is for one that says none."""
    kind = CLASSES.get(kind, kind)
    if kind == "Merge" and config.get("mode") in MERGES:
        mode = config["mode"]
        return MERGES[mode], config | {
            "axis": config.get("concat_axis", -1),
            "axes": config.get("dot_axes", -1),
            "normalize": mode == "cos",
        }
    keep = {"output_dim"} if kind == "Embedding" else set()
    settings = {name if name in keep else SETTINGS.get(name, name): value for name, value in config.items()}
    settings["data_format"] = ORDERINGS.get(settings.get("data_format", ordering), "channels_last")
    sizes = [config[name] for name in SIZES if name in config]
    if sizes:
        settings["kernel_size"] = sizes
    if "Conv" in kind:
        settings[FIRST_KERNEL] = True
    if kind in ("LSTM", "GRU"):
        settings[GATES_APART] = config.get("consume_less", "cpu") != "gpu"
        settings.setdefault("recurrent_activation", "hard_sigmoid")
    if kind == "GRU":
        settings["reset_after"] = False
    if kind == "ZeroPadding2D" and isinstance(settings.get("padding"), list) and len(settings["padding"]) == 4:
        top, bottom, left, right = settings["padding"]
        settings["padding"] = [[top, bottom], [left, right]]
    return kind, settings
