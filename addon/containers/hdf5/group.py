# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups of an HDF5 file as plain data, whoever has read them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from onnx import TensorProto

from ..stored import Stored

FILE = 1 << 48  # by which addresses in the next of several files are greater
# The attributes of Keras; lists that are too long for one are written in parts, "weight_names0" and so on.
WANTED = re.compile(r"keras_version|backend|model_config|name|dtype|(layer_names|weight_names)\d*")
SMALL_FLOATS = {
    "bfloat16": TensorProto.BFLOAT16,
    "float8_e4m3fn": TensorProto.FLOAT8E4M3FN,
    "float8_e5m2": TensorProto.FLOAT8E5M2,
}


@dataclass
class Group:
    """A group of an HDF5 file. `address` grows with the order in which groups were written."""

    path: str
    address: int = 0
    attributes: dict[str, str | list[str]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    tensors: dict[str, Stored] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        """An attribute that is a list of texts, put together from its parts."""
        parts = [self.attributes.get(name, [])]
        while (part := self.attributes.get(f"{name}{len(parts) - 1}")) is not None:
            parts.append(part)
        return [text for part in parts for text in ([part] if isinstance(part, str) else part)]

    def tensor(self, path: str) -> Stored | None:
        """A dataset below this group by its path."""
        *groups, name = path.split("/")
        holder: Group | None = self
        for group in groups:
            holder = holder and holder.groups.get(group)
        return holder.tensors.get(name) if holder else None

    def merge(self, other: Group, place: int) -> None:
        """Add what a group of the same name holds in a later file, the `place`-th."""
        self.tensors |= other.tensors
        for name, group in other.groups.items():
            mine = self.groups.setdefault(name, Group(group.path, group.address + place * FILE, group.attributes))
            mine.merge(group, place)

    def all(self) -> list[Stored]:
        """Every dataset in this group and below."""
        return [*self.tensors.values(), *(tensor for group in self.groups.values() for tensor in group.all())]
