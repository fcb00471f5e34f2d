# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that gets full while a command writes: status 2, one line, and the file that was there before is untouched."""

import csv
import errno
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import numpy as np
import onnx
import onnxruntime
import pytest

from neuroscene.addon.scene.composing import learning
from neuroscene.addon.scene.entities import networks
from neuroscene.addon.scene.series import known
from scene import look
from scene.command import ONE, TESTS, Done, check_refused, run

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


LEARNED = look.ROOT / "tests" / "data" / "training"


def whole(folder, count):
    """A folder holds so many checkpoints, each of which runs, what was measured at them, and nothing else."""
    names = [f"epoch_{number:02}.onnx" for number in range(count)]
    assert sorted(path.name for path in folder.iterdir()) == [*names, "metrics.csv"]
    for name in names:
        onnx.checker.check_model(folder / name, full_check=True)
        onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    assert [int(row["epoch"]) for row in rows] in (list(range(count)), list(range(count - 1)))


def test_a_training_whose_disk_is_full_at_once_leaves_nothing(tmp_path):
    given = ["train", LEARNED / "cnn.onnx", "--data", LEARNED / "cnn.npz", "-o", tmp_path / "run"]
    done = run(*given, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    check_refused(done, "epoch_00.onnx", "cannot be written")
    assert not list((tmp_path / "run").iterdir())


def test_a_training_whose_disk_gets_full_keeps_the_last_good_checkpoint(tmp_path):
    """In the middle of it files of its process may be no larger."""
    folder = tmp_path / "run"
    given = ["train", LEARNED / "cnn.onnx", "--data", LEARNED / "cnn.npz", "--epochs", "2000", "-o", folder]
    program = ONE.replace("{tests!r}", repr(str(TESTS)))
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, given)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (folder / "epoch_03.onnx").exists() and process.poll() is None:
            time.sleep(0.01)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        out, err = process.communicate(timeout=120)
    count = len(list(folder.glob("*.onnx")))
    check_refused(
        Done(process.returncode, out, err), "cannot be written", f"epoch_{count - 1:02}.onnx is the last good"
    )
    whole(folder, count)


def test_a_training_in_the_scene_whose_disk_gets_full(blank, registered, tmp_path, monkeypatch):
    """What was written stays, and is what the scene shows; the reason is one line."""
    written = Path.write_bytes

    def fill(path, data):
        if path.name.startswith("epoch_02"):
            written(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(path, data)

    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    monkeypatch.setattr(Path, "write_bytes", fill)
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="epoch_02.onnx: cannot be written .*epoch_01.onnx is the last good") as said:
        bpy.ops.neuroscene.train_network(data="SPIRAL", epochs=4, directory=str(folder))
    assert len(str(said.value).strip().splitlines()) == 1
    monkeypatch.undo()
    whole(folder, 2)
    (network,) = networks()
    assert known.read(network)["checkpoints"].numbers == [0, 1]
    assert not learning.frozen(network)
    assert bpy.ops.neuroscene.train_network(data="SPIRAL", epochs=1, directory=str(tmp_path / "on")) == {"FINISHED"}


def test_a_training_in_the_scene_whose_disk_is_full_at_once(blank, registered, tmp_path):
    bpy.ops.neuroscene.compose_network(template="lenet")
    (network,) = networks()
    before = [obj.name for obj in network.all_objects], np.array([obj.location for obj in network.all_objects])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(RuntimeError, match="epoch_00.onnx: cannot be written"):
            bpy.ops.neuroscene.train_network(data="DIGITS", epochs=1, directory=str(tmp_path / "run"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((tmp_path / "run").iterdir()) and not known.read(network)
    assert before[0] == [obj.name for obj in network.all_objects]
    assert np.array_equal(before[1], np.array([obj.location for obj in network.all_objects]))
