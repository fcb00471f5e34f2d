# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The "Neuroscene" tab of the 3D view's sidebar, and menus of the view."""

import bpy

from . import histograms, menus, overlay, pictures, tool
from .annotation import NEUROSCENE_PT_annotation
from .arcs import NEUROSCENE_PT_arcs
from .block import NEUROSCENE_PT_block
from .book import NEUROSCENE_PT_book
from .composing import MENUS, NEUROSCENE_MT_add_layer, NEUROSCENE_MT_insert_here, NEUROSCENE_PT_compose
from .data import NEUROSCENE_PT_data
from .evidence import NEUROSCENE_PT_evidence
from .gizmos import NEUROSCENE_GGT_layer
from .hierarchy import NEUROSCENE_MT_hierarchy, NEUROSCENE_MT_networks, NEUROSCENE_PT_hierarchy, NEUROSCENE_UL_layers
from .layer import NEUROSCENE_PT_layer
from .lines import NEUROSCENE_PT_lines
from .network import NEUROSCENE_PT_network
from .opened import NEUROSCENE_PT_opened, NEUROSCENE_PT_window
from .series import NEUROSCENE_PT_series
from .shots import NEUROSCENE_PT_shots
from .storyboard import NEUROSCENE_PT_storyboard, NEUROSCENE_UL_beats
from .training import NEUROSCENE_PT_training

CLASSES = (
    NEUROSCENE_UL_layers,
    NEUROSCENE_UL_beats,
    NEUROSCENE_MT_networks,
    NEUROSCENE_MT_hierarchy,
    NEUROSCENE_PT_hierarchy,
    NEUROSCENE_PT_data,
    NEUROSCENE_PT_series,
    NEUROSCENE_PT_evidence,
    NEUROSCENE_PT_shots,
    NEUROSCENE_PT_storyboard,
    NEUROSCENE_PT_compose,
    NEUROSCENE_PT_training,
    NEUROSCENE_PT_network,
    NEUROSCENE_PT_layer,
    NEUROSCENE_PT_lines,
    NEUROSCENE_PT_block,
    NEUROSCENE_PT_book,
    NEUROSCENE_PT_arcs,
    NEUROSCENE_PT_annotation,
    NEUROSCENE_PT_opened,
    NEUROSCENE_PT_window,
    NEUROSCENE_GGT_layer,
    menus.NEUROSCENE_MT_select,
    menus.NEUROSCENE_MT_network,
    menus.NEUROSCENE_MT_add,
    menus.NEUROSCENE_MT_layer,
    menus.NEUROSCENE_MT_pie,
    NEUROSCENE_MT_add_layer,
    NEUROSCENE_MT_insert_here,
    *MENUS,
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
    bpy.types.VIEW3D_MT_object_context_menu.prepend(menus.in_context)


def unregister():
    """Take back what `register` did."""
    bpy.types.VIEW3D_MT_object_context_menu.remove(menus.in_context)
    bpy.types.VIEW3D_MT_add.remove(menus.in_add)
    bpy.types.VIEW3D_MT_object.remove(menus.in_object)
    bpy.types.VIEW3D_MT_select_object.remove(menus.in_select)
    overlay.unregister()
    pictures.unregister()
    histograms.unregister()
    tool.unregister()
    for class_ in reversed(CLASSES):
        bpy.utils.unregister_class(class_)
