# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of the groups that make the legend."""

from ..interface import Interface, Socket, panel

EACH = 8  # objects that one modifier looks at; an object has as many modifiers as it takes
ALIGN = ("Left", "Center", "Right")
KINDS = {"Values": "INSTANCE", "Weights": "CURVE"}  # what is read, and where layers and bundles tell their range

RANGES = {
    kind: Interface(
        f"Neuroscene {kind} Ranges",
        panel(
            "Looks At",
            *(
                Socket(f"Object {number + 1}", "Object", about="Object that tells the range in force")
                for number in range(EACH)
            ),
        ),
    )
    for kind in KINDS
}
TEXT = Interface(
    "Neuroscene Text",
    panel(
        "Text",
        Socket("Text", "String", about="Sets the text"),
        Socket("Size", "Float", 0.1, 0.0, 1e6, about="Sets the height of a line of text", subtype="DISTANCE"),
        Socket("Align", "Menu", items=ALIGN, about="Chooses the side of the text that stays in place"),
        Socket("Material", "Material", about="Colors the letters"),
    ),
)
NUMBER = Interface(
    "Neuroscene Number",
    panel(
        "Text",
        Socket("Of", "Object", about="Follows the object that tells the ranges"),
        Socket("Shows", "Menu", items=tuple(KINDS), about="Chooses the ranges of cell values or of line weights"),
        Socket("One", "Object", about="Shows this text if all have the same range. The number may follow"),
        Socket("Number", "Bool", True, about="Writes the range in place of the last letter of the text, a space"),
        Socket("Several", "Object", about="Shows this text if the ranges differ"),
        *(
            Socket(name, "Object", about=f"The text in place of {same} where something lies beyond its range")
            for name, same in (("Clipped", "One"), ("Several Clipped", "Several"))
        ),
        Socket("Digits", "Object", about="Makes numbers from the letters of this text"),
        Socket("Align", "Menu", items=ALIGN, about="Chooses the side of the text and number that stays in place"),
    ),
)
