# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the asset library is, how Blender comes to know it, and how it is written beside the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bpy

from ... import folders
from .writing import FILE, NAME

ROOT = Path(__file__).parents[3]
LONGEST = 300.0  # seconds that writing may take


def folder() -> Path:
    """Where the library of this user is. Raises `OSError` where there can be none."""
    return folders.of_user("library")


def is_there() -> bool:
    """Whether the library was written and Blender knows it."""
    try:
        here = folder()
    except OSError:
        return False
    return (here / FILE).is_file() and _known(here) is not None


def build(into: Path) -> None:
    """Write the library in a Blender of its own, so that the open file is left alone. Raises `OSError`."""
    done = subprocess.run(_command(into), capture_output=True, text=True, timeout=LONGEST)
    if done.returncode or not (into / FILE).is_file():
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise OSError(f"the library could not be written: {last}")


def make_known(path: Path) -> None:
    """Let Blender's preferences list the library; it stays there when they are saved."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    known = _known(path)
    if known is None:
        known = libraries.new(name=NAME, directory=str(path))
    known.name, known.path = NAME, str(path)
    known.import_method = "APPEND"  # a style that is edited must not be that of a file elsewhere


def _known(path: Path):
    libraries = bpy.context.preferences.filepaths.asset_libraries
    return next((each for each in libraries if each.path and Path(bpy.path.abspath(each.path)) == path), None)


def _command(into: Path) -> list[str]:
    package = __package__.partition(".addon")[0]
    call = f"writing.write(__import__('pathlib').Path({str(into)!r}))"
    if not bpy.app.module:
        code = f"import importlib; writing = importlib.import_module({__package__ + '.writing'!r}); {call}"
        return [bpy.app.binary_path, "--background", "--python-exit-code", "1", "--python-expr", code]
    code = (
        "import sys, importlib, importlib.util as u; "
        f"s = u.spec_from_file_location({package!r}, {str(ROOT / '__init__.py')!r}, "
        f"submodule_search_locations=[{str(ROOT)!r}]); m = u.module_from_spec(s); sys.modules[{package!r}] = m; "
        f"s.loader.exec_module(m); writing = importlib.import_module({__package__ + '.writing'!r}); {call}"
    )
    return [sys.executable, "-c", code]
