# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in a scene, by what it is: typed facts, inputs, members and neighbours of data-blocks of ours.

An entity is made from a data-block where it is needed, and holds nothing else. What functions of this room take and
give are the data-blocks themselves.
"""

from .arcs import Arcs
from .beside import (
    Bars,
    BesideLayer,
    ClassName,
    Confusion,
    EvidenceBoard,
    EvidenceRelief,
    EvidenceSheet,
    Heading,
    Histogram,
    InputPicture,
    Kernels,
    KernelsLabel,
    Opened,
    OpenedPart,
    Plot,
    ProofChart,
    WindowMap,
    WindowPart,
)
from .book import Book
from .bundle import Bundle, Taps
from .entity import Entity, Inputs, Marked, ObjectEntity, WithSockets
from .marks import arrival_nodes, kind, modifier, nodes, series_nodes
from .materials import CellShape, Palette, RoleMaterial
from .network import NetworkScene, Root, add_child, chosen, network_of, networks, objects, scene_of
from .placed import BlockBox, BlockCollection, GoneLayer, LayerCopy, LayerObject, Placed, layer_or_block
from .studio import FilmPart, Floor, Light, Rig, ShotCamera, ShotCollection, StudioScene, StudioWorld
from .texts import Annotation, CaptionPart, Font, Label, Leader, Note, RangesMesh, Scrim, TextCurve, Title

__all__ = [
    "Annotation",
    "Arcs",
    "Bars",
    "BesideLayer",
    "BlockBox",
    "BlockCollection",
    "Book",
    "Bundle",
    "CaptionPart",
    "CellShape",
    "ClassName",
    "Confusion",
    "Entity",
    "EvidenceBoard",
    "EvidenceRelief",
    "EvidenceSheet",
    "FilmPart",
    "Floor",
    "Font",
    "GoneLayer",
    "Heading",
    "Histogram",
    "InputPicture",
    "Inputs",
    "Kernels",
    "KernelsLabel",
    "Label",
    "LayerCopy",
    "LayerObject",
    "Leader",
    "Light",
    "Marked",
    "NetworkScene",
    "Note",
    "ObjectEntity",
    "Opened",
    "OpenedPart",
    "Palette",
    "Placed",
    "Plot",
    "ProofChart",
    "RangesMesh",
    "Rig",
    "RoleMaterial",
    "Root",
    "Scrim",
    "ShotCamera",
    "ShotCollection",
    "StudioScene",
    "StudioWorld",
    "Taps",
    "TextCurve",
    "Title",
    "WindowMap",
    "WindowPart",
    "WithSockets",
    "add_child",
    "arrival_nodes",
    "chosen",
    "kind",
    "layer_or_block",
    "modifier",
    "network_of",
    "networks",
    "nodes",
    "objects",
    "scene_of",
    "series_nodes",
]
