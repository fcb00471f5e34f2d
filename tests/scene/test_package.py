# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip that users install: what it says, what is in it, and that Blender runs it with nothing else installed."""

import importlib.util
import io
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

BLENDER = next(Path(importlib.util.find_spec("bpy").origin).parent.glob("*/scripts"))
TAGS = BLENDER / "modules/_bpy_internal/extensions/tags.py"

INSTALL_IMPORT_REMOVE = """
import sys
packages, archive, model, packed = sys.argv[1:]
sys.path.append(packages)

import bpy
import addon_utils  # found only once bpy is imported
addon_utils.enable("bl_pkg")
install = bpy.ops.extensions.package_install_files
assert install(filepath=archive, repo="user_default", enable_on_install=True) == {"FINISHED"}

import json, onnx, onnxruntime
result = bpy.ops.neuroscene.import_network(filepath=model)
layers = [o.name for o in bpy.data.objects if "neuroscene" in o and o["neuroscene"]["kind"] == "layer"]
from pathlib import Path
from bl_ext.user_default.neuroscene.addon.containers.hdf5 import reader
numbers = reader.read(Path(packed)).tensors["x"].read()  # by h5py, in a process beside this one
assert "h5py" not in sys.modules
addon_utils.disable("bl_ext.user_default.neuroscene", default_set=True)
left = [name for name in dir(bpy.types) if name.startswith("NEUROSCENE_")] + dir(bpy.ops.neuroscene)
modules = [onnx.__file__, onnxruntime.__file__]
said = {"result": list(result), "layers": layers, "left": left, "modules": modules, "sum": float(numbers.sum())}
print("RESULT", json.dumps(said))
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The zip for the running Blender."""
    script = Path(__file__).parents[2] / ".ci" / "extension.py"
    command = [sys.executable, script, "--output", tmp_path_factory.mktemp("extension")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_manifest(root):
    manifest = tomllib.loads((root / "blender_manifest.toml").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert manifest["id"] == manifest["name"].lower() == project["name"] == "neuroscene"
    assert manifest["version"] == project["version"]
    assert manifest["type"] == "add-on"
    assert manifest["blender_version_min"] == "4.5.0"
    assert manifest["license"] == ["SPDX:" + project["license"]]
    for text in (manifest["tagline"], *manifest["permissions"].values()):
        assert len(text) <= 64
        assert text[-1].isalnum()


def test_manifest_passes_blenders_validation(root):
    tool = BLENDER / "addons_core/bl_pkg/cli/blender_ext.py"
    command = [sys.executable, tool, "validate", f"--valid-tags={TAGS}", root]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.network
def test_archive_holds_the_wheels_and_no_tests(archive):
    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
        manifest = tomllib.loads(content.read("blender_manifest.toml").decode())
    wheels = {wheel.removeprefix("./") for wheel in manifest["wheels"]}
    assert wheels == {name for name in names if name.endswith(".whl")}
    assert {Path(wheel).name.split("-")[0] for wheel in wheels} >= {
        "onnx",
        "onnxruntime",
        "ml_dtypes",
        "h5py",
        "protobuf",
    }
    assert not any("numpy" in wheel for wheel in wheels)
    assert {"__init__.py", "LICENSE", "sample_models/digits_cnn.onnx"} <= set(names)
    for name in names:
        folders = name.split("/")
        assert not {"tests", "docs", "out", "__pycache__", "Makefile", "pyproject.toml"} & set(folders), name
        assert not any(folder.startswith(".") for folder in folders), name


@pytest.mark.network
def test_archive_runs_with_its_own_wheels(archive, root, tmp_path):
    packages = tmp_path / "site-packages"
    _link_packages(packages, without=_bundled(archive))
    resources = tmp_path / "resources"
    resources.mkdir()
    model = root / "sample_models" / "digits_cnn.onnx"
    packed = tmp_path / "packed.h5"
    with h5py.File(packed, "w") as file:
        file.create_dataset("x", data=np.arange(9.0), compression="lzf")
    # -S and -I: neither this environment's packages nor its variables, as in a Blender that a user has just installed
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", INSTALL_IMPORT_REMOVE, packages, archive, model, packed],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(resources)},
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    found = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0 and found, output
    found = json.loads(found[0])
    assert found["result"] == ["FINISHED"], output
    assert found["layers"]
    assert all(Path(module).is_relative_to(resources) for module in found["modules"]), found["modules"]
    assert found["left"] == [] and found["sum"] == 36


def _bundled(archive: Path) -> set[str]:
    """The names at the top of the wheels in the zip: what the extension brings along."""
    names = set()
    with zipfile.ZipFile(archive) as content:
        for wheel in content.namelist():
            if wheel.endswith(".whl"):
                with zipfile.ZipFile(io.BytesIO(content.read(wheel))) as package:
                    names |= {name.split("/")[0] for name in package.namelist()}
    return names


def _link_packages(folder: Path, without: set[str]) -> None:
    """Make a folder of packages like the one of Blender's own Python: this environment's, but for those."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("platlib")).iterdir():
        if path.name not in without:
            (folder / path.name).symlink_to(path)
