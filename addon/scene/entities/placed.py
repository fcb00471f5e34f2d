# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers and blocks: what the arrangement places and what labels name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import bpy

from ...network.drawn import ONE, PLANES
from .entity import Entity, WithSockets
from .facts import BOX, COUNT, FLAG, GROUP, KNOWN_COUNT, NUMBER, NUMBERS, PLACE, TEXT, TEXTS, WHOLE, WHOLES, Fact

if TYPE_CHECKING:
    from .bundle import Bundle


CUT = 58  # bytes: Blender may have cut a name of so many, or more where the number needs room


class Placed(WithSockets):
    """What the arrangement has put where it stands, in the space of its parent. `label` are the texts of its label by
    part, `base` what of the notes stays however many lines are shown; `level` is how far down it stands in a U, and
    `apart` what of its width is free before it, 0 where its row decides."""

    __slots__ = ()
    placed: Fact[tuple[float, float, float] | None] = Fact(PLACE, None)
    pinned: Fact[bool] = Fact(FLAG, False)
    row: Fact[int] = Fact(WHOLE, 0)
    level: Fact[int] = Fact(WHOLE, 0)
    order: Fact[int] = Fact(WHOLE, 0)
    apart: Fact[float] = Fact(NUMBER, 0.0)
    parameters: Fact[int] = Fact(COUNT)
    label: Fact[dict[str, str]] = Fact(GROUP, {})
    base: Fact[str] = Fact(TEXT, "")

    @property
    def named(self) -> str:
        """By what labels and exports know it: the name of a layer, the path of a block."""
        raise NotImplementedError

    def outward(self) -> Iterator[BlockBox]:
        """The blocks round it, the innermost first."""
        parent = self.obj.parent
        while (box := BlockBox.of(parent)) is not None:
            yield box
            parent = parent.parent


class LayerObject(Placed):
    """The object of a layer. `name` is the layer's own, whatever the object is called; `grid` and `strides` are those
    of its cells; `title` is the name that somebody gave it, "" for none, `base_name` what its label says without one;
    `size` is its room in metres and `axes` (9 numbers, row by row) the axes of the arrangement; `detail` is what of it
    is drawn ("box", "maps", "cells", "sheet", "cover") and `wish` what somebody asked for: "detail", "cells", "lines".
    `tensors` are what its parts give, `looked` that of them which is shown, "" where it shows what it gives. `open`:
    nobody knows what it reads; `upstream` is where that would come from, in the network's space."""

    __slots__ = ()
    KIND = "layer"
    name: Fact[str] = Fact(TEXT, key="layer")
    title: Fact[str] = Fact(TEXT, "")
    base_name: Fact[str] = Fact(TEXT, "")
    op: Fact[str] = Fact(TEXT)
    parts: Fact[list[str]] = Fact(TEXTS, [])
    sources: Fact[list[str]] = Fact(TEXTS, [], key="inputs")
    block: Fact[str] = Fact(TEXT, "")
    shape: Fact[list[int]] = Fact(WHOLES, [])
    multiply_adds: Fact[int | None] = Fact(KNOWN_COUNT, None)
    nodes: Fact[int | None] = Fact(WHOLE, None)
    tensor: Fact[str] = Fact(TEXT, "")
    grid: Fact[list[int]] = Fact(WHOLES)
    strides: Fact[list[int]] = Fact(WHOLES)
    statistics: Fact[dict] = Fact(GROUP, {})
    detail: Fact[str] = Fact(TEXT, "")
    wish: Fact[dict] = Fact(GROUP, {})
    size: Fact[tuple[float, float, float]] = Fact(PLACE)
    turn: Fact[float] = Fact(NUMBER)
    open: Fact[bool] = Fact(FLAG, False)
    upstream: Fact[tuple[float, float, float] | None] = Fact(PLACE, None)
    axes: Fact[list[float]] = Fact(NUMBERS)
    backwards: Fact[bool] = Fact(FLAG, False)
    value_is: Fact[str] = Fact(TEXT, "none")
    by_hand: Fact[bool] = Fact(FLAG, False)
    looked: Fact[str] = Fact(TEXT, "")
    tensors: Fact[list[str]] = Fact(TEXTS, [])

    @property
    def named(self) -> str:
        return self.name

    @property
    def called(self) -> str:
        """What a person calls it: the name of its object, without the number that Blender adds where one is taken, and
        whole where Blender has cut it down."""
        name = self.name
        base, _, number = self.obj.name.rpartition(".")
        called = base if base and number.isdigit() and self.obj.name != name and _begins(name, base) else self.obj.name
        return name if len(called.encode()) >= CUT and _begins(name, called) else called

    @property
    def renamed(self) -> str:
        """The name that somebody gave its object, "" if it has its own."""
        return "" if self.called == self.name else self.called

    @property
    def has_one_cell(self) -> bool:
        """Whether one cell stands for the whole layer: a box, or one that nobody sees where the layer is a plane."""
        return self.detail in ONE

    @property
    def is_plane(self) -> bool:
        """Whether it stands as a sheet or a cover, which are books of their own."""
        return self.detail in PLANES

    @property
    def wished_detail(self) -> str:
        """The detail that somebody asked for, "" where the network's settings decide."""
        return self.wish.get("detail", "")

    def incoming(self) -> list[Bundle]:
        """The bundles of its network that enter it."""
        return self._bundles("target")

    def outgoing(self) -> list[Bundle]:
        """The bundles of its network that leave it."""
        return self._bundles("source")

    def _bundles(self, end):
        from .network import NetworkScene, network_of  # here: that knows all kinds

        network = network_of(self.obj)
        name = self.name
        return [bundle for bundle in NetworkScene(network).bundles() if getattr(bundle, end) == name] if network else []

    def put_away(self) -> GoneLayer:
        """Let it be a layer that a newer checkpoint has not."""
        self.facts["kind"] = GoneLayer.KIND
        return GoneLayer(self.id_data)


