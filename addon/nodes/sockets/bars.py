# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Bars"."""

from ..interface import Interface, Socket

BARS = Interface(
    "Neuroscene Bars",
    (
        Socket("Layer", "Object", about="Follows the layer whose cells the bars stand beside"),
        Socket("Length", "Float", 3.4, 0.0, about="Sets the length of a bar at the full value", subtype="DISTANCE"),
        Socket("Offset", "Float", 0.3, 0.0, about="Sets the distance from the cell", subtype="DISTANCE"),
        Socket("Thickness", "Float", 0.2, 0.0, subtype="DISTANCE"),
        Socket(
            "Track",
            "Float",
            0.1,
            0.0,
            1.0,
            about="Sets the thickness of the line that shows the full value, as a share",
            subtype="FACTOR",
        ),
        Socket("Range", "Float", 1.0, 0.0, about="Sets the value that fills a bar"),
        Socket("Material", "Material", paint="bars"),
        Socket("Track Material", "Material", paint="track"),
    ),
)
