# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Palette"."""

from ..interface import Interface, Socket, panel

LEVELS = 129  # colors of a map, the middle one among them; one more is that of what is not finite

PALETTE = Interface(
    "Neuroscene Palette",
    panel(
        "Colors",
        Socket("Cell", "Object", about="Shows the mesh of this object in every color"),
        Socket("Material", "Material", about="Colors cells outside of Solid shading"),
        Socket("Low", "Float", -1.0, -1.0, 0.0, about="Sets the shade of the first color: -1, or 0 without negatives"),
        Socket("Log", "Float", 0.0, 0.0, 12.0, about="Tells so many decades of shades apart. 0 is linear"),
    ),
)
