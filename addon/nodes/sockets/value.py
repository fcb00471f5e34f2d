# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of the shader group "Neuroscene Value"."""

from ..interface import Interface, Socket

VALUE = Interface(
    "Neuroscene Value",
    (
        Socket("Shade", "Float", 0.0, -1e6, 1e6, about="Value / range: 1 is full"),
        Socket(
            "Low",
            "Float",
            -1.0,
            -1.0,
            0.0,
            about="The shade at the left end of the ramp: -1 for a diverging map, 0 for a sequential one",
        ),
        Socket(
            "Log", "Float", 0.0, 0.0, 8.0, look=True, about="Decades below the range that are told apart; 0 is linear"
        ),
        Socket("Emission", "Float", 0.2, 0.0, 1000.0, look=True, about="Light of a value of 0"),
        Socket(
            "Emission by Magnitude",
            "Float",
            0.0,
            0.0,
            1000.0,
            look=True,
            about="Light that a full value has besides; it grows with the square",
        ),
        Socket("Strength", "Float", 0.0, 0.0, 1.0, about="Importance of a line, 0 to 1", subtype="FACTOR"),
        Socket(
            "Emission by Strength",
            "Float",
            0.0,
            0.0,
            1000.0,
            look=True,
            about="Light that the most important line has besides",
        ),
        Socket(
            "Opacity",
            "Float",
            1.0,
            0.0,
            1.0,
            subtype="FACTOR",
            look=True,
            about="1 is solid, 0 is not seen; what is solid renders faster",
        ),
        Socket(
            "Opacity by Magnitude",
            "Float",
            0.0,
            0.0,
            1.0,
            subtype="FACTOR",
            look=True,
            about="With 1 a value of 0 is not seen, with 0 all are as opaque",
        ),
        Socket("Pulse", "Float", 0.0, 0.0, 1000.0, about="Light that is added as it is"),
    ),
)
