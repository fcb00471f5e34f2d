# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A style: socket values, settings of materials and a backdrop under one name, for a network or a part of it.

A style is plain data. It sets how things look, never what they show: no ranges, places or numbers of cells. What it
does not name stays, and so do materials and ramps that somebody made by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields

import bpy

from ... import colormaps
from ...nodes.sockets import LAYER, OF
from ..building import blocks, connections
from ..entities import BlockBox, Bundle, Inputs, LayerObject, NetworkScene, kind, modifier
from ..texts import caption
from . import backdrops, painting
from .backdrops import Backdrop


@dataclass(frozen=True)
class Style:
    """`layers` and `connections` are values of sockets by name; `blocks` the "Saturation" and "Brightness" of their
    colours; `materials` what `painting.set_settings` takes, by role. Colours are sRGB hex or linear RGBA. `own` are
    names of materials that are not ours, by role (see `saved_styles`).
    """

    name: str
    about: str = ""
    layers: dict = field(default_factory=dict)
    connections: dict = field(default_factory=dict)
    blocks: dict = field(default_factory=dict)
    materials: dict = field(default_factory=dict)
    own: dict = field(default_factory=dict)
    backdrop: Backdrop | None = None

    @classmethod
    def of(cls, data: dict) -> Style:
        """From what `as_data` gives. Raises `ValueError`, `TypeError` or `KeyError` for anything else."""
        known = {field.name for field in fields(cls)}
        if not isinstance(data, dict) or not isinstance(data.get("name"), str) or data.keys() - known:
            raise ValueError("not a style")
        for part in known - {"name", "about", "backdrop"}:
            if not isinstance(data.get(part, {}), dict):
                raise ValueError(f"'{part}' is not an object")
        if not all(isinstance(material, dict) for material in data.get("materials", {}).values()):
            raise ValueError("a material is not an object")
        given = data.get("backdrop")
        return cls(**data | {"backdrop": Backdrop(**given) if given else None})

    def as_data(self) -> dict:
        """Numbers, texts, lists and dicts alone."""
        return asdict(self)


def _flat(colour, strength=1.0):
    return {"Color": colour, "Strength": strength}


def _line(emission, by_strength, **rest):
    return {
        "Log": 0.0,
        "Emission": emission,
        "Emission by Magnitude": 0.0,
        "Emission by Strength": by_strength,
        "Opacity": 1.0,
        "Opacity by Magnitude": 0.0,
        **rest,
    }


def _cell(shown, emission, by_magnitude, roughness, specular=0.5, metallic=0.0):
    return {
        "Map": shown,
        "Log": 0.0,
        "Emission": emission,
        "Emission by Magnitude": by_magnitude,
        "Opacity": 1.0,
        "Opacity by Magnitude": 0.0,
        "Roughness": roughness,
        "Specular": specular,
        "Metallic": metallic,
    }


def _plate(colour, strength, roughness):
    return {"Color": colour, "Strength": strength, "Roughness": roughness, "Metallic": 0.0, "Specular": 0.5}


def _floor(colour, opacity=0.0, roughness=0.4, specular=0.2):
    return {"Color": colour, "Opacity": opacity, "Roughness": roughness, "Metallic": 0.0, "Specular": specular}


def _bars(winner, rest, emission, by_strength):
    return {"Color": rest, "Second Color": winner, "Emission": emission, "Emission by Strength": by_strength}


