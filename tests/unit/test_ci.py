# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `.ci/run` lets pass and `make release` lets out, in small repositories with the real scripts."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
NOTES = f"# Changelog\n\n## Unreleased\n\n## {VERSION}\n\n- It begins.\n\n## 0.0.1\n\n- Older.\n"

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="needs git (Debian: apt-get install git)")


def git(folder, *command):
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *command], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture
def tree(tmp_path):
    (tmp_path / ".ci").mkdir()
    for name in ("pyproject.toml", "blender_manifest.toml", ".ci/release.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(NOTES)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def commit(tree):
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "x")


def change(tree, name, before, after):
    text = (tree / name).read_text()
    assert before in text
    (tree / name).write_text(text.replace(before, after, 1))


def said(tree) -> list[str]:
    """What keeps the version from going out; nothing if it may."""
    done = subprocess.run([sys.executable, tree / ".ci" / "release.py", "--check"], capture_output=True, text=True)
    assert done.stdout == "" and bool(done.stderr) == bool(done.returncode) and "Traceback" not in done.stderr
    return done.stderr.splitlines()


@needs_git
def test_a_version_that_may_go_out(tree):
    assert said(tree) == []
    git(tree, "tag", f"v{VERSION}")  # as where the tag makes the release
    assert said(tree) == []


@needs_git
def test_two_versions(tree):
    change(tree, "blender_manifest.toml", f'\nversion = "{VERSION}"', '\nversion = "9.9.9"')
    commit(tree)
    assert said(tree) == [f"release: pyproject.toml has version {VERSION} and blender_manifest.toml 9.9.9"]


@needs_git
@pytest.mark.parametrize("changelog", ["", f"## {VERSION}\n\n## 0.0.1\n\n- Older.\n", f"## {VERSION}1\n\n- Other.\n"])
def test_a_changelog_that_is_silent(tree, changelog):
    (tree / "CHANGELOG.md").write_text(changelog)
    commit(tree)
    assert said(tree) == [f"release: CHANGELOG.md has nothing under '## {VERSION}'"]


@needs_git
def test_a_tree_that_is_not_clean(tree):
    (tree / "new.py").write_text("")
    assert said(tree) == ["release: the tree is not clean: new.py"]


@needs_git
def test_a_tag_that_is_elsewhere(tree):
    git(tree, "tag", f"v{VERSION}")
    (tree / "new.py").write_text("")
    commit(tree)
    assert said(tree) == [f"release: the tag v{VERSION} is on another commit: raise the version"]


def test_the_help_of_make_is_true():
    """Every target that is told is there, and every one that is there is told."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = set(re.findall(r'@echo "make ([\w-]+)', makefile))
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)
    there = set(re.findall(r"^([\w-]+):", makefile, re.M))
    assert there == set(phony.split()) == told | {"help"}


RUNS = {
    "all pass": ("", 0, "2 passed"),
    "a skip that is right": ("pytest.skip('nothing is forbidden to root')", 0, "1 passed, 1 skipped"),
    "a program is missing": ("pytest.skip('needs Chromium (Debian: chromium)')", 1, "1 passed, 1 skipped"),
    "a failure": ("assert False", 1, "1 failed, 1 passed"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no bash")
@pytest.mark.parametrize("case", RUNS)
def test_what_may_be_skipped(tmp_path, case):
    """The script with real runs of pytest; the rest of make, and what it installs, is left out."""
    body, status, counts = RUNS[case]
    for name, text in {
        ".ci/setup": "exit 0",
        ".ci/web/install": "mkdir -p build",
        "make": f'[ "$1" != test-all ] || exec "{sys.executable}" -m pytest -ra -p no:cacheprovider test_x.py',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    tests = f"import pytest\ndef test_a():\n    {body or 'pass'}\ndef test_b():\n    pass\n"
    (tmp_path / "test_x.py").write_text(tests)
    done = subprocess.run(
        [tmp_path / ".ci" / "run", "5.2"],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == status, done.stdout
    said = f"test, Blender 5.2: {'FAILED' if status else 'passed'}\n  {counts}\n"
    assert said in done.stdout, done.stdout
