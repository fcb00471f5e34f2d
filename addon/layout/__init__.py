# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where layers stand and how their cells are arranged. Pure functions of the network; imports no Blender."""

from .arrange import HEIGHT, Placement, arrange

__all__ = ["HEIGHT", "Placement", "arrange"]
