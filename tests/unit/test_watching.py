# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints of a training that runs arrive when they are whole, each once."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest

from neuroscene.addon.series import Watch
from neuroscene.addon.series.watching import stamp_of
from unit import trainer

DATA = Path(__file__).parents[1] / "data"
MODEL = DATA / "series" / "run" / "epoch_01.onnx"


def look(watch) -> list:
    with watch.arrivals() as arrived:
        return [(each.path.name, each.number) for each in arrived]


def test_a_file_arrives_when_it_has_stayed_the_same_between_two_looks(tmp_path):
    watch = Watch(tmp_path)
    assert look(watch) == []
    whole = MODEL.read_bytes()
    path = tmp_path / "epoch_3.onnx"
    for end in (1000, 50_000, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert look(watch) == []
    assert look(watch) == [] and look(watch) == []  # it stays, and is not whole
    assert "cut short" in watch.waiting[path]
    path.write_bytes(whole)
    assert look(watch) == []
    assert look(watch) == [("epoch_3.onnx", 3)]
    assert look(watch) == [] and not watch.waiting


def test_what_was_written_over_arrives_again(tmp_path):
    watch = Watch(tmp_path)
    path = tmp_path / "last.onnx"
    for number in range(3):
        shutil.copy(MODEL, path)
        os.utime(path, ns=(number, number))
        assert look(watch) == []
        assert look(watch) == [("last.onnx", None)]


def test_arrivals_are_in_the_order_of_the_training(tmp_path):
    for number in (10, 2, 1):
        shutil.copy(MODEL, tmp_path / f"epoch_{number}.onnx")
    watch = Watch(tmp_path)
    look(watch)
    assert look(watch) == [("epoch_1.onnx", 1), ("epoch_2.onnx", 2), ("epoch_10.onnx", 10)]


def test_one_that_shrinks_while_it_is_read_does_no_harm(tmp_path):
    """It is read from a copy: to read a mapped file that is cut ends a program."""
    path = tmp_path / "epoch_1.onnx"
    shutil.copy(MODEL, path)
    watch = Watch(tmp_path)
    look(watch)
    with watch.arrivals() as (arrived,):
        path.write_bytes(b"")
        tensor = max(arrived.checkpoint.model.graph.initializer, key=lambda tensor: np.prod(tensor.dims))
        stored = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(MODEL).graph.initializer}
        assert np.array_equal(arrived.checkpoint.array(tensor), stored[tensor.name])
    assert look(watch) == [] and look(watch) == []


def test_external_data_belong_to_a_checkpoint(tmp_path):
    source = DATA / "onnx_external_data"
    shutil.copy(source / "mnist_cnn.onnx", tmp_path / "epoch_1.onnx")
    model = onnx.load(tmp_path / "epoch_1.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = "epoch_1.onnx.data" if entry.key == "location" else entry.value
    onnx.save(model, tmp_path / "epoch_1.onnx")
    watch = Watch(tmp_path)
    assert look(watch) == [] and look(watch) == []
    before = stamp_of(tmp_path / "epoch_1.onnx")
    shutil.copy(source / "mnist_cnn.onnx.data", tmp_path / "epoch_1.onnx.data")
    assert stamp_of(tmp_path / "epoch_1.onnx") != before
    assert look(watch) == [] and look(watch) == [("epoch_1.onnx", 1)]


@pytest.mark.slow
def test_every_checkpoint_of_a_training_arrives_once_and_whole(tmp_path):
    """The training is killed once in the middle of a file, and goes on from there."""
    folder = tmp_path / "run"
    folder.mkdir()
    program = [sys.executable, trainer.__file__, str(folder)]
    watch = Watch(folder)
    taken = {}
    running = subprocess.Popen([*program, "0", "9", "1", "5"])
    killed = False
    quiet = time.monotonic()
    while time.monotonic() - quiet < 2.0:
        if running.poll() is not None and not killed:
            killed = True
            running = subprocess.Popen([*program, "5", "9", "2"])
        if running.poll() is None:
            quiet = time.monotonic()
        with watch.arrivals() as arrived:
            for each in arrived:
                taken.setdefault(each.path.name, []).append(
                    [each.checkpoint.array(tensor).copy() for tensor in each.checkpoint.model.graph.initializer]
                )
        time.sleep(0.1)
    assert killed and running.returncode == 0
    assert sorted(taken) == [f"epoch_{epoch:02d}.onnx" for epoch in range(10)]
    for epoch in range(10):
        (weights,) = taken[f"epoch_{epoch:02d}.onnx"]
        truth = np.load(tmp_path / f"truth_{epoch:02d}.npz")
        assert all(np.array_equal(own, truth[f"arr_{place}"]) for place, own in enumerate(weights))
