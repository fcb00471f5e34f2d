# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Kernels"."""

from ..interface import Interface, Socket, panel

KERNELS = Interface(
    "Neuroscene Kernels",
    panel(
        "Tiles",
        Socket("Tiles", "Int", 1, 1, 1 << 20, about="Count of the kernels that are shown"),
        Socket("Tile Columns", "Int", 1, 1, 1 << 20, about="Starts a new row after this many kernels"),
        Socket("Rows", "Int", 1, 1, 1 << 12, about="Count of the rows of a kernel"),
        Socket("Columns", "Int", 1, 1, 1 << 12, about="Count of the columns of a kernel"),
        Socket("Pitch", "Float", 0.1, 0.0, 1e6, about="Sets the width of a tap", subtype="DISTANCE"),
        Socket("Gap", "Float", 1.0, 0.0, 100.0, about="Empty space between kernels, in taps"),
        Socket("Thickness", "Float", 0.2, 0.0, 100.0, about="Sets the depth of a tap, as a share of its width"),
        Socket("Range", "Float", 1.0, 0.0, about="Sets the weight that is white. Its negative is black, and 0 is gray"),
        Socket("Block", "Object", about="Folds the kernels away together with this block"),
        Socket("Material", "Material", about="Shows the attribute 'kernel'"),
    ),
)
