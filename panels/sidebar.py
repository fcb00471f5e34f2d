# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What panels of the sidebar share."""

from __future__ import annotations

from ..addon import compat

DULL = ("Material", "Object")  # kinds of sockets that stand last


class Sidebar:
    """A panel in the tab of ours."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Neuroscene"


def table(layout, rows, tight=False):
    """Labels on the left and texts on the right of a column, as properties stand."""
    column = layout.column(align=True)
    if tight:
        column.scale_y = 0.85
    for label, text in rows:
        row = column.split(factor=0.4)
        left = row.row()
        left.alignment = "RIGHT"
        left.active = False
        left.label(text=label)
        row.label(text=text)


def dim(layout, texts):
    """Lines that are told, less bright than what can be set."""
    column = layout.column(align=True)
    column.active = False
    column.scale_y = 0.85
    for text in texts:
        column.label(text=text)


def fields(layout):
    """A column of properties with their names on the left."""
    column = layout.column(align=True)
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def titled(layout, title):
    """A row for fields beside one another, with one name on their left."""
    split = layout.split(factor=0.4)
    left = split.row()
    left.alignment = "RIGHT"
    left.label(text=title)
    return split.row(align=True)


def sockets(layout, modifier, names, called=None):
    """Inputs of a modifier as fields, in this order, some `called` otherwise than their sockets; each's row by name."""
    items = {item.name: item for item in modifier.node_group.interface.items_tree if item.item_type == "SOCKET"}
    rows = {name: layout.row(align=True) for name in names if name in items}
    for name, row in rows.items():
        compat.draw_input(row, modifier, items[name], (called or {}).get(name, name))
    return rows


def pair(layout, modifier, names, called=None):
    """Two inputs of a modifier beside one another, with their names inside their fields."""
    row = layout.row(align=True)
    row.use_property_split = False
    return sockets(row, modifier, names, called)


def advanced(layout, modifier, interface, shown):
    """All other inputs, in a part of the panel that is closed at first: what we set ourselves is left out."""
    header, body = layout.panel(f"Advanced {interface.name}", default_closed=True)
    header.label(text="Advanced")
    if body is None:
        return None
    groups: dict[str, list[str]] = {}
    for socket in interface:
        if not socket.hidden and socket.name not in shown:
            groups.setdefault(socket.panel, []).append(socket.name)
    for panel, names in groups.items():
        title, inside = body.panel(f"{interface.name} {panel}", default_closed=True)
        title.label(text=panel)
        if inside is not None:
            column = inside.column(align=True)
            column.use_property_split = True
            sockets(column, modifier, sorted(names, key=lambda name: interface[name].kind in DULL))
    return body


def head(layout, obj, icon):
    """The name of what is inspected, which can be changed, and the way to it in the view."""
    row = layout.row(align=True)
    row.prop(obj, "name", text="", icon=icon)
    return row


def moved(layout):
    """That somebody has moved the active object, and the way back."""
    row = layout.row()
    row.label(text="Moved by hand", icon="PINNED")
    row.operator("neuroscene.put_back")


def inspector(layout, rows, interface, modifier):
    """A table of what something is, and the inputs of its modifier: first those that are changed most."""
    table(layout, rows)
    for names in interface.rows():
        sockets(fields(layout), modifier, names)
    advanced(layout, modifier, interface, interface.having("first"))
