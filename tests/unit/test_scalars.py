# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of a training, by the files that loggers write."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.series import Step, find
from neuroscene.addon.series.scalars import beside, events, tables

DATA = Path(__file__).parents[1] / "data" / "series"
HISTORY = json.loads((DATA / "run" / "training_history.json").read_text())["history"]
TRAIN = next((DATA / "tensorboard" / "train").iterdir())
TORCH = next((DATA / "tensorboard_torch").iterdir())


def points(read, name):
    return next(curve.points for curve in read.curves if curve.name == name)


def column(name):
    return [row[name] for row in HISTORY]


def test_the_checksum_is_that_of_the_standard():
    """RFC 3720, appendix B.4."""
    assert events.crc32c(b"123456789") == 0xE3069283
    assert events.crc32c(bytes(32)) == 0x8A9136AA
    assert events.crc32c(b"\xff" * 32) == 0x62A8AB43
    assert events.crc32c(bytes(range(32))) == 0x46DD794E


def test_tensor_summaries_of_tensorflow_2():
    read = events.read(TRAIN)
    assert not read.notes
    for name in ("accuracy", "loss"):
        assert points(read, f"epoch_{name}") == dict(enumerate(column(name)))
    assert {curve.name for curve in read.curves} == {"epoch_accuracy", "epoch_loss", "epoch_learning_rate"}


def test_simple_values_of_torch():
    read = events.read(TORCH)
    for name in ("accuracy", "loss", "val_accuracy", "val_loss"):
        assert points(read, name) == dict(enumerate(column(name), 1))


@pytest.mark.parametrize("cut", [1, 15, 200, 1000])
def test_a_file_that_is_cut_short_gives_what_is_whole(tmp_path, cut):
    path = tmp_path / TORCH.name
    data = TORCH.read_bytes()
    path.write_bytes(data[:-cut])
    read = events.read(path)
    assert len(read.notes) == 1 and "cut short" in read.notes[0]
    whole = events.read(TORCH)
    for curve in read.curves:
        assert curve.points.items() <= points(whole, curve.name).items()
    assert sum(len(curve.points) for curve in read.curves) >= 40 - 1 - cut / 20


def test_a_damaged_record_is_left_out(tmp_path):
    data = bytearray(TORCH.read_bytes())
    at = data.index(b"val_loss") + 10  # its first number
    data[at + 1] ^= 1
    path = tmp_path / TORCH.name
    path.write_bytes(data)
    read = events.read(path)
    assert "damaged" in read.notes[0]
    assert points(read, "val_loss") == {row["epoch"]: row["val_loss"] for row in HISTORY[1:]}


def test_a_length_beyond_the_file_is_no_memory(tmp_path):
    head = struct.pack("<Q", 1 << 62)
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(head + struct.pack("<I", events.masked(events.crc32c(head))) + b"x" * 8)
    read = events.read(path)
    assert not read.curves and "cut short" in read.notes[0]


def test_what_is_no_event_file_is_refused(tmp_path):
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(b"no events here, sorry")
    with pytest.raises(CheckpointError, match="no event file"):
        events.read(path)


def test_fuzzed_event_files_end_in_a_line(tmp_path):
    data = TRAIN.read_bytes()
    path = tmp_path / "events.out.tfevents.1"
    made = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(data)
        for at in made.integers(0, len(data), 4):
            damaged[at] = made.integers(256)
        path.write_bytes(damaged)
        try:
            for curve in events.read(path).curves:
                for place, number in curve.points.items():
                    assert isinstance(place, int) and isinstance(number, float)
        except CheckpointError:
            pass


def write(path, rows, head):
    path.write_text(
        "\n".join([",".join(head), *(",".join("" if x is None else str(x) for x in row) for row in rows)]) + "\n"
    )


def test_a_csv_of_keras(tmp_path):
    path = tmp_path / "log.csv"
    write(path, [(k, row["accuracy"], row["loss"]) for k, row in enumerate(HISTORY)], ["epoch", "accuracy", "loss"])
    assert points(tables.read(path), "loss") == dict(enumerate(column("loss")))


def test_a_csv_of_lightning_has_gaps(tmp_path):
    path = tmp_path / "metrics.csv"
    rows = []
    for epoch, row in enumerate(HISTORY):
        rows.append((epoch, epoch * 63 + 62, row["loss"], None))
        rows.append((epoch, epoch * 63 + 62, None, row["val_loss"]))
    write(path, rows, ["epoch", "step", "train_loss", "val_loss"])
    read = tables.read(path)
    steps = next(curve for curve in read.curves if (curve.name, curve.unit) == ("val_loss", "step"))
    assert steps.points == {epoch * 63 + 62: row["val_loss"] for epoch, row in enumerate(HISTORY)}
    run = [Step(Path("a"), (epoch + 1) * 63, epoch) for epoch in range(10)]
    for curve in read.curves:
        beside.put(run, "step", beside.named(curve, path))
    assert [step.values["loss"] for step in run] == column("loss")
    assert [step.values["val_loss"] for step in run] == column("val_loss")


def test_json_lines_that_end_in_the_middle(tmp_path):
    path = tmp_path / "log.jsonl"
    lines = [json.dumps({"step": 10 * k, "loss": row["loss"]}) for k, row in enumerate(HISTORY)]
    path.write_text("\n".join(lines)[:-5])
    read = tables.read(path)
    assert points(read, "loss") == {10 * k: row["loss"] for k, row in enumerate(HISTORY[:-1])}
    assert "1 lines" in read.notes[0]


def test_histories_in_one_object(tmp_path):
    rows = tables.read(DATA / "run" / "training_history.json")
    assert points(rows, "val_loss") == {row["epoch"]: row["val_loss"] for row in HISTORY}
    lists = tmp_path / "history.json"
    lists.write_text(json.dumps({"loss": column("loss"), "val_loss": column("val_loss")}))
    assert points(tables.read(lists), "val_loss") == dict(enumerate(column("val_loss")))
    trainer = tmp_path / "trainer_state.json"
    trainer.write_text(
        json.dumps({"global_step": 20, "log_history": [{"loss": 0.5, "step": 10}, {"loss": 0.25, "step": 20}]})
    )
    assert points(tables.read(trainer), "loss") == {10: 0.5, 20: 0.25}


def test_nan_stays_nan(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n1,0.5\n2,nan\n")
    read = points(tables.read(path), "loss")
    assert read[1] == 0.5 and np.isnan(read[2])


def test_keras_calls_the_first_epoch_0_in_its_logs_and_1_in_its_files(tmp_path):
    for number in range(0, 11):
        shutil.copy(DATA / "run" / "epoch_01.onnx", tmp_path / f"epoch_{number:02}.onnx")
    shutil.copytree(DATA / "tensorboard", tmp_path / "tensorboard")
    run = find([tmp_path])
    assert run.steps[0].values == {}  # before training: nothing was measured there
    for step, row in zip(run.steps[1:], HISTORY, strict=True):
        measured = {name: value for name, value in step.values.items() if name != "learning_rate"}
        assert measured == {name: value for name, value in row.items() if name != "epoch"}


def test_tables_of_other_things_measure_nothing(tmp_path):
    (tmp_path / "scores.json").write_text(json.dumps({"digit_0": [0.1, 0.9], "digit_1": [0.5, 0.5]}))
    (tmp_path / "people.csv").write_text("name,age\nA,3\nB,4\n")
    assert not tables.read(tmp_path / "scores.json").curves
    assert not tables.read(tmp_path / "people.csv").curves
