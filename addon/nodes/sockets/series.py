# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of what shows a series: the sliders on the root of a network, and what follows them."""

from ..interface import Interface, Socket

# By the kind of a series: the name of its slider, and that of the attribute by which the root tells it.
SLIDERS = {"checkpoints": "Checkpoint", "samples": "Sample", "evidence": "Evidence"}


def attribute(kind: str) -> str:
    """The attribute on the root's mesh that tells where the slider of a series stands."""
    return SLIDERS[kind].lower()


def _slider(name: str, about: str) -> Interface:
    return Interface(
        f"Neuroscene {name}",
        (
            Socket(name, "Float", 0.0, 0.0, about=about),
            Socket("Last", "Int", 0, 0, about="Sets the number of the last step", hidden=True),
        ),
    )


CHECKPOINT = _slider("Checkpoint", "Shows this checkpoint of the training, counted from 0; between two their blend")
SAMPLE = _slider("Sample", "Shows this input, counted from 0; between two their blend")
METHOD = _slider("Evidence", "Shows the evidence of this method or class, counted from 0; between two their blend")
OF_KIND = {"checkpoints": CHECKPOINT, "samples": SAMPLE, "evidence": METHOD}

FOLLOWS = (
    Socket("Network", "Object", about="Reads where the slider stands from this object", hidden=True),
    Socket("Slider", "String", "checkpoint", about="Names the attribute of the slider", hidden=True),
    Socket("Last", "Int", 0, 0, about="Sets the number of the last step", hidden=True),
)
CELLS = Interface("Neuroscene Series Cells", FOLLOWS)
LINES = Interface(
    "Neuroscene Series Lines",
    (
        *FOLLOWS,
        Socket("Own Magnitude", "Bool", False, about="Has magnitudes that are not those of the weights", hidden=True),
        Socket("Own Importance", "Bool", False, about="Has importances that are not magnitudes", hidden=True),
        Socket("Own Weights", "Bool", True, about="Has a weight for each step", hidden=True),
    ),
)
EVIDENCE = Interface("Neuroscene Series Evidence", FOLLOWS)
BARS = Interface("Neuroscene Series Bars", FOLLOWS)
PICTURE = Interface("Neuroscene Series Picture", FOLLOWS)
KERNELS = Interface("Neuroscene Series Kernels", FOLLOWS)
PLACES = Interface("Neuroscene Series Places", FOLLOWS)
WORDS = Interface("Neuroscene Series Words", FOLLOWS)
CURVE = Interface(
    "Neuroscene Series Curve",
    (
        *FOLLOWS,
        Socket("Words", "Object", about="Has the number of each step, to stand beside the dot"),
        Socket("Radius", "Float", 0.05, 0.0, about="Sets the radius of the line", subtype="DISTANCE"),
        Socket("Dot", "Float", 0.2, 0.0, about="Sets the radius of the dot", subtype="DISTANCE"),
        Socket("Whole", "Bool", False, about="Draws the whole line, not only as far as the dot"),
        Socket("Material", "Material", paint="hot"),
    ),
)
ALL = (CHECKPOINT, SAMPLE, METHOD, CELLS, EVIDENCE, LINES, BARS, PICTURE, KERNELS, PLACES, WORDS, CURVE)
