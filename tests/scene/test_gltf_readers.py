# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Khronos's validator finds nothing wrong with our exports, and three.js loads them."""

import json
import shutil
import subprocess

import pytest

from neuroscene.addon.gltf import compact, export
from scene import look, networks

READER = look.ROOT / "tests" / "web" / "read.mjs"
PACKAGES = look.ROOT / "build" / "web"
pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not (PACKAGES / "node_modules").is_dir(),
    reason="needs Node.js, and the packages that .ci/web/install puts into build/web",
)


def read(*files) -> list[dict]:
    """What the readers say of files."""
    done = subprocess.run(["node", READER, PACKAGES, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Twelve networks, each as instances and as plain meshes: the paths, and what was reported."""
    folder, found = tmp_path_factory.mktemp("readers"), {}
    for name in networks.NETWORKS:
        look.fresh()
        given = look.DIGIT if name in ("cnn", "mlp") else None
        look.build(networks.NETWORKS[name](folder), given, max_cells=4_000, max_connections=3_000)
        for variant, options in (("instances", export.ExportOptions()), ("meshes", export.ExportOptions(realise=True))):
            path = folder / f"{name} {variant}.glb"
            found[path] = export.export(path, options)
    return found


def test_nothing_is_wrong(written):
    said = read(*written)
    assert len(said) >= 20 and {one["file"]: one["wrong"] for one in said if one["wrong"]} == {}


def test_everything_is_loaded(written):
    for one, report in zip(read(*written), written.values(), strict=True):
        assert one["nodes"]["layer"] == report.layers and one["nodes"]["network"] == 1 and one["nodes"]["camera"] == 1
        if "instances.glb" in one["file"]:
            assert one["instances"] == one["coloured"] == report.cells
        else:
            assert "instances" not in one and one["triangles"] == report.triangles


def test_compressed_and_posed(tmp_path, monkeypatch):
    from scene.test_gltf_films import folding

    look.fresh()
    folding(look.build(look.CNN, look.DIGIT, max_cells=1_000))
    monkeypatch.setattr(compact, "has_draco", lambda: False)  # three.js would need its decoder
    for name, options in (
        ("small", export.ExportOptions(small=True)),
        ("posed", export.ExportOptions(poses=4)),
        ("lit", export.ExportOptions(lit=True)),
    ):
        export.export(tmp_path / f"{name}.glb", options)
    small, posed, lit = read(*(tmp_path / f"{name}.glb" for name in ("small", "posed", "lit")))
    assert small["wrong"] == posed["wrong"] == lit["wrong"] == []
    assert posed["tracks"] > 5
