# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a TorchScript program expects: the shapes of its inputs, which its code does not say.

Traced programs often keep the tensors that they were traced with. Else an input has no shape until the first operator
that tells it from its weights; then the program is followed again with the sizes that are usual for such data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

from onnx import TensorProto

from ....containers.pickle.records import Tensor, Thing
from .. import packed_layers
from ..operators.emitter import Value

# The size that is assumed for an axis, by its name. Grey pictures are small, as those of handwriting are; with several
# samples, what is of one sample and what is of all cannot be mistaken for one another.
USUAL = {"batch": 7, "height": 224, "width": 224, "depth": 16, "length": 16, "samples": 1024}
GREY = {"height": 28, "width": 28}
# Sides of pictures.
COMMON = (
    8,
    14,
    16,
    20,
    24,
    28,
    32,
    40,
    48,
    56,
    64,
    80,
    84,
    96,
    100,
    112,
    120,
    128,
    144,
    150,
    160,
    192,
    200,
    224,
    227,
    240,
    256,
    288,
    299,
    300,
    320,
    331,
    352,
    384,
    416,
    448,
    480,
    512,
    600,
    640,
    768,
    800,
    1024,
)
PREFERRED = sorted(COMMON, key=lambda size: (size not in (224, 32, 28, 64, 256, 128, 96, 299, 16), size))
# Of volumes, which are as deep as they are high while a size is looked for: small ones first, for they grow fast.
PREFERRED_VOLUMES = sorted(COMMON, key=lambda size: (size not in (32, 64, 128, 256), size))
SIDES = ("depth", "height", "width", "samples", "length")
SPATIAL = {1: ("samples",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True)
class Assumed:
    """The shape of an input as it is followed. `names` are those of axes whose sizes are open, "" of the others."""

    shape: tuple[int, ...]
    names: tuple[str, ...]
    data_type: int = TensorProto.FLOAT

    def sized(self, sizes: dict[str, int]) -> Assumed:
        """The same with other sizes for the axes of these names."""
        return replace(
            self, shape=tuple(sizes.get(name, size) for name, size in zip(self.names, self.shape, strict=True))
        )

    def doubled(self, names) -> Assumed:
        """The same with twice the sizes for the axes of these names."""
        return replace(
            self,
            shape=tuple(size * (2 if name in names else 1) for name, size in zip(self.names, self.shape, strict=True)),
        )

    @property
    def one_channel(self) -> bool:
        """Whether it is of samples, pictures or volumes with one channel."""
        return self.shape[1:2] == (1,) and self.names[1] == "" and self.names[2:] in SPATIAL.values()

    def without(self, axis: int) -> Assumed:
        """The same without an axis."""
        return replace(
            self, shape=self.shape[:axis] + self.shape[axis + 1 :], names=self.names[:axis] + self.names[axis + 1 :]
        )

    def fixed(self, *names: str) -> Assumed:
        """The same with the axes of these names no longer open."""
        return replace(self, names=tuple("" if name in names else name for name in self.names))


class LearntError(Exception):
    """An operator tells the shape of an input."""

    def __init__(self, name: str, assumed: Assumed):
        super().__init__(name)
        self.name, self.assumed = name, assumed


def usual(*axes: str | int, data_type: int = TensorProto.FLOAT) -> Assumed:
    """An input of these axes: names, or sizes that are known."""
    grey = 1 in axes[1:2]
    sizes = tuple(
        (GREY if grey and axis in GREY else USUAL)[axis] if isinstance(axis, str) else int(axis) for axis in axes
    )
    return Assumed(sizes, tuple(axis if isinstance(axis, str) else "" for axis in axes), data_type)


# What the first operator that reads an input says of it: name -> function of the arguments.


def _convolution(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, *rest):
    count = len(weight.shape) - 2
    return usual("batch", weight.shape[1] * groups, *SPATIAL[count], data_type=weight.type)


def _general_convolution(x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, *rest):
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    return usual("batch", channels, *SPATIAL[len(weight.shape) - 2], data_type=weight.type)


def _transposed(x, weight, *rest):
    return usual("batch", weight.shape[0], *SPATIAL[len(weight.shape) - 2], data_type=weight.type)


def _linear(x, weight, *rest):
    return usual("batch", weight.shape[1], data_type=weight.type)


def _rows(bias, x, weight, *rest):
    return usual("batch", weight.shape[0], data_type=weight.type)


def _embedding(weight, indices, *rest):
    return usual("batch", "length", data_type=TensorProto.INT64)


def _recurrent(x, hx, params, *rest):
    axes = ("batch", "length") if rest[-1] is True else ("length", "batch")
    return usual(*axes, params[0].shape[1], data_type=params[0].type)


def _layer_norm(x, shape, *rest):
    return usual("batch", "length", *shape)


def _group_norm(x, groups, weight=None, *rest):
    return usual("batch", weight.shape[0], "height", "width")


TELLS: dict[str, Callable[..., Assumed]] = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "_convolution": _general_convolution,
    "convolution": _general_convolution,
    "_convolution_mode": _convolution,
    "conv_transpose1d": _transposed,
    "conv_transpose2d": _transposed,
    "conv_transpose3d": _transposed,
    "linear": _linear,
    "addmm": _rows,
    "embedding": _embedding,
    "lstm": _recurrent,
    "gru": _recurrent,
    "rnn_tanh": _recurrent,
    "rnn_relu": _recurrent,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
}


