# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Darknet: a .cfg that lists layers, and .weights with their numbers in a row.

The format: src/parser.c of Darknet (pjreddie, AlexeyAB). Weights lie in the order of the layers: biases, then scales,
means and variances of the normalisation, then kernels (out, in, rows, columns).
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path

from onnx import TensorProto

from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.stored import Stored
from . import darknet_maps
from .checkpoint import Checkpoint
from .named_layers import Layers, Unwritable

FORMAT = "darknet"
LARGEST = 1 << 22  # bytes of a .cfg
MOST_LAYERS, MOST_SIZE = 1 << 14, 1 << 24
EPSILON = 1e-6
WEIGHTED = ("convolutional", "connected", "batchnorm")
NORMS = ("scales", "rolling_mean", "rolling_variance")


def read(path: Path) -> Checkpoint:
    """Open a .cfg or .weights, with the other of the same name beside it. Raises `CheckpointError`."""
    is_text = _is_text(path)
    other = path.with_suffix(".weights" if is_text else ".cfg")
    if not other.is_file() and is_text:
        other = path.with_suffix(".conv.weights")
    if not other.is_file() and not is_text:
        advice = f"put {brief(path.with_suffix('.cfg').name)} beside it"
        raise CheckpointError(path, "weights of Darknet without their network", advice)
    settings, weights = (path, other if other.is_file() else None) if is_text else (other, path)
    sections = parse(settings)
    return _Network(path, weights, sections).checkpoint()


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" not in file.read(256)


