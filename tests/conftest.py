# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package under its name, a Blender without anybody's settings, and an empty scene."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Blender reads it when bpy is imported, so before any test is.
_RESOURCES = tempfile.TemporaryDirectory(prefix="neuroscene-tests-")
os.environ["BLENDER_USER_RESOURCES"] = _RESOURCES.name

# By path, so that it is this tree that is tested, installed or not.
_SPEC = importlib.util.spec_from_file_location(
    "neuroscene", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
)
sys.modules["neuroscene"] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sys.modules["neuroscene"])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="approve the pictures of tests/golden and the sockets of tests/data as they are",
    )


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def blank() -> Iterator[None]:
    """An empty scene with factory settings."""
    import bpy  # here: tests/unit runs without it

    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
