# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Opened": one number and what it is made of."""

from ..interface import Interface, Socket, panel

HOWS = ("Sum", "Largest", "Mean", "Softmax")

OPENED = Interface(
    "Neuroscene Opened",
    (
        *panel(
            "Terms",
            Socket("How", "Menu", items=HOWS, about="Chooses what is made of the terms", follows=True),
            Socket(
                "Fill",
                "Float",
                1.0,
                0.0,
                1.0,
                subtype="FACTOR",
                about="Shows the rows one after the other. At 1, all are there",
            ),
            Socket("Source", "Object", about="Reads the cells of this layer", follows=True),
            Socket("Target", "Object", about="Reads the result from this layer", follows=True),
            Socket("Cell", "Int", 0, -1, about="Number of the drawn cell that is opened. -1 is none", follows=True),
            Socket("Result", "Float", 0.0, about="Sets the result where its cell is not drawn", follows=True),
            Socket("Scale", "Float", 1.0, about="Multiplies the sum, as the normalization behind it", follows=True),
            Socket("Shift", "Float", 0.0, about="Is added to that, as the normalization behind it", follows=True),
        ),
        *panel(
            "Layout",
            Socket(
                "Block",
                "Float",
                2.0,
                0.0,
                1e4,
                subtype="DISTANCE",
                about="Sets how far cells, weights and products are apart",
            ),
            Socket("Sums", "Float", 6.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where sums stand"),
            Socket("Bars", "Float", 7.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where bars begin"),
            Socket("Length", "Float", 3.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how long all bars are together"),
            Socket("Thickness", "Float", 0.2, 0.0, 1e4, subtype="DISTANCE", about="Sets how thick a bar is"),
        ),
        *panel(
            "Look",
            Socket("Range", "Float", 1.0, 0.0, about="Sets the value that has the full color"),
            Socket("Digits", "Object", about="Makes numbers from the letters of this text", follows=True),
            Socket("Cell Material", "Material", about="Colors cells", follows=True),
            Socket("Term Material", "Material", about="Colors weights and products", follows=True),
            Socket("Number Material", "Material", about="Colors numbers", follows=True),
            Socket("Ink Material", "Material", about="Colors numbers on bright cells", follows=True),
            Socket("Result Material", "Material", about="Colors the result", follows=True),
        ),
    ),
)
