# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ONNX graph written layer by layer, for formats of named layers over maps (batch, channels, rows, columns)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..containers import stopping
from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.stored import Stored
from .checkpoint import Checkpoint
from .tensorflow.graph import CONTRADICTIONS, Shape, TensorGraph, Unwritable, Value

__all__ = ["Layers", "Shape", "Unwritable"]


class Layers:
    """Writes layers one after the other; tensors go by their names in the graph."""

    def __init__(self, path: Path, name: str = "model", named: bool = True):
        """`named`: what is listed are layers as people call them, and not operators with scopes in their names."""
        self.path, self.named = path, named
        self.graph = TensorGraph(name)
        self.name = ""
        self.unknown: Counter[str] = Counter()

    def input(self, name: str, shape: Sequence[int | None], data_type: int = 1) -> str:
        """An input of the model; None for a size that stays open."""
        return self.graph.input(name, shape, data_type).name

    def layer(
        self,
        name: str,
        kind: str,
        write: Callable[[], str | list[str]] | None,
        inputs: Sequence[str],
        count: int = 1,
        shapes: Sequence[Shape | None] = (),
        blank: bool = False,
    ) -> list[str]:
        """What a layer gives: as `write` writes it, else as an opaque node of so many outputs, or of these shapes.

        `blank`: its weights are in no file, so that what `write` writes tells only the shapes of an opaque node.
        """
        stopping.check()
        self.name = name
        self.graph.layer = name if self.named else ""
        mark = self.graph.mark()
        made: str | list[str] | None = None
        if write is not None:
            try:
                made = write()
            except (Unwritable, *CONTRADICTIONS):
                self.graph.undo(mark)
        if made is not None and blank:
            shapes = [self.graph.shapes.get(name) for name in ([made] if isinstance(made, str) else made)]
            self.graph.undo(mark)
            made = None
        if made is None:
            self.unknown.update([] if blank else [kind])
            made = self.graph.opaque(kind, list(inputs), name, shapes or [None] * count)
        outputs = [made] if isinstance(made, str) else made
        if outputs:
            outputs[0] = self.graph.called(Value(outputs[0]), name, mark).name
        return outputs

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        """A node of this layer; its output, or the list of them."""
        return self.graph.node(op, inputs, self.name, outputs, **attributes)

    def constant(self, value, dtype=np.int64) -> str:
        """A small constant of the settings."""
        if np.size(value) > 1 << 20:
            raise Unwritable("its settings ask for a large table")
        return self.graph.constant(value, dtype, f"{self.name}/constant")

    def number(self, value) -> str:
        """A float32 constant."""
        return self.constant(value, np.float32)

    def weight(self, stored: Stored) -> str:
        """The tensor of a stored weight."""
        return self.graph.weight(stored)

    def blank(self, name: str, shape: Sequence[int]) -> str:
        """A tensor that stands for a weight which no file has, until the shapes are known that follow from it."""
        return self.graph.weight(Stored(name, tuple(shape), 1, read=lambda: np.zeros(shape, np.float32)))

    def shape(self, name: str) -> Shape:
        """The shape of a tensor. Raises `Unwritable`."""
        return self.graph.shape(name)

    def channels(self, name: str) -> int:
        """How many channels a tensor has. Raises `Unwritable` where that is open."""
        count = self.graph.shape(name)[1]
        if count is None:
            raise Unwritable("an open number of channels")
        return count

    def along_channels(self, row: str, like: str) -> str:
        """A number for each channel, so that it can be added to or multiplied with maps."""
        return self.node("Reshape", row, self.constant([1, -1] + [1] * (len(self.shape(like)) - 2)))

    def checkpoint(
        self,
        outputs: dict[str, str],
        format: str,
        producer: str = "",
        notes: Sequence[str] = (),
        held: Sequence[Stored] = (),
    ) -> Checkpoint:
        """The whole; `outputs` are tensors by the names under which they are given. Raises `CheckpointError`."""
        if not outputs:
            raise CheckpointError(self.path, "a network in which nothing leads to an output", "is this the whole file?")
        for name, tensor in outputs.items():
            self.graph.output(Value(tensor), name)
        self.graph.sweep()
        said = [
            f"'{brief(kind)}' ({count} times) is shown as it is named: what it computes is not known here"
            for kind, count in sorted(self.unknown.items())
        ]
        unread = self.graph.writer.unread(held)
        if unread:
            said.append(f"weights that no layer reads: {', '.join(brief(stored.name) for stored in unread[:4])}")
        made = self.graph.writer.checkpoint(self.path, format, "graph", producer, [*notes, *said])
        made.unread = sum(int(np.prod(stored.shape)) for stored in unread)
        return made
