# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Block"."""

from ..interface import Interface, Socket, internal, panel

BLOCK = Interface(
    "Neuroscene Block",
    (
        *panel(
            "Fold",
            Socket(
                "Fold",
                "Float",
                0.0,
                0.0,
                1.0,
                about="Folds the block. At 1, it is one box",
                subtype="FACTOR",
                first=(1, 1),
            ),
            Socket("Outer", "Object", about="Follows the block around this one, which folds it too", follows=True),
            Socket(
                "Box",
                "Vector",
                (1.0, 1.0, 1.0),
                0.0,
                about="Sets the size of the folded block",
                subtype="TRANSLATION",
                follows=True,
            ),
            Socket("Book", "Bool", False, about="Shows a book in place of the folded box", follows=True),
            Socket(
                "Edges",
                "Int",
                0,
                0,
                1 << 16,
                about="Count of the lines that may end on each side edge of the folded block",
                follows=True,
            ),
        ),
        *panel(
            "Look",
            Socket(
                "Color",
                "Color",
                (0.2, 0.3, 0.5, 1.0),
                about="Colors the block. Blocks of the same structure have the same color",
                follows=True,
            ),
            Socket("Material", "Material", about="Shows the attribute 'tint'", look=True, paint="blocks"),
        ),
    ),
)

BLOCK = internal(BLOCK, "Outer", "Box", "Book", "Edges")
