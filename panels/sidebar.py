# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What panels of the sidebar share."""

from ..addon import compat


class Sidebar:
    """A panel in the tab of ours."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Neuroscene"


def table(layout, rows):
    """Labels on the left and texts on the right of a column, as properties stand."""
    column = layout.column(align=True)
    for label, text in rows:
        row = column.split(factor=0.4)
        left = row.row()
        left.alignment = "RIGHT"
        left.active = False
        left.label(text=label)
        row.label(text=text)


def sockets(layout, modifier, names):
    """Inputs of a modifier as fields, in this order; the row of each by its name."""
    items = {item.name: item for item in modifier.node_group.interface.items_tree if item.item_type == "SOCKET"}
    rows = {name: layout.row(align=True) for name in names}
    for name, row in rows.items():
        compat.draw_input(row, modifier, items[name], name)
    return rows


def inspector(layout, rows, interface, modifier):
    """A table of what something is, and the inputs of its modifier that are changed most, as fields."""
    table(layout, rows)
    layout.use_property_split = True
    layout.use_property_decorate = False
    for names in interface.rows():
        sockets(layout.column(align=True), modifier, names)


def moved(layout):
    """That somebody has moved the active object, and the way back."""
    row = layout.row()
    row.label(text="Moved by hand", icon="PINNED")
    row.operator("neuroscene.put_back")
