# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a network says what it says of an input: how much each number counts for a score, and what excites a unit."""

from . import drawing
from .everywhere import Edges, Explained, explain, runner_up
from .features import Feature, visualise
from .methods import METHODS, Attribution, attribute
from .orders import RANKINGS
from .proof_curve import ProofCurve, prove_all
from .proving import Proof, prove
from .targets import Target, Unit, target_of

__all__ = [
    "METHODS",
    "RANKINGS",
    "Attribution",
    "Edges",
    "Explained",
    "Feature",
    "Proof",
    "ProofCurve",
    "Target",
    "Unit",
    "attribute",
    "drawing",
    "explain",
    "prove",
    "prove_all",
    "runner_up",
    "target_of",
    "visualise",
]
