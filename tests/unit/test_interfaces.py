# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of sockets: what they may hold, and the page that is made of them."""

import subprocess
import sys
from collections import Counter

import pytest

from neuroscene.addon.nodes.sockets import ALL, OF

KINDS = {"Float", "Int", "Bool", "Vector", "Color", "String", "Menu", "Object", "Material"}


@pytest.mark.parametrize("interface", ALL.values(), ids=ALL)
def test_each_socket_is_declared_once_and_whole(interface):
    assert max(Counter(interface.names).values()) == 1
    panels = [socket.panel for socket in interface]
    assert panels == sorted(panels, key=panels.index)  # what shares a panel stands together
    for socket in interface:
        assert socket.kind in KINDS and bool(socket.items) == (socket.kind == "Menu"), socket.name
        if socket.low is not None and socket.default is not None:
            given = socket.default if isinstance(socket.default, tuple) else (socket.default,)
            assert all(socket.low <= value and (socket.high is None or value <= socket.high) for value in given)
        assert not (socket.hidden and socket.first), socket.name
        assert socket.first or not socket.brief, socket.name
    places = [socket.first for socket in interface if socket.first]
    assert len(set(places)) == len(places)


def test_what_has_a_neutral_value_for_cells_placed_by_hand():
    assert {socket.name: socket.default for socket in OF["layer"] if socket.moves} == {
        "By Hand": 0.0,
        "Explode": 0.0,
        "Fold": 0.0,
        "Block": None,
    }


def test_the_sidebar_shows_sockets_in_the_order_of_their_places():
    assert OF["layer"].rows()[1:] == [["Shape", "Size", "Relief"], ["Fold", "Explode", "Reveal", "Shown Units"]]
    names = OF["connections"].having("first")
    assert names.index("Radius") < names.index("Ease") < names.index("Bundle")
    assert set(OF["connections"].having("brief")) < set(names)


def test_the_page_is_up_to_date_and_needs_no_blender(root):
    code = """if True:
        import runpy, sys
        sys.modules["bpy"] = sys.modules["mathutils"] = None  # importing them now fails
        sys.argv = ["sockets.py", "--check"]
        runpy.run_path("docs/sockets.py", run_name="__main__")
    """
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0, "run docs/sockets.py"
