# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Annotation"."""

from ..interface import Interface, Socket, panel

READS = ("Cell", "Line")

ANNOTATION = Interface(
    "Neuroscene Annotation",
    (
        *panel(
            "Text",
            Socket("Text", "String", about="Sets the line under the number", first=(0, 0)),
            Socket("Number", "Bool", True, about="Writes the number that is read, as it is now", first=(0, 1)),
            Socket("Decimals", "Int", 3, 0, 7, about="Sets how many decimals the number has", first=(0, 2)),
            Socket(
                "Size",
                "Float",
                0.3,
                0.0,
                1e6,
                about="Sets the height of a line of text",
                subtype="DISTANCE",
                first=(1, 0),
            ),
            Socket("Text Material", "Material", about="Colors the text"),
            Socket("Number Material", "Material", about="Colors the number and the leader"),
        ),
        *panel(
            "Leader",
            Socket(
                "Leader",
                "Float",
                1.0,
                0.0,
                1.0,
                about="Draws the line from the text this far",
                subtype="FACTOR",
                first=(1, 1),
            ),
            Socket(
                "Width",
                "Float",
                0.06,
                0.0,
                10.0,
                about="Sets the width of the leader, in heights of the text",
                first=(1, 2),
            ),
            Socket(
                "Dot",
                "Float",
                0.22,
                0.0,
                10.0,
                about="Sets the size of the dot on the cell, in heights of the text",
                first=(1, 3),
            ),
        ),
        *panel(
            "Reads",
            Socket("Of", "Object", about="Reads this layer or bundle of lines", hidden=True),
            Socket("Reads", "Menu", items=READS, about="Chooses whether a cell or a line is read", hidden=True),
            Socket("Index", "Int", 0, 0, 1 << 30, about="Index of the cell or line among the drawn", hidden=True),
        ),
    ),
)