PACKED = ("conv1d", "conv2d", "conv3d", "linear")


def learn(name: str, args: list, more: dict, interpreter) -> None:
    """Raises `LearntError` if an operator reads an input whose shape is not known and tells it."""
    waiting = next(
        (
            argument.input
            for argument in args
            if isinstance(argument, Value) and argument.shape is None and argument.input
        ),
        "",
    )
    plain = name.removesuffix("_dynamic").removesuffix("_relu")
    if plain in PACKED and len(args) > 1 and isinstance(args[1], list):  # a quantised layer packs its weight and more
        name, args = plain, [args[0], *args[1]]
    if not waiting or name not in TELLS:
        return
    try:
        assumed = TELLS[name](*args, **more)
    except (TypeError, KeyError, AttributeError, IndexError):
        return
    inside = {module.kind.name for module in interpreter.modules}
    if name == "linear" and any("Transformer" in kind or "Attention" in kind for kind in inside):
        assumed = usual("batch", "length", *assumed.shape[1:], data_type=assumed.data_type)
    raise LearntError(waiting, assumed)


# By the class of the module that asks for the rank of an input before any operator reads it: axes before the channels
# (or features), which its own weight tells, and after.
_BY_MODULE = {
    "Conv1d": SPATIAL[1],
    "Conv2d": SPATIAL[2],
    "Conv3d": SPATIAL[3],
    "BatchNorm1d": (),
    "BatchNorm2d": SPATIAL[2],
    "BatchNorm3d": SPATIAL[3],
    "InstanceNorm2d": SPATIAL[2],
    "GroupNorm": SPATIAL[2],
}
_SEQUENCES = ("LSTM", "GRU", "RNN", "MultiheadAttention", "Transformer")


def guess(inside: list[Thing], every: list[Thing], setting: Callable[[Thing, str], Any]) -> Assumed:
    """The likeliest shape of an input that is asked for its shape inside these modules, innermost last.

    `every` are all modules in order: the first that has weights is taken for one that reads the input. `setting` gives
    an attribute of a module, None if it has none.
    """
    for module in (*reversed(inside), *every):
        own = [tensor for tensor in module.state.values() if isinstance(tensor, Tensor) and tensor.shape] or list(
            packed_layers.tensors(module, "").values()
        )
        if own and module.kind.name == "Embedding":
            return _embedding(*own, None)
        if module.kind.name in _BY_MODULE and own and ("Conv" not in module.kind.name or len(own[0].shape) > 1):
            channels = own[0].shape[1 if "Conv" in module.kind.name else 0]
            return usual("batch", channels, *_BY_MODULE[module.kind.name])
        if any(module.kind.name.startswith(kind) for kind in _SEQUENCES) and own:
            first = setting(module, "batch_first") is not False
            return usual(*(("batch", "length") if first else ("length", "batch")), own[0].shape[-1])
        if module.kind.name == "Linear" and own:
            features = own[0].shape[-1]
            picture = next(
                (
                    (colours, isqrt(features // colours))
                    for colours in (1, 3)
                    if features >= 64 and colours * isqrt(features // colours) ** 2 == features
                ),
                None,
            )
            return (
                usual("batch", picture[0], picture[1], picture[1])
                if picture and not inside[1:]
                else usual("batch", "length", features)
            )
    return usual("batch", 3, "height", "width")


def said(traced: Any, count: int) -> list[Assumed] | None:
    """The shapes of the tensors that a program of `count` inputs was traced with, from its 'traced_inputs.pkl'."""
    given = traced.get("forward") if isinstance(traced, dict) else None
    if not isinstance(given, (list, tuple)) or len(given) != count:
        return None
    shapes = []
    for tensor in given:
        if not isinstance(tensor, Tensor) or not tensor.shape or not all(tensor.shape):
            return None
        steps_first = len(tensor.shape) == 3 and tensor.shape[1] == 1 < tensor.shape[0]
        shapes.append(
            Assumed(tensor.shape, ("" if steps_first else "batch",) + ("",) * (len(tensor.shape) - 1), tensor.data_type)
        )
    return shapes or None
