# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the pixels of a picture become the numbers that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper

Three = tuple[float, float, float]
ORDERS = ("RGB", "BGR")
LOOKED_AT = 64  # numbers of a constant that a model applies to its input
THOUSAND = 1000  # classes of ImageNet
PYTORCH = ("pytorch", "torch", "torchscript")


@dataclass(frozen=True)
class Scaling:
    """A pixel from 0 to 1 becomes (pixel - mean) / std, channel by channel (red, green, blue), in this `order`.
    `name` is that of a preset, or "own"; `guessed` says why it was taken, "" where somebody has chosen it."""

    name: str = "0-1"
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    order: str = "RGB"
    guessed: str = ""

    @property
    def plain(self) -> bool:
        """Whether pixels stay as they are."""
        return self.mean == (0, 0, 0) and self.std == (1, 1, 1)

    def apply(self, colors: np.ndarray) -> np.ndarray:
        """Colors (..., 1, 3 or 4) from 0 to 1, red first, as numbers for the network; a fourth channel stays."""
        count = colors.shape[-1]
        if count == 1:
            mean, std = float(np.mean(self.mean)), float(np.mean(self.std))
            return colors if self.plain else ((colors - mean) / std).astype(np.float32)
        made = colors if self.plain else colors.copy()
        if not self.plain:
            made[..., :3] = (colors[..., :3] - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.concatenate([made[..., 2::-1], made[..., 3:]], -1) if self.order == "BGR" else made

    def undone(self, numbers: np.ndarray) -> np.ndarray:
        """Pixels (channels, ...) from 0 to 1, red first, of numbers that a network reads."""
        count = len(numbers)
        shape = (-1, *(1,) * (numbers.ndim - 1))
        if count == 1:
            return numbers * float(np.mean(self.std)) + float(np.mean(self.mean))
        made = numbers.copy()
        if self.order == "BGR":
            made[:3] = numbers[2::-1]
        made[:3] = made[:3] * np.array(self.std, np.float32).reshape(shape) + np.array(self.mean, np.float32).reshape(
            shape
        )
        return made

    def says(self, channels: int = 3) -> str:
        """A note: "pixels -1 to 1", "ImageNet's mean and deviation, guessed: it has 1,000 classes"."""
        said = SAID.get(self.name) or f"mean {_numbers(self.mean, channels)}, deviation {_numbers(self.std, channels)}"
        order = ", blue first" if self.order == "BGR" and channels > 1 else ""
        return said + order + (f" (guessed: {self.guessed})" if self.guessed else "")


def _numbers(values: Three, channels: int) -> str:
    some = values if channels > 1 else (float(np.mean(values)),)
    return " ".join(f"{value:.4g}" for value in some)


IMAGENET = Scaling("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PRESETS = {
    "0-1": Scaling(),
    "-1-1": Scaling("-1-1", (0.5,) * 3, (0.5,) * 3),
    "0-255": Scaling("0-255", (0.0,) * 3, (1 / 255,) * 3),
    "imagenet": IMAGENET,
    "caffe": Scaling("caffe", (123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255,) * 3, "BGR"),
}
SAID = {
    "0-1": "pixels 0 to 1",
    "-1-1": "pixels -1 to 1",
    "0-255": "pixels 0 to 255",
    "imagenet": "ImageNet's mean and deviation",
    "caffe": "pixels 0 to 255 without Caffe's mean",
}


def guess(model: onnx.ModelProto, name: str, channels: int, classes: int, made_by: Sequence[str] = ()) -> Scaling:
    """What a model probably wants of the pixels of an input: read from what it does with them first, else ImageNet's
    numbers for a network of PyTorch with 1,000 classes, else 0 to 1."""
    applied = _first(model, name)
    if applied:
        op, number = applied
        if op == "Div" and 100 < number < 300 or op == "Mul" and 1 / 300 < number < 0.01 or op == "Sub" and number > 4:
            why = {"Div": "divides", "Mul": "multiplies", "Sub": "subtracts"}[op]
            return Scaling("0-255", (0.0,) * 3, (1 / 255,) * 3, guessed=f"the model itself {why} by {number:.4g}")
        return Scaling(guessed="the model itself scales them")
    if channels == 3 and classes == THOUSAND and any(word in made.lower() for made in made_by for word in PYTORCH):
        return Scaling(**{**vars(IMAGENET), "guessed": "a network of PyTorch with 1,000 classes"})
    return Scaling(guessed="the file does not say")


def _first(model: onnx.ModelProto, name: str) -> tuple[str, float] | None:
    """The first arithmetic that a model does with an input, and the largest of the numbers that it does it with."""
    for node in model.graph.node[:LOOKED_AT]:
        if name not in node.input:
            continue
        if node.op_type in ("Cast", "Transpose", "Identity", "Reshape"):
            name = node.output[0]
            continue
        if node.op_type not in ("Div", "Mul", "Sub"):
            return None
        constants = _constants(model)
        other = next((constants[each] for each in node.input if each in constants), None)
        if other is None or not 0 < np.prod(other.dims or [1]) <= LOOKED_AT or other.external_data:
            return None
        return node.op_type, float(np.abs(numpy_helper.to_array(other)).max())
    return None


def _constants(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    return constants | {
        node.output[0]: attribute.t
        for node in model.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }


def own(mean: Sequence[float], std: Sequence[float], order: str = "RGB") -> Scaling:
    """A scaling by numbers of pixels from 0 to 1: one for all channels, or three."""
    return Scaling("own", _three(mean), _three(std), order)


def _three(values: Sequence[float]) -> Three:
    red, green, blue = values if len(values) == 3 else (values[0],) * 3
    return float(red), float(green), float(blue)
