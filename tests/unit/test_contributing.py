# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONTRIBUTING.md names what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", TEXT)
# Names with a suffix; those without a folder lie in one that is named before. NAME stands for what is new.
PATHS = sorted(
    {
        one
        for one in QUOTED
        if re.fullmatch(r"[\w./*-]+(\.\w+|/)", one)
        and "NAME" not in one
        and ("/" in one or one.endswith((".py", ".md", ".toml")))
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_paths(path):
    assert list(ROOT.glob(path)) or list(ROOT.glob(f"*/**/{path}")), path


def test_targets_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = set(re.findall(r"`make ([\w-]+)", TEXT)) | set(re.findall(r"^ +make ([\w-]+)", TEXT, re.M))
    assert {"setup", "test", "test-fast", "lint"} <= wanted
    for target in wanted:
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.parametrize(
    "name, file",
    [
        ("READERS", "addon/formats/table.py"),
        ("KINDS", "addon/scene/shots/kinds.py"),
        ("STYLES", "addon/scene/looks/styles.py"),
        ("CLASSES", "operators/__init__.py"),
    ],
)
def test_tables(name, file):
    assert f"`{name}`" in TEXT and file in TEXT
    assert re.search(rf"^{name} = ", (ROOT / file).read_text(encoding="utf-8"), re.M)
