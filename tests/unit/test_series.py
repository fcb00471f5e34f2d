# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkpoints of one training run: which belong to it, and in which order."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import onnx
import pytest

from neuroscene.addon.cli import main
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.series import Shifting, find, names, thinned
from neuroscene.addon.series.weights import fingerprint
from neuroscene.addon.structure import open_checkpoint

DATA = Path(__file__).parents[1] / "data"
RUN = DATA / "series" / "run"
MODEL = RUN / "epoch_01.onnx"
OTHER = DATA / "digits_mlp_skl2onnx.onnx"


def put(folder, *files, model=MODEL):
    """Copies of a model under these names."""
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(model, path)
        os.utime(path, (1, 1))


def numbers(folder):
    return [step.number for step in find([folder]).steps]


def reasons(run):
    return {left.path.name: left.why for left in run.left_out}


@pytest.mark.parametrize(
    ("files", "unit", "expected"),
    [
        (["epoch_2.onnx", "epoch_10.onnx", "epoch_1.onnx"], "epoch", [1, 2, 10]),
        (["mnist.ckpt-630.onnx", "mnist.ckpt-70.onnx"], "checkpoint", [70, 630]),
        (["weights.05-0.12.onnx", "weights.10-0.08.onnx"], "checkpoint", [5, 10]),
        (["step=1000.onnx", "step=200.onnx"], "step", [200, 1000]),
        (["epoch=0-step=300.onnx", "epoch=1-step=600.onnx"], "step", [300, 600]),
        (["resnet18_7.onnx", "resnet18_11.onnx"], "checkpoint", [7, 11]),
        (["net-10k.onnx", "net-2k.onnx"], "checkpoint", [2000, 10000]),
        (["2026-01-05_net_2.onnx", "2026-01-04_net_3.onnx"], "checkpoint", [2, 3]),
        (["b.onnx", "a.onnx"], "checkpoint", [0, 1]),
    ],
)
def test_the_order_is_that_of_training(tmp_path, files, unit, expected):
    put(tmp_path, *files)
    run = find([tmp_path])
    assert (run.unit, [step.number for step in run.steps]) == (unit, expected)


def test_folders_of_checkpoints(tmp_path):
    put(tmp_path, "checkpoint-1000/model.onnx", "checkpoint-500/model.onnx", "runs/notes.onnx.txt")
    run = find([tmp_path])
    assert [(step.number, step.path.name) for step in run.steps] == [(500, "checkpoint-500"), (1000, "checkpoint-1000")]
    assert run.steps[0].open().path.name == "model.onnx"


def test_a_run_in_several_folders_is_called_as_what_they_are_in(tmp_path):
    put(tmp_path / "digits", "first/epoch_1.onnx", "later/epoch_2.onnx")
    assert find([tmp_path / "digits" / "*" / "epoch_*.onnx"]).folder.name == "digits"
    assert find([tmp_path / "digits" / "first" / "epoch_*.onnx"]).folder.name == "first"


def test_the_only_folder_inside_that_holds_checkpoints(tmp_path):
    put(tmp_path, "version_0/checkpoints/epoch=1-step=20.onnx", "version_0/checkpoints/epoch=0-step=10.onnx")
    assert numbers(tmp_path) == [10, 20]


def test_the_list_of_tensorflow_orders_what_names_do_not(tmp_path):
    put(tmp_path, "b.onnx", "a.onnx", "c.onnx")
    listed = "".join(f'all_model_checkpoint_paths: "{name}.onnx"\n' for name in ("b", "c", "a"))
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "a.onnx"\n{listed}')
    run = find([tmp_path])
    assert [step.path.stem for step in run.steps] == ["b", "c", "a"]
    assert any("TensorFlow" in note for note in run.notes)


def test_numbers_in_the_file_stand_in_for_those_in_its_name(tmp_path):
    for name, step in (("a", 20), ("b", 3)):
        model = onnx.load(MODEL)
        onnx.helper.set_model_props(model, {"step": str(step), "val_loss": "0.25"})
        onnx.save(model, tmp_path / f"{name}.onnx")
    run = find([tmp_path])
    assert [(step.path.stem, step.number) for step in run.steps] == [("b", 3), ("a", 20)]
    assert run.steps[0].values["val_loss"] == 0.25


