# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network as plain data: what its layers are and which weight joins which cells. Imports no Blender."""

from .graph import summarise
from .network import Assumption, Block, Connection, Grid, Layer, Network, Spec

__all__ = ["Assumption", "Block", "Connection", "Grid", "Layer", "Network", "Spec", "summarise"]
