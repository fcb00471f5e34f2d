# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network in a scene, and the way from it to all that is in it and from that back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import bpy

from ...containers import CheckpointError
from . import marks
from .bundle import Bundle
from .entity import Entity, ObjectEntity, WithSockets
from .facts import COUNT, GROUP, NUMBER, TEXT, TEXTS, WHOLE, Fact
from .placed import BlockBox, LayerObject

Member = TypeVar("Member", bound=ObjectEntity)


class Root(WithSockets):
    """The object with the sliders of a whole network."""

    __slots__ = ()
    KIND = "root"


class NetworkScene(Entity):
    """A network as it stands in a scene: its collection.

    `source` is the path of its file, of which `stat`, `sha256`, `format`, `producer`, `structure` and `notes` tell;
    `architecture` the file that says how its weights are joined, `part` the model that was chosen in a file of several
    (`parts`) and `shown` the one that it is. `settings` is what it was drawn with, `sizes` those of its open
    dimensions, `layer_count` how many layers it has, drawn or not, but for inputs, `materials` its own by role,
    `weight_range` the weight in full colour. `input`, `input_note` and `input_path` tell what ran, `not_finite` and
    `changes` what the sidebar says; `style` is the last one, `series` says as JSON of which steps its series are (see
    `scene.series.known`), `run` as JSON what the last run gave of each layer (see `scene.storyboard.run_facts`),
    `storyboard` as JSON what its film shows (see `scene.storyboard.beats`), `own_look` the look before a shot asked for
    a style, and `beside` the uuid of the network that it is compared with, as the `beside_place`th. `class_names`,
    `scaling` (JSON, see `building.choices`) and `labels` (a file that says what is right for samples) were chosen by
    somebody; `evidence` says as JSON of which answer it shows the evidence (see `scene.explaining.known`), `proof` in
    which order its units go and how well it does without them (see `scene.editing.proof`). A composed network is
    written as `specification`; one that cannot be built is its `draft`, and `problem` the layer of that and why.
    `frozen` are layers that a training leaves as they are.
    """

    __slots__ = ()
    KIND = "network"
    TYPE = bpy.types.Collection
    uuid: Fact[str] = Fact(TEXT)
    source: Fact[str] = Fact(TEXT)
    stat: Fact[str] = Fact(TEXT)
    sha256: Fact[str] = Fact(TEXT, "")
    format: Fact[str] = Fact(TEXT)
    producer: Fact[str] = Fact(TEXT, "")
    structure: Fact[str] = Fact(TEXT, "")
    architecture: Fact[str] = Fact(TEXT, "")
    notes: Fact[list[str]] = Fact(TEXTS, [])
    part: Fact[str] = Fact(TEXT, "")
    shown: Fact[str] = Fact(TEXT, "")
    parts: Fact[list[str]] = Fact(TEXTS, [])
    parameters: Fact[int] = Fact(COUNT)
    layer_count: Fact[int] = Fact(WHOLE, 0)
    samples: Fact[int] = Fact(WHOLE, 1)
    sizes: Fact[dict[str, int]] = Fact(GROUP, {})
    settings: Fact[dict] = Fact(GROUP)
    series: Fact[str] = Fact(TEXT, "")
    materials: Fact[dict[str, bpy.types.Material]] = Fact(GROUP, {})
    weight_range: Fact[float] = Fact(NUMBER)
    input: Fact[str] = Fact(TEXT, "")
    input_note: Fact[str] = Fact(TEXT, "")
    input_path: Fact[str] = Fact(TEXT, "")
    not_finite: Fact[str] = Fact(TEXT, "")
    changes: Fact[list[str]] = Fact(TEXTS, [])
    style: Fact[str] = Fact(TEXT, "")
    run: Fact[str] = Fact(TEXT, "")
    storyboard: Fact[str] = Fact(TEXT, "")
    own_look: Fact[str] = Fact(TEXT, "")
    beside: Fact[str] = Fact(TEXT, "")
    beside_place: Fact[int] = Fact(WHOLE, 0)
    class_names: Fact[list[str]] = Fact(TEXTS, [])
    scaling: Fact[str] = Fact(TEXT, "")
    labels: Fact[str] = Fact(TEXT, "")
    evidence: Fact[str] = Fact(TEXT, "")
    proof: Fact[str] = Fact(TEXT, "")
    specification: Fact[str] = Fact(TEXT, "")
    draft: Fact[str] = Fact(TEXT, "")
    problem: Fact[list[str]] = Fact(TEXTS, [])
    frozen: Fact[list[str]] = Fact(TEXTS, [])

    @property
    def collection(self) -> bpy.types.Collection:
        """The collection."""
        return self.id_data

    @property
    def scene(self) -> bpy.types.Scene | None:
        """The scene that it stands in, the first if there are several."""
        return scene_of(self.id_data)

    def members(self, *kinds: type[Member]) -> Iterator[Member]:
        """Its entities of these kinds, kind by kind."""
        objs = objects(self.id_data)
        return (member for kind in kinds for obj in objs if (member := kind.of(obj)))

    def layers(self) -> dict[str, LayerObject]:
        """Its layers by their names, in the order of the network; of copies the first."""
        layers: dict[str, LayerObject] = {}
        for layer in sorted(self.members(LayerObject), key=lambda layer: layer.order):
            layers.setdefault(layer.name, layer)
        return layers

    def bundles(self) -> list[Bundle]:
        """Its bundles of connections."""
        return list(self.members(Bundle))

    def blocks(self) -> dict[str, BlockBox]:
        """Its blocks by path, parents before children."""
        return {box.path: box for box in sorted(self.members(BlockBox), key=lambda box: box.order)}

    def unbuilt(self) -> dict[str, BlockBox]:
        """Its blocks without their inside, by path."""
        return {path: box for path, box in self.blocks().items() if not box.built}

    def layers_in(self, box: BlockBox) -> list[LayerObject]:
        """The layers in a block, those of blocks inside included, in the order of the network."""
        inside = set(box.layers)
        return [layer for name, layer in self.layers().items() if name in inside]

    def root(self) -> Root:
        """What holds it together. Raises `CheckpointError` if somebody has deleted that."""
        root = self.any_root()
        if root is None:
            raise CheckpointError(
                self.id_data.name,
                "has lost its root, the object that holds it together",
                "undo that, or import the network again",
            )
        return root

    def any_root(self) -> Root | None:
        """The same, None if somebody has deleted it."""
        return next(self.members(Root), None)

    def child(self, kind: str) -> bpy.types.Collection:
        """The collection of one kind ("layers", "labels", "shots", ...) in it; made anew if there is none."""
        child = next((child for child in self.id_data.children if marks.kind(child) == kind), None)
        return child or add_child(self.id_data, kind)