def test_a_training_checkpoint_of_pytorch_says_its_epoch(tmp_path):
    shutil.copy(DATA / "crossformat" / "mnist_cnn_training_checkpoint.pt", tmp_path / "last.pt")
    torch_file = find([tmp_path]).steps[0]
    assert torch_file.epoch == torch_file.number == 10


def test_values_in_names():
    told = names.told(["epoch=3-val_loss=0.25-val_acc=0.93.ckpt", "epoch=4-val_loss=0.20-val_acc=0.95.ckpt"])
    assert [name.values for name in told] == [
        {"val_loss": 0.25, "val_accuracy": 0.93},
        {"val_loss": 0.20, "val_accuracy": 0.95},
    ]
    falling = names.told([f"weights.{epoch:02d}-{loss:.2f}.h5" for epoch, loss in ((1, 1.5), (2, 0.7), (10, 0.2))])
    assert [name.values for name in falling] == [{"loss": 1.5}, {"loss": 0.7}, {"loss": 0.2}]
    rising = names.told([f"weights.{epoch:02d}-{share:.2f}.h5" for epoch, share in ((10, 0.9), (1, 0.1), (2, 0.5))])
    assert [name.values for name in rising] == [{"accuracy": 0.9}, {"accuracy": 0.1}, {"accuracy": 0.5}]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("epoch_loss", "loss"),
        ("train/loss_epoch", "loss"),
        ("Loss/val", "val_loss"),
        ("val_acc", "val_accuracy"),
        ("eval_loss", "val_loss"),
        ("evaluation_loss_vs_iterations", "val_loss"),
        ("learning_rate", "learning_rate"),
    ],
)
def test_one_name_for_what_frameworks_call_alike(name, plain):
    assert names.measure(name) == plain


