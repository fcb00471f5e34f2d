# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of the page: what they say, in Node.js, and that the bundles in the tree are made of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VIEWER = ROOT / "addon" / "gltf" / "viewer"
TESTS = {
    path.name: re.findall(r'^test\("(.+?)",', path.read_text(encoding="utf-8"), re.M)
    for path in sorted((ROOT / "tests" / "web").glob("*.test.mjs"))
}

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js (Debian: apt-get install nodejs)")
needs_packages = pytest.mark.skipif(
    not (ROOT / "build" / "web" / "installed.json").is_file(),
    reason="needs the packages that .ci/web/install puts into build/web",
)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What Node.js says of the tests of each file, in the Test Anything Protocol."""
    return {
        name: subprocess.run(
            ["node", "--test-reporter=tap", "--test", ROOT / "tests" / "web" / name], capture_output=True, text=True
        ).stdout
        for name in TESTS
    }


@needs_node
@pytest.mark.parametrize("file, name", [(file, name) for file, names in TESTS.items() for name in names])
def test_script(said, file, name):
    assert re.search(rf"^ *ok \d+ - {re.escape(name)}$", said[file], re.M), said[file]


@needs_node
@pytest.mark.parametrize("file", TESTS)
def test_every_script_test_is_one_of_those_above(said, file):
    assert int(re.search(r"^# tests (\d+)$", said[file], re.M)[1]) == len(TESTS[file]) > 0


@needs_node
@needs_packages
@pytest.mark.parametrize("name", ["page.js", "three.min.js"])
def test_bundle_is_made_of_its_sources(tmp_path, name):
    done = subprocess.run([ROOT / ".ci" / "web" / "build", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_bytes() == (VIEWER / name).read_bytes(), "run .ci/web/build and commit what it makes"
