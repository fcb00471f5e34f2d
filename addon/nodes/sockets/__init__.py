# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of every node group of ours. Whoever needs to know which there are, and what each is for, asks here."""

from .annotation import ANNOTATION
from .arcs import ARCS
from .arrival import ARRIVAL
from .bars import BARS
from .block import BLOCK
from .book import BOOK
from .connections import CONNECTIONS, EXPANSION
from .histogram import HISTOGRAM, RIDGE
from .kernels import KERNELS
from .layer import LAYER
from .legend import NUMBER, RANGES, TEXT
from .network import NETWORK
from .opened import ATTENTION, NORMAL, OPENED, RECURRENT
from .palette import PALETTE
from .plot import PLOT
from .proof import PROOF
from .series import ALL as OF_SERIES
from .value import VALUE
from .window import WINDOW

# By the kind of object.
OF = {
    "root": NETWORK,
    "layer": LAYER,
    "connections": CONNECTIONS,
    "block": BLOCK,
    "bars": BARS,
    "kernels": KERNELS,
    "book": BOOK,
    "arcs": ARCS,
    "annotation": ANNOTATION,
}
ALL = {
    interface.name: interface
    for interface in (
        LAYER,
        CONNECTIONS,
        BLOCK,
        NETWORK,
        BARS,
        KERNELS,
        HISTOGRAM,
        RIDGE,
        BOOK,
        ARCS,
        ANNOTATION,
        VALUE,
        EXPANSION,
        TEXT,
        NUMBER,
        *RANGES.values(),
        *OF_SERIES,
        ARRIVAL,
        OPENED,
        NORMAL,
        ATTENTION,
        RECURRENT,
        WINDOW,
        PALETTE,
        PLOT,
        PROOF,
    )
}
