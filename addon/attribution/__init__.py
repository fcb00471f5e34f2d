# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a network says what it says of an input: how much each number counts for a score, and what excites a unit."""

from . import drawing
from .features import Feature, visualise
from .methods import METHODS, Attribution, attribute
from .proving import RANKINGS, Proof, prove
from .targets import Target, target_of

__all__ = [
    "METHODS",
    "RANKINGS",
    "Attribution",
    "Feature",
    "Proof",
    "Target",
    "attribute",
    "drawing",
    "prove",
    "target_of",
    "visualise",
]
