# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pickle of PyTorch's holds, as plain records: nothing of the file's choosing is imported, made or called.

Records are compared by identity, so that they can be keys of dicts whatever they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STATE = "__state__"  # the attribute of a thing that has a state of its own making, which is no dict


@dataclass(eq=False, frozen=True)
class Name:
    """A class or a function, known by its name alone."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Thing:
    """An object of a class that is not built: what it was called with, its attributes, its items."""

    kind: Name
    args: tuple = ()
    state: dict = field(default_factory=dict, repr=False)
    items: dict | list | None = field(default=None, repr=False)


@dataclass(eq=False, frozen=True)
class Storage:
    """A run of numbers in the file, known by its key. `data_type` is 0 where the storage counts plain bytes."""

    key: str
    data_type: int
    count: int
    start: int = 0  # where a view of an older storage begins, in numbers


@dataclass(eq=False, frozen=True)
class Tensor:
    """A view of a storage; offset and strides in numbers."""

    storage: Storage
    data_type: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    scale: float | Tensor | Array | None = None  # of a quantised tensor, and where its zero lies
    zero_point: int | Tensor | Array | None = None
    axis: int = 0  # along which there is a scale for each place, where it is a tensor


@dataclass(eq=False, frozen=True)
class Sparse:
    """A tensor of which the file has some numbers and their places, in one of PyTorch's layouts: "sparse_csr"."""

    layout: str
    parts: tuple[Tensor, ...]  # indices and values, or both kinds of indices and values
    shape: tuple[int, ...]


@dataclass(eq=False)
class Array:
    """A NumPy array whose numbers stand in the pickle itself; `text` is NumPy's name of the type, "<f4"."""

    text: str = ""
    shape: tuple[int, ...] = ()
    columns_first: bool = False
    data: bytes | bytearray = field(default=b"", repr=False)


@dataclass(eq=False, frozen=True)
class Absent:
    """A tensor whose numbers cannot be shown: on the meta device, of a subclass of its own."""

    reason: str
