# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layer a node is of, by its name: scopes of TensorFlow, and the names that Keras gave its layers.

Keras calls a model inside a scope of its own, at times a second time with numbers behind all names
("mnist_cnn_1/conv1_1/convolution"): the scope that all share is left away, and so is a number that all have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

INSIDE = ("batchnorm", "Tensordot", "moments", "cond", "convolution", "kernel", "bias")  # scopes inside of layers
NUMBER = re.compile(r"_\d+$")


class LayerNames:
    """Tells the layer of a node; `weighted` are the names of nodes that apply weights."""

    def __init__(self, weighted: Iterable[str]):
        scopes = [scope for name in weighted if (scope := tuple(name.split("/")[:-1]))]
        self.root: tuple[str, ...] = ()
        while scopes and all(len(scope) > len(self.root) + 1 for scope in scopes):
            part = scopes[0][len(self.root)]
            if any(scope[len(self.root)] != part for scope in scopes):
                break
            self.root += (part,)
        if len(set(scopes)) < 2:
            self.root = self.root[:1] if self.root and scopes and len(scopes[0]) > 1 else ()
        firsts = {scope[len(self.root)] for scope in scopes if len(scope) > len(self.root)}
        ends = {end[0] if (end := NUMBER.search(first)) else "" for first in firsts}
        self.suffix = next(iter(ends)) if len(ends) == 1 and len(firsts) > 1 else ""

    def of(self, name: str) -> str:
        """The path of the layer that a node is of: its scope, for one outside of scopes its own name."""
        parts = tuple(part for part in name.split("/") if part)
        if parts[: len(self.root)] == self.root and len(parts) > len(self.root):
            parts = parts[len(self.root) :]
        scope = parts[:-1] or parts
        while len(scope) > 1 and any(NUMBER.sub("", scope[-1]) == inside for inside in INSIDE):
            scope = scope[:-1]
        if self.suffix and scope and scope[0].endswith(self.suffix):
            scope = (scope[0].removesuffix(self.suffix), *scope[1:])
        return "/".join(scope)