class GoneLayer(LayerObject):
    """A layer that a newer checkpoint has not; it is hidden, with what somebody has put into it."""

    __slots__ = ()
    KIND = "gone"

    def come_back(self) -> LayerObject:
        """Let it be a layer again."""
        self.facts["kind"] = LayerObject.KIND
        return LayerObject(self.id_data)


class LayerCopy(LayerObject):
    """A duplicate of a layer, which is no layer of its network: nothing that happens to that happens to it. `way` is
    "snapshot", with numbers of its own that stay, or "follower", which has the data of the layer and so its numbers;
    `shows` is the input whose numbers a snapshot has."""

    __slots__ = ()
    KIND = "copy"
    way: Fact[str] = Fact(TEXT, "snapshot")
    shows: Fact[str] = Fact(TEXT, "")


class BlockBox(Placed):
    """The object of a block: its trays, and the box that it folds to. `parent` is the path of the block round it, ""
    of an outermost one, and `tray` the place and size of its first tray; `tint` is the colour that a style gave it.
    A block that is not `built` has no objects inside and stays closed; `reads` are the layers outside that it reads,
    and `first` is the place of its first layer among all. A `stage` is one that we put together."""

    __slots__ = ()
    KIND = "block"
    path: Fact[str] = Fact(TEXT)
    name: Fact[str] = Fact(TEXT)
    parent: Fact[str] = Fact(TEXT, "")
    layers: Fact[list[str]] = Fact(TEXTS, [])
    repeat: Fact[int] = Fact(WHOLE, 1)
    signature: Fact[int] = Fact(WHOLE)
    inferred: Fact[bool] = Fact(FLAG, False)
    stage: Fact[bool] = Fact(FLAG, False)
    built: Fact[bool] = Fact(FLAG, True)
    reads: Fact[list[str]] = Fact(TEXTS, [])
    first: Fact[int] = Fact(WHOLE, 0)
    tray: Fact[tuple] = Fact(BOX)
    tint: Fact[list[float] | None] = Fact(NUMBERS, None)

    @property
    def named(self) -> str:
        return self.path

    @property
    def folded(self) -> bool:
        """Whether it is closed by more than half, or has nothing inside."""
        return not self.built or self.inputs["Fold"] > 0.5

    @property
    def collection(self) -> BlockCollection | None:
        """The collection of the block."""
        return next(filter(None, map(BlockCollection.of, self.obj.users_collection)), None)


class BlockCollection(Entity):
    """The collection of a block."""

    __slots__ = ()
    KIND = "block"
    TYPE = bpy.types.Collection
    path: Fact[str] = Fact(TEXT)


def _begins(name: str, part: str) -> bool:
    """Whether a name is this, or was cut down to it."""
    return name == part or len(part.encode()) >= CUT - 4 and name.startswith(part)


def layer_or_block(obj: bpy.types.Object | None) -> LayerObject | BlockBox | None:
    """The layer or the block that an object is, None of others."""
    return LayerObject.of(obj) or BlockBox.of(obj)
