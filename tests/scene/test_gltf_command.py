# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""`neuroscene export` and File > Export: every kind of file, and what is said of it."""

import base64
import gzip
import re

import bpy
import pytest

from scene import look
from scene.command import check_refused, run_many
from scene.glb import Glb

MODEL = ("export", look.MLP, "--input", look.DIGIT, "--max-cells", 500, "-o")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """What each command said, by its name, and the folder that it wrote into."""
    folder = tmp_path_factory.mktemp("command")
    (folder / "file").write_text("")
    commands = {
        "plain": [*MODEL, folder / "plain.glb"],
        "page beside": [*MODEL, folder / "both.glb", "--html", "--realize", "--compress"],
        "page": [*MODEL, folder / "page.html"],
        "realised": [*MODEL, folder / "realised.glb", "--realize", "--triangles", 40_000],
        "small": [*MODEL, folder / "small.glb", "--compress"],
        "lit": [*MODEL, folder / "lit.glb", "--lit"],
        "both lights": [*MODEL, folder / "out.glb", "--lit", "--unlit"],
        "posed": [*MODEL, folder / "posed.glb", "--poses", 3],
        "usd": [*MODEL, folder / "out.usdc"],
        "obj": [*MODEL, folder / "out.obj"],
        "other": [*MODEL, folder / "out.fbx"],
        "nowhere": [*MODEL, folder / "file" / "out.glb"],
        "no number": [*MODEL, folder / "out.glb", "--triangles", "many"],
    }
    return folder, dict(zip(commands, run_many(list(commands.values())), strict=True))


def test_what_is_said(done):
    folder, said = done
    for name in ("plain", "page beside", "page", "realised", "small", "lit", "posed", "usd", "obj"):
        one = said[name]
        assert (one.status, one.err) == (0, ""), (name, one)
        assert "4 layers" in one.out and " MB" in one.out and "triangles" in one.out
    assert "positions in 16 bits" in said["small"].out or "Draco" in said["small"].out


def test_what_is_written(done):
    folder, _ = done
    plain, realised, lit, posed = (Glb(folder / f"{name}.glb") for name in ("plain", "realised", "lit", "posed"))
    assert "EXT_mesh_gpu_instancing" in plain.content["extensionsUsed"]
    assert "EXT_mesh_gpu_instancing" not in realised.content["extensionsUsed"] + posed.content["extensionsUsed"]
    unlit = {one["name"]: "extensions" in one for one in lit.content["materials"]}  # what glows does so in any light
    assert unlit == {"Solid Lit": False, "Solid": True} | {name: True for name in unlit if name == "Clear"}
    for name in ("page", "both"):
        text = (folder / f"{name}.html").read_text()
        assert text.startswith("<!DOCTYPE html>") and "digits_mlp" in text, name
        # whatever is beside it, the page has cells that can be told apart, and nothing that it cannot decode
        (packed,) = re.findall(r'id="glb">([^<]+)<', text)
        (folder / "page.glb").write_bytes(gzip.decompress(base64.b64decode(packed)))
        used = Glb(folder / "page.glb").content["extensionsUsed"]
        assert set(used) == {"EXT_mesh_gpu_instancing", "KHR_materials_unlit"}, name
    assert (folder / "out.usdc").read_bytes().startswith(b"PXR-USDC") and (folder / "out.obj").stat().st_size > 1e5


def test_what_is_refused(done):
    _, said = done
    assert said["other"].status == 2 and ".usdc" in said["other"].err and "Traceback" not in said["other"].err
    check_refused(said["nowhere"], "out.glb", "cannot be written")
    assert said["no number"].status == said["both lights"].status == 2


@pytest.mark.parametrize("suffix", ["glb", "html", "usdc", "obj"])
def test_operator(registered, tmp_path, suffix):
    look.build(look.MLP, look.DIGIT, max_cells=500)
    path = tmp_path / f"out.{suffix}"
    assert bpy.ops.neuroscene.export_gltf(filepath=str(path)) == {"FINISHED"} and path.stat().st_size > 1e5


def test_operator_says_what_is_wrong(registered, tmp_path):
    look.build(look.MLP, look.DIGIT, max_cells=500)
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.neuroscene.export_gltf(filepath=str(tmp_path / "file" / "out.glb"))