CINEMA = Style(
    "Cinema",
    "Values glow in a dark blue studio",
    {"Relief": 1.3, "Thickness": 0.3},
    {"Radius": 0.008, "Thin End": 0.35},
    {"Saturation": 0.62, "Brightness": 0.66},
    {
        "cells": _cell("Activation", 0.2, 0.85, 0.38),
        "maps": _cell("Lantern", 0.15, 0.95, 0.45),
        "pages": _cell("Slate", 0.12, 0.35, 0.45),
        "heads": _cell("Brass", 0.1, 1.1, 0.45),
        "norms": _cell("Pewter", 0.12, 0.6, 0.45),
        "boards": _plate("#101a2e", 0.06, 0.5),
        "arches": _flat("#a9dcec", 0.8),
        "lines": _line(0.208, 1.235, Map="Weight"),
        "copies": _line(0.208, 0.455, Color="#8fa6c8"),
        "plate": _plate("#1a2745", 0.4, 0.7),
        "floor": _floor("#101a2e", 1.0),
        "scrim": _flat("#0a0f1a"),
        "bars": _bars("#ffb861", "#5b7db0", 0.9, 0.8),
        "blocks": {"Strength": 0.35, "Roughness": 0.5, "Metallic": 0.0, "Specular": 0.5},
        "track": _flat("#4a628f", 0.55),
        "label": _flat("#dbe4f3", 0.95),
        "dim": _flat("#a3b2ca", 0.8),
        "hot": _flat("#ffd9a0", 1.6),
        "followed": _flat("#ffb861", 1.0),
    },
    backdrop=Backdrop(
        ("#2a3a5a", "#1c2942", "#101828", "#0a0f1a"),
        "#1b2740",
        0.35,
        {"Key": (1.0, "#ffe9d2"), "Fill": (1.0, "#8fb4ff"), "Rim": (1.0, "#5f9bff")},
        "AgX",
        "AgX - Medium High Contrast",
        0.0,
        0.35,
    ),
)
PAPER = Style(
    "Paper",
    "White ground, dark text, nothing glows: for print",
    {"Relief": 0.0, "Thickness": 0.3},
    {"Radius": 0.009, "Thin End": 0.3},
    {"Saturation": 0.10, "Brightness": 0.97},
    {
        "cells": _cell("Wine and Azure", 0.0, 0.0, 1.0, 0.0),
        "maps": _cell("Ink", 0.0, 0.0, 1.0, 0.0),
        "pages": _cell("Ink", 0.0, 0.0, 1.0, 0.0),
        "heads": _cell("Terracotta", 0.0, 0.0, 1.0, 0.0),
        "norms": _cell("Ink", 0.0, 0.0, 1.0, 0.0),
        "boards": _plate("#f2f4f7", 0.0, 1.0),
        "arches": _flat("#5f7a99"),
        "lines": _line(1.0, 0.0, Map="Ocean and Rust"),
        "copies": _line(1.0, 0.0, Color="#aab2bd"),
        "plate": _plate("#f2f4f7", 0.0, 1.0),
        "floor": _floor("#ffffff"),
        "scrim": _flat("#ffffff"),
        "bars": _bars("#cf6a1b", "#9db4d0", 1.0, 0.0),
        "blocks": {"Strength": 0.0, "Roughness": 1.0, "Metallic": 0.0, "Specular": 0.0},
        "track": _flat("#cfd6df"),
        "label": _flat("#080b10"),
        "dim": _flat("#353e4a"),
        "hot": _flat("#a8480c"),
        "followed": _flat("#c9781f"),
    },
    backdrop=Backdrop(("#ffffff",) * 4, "#ffffff", 1.0, {}, "Standard", "None", 0.0, 0.0, True),
)
BLUEPRINT = Style(
    "Blueprint",
    "Chalk on blue",
    {"Relief": 0.4, "Thickness": 0.2},
    {"Radius": 0.007, "Thin End": 0.4},
    {"Saturation": 0.75, "Brightness": 0.52},
    {
        "cells": _cell("Mint and Straw", 1.0, 0.0, 1.0, 0.0),
        "maps": _cell("Chalk", 1.0, 0.0, 1.0, 0.0),
        "pages": _cell("Chalk", 0.8, 0.0, 1.0, 0.0),
        "heads": _cell("Chalk", 1.0, 0.0, 1.0, 0.0),
        "norms": _cell("Chalk", 1.0, 0.0, 1.0, 0.0),
        "boards": _plate("#123c7c", 0.9, 1.0),
        "arches": _flat("#b8d0f0"),
        "lines": _line(0.55, 0.6, Map="Mint and Straw"),
        "copies": _line(0.35, 0.3, Color="#a9c8ee"),
        "plate": _plate("#123c7c", 0.9, 1.0),
        "floor": _floor("#123c7c"),
        "scrim": _flat("#123c7c"),
        "bars": _bars("#ffffff", "#8fb8e8", 0.9, 0.1),
        "blocks": {"Strength": 0.9, "Roughness": 1.0, "Metallic": 0.0, "Specular": 0.0},
        "track": _flat("#5d8ccc", 0.8),
        "label": _flat("#f2f7ff"),
        "dim": _flat("#b8d0f0"),
        "hot": _flat("#ffffff"),
        "followed": _flat("#ffd98a"),
    },
    backdrop=Backdrop(("#1c539f", "#1a4d96", "#16458a", "#123c7c"), "#16458a", 0.2, {}, "Standard", "None", 0.0, 0.0),
)
NEON = Style(
    "Neon",
    "Bright lines on black",
    {"Relief": 1.3, "Thickness": 0.3},
    {"Radius": 0.007, "Thin End": 0.3},
    {"Saturation": 0.9, "Brightness": 0.45},
    {
        "cells": _cell("Coral and Lagoon", 0.45, 1.5, 0.3),
        "maps": _cell("Aurora", 0.3, 1.5, 0.3),
        "pages": _cell("Slate", 0.2, 0.9, 0.3),
        "heads": _cell("Furnace", 0.3, 1.5, 0.3),
        "norms": _cell("Pewter", 0.2, 1.0, 0.3),
        "boards": _plate("#0a0d1c", 0.5, 0.5),
        "arches": _flat("#ff4fa0", 1.4),
        "lines": _line(0.2, 2.0, Map="Orchid and Lime"),
        "copies": _line(0.15, 0.5, Color="#5f6f8f"),
        "plate": _plate("#0a0d1c", 0.5, 0.5),
        "floor": _floor("#05060d", 1.0, 0.3, 0.6),
        "scrim": _flat("#000000"),
        "bars": _bars("#ff4fa0", "#3c4a8c", 0.9, 1.4),
        "blocks": {"Strength": 0.2, "Roughness": 0.4, "Metallic": 0.0, "Specular": 0.5},
        "track": _flat("#2a3568", 0.6),
        "label": _flat("#d9f3ff", 1.1),
        "dim": _flat("#7f9bc4", 0.8),
        "hot": _flat("#ff8fc4", 2.0),
        "followed": _flat("#ffd23f", 1.2),
    },
    backdrop=Backdrop(
        ("#080a16", "#06070f", "#030409", "#000000"),
        "#0a0c18",
        0.3,
        {"Key": (0.08, "#bcd0ff"), "Fill": (0.1, "#35d0ff"), "Rim": (0.35, "#ff3fb0")},
        "AgX",
        "AgX - Medium High Contrast",
        0.0,
        0.9,
    ),
)
CLAY = Style(
    "Clay",
    "Matt and warm, in soft daylight",
    {"Relief": 1.3, "Thickness": 0.3},
    {"Radius": 0.009, "Thin End": 0.35},
    {"Saturation": 0.14, "Brightness": 0.86},
    {
        "cells": _cell("Spruce and Clay", 0.0, 0.0, 0.9, 0.2),
        "maps": _cell("Terracotta", 0.0, 0.0, 0.9, 0.2),
        "pages": _cell("Terracotta", 0.0, 0.0, 0.9, 0.2),
        "heads": _cell("Terracotta", 0.0, 0.0, 0.9, 0.2),
        "norms": _cell("Terracotta", 0.0, 0.0, 0.9, 0.2),
        "boards": _plate("#d9cfc2", 0.0, 0.9),
        "arches": _flat("#8f9c98", 0.9),
        "lines": _line(0.75, 0.15, Map="Spruce and Clay"),
        "copies": _line(0.7, 0.0, Color="#b5a898"),
        "plate": _plate("#d9cfc2", 0.0, 0.9),
        "floor": _floor("#f2eadf", 0.7, 0.9, 0.0),
        "scrim": _flat("#dfd4c5"),
        "bars": _bars("#b5512a", "#8f9c98", 0.9, 0.1),
        "blocks": {"Strength": 0.0, "Roughness": 0.9, "Metallic": 0.0, "Specular": 0.2},
        "track": _flat("#c2b7a8", 0.9),
        "label": _flat("#2e261f"),
        "dim": _flat("#332b23"),
        "hot": _flat("#8f3a16"),
        "followed": _flat("#c07a1e"),
    },
    backdrop=Backdrop(
        ("#efe7dc", "#e9e0d3", "#dfd4c5", "#d2c5b3"),
        "#efe7dc",
        0.75,
        {"Key": (0.55, "#fff1de"), "Fill": (0.35, "#dfe8f5"), "Rim": (0.25, "#ffe2c2")},
        "Standard",
        "None",
        0.0,
        0.0,
    ),
)
STYLES = {style.name: style for style in (CINEMA, PAPER, BLUEPRINT, NEON, CLAY)}


