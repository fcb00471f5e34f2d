# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of what lets numbers appear as a signal reaches them."""

from ..interface import Interface, Socket

ARRIVAL = Interface(
    "Neuroscene Arrival",
    (
        Socket(
            "Arrival",
            "Float",
            1.0,
            0.0,
            1.0,
            about="Lets the numbers appear, unit after unit. At 0 all are 0, at 1 they are what they are",
            subtype="FACTOR",
        ),
    ),
)
