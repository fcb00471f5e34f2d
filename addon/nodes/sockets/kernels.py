# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Kernels"."""

from ..interface import Interface, Socket, panel

KERNELS = Interface(
    "Neuroscene Kernels",
    panel(
        "Tiles",
        Socket("Tiles", "Int", 1, 1, 1 << 20, about="Kernels that are shown"),
        Socket("Tile Columns", "Int", 1, 1, 1 << 20, about="Kernels side by side before a new row begins"),
        Socket("Rows", "Int", 1, 1, 1 << 12, about="Rows of a kernel"),
        Socket("Columns", "Int", 1, 1, 1 << 12, about="Columns of a kernel"),
        Socket("Pitch", "Float", 0.1, 0.0, 1e6, about="Width of a tap", subtype="DISTANCE"),
        Socket("Gap", "Float", 1.0, 0.0, 100.0, about="Empty space between kernels, in taps"),
        Socket("Thickness", "Float", 0.2, 0.0, 100.0, about="Depth of a tap, in widths"),
        Socket("Range", "Float", 1.0, 0.0, about="The weight that is white; its negative is black, 0 is grey"),
        Socket("Block", "Object", about="The block that the kernels fold away with"),
        Socket("Material", "Material", about="Shows the attribute 'kernel'"),
    ),
)
