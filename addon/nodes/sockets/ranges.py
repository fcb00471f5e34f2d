# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of a range: the value that has the full color, and where it comes from."""

from ..interface import Socket

FROM = ("Own", "Layer", "Block", "Network")
LAYER_ROW, BLOCK_ROW = "Layer Row", "Block Row"


def of_range(name: str, about: str) -> tuple[Socket, ...]:
    """The sockets of a range; `name` is that of the range itself."""
    return (
        Socket(name, "Float", 1.0, 0.0, about=about, follows=True),
        Socket(
            "Range From",
            "Menu",
            items=FROM,
            look=True,
            about="Chooses where the range comes from. Own is the number given here. The others take the Clip "
            "percentile of the magnitudes in the layer, in its block or in the whole network",
        ),
        Socket(
            "Clip",
            "Float",
            99.0,
            50.0,
            100.0,
            subtype="PERCENTAGE",
            look=True,
            about="Sets the percentile that has the full color. Larger values are clipped",
        ),
        *(
            Socket(
                row,
                "Int",
                -1,
                -1,
                1 << 24,
                about=f"The {whose}'s row of the network's table of magnitudes",
                follows=True,
                hidden=True,
            )
            for row, whose in ((LAYER_ROW, "layer"), (BLOCK_ROW, "block"))
        ),
    )
