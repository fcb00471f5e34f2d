# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The "Neuroscene" tab of the 3D view's sidebar."""

import bpy

from .inputs import NEUROSCENE_PT_inputs
from .networks import NEUROSCENE_PT_networks, NEUROSCENE_UL_layers

CLASSES = (NEUROSCENE_UL_layers, NEUROSCENE_PT_networks, NEUROSCENE_PT_inputs)


def register():
    for one in CLASSES:
        bpy.utils.register_class(one)


def unregister():
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