def test_what_does_not_belong_is_named_with_the_reason(tmp_path):
    put(
        tmp_path,
        "epoch_01.onnx",
        "epoch_02.onnx",
        "epoch_03.onnx",
        "best.onnx",
        "epoch_02_copy.onnx",
        "epoch_8.onnx.tmp",
    )
    put(tmp_path, "epoch_04.onnx", model=OTHER)
    whole = MODEL.read_bytes()
    (tmp_path / "epoch_05.onnx").write_bytes(whole[: len(whole) // 2])
    os.utime(tmp_path / "epoch_05.onnx", (1, 1))
    (tmp_path / "epoch_06.onnx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "epoch_07.onnx").write_bytes(b"")
    os.utime(tmp_path / "epoch_07.onnx", (1, 1))
    (tmp_path / "optimizer.pt").write_bytes(b"x")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "notes.txt").write_text("as I said")
    shutil.copy(DATA / "series" / "epoch_00.h5", tmp_path / "epoch_01.h5")
    run = find([tmp_path])
    assert [step.number for step in run.steps] == [1, 2, 3]
    why = reasons(run)
    assert len(why) == 11
    assert "another network" in why["epoch_04.onnx"]
    assert "cut short" in why["epoch_05.onnx"] and "written" not in why["epoch_05.onnx"]
    assert "still being written" in why["epoch_06.onnx"] and "still being written" in why["epoch_8.onnx.tmp"]
    assert "empty" in why["epoch_07.onnx"]
    assert "optimizer" in why["optimizer.pt"]
    assert "not a model" in why["picture.png"] and "not a model" in why["notes.txt"]
    assert "another format" in why["epoch_01.h5"]
    assert "no epoch" in why["best.onnx"]
    assert "same epoch" in why["epoch_02_copy.onnx"]


def test_a_file_that_cannot_be_read_gives_way_to_the_same_in_another_format(tmp_path):
    put(tmp_path, "epoch_1.onnx", "epoch_2.onnx")
    (tmp_path / "epoch_1.keras").write_bytes(b"PK\x03\x04")
    (tmp_path / "epoch_2.keras").write_bytes(b"PK\x03\x04")
    run = find([tmp_path])
    assert [step.path.name for step in run.steps] == ["epoch_1.onnx", "epoch_2.onnx"]
    assert set(reasons(run)) == {"epoch_1.keras", "epoch_2.keras"}


@pytest.mark.parametrize("counts", [(1, 1), (3, 2), (2, 2)])
def test_two_networks_are_refused(tmp_path, counts, capsys):
    put(tmp_path, *(f"epoch_{number}.onnx" for number in range(counts[0])))
    put(tmp_path, *(f"other_{number}.onnx" for number in range(counts[1])), model=OTHER)
    assert main(["series", str(tmp_path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "two different networks" in said.err


@pytest.mark.parametrize("name", ["", "nothing.txt", "gone/*.onnx", "gone"])
def test_no_checkpoints_are_one_plain_line(tmp_path, name, capsys):
    (tmp_path / "nothing.txt").write_text("nothing")
    assert main(["series", str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("neuroscene: ")


def test_the_object_that_json_prints(capsys):
    assert main(["series", str(RUN), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"steps", "left_out"} and told["left_out"] == []
    assert [step["step"] for step in told["steps"]] == [1, 2, 10]
    history = json.loads((RUN / "training_history.json").read_text())["history"]
    for step in told["steps"]:
        assert set(step) == {"step", "file", "values"} and Path(step["file"]).is_file()
        assert step["values"] == {name: value for name, value in history[step["step"] - 1].items() if name != "epoch"}


def test_patterns_and_several_files(tmp_path):
    put(tmp_path, *(f"epoch_{number}.onnx" for number in range(12)))
    assert [step.number for step in find([tmp_path / "epoch_1*.onnx"]).steps] == [1, 10, 11]
    assert [step.number for step in find([tmp_path / "epoch_7.onnx", tmp_path / "epoch_3.onnx"]).steps] == [3, 7]


def test_too_many_files_are_refused_at_once(tmp_path):
    for number in range(10_001):
        (tmp_path / f"epoch_{number}.onnx").touch()
    begun = time.monotonic()
    with pytest.raises(CheckpointError, match="more than 10,000"):
        find([tmp_path])
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(("count", "most", "kept"), [(5, 9, [0, 1, 2, 3, 4]), (10, 4, [0, 3, 6, 9]), (9, 2, [0, 8])])
def test_long_runs_are_thinned_evenly(count, most, kept):
    assert thinned(count, most) == kept


def test_one_structure_reads_the_numbers_of_every_checkpoint():
    files = sorted(RUN.glob("*.onnx"))
    opened = [open_checkpoint(path) for path in files]
    assert len({fingerprint(checkpoint) for checkpoint in opened}) == 1
    shifting = Shifting.of(opened[0])
    network = summarise(shifting)
    for path in (*files, files[0]):
        shifting.turn(open_checkpoint(path))
        own = summarise(open_checkpoint(path))
        stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
        for layer in network.layers:
            for leaf in layer.weights:
                assert np.array_equal(leaf.array(), stored[leaf.name])
        for mine, other in zip(network.connections, own.connections, strict=True):
            targets = np.arange(0, mine.target.size, max(1, mine.target.size // 50))
            assert np.array_equal(mine.join.into(targets).weight, other.join.into(targets).weight)


def test_a_graph_that_differs_has_another_fingerprint(tmp_path):
    model = onnx.load(MODEL)
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("note", 1))
    onnx.save(model, tmp_path / "other.onnx")
    assert fingerprint(open_checkpoint(tmp_path / "other.onnx")) != fingerprint(open_checkpoint(MODEL))


def test_steps_count_where_names_say_both(tmp_path):
    put(tmp_path, *(f"epoch={number}-step={63 * number + 63}.onnx" for number in range(3)), "last.onnx")
    run = find([tmp_path])
    assert (run.unit, [step.number for step in run.steps]) == ("step", [63, 126, 189])
    assert [step.epoch for step in run.steps] == [0, 1, 2]
    assert "no step" in reasons(run)["last.onnx"]


def test_a_number_without_a_word_is_what_the_file_calls_so(tmp_path):
    for number in range(3):
        model = onnx.load(MODEL)
        onnx.helper.set_model_props(model, {"epoch": str(number), "loss": str(1 / (number + 1))})
        onnx.save(model, tmp_path / f"e{number}.onnx")
    run = find([tmp_path])
    assert (run.unit, [step.epoch for step in run.steps]) == ("epoch", [0, 1, 2])
    assert [step.values["loss"] for step in run.steps] == [1.0, 0.5, 1 / 3]
