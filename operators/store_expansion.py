# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The levels of detail of lines, stored on request."""

import bpy

from ..addon.scene.detail import requested_expansion
from .bases.of_lines import ChangesLines


class NEUROSCENE_OT_store_expansion(ChangesLines, bpy.types.Operator):
    """Read the weights so that the slider Expansion can open lines from units to every weight"""

    bl_idname = "neuroscene.store_expansion"
    bl_label = "Store Expansion"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context, network, objs, progress):
        return requested_expansion.store(network, objs, progress)
