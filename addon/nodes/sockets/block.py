# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Block"."""

from ..interface import Interface, Socket, panel

BLOCK = Interface(
    "Neuroscene Block",
    (
        *panel(
            "Fold",
            Socket(
                "Fold", "Float", 0.0, 0.0, 1.0, about="1 closes the block to one box", subtype="FACTOR", first=(1, 1)
            ),
            Socket("Outer", "Object", about="The block round this one, which folds it too", follows=True),
            Socket(
                "Box",
                "Vector",
                (1.0, 1.0, 1.0),
                0.0,
                about="Size of the folded block",
                subtype="TRANSLATION",
                follows=True,
            ),
        ),
        *panel(
            "Look",
            Socket(
                "Colour",
                "Color",
                (0.2, 0.3, 0.5, 1.0),
                about="Blocks of the same structure have the same",
                follows=True,
            ),
            Socket("Material", "Material", about="Shows the attribute 'tint'", look=True, paint="blocks"),
        ),
    ),
)
