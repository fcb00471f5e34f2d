# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What varies: the checkpoints of one training run in their order, and what was measured at each. Imports no Blender.

`find` is the way in.
"""

from .listing import is_run
from .run import LeftOut, Run, Step, find
from .thinning import thinned
from .watching import Arrived, Watch
from .weights import Shifting

__all__ = ["Arrived", "LeftOut", "Run", "Shifting", "Step", "Watch", "find", "is_run", "thinned"]
