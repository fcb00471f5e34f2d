# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Arcs"."""

from ..interface import Interface, Socket, panel

ARCS = Interface(
    "Neuroscene Arcs",
    (
        *panel(
            "Ends",
            Socket("Source", "Object", about="Begins at the rows of this sheet"),
            Socket("Source Size", "Vector", (0.0, 6.0, 10.0), about="Depth, width and height of it", follows=True),
            Socket("Source Rows", "Vector", (1.0, 0.0, 1.0), about="Rows, gap and tokens in a row", follows=True),
            Socket("Target", "Object", about="Ends at the rows of this sheet"),
            Socket("Target Size", "Vector", (0.0, 6.0, 10.0), about="Depth, width and height of it", follows=True),
            Socket("Target Rows", "Vector", (1.0, 0.0, 1.0), about="Rows, gap and tokens in a row", follows=True),
            Socket("Layer", "Object", about="Follows the layer of attention, and is gone where it is folded"),
            Socket("Network", "Object", about="Follows this object, which has the sliders of the whole network"),
        ),
        *panel(
            "Look",
            Socket("Range", "Float", 1.0, 0.0, about="Sets the attention that has the full color", follows=True),
            Socket(
                "Radius",
                "Float",
                0.1,
                0.0,
                1e4,
                about="Sets the radius of the strongest arc of the followed token",
                subtype="DISTANCE",
                look=True,
                first=(1, 1),
            ),
            Socket(
                "Thin End",
                "Float",
                0.3,
                0.0,
                1.0,
                about="Sets the radius of the weakest arc, as a share of the strongest",
                subtype="FACTOR",
                look=True,
                first=(1, 2),
            ),
            Socket(
                "Dim",
                "Float",
                0.35,
                0.0,
                1.0,
                about="Sets how bright and thick the arcs of other tokens are, as a share",
                subtype="FACTOR",
                look=True,
                first=(1, 3),
            ),
            Socket(
                "Ease",
                "Float",
                0.75,
                0.0,
                1.0,
                about="Lets arcs leave and enter along the signal",
                subtype="FACTOR",
                look=True,
            ),
            Socket("Material", "Material", about="Shows the attribute 'shade'", look=True, paint="heads"),
        ),
    ),
)
