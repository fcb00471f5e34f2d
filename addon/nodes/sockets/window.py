# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Window": what kernel, stride, padding and dilation do on a small map."""

from ..interface import Interface, Socket, panel

WINDOW = Interface(
    "Neuroscene Window",
    (
        *panel(
            "Window",
            Socket("Size", "Int", 7, 1, 32, about="Sets how many cells the map is wide and high", first=(0, 0)),
            Socket("Kernel", "Int", 3, 1, 11, about="Sets how many cells the kernel is wide and high", first=(0, 1)),
            Socket("Stride", "Int", 1, 1, 8, about="Sets how many cells the kernel goes on at each step", first=(0, 2)),
            Socket("Padding", "Int", 0, 0, 8, about="Sets how many cells of 0 are put round the map", first=(0, 3)),
            Socket("Dilation", "Int", 1, 1, 8, about="Sets how far apart the cells are that it reads", first=(0, 4)),
            Socket(
                "Slide",
                "Float",
                0.0,
                0.0,
                1.0,
                subtype="FACTOR",
                about="Goes over the map that is made, cell by cell. At 0, it is at the first",
                first=(1, 0),
            ),
            Socket("Filled", "Bool", True, about="Shows the map that is made only up to the cell", first=(1, 1)),
        ),
        *panel(
            "Look",
            Socket("Cell Width", "Float", 0.3, 0.0, subtype="DISTANCE", about="Sets how wide a cell is"),
            Socket("Frame", "Float", 0.015, 0.0, subtype="DISTANCE", about="Sets how thick frames are"),
            Socket("Digits", "Object", about="Makes numbers from the letters of this text", follows=True),
            Socket("Cell Material", "Material", about="Colors cells", follows=True),
            Socket("Padding Material", "Material", about="Colors cells of 0 round the map", follows=True),
            Socket("Number Material", "Material", about="Colors numbers", follows=True),
            Socket("Ink Material", "Material", about="Colors numbers on bright cells", follows=True),
            Socket("Result Material", "Material", about="Colors frames and the size that comes of it", follows=True),
        ),
    ),
)
