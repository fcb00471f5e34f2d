# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of the shader group "Neuroscene Value"."""

from ..interface import Interface, Socket

VALUE = Interface(
    "Neuroscene Value",
    (
        Socket("Shade", "Float", 0.0, -1e6, 1e6, about="Value divided by the range. 1 is full"),
        Socket(
            "Low",
            "Float",
            -1.0,
            -1.0,
            0.0,
            about="Sets the shade at the left end of the ramp: -1 for a diverging map, 0 for a sequential one",
        ),
        Socket(
            "Log",
            "Float",
            0.0,
            0.0,
            8.0,
            look=True,
            about="Sets how many decades below the range are told apart. 0 is linear",
        ),
        Socket("Emission", "Float", 0.2, 0.0, 1000.0, look=True, about="Sets the light that a value of 0 gives"),
        Socket(
            "Emission by Magnitude",
            "Float",
            0.0,
            0.0,
            1000.0,
            look=True,
            about="Adds light to high values, growing with the square",
        ),
        Socket("Strength", "Float", 0.0, 0.0, 1.0, about="Importance of the line, from 0 to 1", subtype="FACTOR"),
        Socket("Emission by Strength", "Float", 0.0, 0.0, 1000.0, look=True, about="Adds light to important lines"),
        Socket(
            "Opacity",
            "Float",
            1.0,
            0.0,
            1.0,
            subtype="FACTOR",
            look=True,
            about="Sets the opacity. Solid materials (1) render faster",
        ),
        Socket(
            "Opacity by Magnitude",
            "Float",
            0.0,
            0.0,
            1.0,
            subtype="FACTOR",
            look=True,
            about="Makes low values transparent. At 0, all are equally opaque",
        ),
        Socket("Pulse", "Float", 0.0, 0.0, 1000.0, about="Adds this much light"),
    ),
)
