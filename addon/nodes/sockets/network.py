# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Network", the sliders of a whole network."""

from ..interface import Interface, Socket, panel

NETWORK = Interface(
    "Neuroscene Network",
    panel(
        "Network",
        Socket(
            "Expand",
            "Bool",
            False,
            about="Lets all lines follow Expansion, whatever their own detail is",
            first=(1, 1),
            look=True,
        ),
        Socket(
            "Expansion",
            "Float",
            1.0,
            0.0,
            3.0,
            subtype="FACTOR",
            first=(1, 2),
            look=True,
            about="Opens the lines: 0 bundled, 1 unit to unit, 2 every weight at one position, 3 every "
            "weight at all positions",
        ),
        Socket(
            "Bundle",
            "Float",
            0.0,
            0.0,
            1.0,
            subtype="FACTOR",
            first=(1, 3),
            look=True,
            about="Draws all lines between two layers together to one point",
        ),
        Socket(
            "Density",
            "Float",
            0.0,
            0.0,
            1.0,
            subtype="FACTOR",
            first=(1, 4),
            look=True,
            about="Draws lines together where many run. Bundle Lines has to be run first",
        ),
        Socket(
            "Prune",
            "Float",
            0.0,
            0.0,
            1.0,
            subtype="FACTOR",
            first=(1, 5),
            about="Hides this share of each hidden layer's units, the least important first",
        ),
        Socket(
            "Followed Token",
            "Float",
            -1.0,
            -1.0,
            1e6,
            first=(1, 6),
            about="Frames the row of this token, from 0, on every sheet, and shows what it looks at. -1 follows none",
        ),
    ),
)
