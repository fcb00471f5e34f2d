# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of the line that tells how well a pruned network does."""

from ..interface import Interface, Socket

PROOF = Interface(
    "Neuroscene Proof",
    (
        Socket("Network", "Object", about="Reads how much is pruned from this object", hidden=True),
        Socket("Words", "Object", about="Has the number of each measured share, to stand beside the dot"),
        Socket("Radius", "Float", 0.05, 0.0, about="Sets the radius of the line", subtype="DISTANCE"),
        Socket("Dot", "Float", 0.2, 0.0, about="Sets the radius of the dot", subtype="DISTANCE"),
        Socket("Material", "Material", paint="hot"),
    ),
)