def add_child(collection: bpy.types.Collection, kind: str) -> bpy.types.Collection:
    """A new collection of one kind in that of a network."""
    child = bpy.data.collections.new(f"{collection.name} {kind.capitalize()}")
    marks.mark(child, kind)
    collection.children.link(child)
    return child


def networks(scene: bpy.types.Scene | None = None) -> list[bpy.types.Collection]:
    """The networks of this file, or of one of its scenes."""
    every = [collection for collection in bpy.data.collections if NetworkScene.is_one(collection)]
    inside = set(scene.collection.children_recursive) if scene and every else ()
    return [collection for collection in every if collection in inside] if scene else every


def objects(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """All objects of a collection and of those in it, each once.

    Not by Blender's `all_objects`: that list is kept, and where objects went or came back since it was made, it can
    hold freed ones. To hide one while it is walked through crashes too.
    """
    every = (obj for holder in (collection, *collection.children_recursive) for obj in holder.objects)
    return list(dict.fromkeys(every))


def network_of(obj: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The network that an object belongs to."""
    if obj is None:
        return None
    holders = set(obj.users_collection)
    return next(
        (network for network in networks() if not holders.isdisjoint((network, *network.children_recursive))), None
    )


def scene_of(network: bpy.types.Collection) -> bpy.types.Scene | None:
    """The scene that a network stands in, the first if there are several."""
    return next((scene for scene in bpy.data.scenes if network in scene.collection.children_recursive), None)


def chosen(context: bpy.types.Context, uuid: str = "") -> bpy.types.Collection | None:
    """The network with this uuid, of copies that of the active object; without one, that of the active object, else the
    first of the scene, else the first of the file."""
    active = network_of(context.object)
    matches = [network for network in networks() if not uuid or NetworkScene(network).uuid == uuid]
    if active in matches:
        return active
    here = set(networks(context.scene))
    return next((network for network in matches if network in here), next(iter(matches), None))