def apply(style: Style, part: painting.Part, ramps: bool = False) -> int:
    """Give a network, or a part of it, a style; returns how many objects it has.

    The backdrop changes only with the whole network, and only if its scene was made by us. With `ramps` the ramps that
    somebody edited are replaced too.
    """
    for role, material in painting.claim(part).items():
        painting.set_settings(material, style.materials.get(role, {}), ramps)
    if part.whole:
        kept = NetworkScene(part.network).materials
        for role in style.materials.keys() & kept.keys():
            painting.set_settings(kept[role], style.materials[role], ramps)
    dress(style, part.objects)
    if part.whole:
        if style.backdrop:
            backdrops.apply(style.backdrop, part.network)
        caption.follow(part.network)
        NetworkScene(part.network).style = style.name
    return len(part.objects)


def dress(style: Style, objs: Iterable[bpy.types.Object]) -> None:
    """Give the sockets of layers, bundles and blocks what a style wants."""
    for obj in objs:
        if layer := LayerObject.of(obj):
            away = LAYER.having("boxed") if layer.has_one_cell else ()
            _set(obj, {name: value for name, value in style.layers.items() if name not in away})
        elif bundle := Bundle.of(obj):
            share = 1.0 if bundle.carries == "weight" else connections.COPY_RADIUS
            _set(obj, {name: value * share if name == "Radius" else value for name, value in style.connections.items()})
        elif box := BlockBox.of(obj):
            _tint(box, style)


