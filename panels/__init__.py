# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The "Neuroscene" tab of the 3D view's sidebar, and menus of the view."""

import bpy

from . import menus, overlay, tool
from .arcs import NEUROSCENE_PT_arcs
from .block import NEUROSCENE_PT_block
from .book import NEUROSCENE_PT_book
from .composing import PLACES, NEUROSCENE_MT_add_layer, NEUROSCENE_PT_compose
from .evidence import NEUROSCENE_PT_evidence
from .inputs import NEUROSCENE_PT_inputs
from .layer import NEUROSCENE_PT_detail, NEUROSCENE_PT_layer, NEUROSCENE_PT_weights
from .lines import NEUROSCENE_PT_lines
from .look import NEUROSCENE_PT_look, NEUROSCENE_PT_range
from .networks import NEUROSCENE_PT_networks, NEUROSCENE_UL_layers
from .series import NEUROSCENE_PT_series
from .shape import NEUROSCENE_PT_shape
from .shots import NEUROSCENE_PT_shots
from .sliders import NEUROSCENE_PT_sliders
from .storyboard import NEUROSCENE_PT_storyboard, NEUROSCENE_UL_beats
from .training import NEUROSCENE_PT_training

CLASSES = (
    NEUROSCENE_UL_layers,
    NEUROSCENE_UL_beats,
    NEUROSCENE_PT_networks,
    NEUROSCENE_PT_compose,
    NEUROSCENE_PT_training,
    NEUROSCENE_PT_series,
    NEUROSCENE_PT_evidence,
    NEUROSCENE_PT_sliders,
    NEUROSCENE_PT_layer,
    NEUROSCENE_PT_detail,
    NEUROSCENE_PT_shape,
    NEUROSCENE_PT_weights,
    NEUROSCENE_PT_lines,
    NEUROSCENE_PT_look,
    NEUROSCENE_PT_range,
    NEUROSCENE_PT_block,
    NEUROSCENE_PT_book,
    NEUROSCENE_PT_arcs,
    NEUROSCENE_PT_inputs,
    NEUROSCENE_PT_shots,
    NEUROSCENE_PT_storyboard,
    menus.NEUROSCENE_MT_select,
    menus.NEUROSCENE_MT_network,
    menus.NEUROSCENE_MT_add,
    NEUROSCENE_MT_add_layer,
    *PLACES,
)


def register():
    """Register the panels and the entries in Blender's own menus."""
    for class_ in CLASSES:
        bpy.utils.register_class(class_)
    tool.register()
    overlay.register()
    bpy.types.VIEW3D_MT_select_object.append(menus.in_select)
    bpy.types.VIEW3D_MT_object.append(menus.in_object)
    bpy.types.VIEW3D_MT_add.append(menus.in_add)


def unregister():
    """Take back what `register` did."""
    bpy.types.VIEW3D_MT_add.remove(menus.in_add)
    bpy.types.VIEW3D_MT_object.remove(menus.in_object)
    bpy.types.VIEW3D_MT_select_object.remove(menus.in_select)
    overlay.unregister()
    tool.unregister()
    for class_ in reversed(CLASSES):
        bpy.utils.unregister_class(class_)
