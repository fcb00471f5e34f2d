# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands beside layers: bars, class names, kernels."""

from __future__ import annotations

import bpy

from .entity import Entity, ObjectEntity
from .facts import COUNT, FLAG, GROUP, NUMBER, NUMBERS, TEXT, TEXTS, WHOLE, WHOLES, Fact


class BesideLayer(ObjectEntity):
    """What belongs to a layer. `layer` is that layer's name."""

    __slots__ = ()
    layer: Fact[str] = Fact(TEXT)


class InputPicture(ObjectEntity):
    """The input `layer` as a picture; `low` and `high` are the values that are black and white in it, both 0 where
    nothing ran. `away`: whether we have hidden it, as behind its evidence; `planes`: whether its channels stand
    apart, in their own colors. `before` is what the layer had before it was a picture, where it had cells."""

    __slots__ = ()
    KIND = "picture"
    layer: Fact[str] = Fact(TEXT)
    low: Fact[float] = Fact(NUMBER, 0.0)
    high: Fact[float] = Fact(NUMBER, 0.0)
    away: Fact[bool] = Fact(FLAG, False)
    planes: Fact[bool] = Fact(FLAG, False)
    before: Fact[dict] = Fact(GROUP, {})


class EvidenceRelief(BesideLayer):
    """A picture as cells that rise by what they count for an answer, in its place."""

    __slots__ = ()
    KIND = "evidence relief"


class EvidenceSheet(BesideLayer):
    """Grad-CAM, a face a cell, before the maps or the input of that layer."""

    __slots__ = ()
    KIND = "evidence sheet"


class Bars(BesideLayer):
    """The bars beside an output layer. `away`: whether we have hidden them, as beside a folded block."""

    __slots__ = ()
    KIND = "bars"
    away: Fact[bool] = Fact(FLAG, False)


class ClassName(BesideLayer):
    """The text at one bar. `index` is that of the class."""

    __slots__ = ()
    KIND = "class"
    index: Fact[int] = Fact(WHOLE)
    away: Fact[bool] = Fact(FLAG, False)


class Heading(BesideLayer):
    """A text on a plane of a layer, or with a `path` on the cover of that block: `part` is "title", "facts" or
    "tokens"."""

    __slots__ = ()
    KIND = "heading"
    path: Fact[str] = Fact(TEXT, "")
    part: Fact[str] = Fact(TEXT, "")
    away: Fact[bool] = Fact(FLAG, False)


class Kernels(BesideLayer):
    """The kernels of a first layer as pictures. `shape` is (units, channels, rows, columns)."""

    __slots__ = ()
    KIND = "kernels"
    shape: Fact[list[int]] = Fact(WHOLES)


class KernelsLabel(BesideLayer):
    """What stands above kernels: how many there are, and their range."""

    __slots__ = ()
    KIND = "kernels label"


class EvidenceBoard(Entity):
    """The scene in which several answers of a network, that with the uuid `network`, stand side by side."""

    __slots__ = ()
    KIND = "evidence board"
    TYPE = bpy.types.Scene
    network: Fact[str] = Fact(TEXT)


class Confusion(ObjectEntity):
    """The matrix of `classes` that a network takes for one another, `right` of `total` samples; or its words, which
    have no `classes`."""

    __slots__ = ()
    KIND = "confusion"
    right: Fact[int] = Fact(COUNT, 0)
    total: Fact[int] = Fact(COUNT, 0)
    classes: Fact[int] = Fact(WHOLE, 0)


class Plot(BesideLayer):
    """What two numbers place, at the layer that it is a child of: `shows` is "surface", what a network says of every
    point that it could read, "code", the samples by what `layer` gives; or a part of one, "points" or "words". `data`
    is the file of the samples, of which `count` of `total` are drawn, `low` and `high` the two numbers at the edges."""

    __slots__ = ()
    KIND = "plot"
    shows: Fact[str] = Fact(TEXT)
    data: Fact[str] = Fact(TEXT, "")
    count: Fact[int] = Fact(COUNT, 0)
    total: Fact[int] = Fact(COUNT, 0)
    low: Fact[list[float]] = Fact(NUMBERS, [-1.0, -1.0])
    high: Fact[list[float]] = Fact(NUMBERS, [1.0, 1.0])


class ProofChart(ObjectEntity):
    """The chart of how well a network does without units. `part` is "axes" (its parent is the root), or what stands on
    these: "line", "numbers"."""

    __slots__ = ()
    KIND = "proof"
    part: Fact[str] = Fact(TEXT)


class Histogram(BesideLayer):
    """How often numbers of a layer occur: `shows` is "values", "weights", "time" (weights at every checkpoint), or
    "words" for the texts of one. `counts` are those of bins of equal width from `low` to `high`, `zeros` and `total`
    those of all numbers."""

    __slots__ = ()
    KIND = "histogram"
    shows: Fact[str] = Fact(TEXT)
    counts: Fact[list[str]] = Fact(TEXTS, [])
    low: Fact[float] = Fact(NUMBER, 0.0)
    high: Fact[float] = Fact(NUMBER, 0.0)
    zeros: Fact[int] = Fact(COUNT, 0)
    total: Fact[int] = Fact(COUNT, 0)


class Opened(BesideLayer):
    """What one cell of a layer is made of: at first that of `cell` (unit, row, column). `extent` is how far it reaches
    in its own space, in metres: to the left, right, bottom and top."""

    __slots__ = ()
    KIND = "opened"
    cell: Fact[list[int]] = Fact(WHOLES)
    extent: Fact[list[float]] = Fact(NUMBERS, [])


class OpenedPart(BesideLayer):
    """A text beside an opened cell, the letters that its numbers are made of, or the table of what it may show; `part`
    is what it is."""

    __slots__ = ()
    KIND = "opened part"
    part: Fact[str] = Fact(TEXT, "")


class WindowMap(ObjectEntity):
    """A small map with a window over it, which belongs to no network."""

    __slots__ = ()
    KIND = "window map"


class WindowPart(ObjectEntity):
    """A text beside such a map, or the letters that its numbers are made of."""

    __slots__ = ()
    KIND = "window part"