def taken(name: str, part: painting.Part, active: bpy.types.Object | None) -> Style:
    """The look of a part of a network as it is now: of its active layer and bundle if there are, else of the first."""

    def first(wanted):
        some = part.of_kind(wanted)
        some = [obj for obj in some if _is_full(obj)] or some
        return active if active in some else next(iter(some), None)

    layer = first("layer")
    bundle = first("connections")
    box = BlockBox.of(first("block"))
    kept = NetworkScene(part.network).materials
    materials = {role: painting.settings_of(material) for role, material in kept.items() if material}
    for role in kept:
        shown = painting.in_use(part, role)
        if shown and painting.role_of(shown) == role:
            materials[role] = painting.settings_of(shown)
    tints = {}
    if box:
        colour = tuple(box.inputs["Color"])
        tinted = next((style for style in STYLES.values() if _close(colour, _colour(box, style))), None)
        tints = tinted.blocks if tinted else {}
    return Style(
        name,
        "Saved by you",
        _values(layer, CINEMA.layers),
        _values(bundle, CINEMA.connections),
        tints,
        materials,
        {},
        backdrops.taken(part.network),
    )


def _is_full(obj) -> bool:
    """Whether an object shows all that a style can set: lines with weights, or cells."""
    layer = LayerObject.of(obj)
    bundle = Bundle.of(obj)
    if bundle:
        return bundle.carries == "weight"
    return layer is None or not layer.has_one_cell


def _values(obj, names) -> dict:
    if obj is None:
        return {}
    inputs = Inputs(modifier(obj))
    return {name: inputs[name] for name in names if name in inputs}


def _set(obj, values):
    """Set sockets that are part of a look, and the colour of a block; others are none of a style's business."""
    inputs = Inputs(modifier(obj))
    known = [name for name in (*OF[kind(obj)].having("look"), "Color") if name in inputs]
    inputs.update({name: value for name, value in values.items() if name in known})
    obj.update_tag()


def _tint(box: BlockBox, style: Style) -> None:
    """The colour of a block's structure in a style, unless somebody chose another."""
    if not {"Saturation", "Brightness"} <= style.blocks.keys():
        return
    current = tuple(box.inputs["Color"])
    known = [blocks.colour(box.signature), *(_colour(box, built_in) for built_in in STYLES.values()), box.tint]
    if any(colour is not None and _close(current, colour) for colour in known):
        colour = _colour(box, style)
        _set(box.obj, {"Color": colour})
        box.tint = colour


def _colour(box: BlockBox, style: Style):
    return colormaps.linear(colormaps.structure(box.signature, style.blocks["Saturation"], style.blocks["Brightness"]))


def _close(colour, other):
    return all(abs(a - b) < 1e-4 for a, b in zip(colour, other, strict=True))
