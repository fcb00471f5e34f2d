# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the code: which need Blender, and which way imports run."""

import ast
import subprocess
import sys

import pytest

WITHOUT_BLENDER = (
    "containers",
    "formats",
    "structure",
    "network",
    "layout",
    "inference",
    "colormaps",
    "conversion",
    "series",
    "gradients",
    "attribution",
    "training",
    "composing",
)
# A room may import itself and the rooms named here; compat and cli stand beside the rooms.
MAY_IMPORT = {
    "containers": set(),
    "formats": {"containers"},
    "structure": {"containers", "formats"},
    "colormaps": set(),
    "network": {"containers", "formats"},
    "layout": {"network"},
    "inference": {"containers", "formats", "network"},
    "series": {"containers", "formats", "structure", "network"},
    "gradients": {"containers", "formats", "inference"},
    "composing": {"containers"},
    "attribution": {"containers", "colormaps", "gradients", "inference", "network"},
    "training": {"colormaps", "containers", "formats", "attribution", "gradients", "inference", "network", "written"},
    "conversion": {"containers", "formats", "network", "inference", "composing", "written"},
    "compat": set(),
    "folders": set(),
    "written": {"containers"},
    "nodes": {"colormaps", "network", "compat", "folders"},
    "scene": {
        "containers",
        "formats",
        "structure",
        "network",
        "layout",
        "inference",
        "colormaps",
        "attribution",
        "series",
        "composing",
        "conversion",
        "training",
        "nodes",
        "compat",
        "folders",
        "written",
    },
    "gltf": {"containers", "formats", "structure", "network", "colormaps", "nodes", "scene", "compat", "written"},
    "preferences": set(),
    "samples": set(),
    "properties": {"scene", "layer_fields", "nodes"},
    "layer_fields": {"composing", "containers", "scene"},
    "commands": {
        "containers",
        "formats",
        "structure",
        "network",
        "inference",
        "conversion",
        "series",
        "attribution",
        "training",
        "composing",
        "scene",
        "gltf",
        "written",
    },
    "cli": {"commands", "containers", "written"},
}


def test_rooms_that_need_no_blender(root):
    names = ", ".join(f"neuroscene.addon.{room}" for room in WITHOUT_BLENDER)
    code = f"""if True:
        import importlib.util, sys
        sys.modules["bpy"] = sys.modules["mathutils"] = None  # importing them now fails
        spec = importlib.util.spec_from_file_location(
            "neuroscene", {str(root / "__init__.py")!r}, submodule_search_locations=[{str(root)!r}])
        sys.modules["neuroscene"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["neuroscene"])
        import {names}, neuroscene.addon.network.report
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room, root):
    place = root / "addon" / room
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        folders = path.relative_to(root / "addon").parts[:-1]
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = list(folders)[: len(folders) - node.level + 1]
            for alias in node.names:
                target = [*base, *(node.module or alias.name).split(".")][0]
                assert target == room or target in MAY_IMPORT[room], f"{path.name} line {node.lineno}: {target}"
