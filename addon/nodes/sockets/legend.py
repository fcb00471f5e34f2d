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
                Socket(f"Object {number + 1}", "Object", about="A thing that tells its range in force")
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
        Socket("Text", "String", about="What is written"),
        Socket("Size", "Float", 0.1, 0.0, 1e6, about="Height of a line", subtype="DISTANCE"),
        Socket("Align", "Menu", items=ALIGN, about="The side of the text that stays where it is"),
        Socket("Material", "Material", about="Paints the letters"),
    ),
)
NUMBER = Interface(
    "Neuroscene Number",
    panel(
        "Text",
        Socket("Of", "Object", about="The object that knows the ranges"),
        Socket("Shows", "Menu", items=tuple(KINDS), about="Ranges of the cells' values, or of the lines' weights"),
        Socket("One", "Object", about="The text that is shown if all have one range; the number may follow"),
        Socket("Number", "Bool", True, about="Let the range follow, in the place of the text's last letter, a space"),
        Socket("Several", "Object", about="The text that is shown if the ranges differ"),
        *(
            Socket(name, "Object", about=f"The text in place of {same} where something lies beyond its range")
            for name, same in (("Clipped", "One"), ("Several Clipped", "Several"))
        ),
        Socket("Digits", "Object", about="The text that numbers are made from"),
        Socket("Align", "Menu", items=ALIGN, about="The side of text and number that stays where it is"),
    ),
)
