# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that gets full while a command writes: status 2, one line, and the file that was there before is untouched."""

import resource
import signal

import pytest

from scene import look
from scene.command import check_refused, run

pytestmark = pytest.mark.slow

OLD = b"what was here before"
ROOM = 6000  # bytes that a file may have: less than each of these outputs
COMMANDS = {
    "build": ["build", look.MLP, "-o", "out.blend"],
    "render": ["render", look.MLP, "-o", "out.png", "--size", "96x96", "--samples", "1"],
    "film": ["render", look.MLP, "-o", "out.mp4", "--size", "96x96", "--samples", "1", "--frames", "1-2"],
    "glb": ["export", look.MLP, "-o", "out.glb", "--max-cells", "200", "--max-connections", "200"],
    "page": ["export", look.MLP, "-o", "out.html", "--max-cells", "200", "--max-connections", "200"],
    "usd": ["export", look.MLP, "-o", "out.usdc", "--max-cells", "200", "--max-connections", "200"],
    "obj": ["export", look.MLP, "-o", "out.obj", "--max-cells", "200", "--max-connections", "200"],
    "activations": ["run", look.MLP, "--input", look.DIGIT, "--activations", "out.npz"],
}


def small_disk():
    """Files of this process end at ROOM bytes; as on a full disk, a write beyond fails. This holds for root too."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_takes_no_older_file(tmp_path, name):
    arguments = [tmp_path / one if str(one).startswith("out.") else one for one in COMMANDS[name]]
    output = next(one for one in arguments if str(one).startswith(str(tmp_path)))
    output.write_bytes(OLD)
    done = run(*arguments, preexec_fn=small_disk)
    check_refused(done, output.stem, "cannot be written")
    assert output.read_bytes() == OLD
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [output]
