# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node groups that were built once are fetched from a file; that never matters but for the time it takes."""

import bpy
import pytest

from neuroscene.addon import folders
from neuroscene.addon.nodes import connections, layer, tree
from scene import look


@pytest.fixture
def folder(blank, tmp_path, monkeypatch):
    """An empty folder for groups."""
    monkeypatch.setattr(folders, "of_user", lambda name: tmp_path)
    tree._folder.cache_clear()
    yield tmp_path
    tree._folder.cache_clear()


def form(group) -> tuple:
    """Nodes, links and sockets of a group and those in it."""
    inside = [form(one.node_tree) for one in group.nodes if one.type == "GROUP"]
    return (sorted(one.bl_idname for one in group.nodes), len(group.links),
            [(one.name, one.item_type) for one in group.interface.items_tree], inside)


@pytest.mark.parametrize("make", [layer.layer_group, connections.connections_group])
def test_fetched_as_built(folder, make):
    built = form(make())
    assert list(folder.rglob(f"{make().name}.blend"))
    look.fresh()
    assert not bpy.data.node_groups
    assert form(make()) == built and not bpy.data.libraries
    assert make() == make()


def test_a_damaged_file_is_built_anew(folder):
    built = form(layer.layer_group())
    for path in folder.rglob("*.blend"):
        path.write_bytes(b"BLENDER nonsense")
    look.fresh()
    assert form(layer.layer_group()) == built


def test_other_code_has_a_folder_of_its_own(folder):
    """Folders of older code go, and nothing else does."""
    (folder / "groups-0123456789abcdef").mkdir()
    (folder / "mine").mkdir()
    layer.layer_group()
    assert not (folder / "groups-0123456789abcdef").exists() and (folder / "mine").is_dir()
    assert len(list(folder.iterdir())) == 2


def test_without_a_folder(folder, monkeypatch):
    def none(name):
        raise OSError("no room")

    monkeypatch.setattr(folders, "of_user", none)
    tree._folder.cache_clear()
    assert layer.layer_group().nodes and not list(folder.iterdir())
