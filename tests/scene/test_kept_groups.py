# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node groups that were built once are fetched from a file; that never matters but for the time it takes."""

import shutil
import sys
from pathlib import Path

import bpy
import pytest

from neuroscene.addon import folders
from neuroscene.addon.nodes import connections, layer, sources, tree
from scene import look
from scene.test_sockets import groups


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
    return (
        sorted(one.bl_idname for one in group.nodes),
        len(group.links),
        [(one.name, one.item_type) for one in group.interface.items_tree],
        inside,
    )


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


@pytest.fixture
def copied(root, tmp_path) -> Path:
    """The room of the groups in a copy of the tree."""
    for room in ("addon", "panels", "operators"):
        shutil.copytree(root / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "*.ttf"))
    return tmp_path / "addon" / "nodes"


def test_each_module_that_groups_are_built_from_changes_the_key(copied):
    key, modules = sources.key(copied), sources.modules(copied)
    assert key == sources.key(copied) == sources.key()
    names = {path.relative_to(copied.parent).as_posix() for path in modules}
    assert names >= {"compat.py", "colormaps/value.py", "network/expand.py", "nodes/sockets/layer.py"}
    assert {path for path in copied.rglob("*.py")} <= modules
    keys = {key}
    for path in sorted(modules):
        text = path.read_bytes()
        path.write_bytes(text + b"# changed\n")
        keys.add(sources.key(copied))
        path.write_bytes(text)
    assert len(keys) == len(modules) + 1 and sources.key(copied) == key


def test_no_other_module_changes_the_key(copied):
    key, modules = sources.key(copied), sources.modules(copied)
    others = {path for path in copied.parents[1].rglob("*.py")} - modules
    assert {path.relative_to(copied.parents[1]).parts[:2] for path in others} >= {
        ("addon", "gltf"),
        ("addon", "scene"),
        ("addon", "layout"),
        ("panels", "sidebar.py"),
        ("operators", "copy_look.py"),
    }
    for path in others:
        path.write_bytes(path.read_bytes() + b"# changed\n")
    assert sources.key(copied) == key


def test_what_runs_while_groups_are_built_is_in_the_key(folder, root):
    """Found out by running: every module of ours of which something is called."""
    called = set()

    def note(frame, event, _):
        if event == "call":
            called.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        assert len(groups()) > 8
    finally:
        sys.setprofile(None)
    ours = {Path(name) for name in called if Path(name).is_relative_to(root / "addon")}
    texts = {path for path in ours if path.is_relative_to(root / "addon" / "scene")}  # the font, which is put in later
    assert root / "addon/nodes/expansion.py" in ours and ours - texts <= sources.modules()
