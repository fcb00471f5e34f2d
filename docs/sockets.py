# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/sockets.md: the inputs of the modifiers, from the tables in addon/nodes/sockets.

.venv/bin/python docs/sockets.py            write it anew
.venv/bin/python docs/sockets.py --check    status 1 if it is out of date
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE / "sockets.md"
OBJECTS = {
    "layer": "Layers",
    "connections": "Connections",
    "block": "Blocks",
    "book": "Books, sheets and covers",
    "arcs": "Arcs of attention",
    "root": "The whole network",
}
ROLES = {"look": "look", "extent": "room", "follows": "file"}
HEAD = """# Sockets

<!-- Written by docs/sockets.py; do not edit. -->

The inputs of the geometry-nodes modifiers that a designer meets, panel by panel. Each can be dragged, keyframed and
driven. *look*: *Copy Look* takes it and styles may set it. *room*: a layer may grow by it, and *Arrange* makes room.
*file*: it is set by what is in the checkpoint, and anew with a newer one, unless you have changed it.
"""


def page() -> str:
    return "\n".join([HEAD, *(line for kind, title in OBJECTS.items() for line in section(title, tables().OF[kind]))])


def tables():
    """The module of the tables, of this tree. It needs no Blender."""
    if "neuroscene" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "neuroscene", HERE.parent / "__init__.py", submodule_search_locations=[str(HERE.parent)]
        )
        sys.modules["neuroscene"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["neuroscene"])
    return importlib.import_module("neuroscene.addon.nodes.sockets")


def section(title, interface):
    yield from (f"## {title}", "", f"The group *{interface.name}*.", "")
    yield from ("| panel | socket | default | range | | |", "|---|---|---|---|---|---|")
    panel = ""
    for socket in interface:
        if socket.hidden:
            continue
        shown, panel = "" if socket.panel == panel else socket.panel, socket.panel
        roles = ", ".join(word for role, word in ROLES.items() if getattr(socket, role))
        yield f"| {shown} | {socket.name} | {default(socket)} | {span(socket)} | {socket.about} | {roles} |"
    yield ""


def default(socket) -> str:
    given = socket.initial
    if given is None:
        return ""
    if isinstance(given, tuple):
        return ", ".join(map(number, given))
    return number(given) if not isinstance(given, bool | str) else {True: "on", False: "off"}.get(given, str(given))


def span(socket) -> str:
    if socket.items:
        return ", ".join(socket.items)
    if socket.low is None:
        return ""
    return f"from {number(socket.low)}" if socket.high is None else f"{number(socket.low)} to {number(socket.high)}"


def number(given) -> str:
    return f"{given:,.4g}" if abs(given) < 1e4 else f"{given:,.0f}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
