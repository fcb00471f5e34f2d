# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a network says what it says of an input: how much each number counts for a score, and what excites a unit."""

from . import drawing
from .features import Feature, visualise
from .methods import METHODS, Attribution, attribute
from .targets import Target, target_of

__all__ = ["METHODS", "drawing", "Attribution", "Feature", "Target", "attribute", "target_of", "visualise"]
