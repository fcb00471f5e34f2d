# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts: labels, titles, the caption, and what texts are made of."""

from __future__ import annotations

import bpy

from .entity import Entity, ObjectEntity, WithSockets
from .facts import FLAG, NUMBER, TEXT, WHOLE, Fact


class Label(ObjectEntity):
    """A text of a label. `part` is which ("name", "shape", "evidence", "notes"); `owner` the name of a layer or the
    path of a block, and `of` which of these it is."""

    __slots__ = ()
    KIND = "label"
    part: Fact[str] = Fact(TEXT)
    owner: Fact[str] = Fact(TEXT)
    of_kind: Fact[str] = Fact(TEXT, key="of")


class Leader(Label):
    """The line from a label in a row to what it names; `part` is "leader"."""

    __slots__ = ()
    KIND = "leader"


class Annotation(WithSockets):
    """A reading that was pinned: a text with a leader to what it reads. `layer` is the name of the layer, of a line
    that of its target; `unit`, `row` and `column` tell the cell, of a line `source`, `start` and `end` its two cells by
    their place in the tensors: so it is found again when others are drawn."""

    __slots__ = ()
    KIND = "annotation"
    TYPE = bpy.types.Object
    layer: Fact[str] = Fact(TEXT, "")
    source: Fact[str] = Fact(TEXT, "")
    unit: Fact[int] = Fact(WHOLE, 0)
    row: Fact[int] = Fact(WHOLE, 0)
    column: Fact[int] = Fact(WHOLE, 0)
    start: Fact[int] = Fact(WHOLE, -1)
    end: Fact[int] = Fact(WHOLE, -1)


class Note(ObjectEntity):
    """A text that a person has put beside a layer, of that name; what it says is theirs."""

    __slots__ = ()
    KIND = "note"
    layer: Fact[str] = Fact(TEXT, "")


class Title(ObjectEntity):
    """The name of one of the networks that are compared; `said` is what we wrote."""

    __slots__ = ()
    KIND = "title"
    said: Fact[str] = Fact(TEXT, "")


class CaptionPart(ObjectEntity):
    """The empty that holds the caption, or a text or legend in it. `role` is what a part says, "" of the holder; `x`
    and `y` are its place in frame heights, from the edge on its `side`; of the holder, `form` is the caption's.
    `before` is what a text said before it spoke of evidence, `away` whether we have hidden a part meanwhile."""

    __slots__ = ()
    KIND = "caption"
    role: Fact[str] = Fact(TEXT, "")
    side: Fact[str] = Fact(TEXT, "right")
    form: Fact[str] = Fact(TEXT, "strip")
    x: Fact[float] = Fact(NUMBER, 0.0)
    y: Fact[float] = Fact(NUMBER, 0.0)
    before: Fact[str] = Fact(TEXT, "")
    away: Fact[bool] = Fact(FLAG, False)


class Scrim(ObjectEntity):
    """What the caption stands on where the network may come behind it."""

    __slots__ = ()
    KIND = "scrim"


class RangesMesh(ObjectEntity):
    """What knows the ranges of all that is drawn; nobody sees it."""

    __slots__ = ()
    KIND = "ranges"


class TextCurve(Entity):
    """The data of a text. `body` is what it was given, before scripts were put in the order in which they are seen."""

    __slots__ = ()
    KIND = "text"
    TYPE = bpy.types.Curve
    body: Fact[str] = Fact(TEXT, "")


class Font(Entity):
    """The font of our texts."""

    __slots__ = ()
    KIND = "font"
    TYPE = bpy.types.VectorFont
