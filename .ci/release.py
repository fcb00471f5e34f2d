# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that a version can go out, and build its zips for every Blender and system in out/release/.

--check builds nothing. What is wrong is told line by line, with status 1.
"""

import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "out" / "release"
BLENDERS = ("5.2", "4.5")


def git(*command: str) -> str:
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def notes(changelog: str, version: str) -> str:
    """What the changelog says of a version, "" if nothing."""
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    return found[1].strip() if found else ""


def problems(version: str) -> list[str]:
    """What keeps a version from going out."""
    found = []
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    if manifest["version"] != version:
        found.append(f"pyproject.toml has version {version} and blender_manifest.toml {manifest['version']}")
    if not notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version):
        found.append(f"CHANGELOG.md has nothing under '## {version}'")
    if changed := git("status", "--porcelain"):
        found.append(f"the tree is not clean: {', '.join(line[3:] for line in changed.splitlines()[:5])}")
    if git("tag", "--list", f"v{version}") and git("rev-list", "-n1", f"v{version}") != git("rev-parse", "HEAD"):
        found.append(f"the tag v{version} is on another commit: raise the version")
    return found


def main() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if found := problems(version):
        sys.exit("\n".join(f"release: {line}" for line in found))
    if sys.argv[1:] == ["--check"]:
        return
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    for blender in BLENDERS:
        for platform in runpy.run_path(str(ROOT / ".ci" / "extension.py"))["PLATFORMS"]:
            subprocess.run(
                [
                    "make",
                    "--no-print-directory",
                    "extension",
                    f"BLENDER={blender}",
                    f"PLATFORM={platform}",
                    f"OUTPUT={OUTPUT}",
                ],
                cwd=ROOT,
                check=True,
            )
    (OUTPUT / "notes.md").write_text(
        notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version) + "\n", encoding="utf-8"
    )
    print(f"To release it:\n\n    git tag -a v{version} -m 'Neuroscene {version}' && git push origin v{version}")


if __name__ == "__main__":
    main()
