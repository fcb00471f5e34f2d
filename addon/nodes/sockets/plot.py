# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Plot"."""

from ..interface import Interface, Socket, panel

PLOT = Interface(
    "Neuroscene Plot",
    panel(
        "Samples",
        Socket("Side", "Float", 1.0, 0.0, 1e6, about="Sets the width of the plot", subtype="DISTANCE"),
        Socket("Low", "Vector", (-1.0, -1.0, 0.0), about="Sets the two numbers that are at its left and lower edge"),
        Socket("High", "Vector", (1.0, 1.0, 0.0), about="Sets the two numbers that are at its right and upper edge"),
        Socket("Radius", "Float", 0.02, 0.0, 1e6, about="Sets the radius of a sample", subtype="DISTANCE"),
        Socket("Material", "Material", about="Shows the attribute 'kernel'"),
    ),
)
