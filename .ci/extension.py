# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension's zip, with the wheels that Blender's own Python lacks."""

import argparse
import importlib.metadata
import importlib.util
import json
import runpy
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "out" / "wheels"

# NumPy is always Blender's own: a second one would break every other extension. Blender 5 has typing_extensions too,
# but 4.5 and some builds by distributions have not.
BUNDLED = (
    "onnx",
    "onnxruntime",
    "ml_dtypes",
    "h5py",
    "protobuf",
    "flatbuffers",
    "typing_extensions",
    "packaging",
    "pillow",
)

# Blender's name of a platform -> pip's names of the wheels that run there. Blender itself needs glibc 2.28.
PLATFORMS = {
    "linux-x64": [f"manylinux{tag}_x86_64" for tag in ("_2_28", "_2_27", "_2_17", "2014")],
    "windows-x64": ["win_amd64"],
    "macos-arm64": ["macosx_14_0_arm64", "macosx_11_0_arm64"],
}


def run(*command: str | Path) -> str | None:
    """Return None when the command succeeds, else the line of its output that says what is wrong."""
    command = (sys.executable, *map(str, command))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return None
    lines = done.stdout.strip().splitlines() or [f"exit status {done.returncode}"]
    return next((line for line in lines if line.lstrip().lower().startswith(("error", "fatal_error"))), lines[-1])


def download(folder: Path, python: str, platform: str) -> None:
    """Put the wheels into the folder: from the cache when it has them all, else from the package index."""
    requirements = [f"{name}=={importlib.metadata.version(name)}" for name in BUNDLED]
    tags = [f"--platform={tag}" for tag in PLATFORMS[platform]]
    command = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"]
    command += [f"--python-version={python}", *tags, f"--dest={folder}", *requirements]
    if run(*command, "--no-index", f"--find-links={CACHE}") is None:
        return
    if error := run(*command):
        sys.exit(f"extension: no wheels for Python {python} on {platform}: {error}")
    shutil.copytree(folder, CACHE, dirs_exist_ok=True)


def build(python: str, platform: str, output: Path, blender: Path) -> Path:
    """Return the path of the zip. `blender` is the folder of Blender's scripts."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
    archive = output / f"{manifest['id']}-{manifest['version']}-{platform}-cp{python.replace('.', '')}.zip"
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / manifest["id"]
        excluded = [pattern.strip("/") for pattern in manifest["build"]["paths_exclude_pattern"]]
        shutil.copytree(ROOT, stage, ignore=shutil.ignore_patterns(*excluded))
        download(stage / "wheels", python, platform)
        wheels = sorted(f"./wheels/{path.name}" for path in (stage / "wheels").iterdir())
        text = (stage / "blender_manifest.toml").read_text()
        # Before the text, because a key after it would belong to its last table. JSON's lists are TOML's as well.
        text = f"platforms = {json.dumps([platform])}\nwheels = {json.dumps(wheels, indent=4)}\n{text}"
        (stage / "blender_manifest.toml").write_text(text)

        tool = blender / "addons_core/bl_pkg/cli/blender_ext.py"
        tags = f"--valid-tags={blender / 'modules/_bpy_internal/extensions/tags.py'}"
        if error := run(tool, "validate", tags, stage) or run(
            tool, "build", tags, f"--source-dir={stage}", f"--output-filepath={archive}"
        ):
            sys.exit(f"extension: Blender refuses the extension: {error}")
    return archive


def main() -> None:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    spec = importlib.util.find_spec("bpy")  # found, not imported: nothing here needs a running Blender
    if spec is None:
        sys.exit("extension: this Python has no bpy: use 'make extension'")
    blender = next(Path(spec.origin).parent.glob("*/scripts"))
    tool = runpy.run_path(str(blender / "addons_core/bl_pkg/cli/blender_ext.py"))
    this_platform = tool["platform_from_this_system"]()

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=running, metavar="X.Y", help="the Python of the Blender to install into")
    parser.add_argument("--platform", default=this_platform, choices=PLATFORMS, help="Blender's name for it")
    parser.add_argument("--output", default=ROOT / "out", type=Path, metavar="FOLDER", help="where to put the zip")
    arguments = parser.parse_args()
    if tuple(map(int, arguments.python.split("."))) < sys.version_info[:2]:
        # An older Python means an older Blender, whose NumPy these versions do not accept.
        sys.exit(f"extension: these versions are not for Python {arguments.python}: try BLENDER=4.5")
    print(build(arguments.python, arguments.platform, arguments.output, blender))


if __name__ == "__main__":
    main()