def parse(path: Path) -> list[tuple[str, dict[str, str]]]:
    """The sections of a .cfg: what each is, and its settings. Raises `CheckpointError`."""
    if path.stat().st_size > LARGEST:
        raise CheckpointError(path, f"a .cfg of {path.stat().st_size:,} bytes", "refused for safety")
    sections: list[tuple[str, dict[str, str]]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        text = line.partition("#")[0].strip()
        if not text or text.startswith(";"):
            continue
        if text.startswith("["):
            sections.append((text.strip("[] ").lower(), {}))
        elif sections and "=" in text:
            key, _, value = text.partition("=")
            sections[-1][1][key.strip()] = value.strip()
        else:
            raise CheckpointError(path, f"a line that is no setting ({brief(text, 40)})", "is this a .cfg of Darknet?")
    if not sections or sections[0][0] not in ("net", "network"):
        raise CheckpointError(path, "a .cfg that does not begin with [net]", "is this a .cfg of Darknet?")
    if len(sections) > MOST_LAYERS:
        raise CheckpointError(path, f"a network of {len(sections):,} layers", "refused for safety")
    return sections


class _Network:
    def __init__(self, path: Path, weights: Path | None, sections):
        self.path, self.weights = path, weights
        self.net, self.sections = sections[0][1], sections[1:]
        self.at = self.length = 0
        if weights is not None:
            self.length = weights.stat().st_size
            with weights.open("rb") as file:
                head = file.read(20)
            if len(head) < 16:
                raise CheckpointError(path, "weights of Darknet that are cut short", "fetch them again")
            major, minor, _ = struct.unpack_from("<iii", head)
            self.at = 20 if major * 10 + minor >= 2 and major < 1000 and minor < 1000 else 16
        self.made = Layers(path)
        self.tensors: list[str] = []
        self.heads: dict[str, str] = {}
        self.held: list[Stored] = []

    def checkpoint(self) -> Checkpoint:
        height, width, channels = (self.size(self.net, key, 0) for key in ("height", "width", "channels"))
        shape = (
            [None, channels or 3, height or None, width or None] if height else [None, self.size(self.net, "inputs", 0)]
        )
        self.x = self.made.input("image" if height else "input", shape)
        counts: dict[str, int] = {}
        for index, (kind, settings) in enumerate(self.sections):
            name = f"{kind}_{index}"
            counts[kind] = counts.get(kind, 0) + 1
            write = getattr(self, f"_{kind}", None)
            self.name = name
            written = None if write is None else (lambda write=write, settings=settings: write(settings))
            blank = self.weights is None and kind in WEIGHTED
            (self.x,) = self.made.layer(name, kind, written, [self.x], blank=blank)
            self.tensors.append(self.x)
            if kind in ("yolo", "region", "detection"):
                self.heads[name] = self.x
        if self.weights is None:
            note = [f"a network without its weights: put {brief(self.path.with_suffix('.weights').name)} beside it"]
        elif self.at < self.length:
            left = self.length - self.at
            note = [f"{left:,} bytes of weights behind those of the layers are not read"]
        else:
            note = []
        outputs = self.heads or ({self.name: self.x} if self.tensors else {})
        return self.made.checkpoint(outputs, FORMAT, "Darknet", note, self.held)

    def size(self, settings, key, default) -> int:
        text = settings.get(key)
        if text is None:
            return default
        try:
            number = int(float(text))
        except (ValueError, OverflowError) as error:
            raise CheckpointError(self.path, f"{key} of its .cfg is no number ({brief(text, 20)})") from error
        if not -MOST_SIZE <= number <= MOST_SIZE:
            raise CheckpointError(self.path, f"{key} of its .cfg is {number:,}", "refused for safety")
        return number

    def stored(self, name: str, *shape: int) -> str:
        """The next weights of the row. Raises `CheckpointError` where it ends."""
        if self.weights is None:
            return self.made.blank(f"{self.name}/{name}", shape)
        end = self.at + 4 * prod(shape)
        if end > self.length:
            raise CheckpointError(
                self.path,
                f"the weights of {self.name} need bytes {self.at:,} to {end:,} of {self.length:,}",
                "are they those of this .cfg? Or fetch them again",
            )
        stored = Stored(f"{self.name}/{name}", tuple(shape), TensorProto.FLOAT, self.weights.name, self.at)
        self.at = end
        self.held.append(stored)
        return self.made.weight(stored)

    # layers

    def _convolutional(self, settings) -> str:
        made, x = self.made, self.x
        filters, size = self.size(settings, "filters", 1), self.size(settings, "size", 1)
        stride, groups = self.size(settings, "stride", 1), self.size(settings, "groups", 1)
        gap = max(1, self.size(settings, "dilation", 1))
        padding = size // 2 * gap if self.size(settings, "pad", 0) else self.size(settings, "padding", 0)
        channels = made.channels(x)
        if min(filters, size, stride, groups) < 1 or channels % groups:
            raise CheckpointError(self.path, f"{self.name} has settings that cannot be")
        normalised = bool(self.size(settings, "batch_normalize", 0))
        bias = self.stored("biases", filters)
        norms = [self.stored(name, filters) for name in NORMS] if normalised else []
        kernel = self.stored("weights", filters, channels // groups, size, size)
        y = made.node(
            "Conv",
            x,
            kernel,
            *([] if normalised else [bias]),
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[padding] * 4,
            group=groups,
            dilations=[gap, gap] if gap > 1 else None,
        )
        if normalised:
            y = made.node("BatchNormalization", y, norms[0], bias, norms[1], norms[2], epsilon=EPSILON)
        return self._activated(y, settings.get("activation", "logistic"))

    def _connected(self, settings) -> str:
        made = self.made
        outputs = self.size(settings, "output", 1)
        x = made.node("Flatten", self.x)
        inputs = made.channels(x)
        bias = self.stored("biases", outputs)
        kernel = self.stored("weights", outputs, inputs)
        normalised = bool(self.size(settings, "batch_normalize", 0))
        norms = [self.stored(name, outputs) for name in NORMS] if normalised else []
        y = made.node("Gemm", x, kernel, *([] if normalised else [bias]), transB=1)
        if normalised:
            y = made.node("BatchNormalization", y, norms[0], bias, norms[1], norms[2], epsilon=EPSILON)
        return self._activated(y, settings.get("activation", "logistic"))

    def _batchnorm(self, settings) -> str:
        channels = self.made.channels(self.x)
        bias, *norms = (self.stored(name, channels) for name in ("biases", *NORMS))
        return self.made.node("BatchNormalization", self.x, norms[0], bias, norms[1], norms[2], epsilon=EPSILON)

    def _activated(self, y: str, kind: str) -> str:
        made = self.made
        if kind == "linear":
            return y
        if kind == "leaky":
            return made.node("LeakyRelu", y, alpha=0.1)
        if kind == "swish":
            return made.node("Mul", y, made.node("Sigmoid", y))
        if kind == "relu6":
            return made.node("Clip", y, made.number(0), made.number(6))
        plain = {"relu": "Relu", "logistic": "Sigmoid", "tanh": "Tanh", "mish": "Mish", "elu": "Elu", "selu": "Selu"}
        if kind not in plain:
            raise Unwritable(f"the activation {kind}"[:60])
        return made.node(plain[kind], y)

    def _activation(self, settings) -> str:
        return self._activated(self.x, settings.get("activation", "linear"))

    def _maxpool(self, settings) -> str:
        stride = self.size(settings, "stride", 1)
        size = self.size(settings, "size", stride)
        padding = self.size(settings, "padding", size - 1)
        begin = padding // 2
        pads = [begin, begin, padding - begin, padding - begin]
        if min(stride, size) < 1 or padding < 0:
            raise CheckpointError(self.path, f"{self.name} has settings that cannot be")
        return self.made.node("MaxPool", self.x, kernel_shape=[size, size], strides=[stride, stride], pads=pads)

    def _avgpool(self, settings) -> str:
        return self.made.node("GlobalAveragePool", self.x)

    def _softmax(self, settings) -> str:
        return self.made.node("Softmax", self.made.node("Flatten", self.x), axis=1)

    def _dropout(self, settings) -> str:
        return self.x

    _cost = _dropout

    def _before(self, text: str) -> str:
        """The tensor of a layer that is named by its number, from the beginning or (negative) from here."""
        number = int(text)
        index = number if number >= 0 else len(self.tensors) + number
        if not 0 <= index < len(self.tensors):
            raise CheckpointError(self.path, f"{self.name} reads layer {number:,}, which is not before it")
        return self.tensors[index]

    def _route(self, settings) -> str:
        read = [self._before(text) for text in settings["layers"].split(",") if text.strip()]
        groups, group = self.size(settings, "groups", 1), self.size(settings, "group_id", 0)
        if groups > 1:
            parts = []
            for tensor in read:
                width = self.made.channels(tensor) // groups
                ends = [[group * width], [(group + 1) * width], [1]]
                parts.append(self.made.node("Slice", tensor, *map(self.made.constant, ends)))
            read = parts
        return read[0] if len(read) == 1 else self.made.node("Concat", *read, axis=1)

    def _shortcut(self, settings) -> str:
        read = [self._before(text) for text in settings["from"].split(",") if text.strip()]
        y = self.x
        for tensor in read:
            y = self.made.node("Add", y, darknet_maps.fitted(self.made, tensor, self.x))
        return self._activated(y, settings.get("activation", "linear"))

    def _scale_channels(self, settings) -> str:
        y = self.made.node("Mul", self._before(settings["from"]), self.x)
        return self._activated(y, settings.get("activation", "linear"))

    def _upsample(self, settings) -> str:
        stride = float(self.size(settings, "stride", 2))
        scales = self.made.number([1, 1, stride, stride])
        return self.made.node(
            "Resize",
            self.x,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def _reorg(self, settings) -> str:
        if self.size(settings, "reverse", 0) or self.size(settings, "flatten", 0) or self.size(settings, "extra", 0):
            raise Unwritable("another order")
        return darknet_maps.reorganise(self.made, self.x, self.size(settings, "stride", 1))

    def _crop(self, settings) -> str:
        rows, columns = (self.size(settings, f"crop_{side}", 1) for side in ("height", "width"))
        return darknet_maps.crop(self.made, self.x, rows, columns, not self.size(settings, "noadjust", 0))

    def _region(self, settings) -> str:
        if self.size(settings, "background", 0) or "tree" in settings:
            raise Unwritable("classes in a tree")
        boxes, classes = self.size(settings, "num", 1), self.size(settings, "classes", 20)
        softmax = bool(self.size(settings, "softmax", 0))
        return darknet_maps.region(self.made, self.x, boxes, classes, self.size(settings, "coords", 4), softmax)

    def _detection(self, settings) -> str:
        if not self.size(settings, "softmax", 0):
            return self.x
        cells, classes = self.size(settings, "side", 7), self.size(settings, "classes", 1)
        return darknet_maps.classes_of_grid(self.made, self.x, cells, classes)

    def _yolo(self, settings) -> str:
        """Of each box the centre, the score and the classes are squeezed between 0 and 1; its size is left as it is."""
        made = self.made
        classes = self.size(settings, "classes", 20)
        boxes = len([text for text in settings.get("mask", "").split(",") if text.strip()]) or self.size(
            settings, "num", 1
        )
        channels, rows, columns = made.shape(self.x)[1:]
        if channels != boxes * (classes + 5) or rows is None or columns is None:
            raise Unwritable("boxes that do not fit the maps")
        x = made.node("Reshape", self.x, made.constant([-1, boxes, classes + 5, rows, columns]))
        centre, size, rest = made.node("Split", x, made.constant([2, 2, classes + 1]), outputs=3, axis=2)
        y = made.node("Concat", made.node("Sigmoid", centre), size, made.node("Sigmoid", rest), axis=2)
        return made.node("Reshape", y, made.constant([-1, channels, rows, columns]))
