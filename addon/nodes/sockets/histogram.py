# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Histogram" and "Neuroscene Ridge"."""

from ..interface import Interface, Socket, panel
from .series import FOLLOWS

SIZES = panel(
    "Size",
    Socket("Width", "Float", 1.0, 0.0, about="Sets the width of the axis", subtype="DISTANCE"),
    Socket("Height", "Float", 0.5, 0.0, about="Sets the height of the highest bar", subtype="DISTANCE"),
    Socket("Depth", "Float", 0.04, 0.0, about="Sets the depth of bars, or the distance of rows", subtype="DISTANCE"),
)
SHOWN = (
    Socket("Bins", "Int", 48, 1, about="Count of the bars", hidden=True),
    Socket("Range", "Float", 1.0, 0.0, about="Sets the number that has the full color", hidden=True),
    Socket("Most", "Float", 1.0, 0.0, about="Sets the share of the numbers that has the full height"),
    Socket("Axis", "Bool", True, about="Shows the colors of the numbers under the bars"),
    Socket("Material", "Material", about="Colors bars by the attribute 'shade' (number / Range)"),
)
HISTOGRAM = Interface(
    "Neuroscene Histogram",
    (
        *SIZES,
        *panel(
            "Shown",
            *SHOWN,
            Socket("Of Lines", "Bool", False, about="Has a material of lines, which are no instances", hidden=True),
        ),
    ),
)
RIDGE = Interface(
    "Neuroscene Ridge",
    (
        *FOLLOWS,
        *SIZES,
        *panel(
            "Shown",
            *SHOWN,
            Socket("Whole", "Bool", False, about="Shows all rows, also those after where the slider stands"),
            Socket(
                "Others", "Float", 0.5, 0.0, 1.0, about="Sets how bright rows are that the slider is not at, the latest"
            ),
        ),
    ),
)
