# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what the asset library holds.

Blender runs no code when an asset is dropped. A material lands in a slot of the object, a node group as a modifier;
from there the extension takes it to where it belongs (`dropped`). So presets are node groups that pass geometry on as
it is, and carry the key of their line here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...composing import SETTINGS
from ...composing.words import WORDS
from ...nodes.sockets.layer import ARRANGEMENTS, SHAPES
from ..looks.styles import STYLES
from ..shots.kinds import KINDS

PRESET = "neuroscene_preset"  # custom property of a node group: the key of its preset


@dataclass(frozen=True)
class Preset:
    """A node-group asset. `kind` says what is done with it: the inputs of a layer that it sets ("layer"), a style of a
    network, a shot, an operator that a composed network is given ("operator"), or what comes beside a layer
    ("beside")."""

    key: str
    title: str
    about: str
    kind: str
    catalog: str
    name: str = ""  # of the style, shot, operator of a network, or operator of Blender that puts something beside
    inputs: dict = field(default_factory=dict)


BESIDE = (  # key, title, what it does, operator, settings
    ("value", "Largest Value", "Pins the largest value of a layer", "pin_largest", {}),
    ("text", "Text", "Adds a text above a layer", "add_text", {}),
    ("histogram", "Histogram", "Shows how often values of each size occur", "show_histograms", {"of": "VALUES"}),
    ("weights", "Weights", "Shows how often weights of each size occur", "show_histograms", {"of": "WEIGHTS"}),
    ("opened", "Opened Cell", "Shows what the largest cell of a layer is made of", "open_cell", {}),
)
PRESETS = {
    preset.key: preset
    for preset in (
        *(
            Preset(
                f"arrangement/{name}",
                name.title(),
                f"Stands the units of a layer in a {name}"
                if name != "arc"
                else "Stands the units of a layer in an arc",
                "layer",
                "Arrangements",
                inputs={"Arrangement": float(number)},
            )
            for number, name in enumerate(ARRANGEMENTS)
        ),
        *(
            Preset(
                f"cell/{name.lower()}",
                f"Cell {name}",
                f"Shows each number as a {name.lower()}" if name[0] not in "E" else "Shows each number as an ellipsoid",
                "layer",
                "Cells",
                inputs={"Shape": name},
            )
            for name in SHAPES
            if name != "Own"
        ),
        *(
            Preset(f"style/{style.name.lower()}", f"Style {style.name}", style.about, "style", "Styles", style.name)
            for style in STYLES.values()
        ),
        *(
            Preset(f"shot/{kind.name}", f"Shot {kind.name.title()}", kind.about, "shot", "Shots", kind.name)
            for kind in KINDS.values()
        ),
        *(
            Preset(f"beside/{key}", title, about, "beside", "Annotations", name, inputs=inputs)
            for key, title, about, name, inputs in BESIDE
        ),
        *(Preset(f"operator/{op.lower()}", WORDS[op][0], WORDS[op][1], "operator", "Layers", op) for op in SETTINGS),
    )
}
CATALOGS = ("Layers", "Annotations", "Arrangements", "Cells", "Styles", "Shots", "Materials")
