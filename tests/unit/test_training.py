# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training against PyTorch's losses, step by step; what it writes; what it refuses."""

import csv
import json

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from neuroscene.addon import training
from neuroscene.addon.attribution.targets import before_shares
from neuroscene.addon.cli import main
from neuroscene.addon.composing import compose, parse, template
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.network import summarise
from neuroscene.addon.series import Watch, find
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.training import Options, load, train
from neuroscene.addon.training.optimizer import Rules
from neuroscene.addon.training.run import _slowed, trainable
from neuroscene.addon.training.step import RIGHT, Step
from unit.make import DATA, model, node, save, seeded

FOLDER = DATA / "training"
SAMPLES = DATA.parents[1] / "sample_models"
TRUTH = json.loads((FOLDER / "losses.json").read_text())
RULES = {"sgd": (Rules("sgd"), 0.05), "adam": (Rules("adam"), 0.01), "decay": (Rules("sgd", decay=0.01), 0.05)}


def opened(path):
    return summarise(open_checkpoint(path))


def trained(folder, name, **options):
    network = opened(FOLDER / f"{name}.onnx")
    return finish(
        training.train(network, training.load(FOLDER / f"{name}.npz", network), folder, training.Options(**options))
    )


def weights(path):
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


@pytest.mark.parametrize("case", TRUTH)
def test_losses_are_those_of_pytorch(tmp_path, case):
    """The same start, data and order: 20 steps, two epochs of ten."""
    name, rule = case.split()
    rules, rate = RULES[rule]
    done = trained(tmp_path, name, epochs=2, batch=16, rate=rate, seed=7, rules=rules)
    losses = [loss for epoch in done for loss in epoch.losses]
    assert len(losses) == 20
    np.testing.assert_allclose(losses, TRUTH[case], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["mlp", "cnn", "transformer"])
def test_it_learns_and_writes_checkpoints(tmp_path, name):
    done = trained(tmp_path / "run", name, epochs=6, batch=24, rate=0.01)
    files = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert files == [*(f"epoch_{i:02}.onnx" for i in range(7)), "metrics.csv"]
    assert [one.file for one in done] == files[:-1] and done[-1].loss < done[1].loss
    start = weights(tmp_path / "run/epoch_00.onnx")
    assert all(np.array_equal(start[key], value) for key, value in weights(FOLDER / f"{name}.onnx").items())
    data = np.load(FOLDER / f"{name}.npz")
    for one in done:
        onnx.checker.check_model(tmp_path / "run" / one.file, full_check=True)
        session = onnxruntime.InferenceSession(tmp_path / "run" / one.file, providers=["CPUExecutionProvider"])
        scores = session.run(None, {"x": data["x_test"]})[0]
        assert one.accuracy == (scores.argmax(1) == data["y_test"]).mean()
    rows = list(csv.DictReader((tmp_path / "run/metrics.csv").open()))
    assert [(int(row["epoch"]), float(row["loss"]), float(row["accuracy"])) for row in rows] == [
        (one.epoch, one.loss, one.accuracy) for one in done
    ]


def test_running_numbers_follow_the_batches(tmp_path):
    """One step of one batch of all: mean and variance move a tenth of the way, as PyTorch's do."""
    done = trained(tmp_path, "cnn", epochs=1, batch=160, rate=1e-9)
    before, after = (weights(tmp_path / one.file) for one in done)
    data = np.load(FOLDER / "cnn.npz")
    made = onnx.load(FOLDER / "cnn.onnx")
    first = next(one for one in made.graph.node if one.op_type == "BatchNormalization")
    made.graph.output.append(onnx.helper.make_empty_tensor_value_info(first.input[0]))
    maps = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"]).run(
        [first.input[0]], {"x": data["x_train"]}
    )[0]
    mean, variance = first.input[3:5]
    np.testing.assert_allclose(after[mean], 0.9 * before[mean] + 0.1 * maps.mean((0, 2, 3)), atol=1e-5)
    sample = maps.transpose(1, 0, 2, 3).reshape(4, -1).var(1, ddof=1)
    np.testing.assert_allclose(after[variance], 0.9 * before[variance] + 0.1 * sample, atol=1e-5)


def test_equal_seeds_give_equal_weights(tmp_path):
    runs = [
        trained(tmp_path / str(number), "cnn", epochs=1, batch=32, seed=seed) for number, seed in enumerate((3, 3, 4))
    ]
    one, same, other = (weights(tmp_path / str(number) / run[-1].file) for number, run in enumerate(runs))
    assert all(np.array_equal(one[key], same[key]) for key in one)
    assert any(not np.array_equal(one[key], other[key]) for key in one)


def test_frozen_weights_stay(tmp_path):
    done = trained(tmp_path, "mlp", epochs=1, frozen=("0.",))
    before, after = (weights(tmp_path / done[place].file) for place in (0, -1))
    assert {key for key in before if np.array_equal(before[key], after[key])} == {"0.weight", "0.bias"}


def normalised(folder):
    """A network of convolutions with batch normalisation, whose running numbers are not those of its data, and data."""
    names = ("conv1", "conv10", "last")
    layers = [
        each
        for name in names
        for each in (
            {"name": name, "op": "Conv", "units": 4, "padding": "same"},
            {"name": f"{name}.norm", "op": "BatchNormalization", "activation": "Relu"},
        )
    ]
    layers.append({"name": "answer", "op": "Dense", "units": 3, "activation": "Softmax"})
    made = compose(parse({"input": {"name": "x", "shape": [2, 6, 6]}, "layers": layers})).model
    chance = np.random.default_rng(5)
    for tensor in made.graph.initializer:
        if tensor.name.endswith(("mean", "variance")):
            own = chance.uniform(0.5, 2, 4).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(own, tensor.name))
    onnx.save(made, folder / "normalised.onnx")
    x, y = chance.normal(size=(40, 2, 6, 6)).astype(np.float32), chance.integers(0, 3, 40)
    np.savez(folder / "data.npz", x_train=x, y_train=y, x_test=x[:8], y_test=y[:8])
    return folder / "normalised.onnx", x, y


def test_a_frozen_layer_stays_with_its_running_numbers_bit_for_bit(tmp_path):
    path, _, _ = normalised(tmp_path)
    network = opened(path)
    data = load(tmp_path / "data.npz", network)
    before = weights(path)
    for number, (names, stay) in enumerate(
        ((["conv1"], ("conv1.",)), (["conv10", "answer"], ("conv10.", "answer.")), (["conv"], ("conv1.", "conv10.")))
    ):
        run = tmp_path / str(number)
        finish(train(network, data, run, Options(epochs=2, batch=10, rate=0.01, frozen=tuple(names))))
        after = weights(run / "epoch_02.onnx")
        same = {key for key in before if before[key].tobytes() == after[key].tobytes()}
        assert same == {key for key in before if key.startswith(stay)}, names


def test_a_frozen_normalisation_goes_on_by_its_running_numbers(tmp_path):
    """The loss of the first step is that of the network as it runs, not as it trains."""
    path, x, y = normalised(tmp_path)
    network = opened(path)
    data = load(tmp_path / "data.npz", network)
    scores = onnx.load(path)
    scores.graph.output.append(onnx.helper.make_empty_tensor_value_info("answer.sum"))
    session = onnxruntime.InferenceSession(scores.SerializeToString(), providers=["CPUExecutionProvider"])
    logits = session.run(["answer.sum"], {"x": x})[0].astype(np.float64)
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = -log[np.arange(40), y].mean()
    firsts = []
    for frozen in (("conv1", "conv10", "last"), ()):
        done = finish(train(network, data, tmp_path / "run", Options(epochs=1, batch=40, frozen=frozen)))
        firsts.append(done[1].losses[0])
    assert firsts[0] == pytest.approx(expected, abs=1e-5) and abs(firsts[1] - expected) > 1e-3


def test_what_is_frozen_is_said(tmp_path, capsys):
    path, _, _ = normalised(tmp_path)
    given = ["train", str(path), "--data", str(tmp_path / "data.npz"), "--epochs", "1", "-o", str(tmp_path / "run")]
    assert main([*given, "--freeze", "conv1,answer", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["frozen"]
    parts = ("weight", "bias", "norm.scale", "norm.bias", "norm.mean", "norm.variance")
    tensors = sorted([*(f"conv1.{part}" for part in parts), "answer.weight", "answer.bias"])
    assert told == {"names": ["conv1", "answer"], "tensors": tensors}
    assert main([*given, "--freeze", "conv1"]) == 0
    assert "frozen: conv1 (6 tensors as they were)" in capsys.readouterr().out
    assert main([*given, "--freeze", "none"]) == 2
    assert "has no layer with weights called 'none'" in capsys.readouterr().err
    assert main([*given, "--freeze", "conv,last,answer"]) == 2
    assert "has no weights that could be trained" in capsys.readouterr().err


def test_an_autoencoder_learns_to_give_back_what_it_reads(tmp_path):
    onnx.save(compose(template("autoencoder")).model, tmp_path / "a.onnx")
    digits = np.load(SAMPLES / "digits/digits.npz")
    np.savez(tmp_path / "few.npz", **{name: digits[name][:40] for name in digits})
    network = opened(tmp_path / "a.onnx")
    data = load(tmp_path / "few.npz", network, reconstruct=True)
    done = finish(train(network, data, tmp_path / "run", Options(epochs=1, batch=20)))
    session = onnxruntime.InferenceSession(tmp_path / "run/epoch_00.onnx", providers=["CPUExecutionProvider"])
    x = digits["x_test"][:40].astype(np.float32) / 255
    error = ((session.run(None, {"image": x})[0] - x) ** 2).mean()
    assert done[0].accuracy is None and done[0].loss == pytest.approx(error, rel=1e-5) and done[1].loss < error
    tokens = opened(SAMPLES / "letters_sorter.onnx")
    with pytest.raises(CheckpointError, match="is read as tokens"):
        load(SAMPLES / "letters/sorting.npz", tokens, reconstruct=True)


@pytest.mark.parametrize(
    ("name", "file", "least"),
    [
        ("spiral_deep", "points/spiral.npz", 0.99),
        ("spiral_shallow", "points/spiral.npz", 0.6),
        ("moons_shallow", "points/moons.npz", 0.99),
        ("letters_sorter", "letters/sorting.npz", 0.99),
    ],
)
def test_the_samples_to_teach_with_know_what_they_say(name, file, least):
    """The accuracy in the file is that of onnxruntime on samples that it has not seen."""
    made = onnx.load(SAMPLES / f"{name}.onnx")
    told = {entry.key: entry.value for entry in made.metadata_props}
    data = np.load(SAMPLES / file)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    x = data["x_test"].astype(np.int64 if "int64" in given.type else np.float32)
    said = session.run(None, {given.name: x})[0].argmax(-1)
    asked = data["y_test"].astype(np.int64) >= 0
    accuracy = (said == data["y_test"])[asked].mean()
    assert f"{accuracy:.4f}" == told["held_out_accuracy"] and accuracy >= least and told["license"] == "CC0-1.0"
    seen = {row.tobytes() for row in data["x_train"]}
    assert not any(row.tobytes() in seen for row in data["x_test"])


def test_dropout_leaves_out_while_training_only(tmp_path):
    """Over many steps of rate 0 the mean loss differs from that without dropout, and so do losses of equal batches."""
    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Dropout", ["h", "half"], ["d"]),
        node("MatMul", ["d", "v"], ["y"]),
    ]
    held = {"w": seeded(12, 16), "half": np.array(0.5, np.float32), "v": seeded(16, 5, seed=1)}
    path = save(tmp_path, model(nodes, {"x": (16, 12)}, {"y": (16, 5)}, held))
    network = opened(path)
    data = training.load(FOLDER / "mlp.npz", network)
    done = finish(training.train(network, data, tmp_path / "run", training.Options(epochs=1, batch=160, rate=1e-12)))
    again = finish(
        training.train(network, data, tmp_path / "two", training.Options(epochs=1, batch=160, rate=1e-12, seed=1))
    )
    logits = data.x_train @ held["w"] @ held["v"]
    log = (
        logits
        - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))
        - logits.max(1, keepdims=True)
    )
    plain = -log[np.arange(160), data.y_train].mean()
    assert done[1].loss != again[1].loss and done[1].loss != pytest.approx(plain, rel=1e-3)


def test_numbers_are_learned_by_their_squared_distance(tmp_path):
    path = save(
        tmp_path, model([node("MatMul", ["x", "w"], ["y"])], {"x": ("n", 4)}, {"y": ("n", 2)}, {"w": seeded(4, 2)})
    )
    x = seeded(64, 4, seed=2)
    y = x @ seeded(4, 2, seed=3)
    np.savez(tmp_path / "data.npz", x_train=x, y_train=y, x_test=x[:8], y_test=y[:8])
    network = opened(path)
    data = training.load(tmp_path / "data.npz", network)
    done = finish(training.train(network, data, tmp_path / "run", training.Options(epochs=40, batch=16, rate=0.05)))
    assert done[0].loss == pytest.approx(((x[:8] @ seeded(4, 2) - y[:8]) ** 2).mean(), rel=1e-5)
    assert done[-1].loss < 1e-3 and done[-1].accuracy is None


def test_command(tmp_path, capsys):
    arguments = ["train", str(FOLDER / "mlp.onnx"), "--data", str(FOLDER / "mlp.npz"), "--epochs", "3", "--batch", "16"]
    assert main([*arguments, "-o", str(tmp_path / "run"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["epoch"] for one in said["epochs"]] == [0, 1, 2, 3] and said["seconds"] > 0
    assert all(set(one) == {"epoch", "loss", "accuracy", "file"} for one in said["epochs"])
    assert all((tmp_path / "run" / one["file"]).is_file() for one in said["epochs"])
    assert main(["series", str(tmp_path / "run"), "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [step["step"] for step in steps] == [0, 1, 2, 3]
    assert [step["values"]["accuracy"] for step in steps] == [one["accuracy"] for one in said["epochs"]]


EVERY_FOUR = [  # of ten batches an epoch
    "epoch_00.onnx",
    "epoch_01_step_000004.onnx",
    "epoch_01_step_000008.onnx",
    "epoch_01.onnx",
    "epoch_02_step_000014.onnx",
    "epoch_02_step_000018.onnx",
    "epoch_02.onnx",
]
STEPS = [0, 4, 8, 10, 14, 18, 20]


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_checkpoints_within_epochs_change_no_weight(tmp_path, name):
    """Bit for bit, running numbers of normalisations too; losses are means of batches."""
    given = {"epochs": 2, "batch": 16, "rate": 0.01, "seed": 3}
    plain = trained(tmp_path / "plain", name, **given)
    done = trained(tmp_path / "often", name, every=4, **given)
    assert [one.file for one in done] == EVERY_FOUR and [one.step for one in done] == STEPS
    ends = [one for one in done if not one.within]
    for one, same in zip(ends, plain, strict=True):
        assert (one.loss, one.accuracy, one.losses) == (same.loss, same.accuracy, same.losses)
        own, other = (weights(tmp_path / run / one.file) for run in ("often", "plain"))
        assert own.keys() == other.keys() and all(own[key].tobytes() == other[key].tobytes() for key in own)
    losses = [loss for one in plain for loss in one.losses]
    for one, begin in zip(done, (0, 0, 4, 0, 10, 14, 10), strict=True):
        assert one.step == 0 or one.loss == pytest.approx(np.mean(losses[begin : one.step]), rel=1e-6)
    data = np.load(FOLDER / f"{name}.npz")
    for one in done:
        session = onnxruntime.InferenceSession(tmp_path / "often" / one.file, providers=["CPUExecutionProvider"])
        scores = session.run(None, {"x": data["x_test"]})[0]
        assert one.accuracy == (scores.argmax(1) == data["y_test"]).mean()


def test_a_series_has_checkpoints_within_epochs_in_order(tmp_path, capsys):
    arguments = ["train", str(FOLDER / "mlp.onnx"), "--data", str(FOLDER / "mlp.npz"), "--epochs", "2", "--batch", "16"]
    assert main([*arguments, "--every", "4", "-o", str(tmp_path / "run"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["epoch"] for one in said["epochs"]] == [0, 1, 2]
    assert all(set(one) == {"epoch", "loss", "accuracy", "file"} for one in said["epochs"])
    assert [one["file"] for one in said["checkpoints"]] == EVERY_FOUR
    assert [one["step"] for one in said["checkpoints"]] == STEPS
    assert main(["series", str(tmp_path / "run"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in told["steps"]] == STEPS and not told["left_out"]
    assert [step["file"].rpartition("/")[2] for step in told["steps"]] == EVERY_FOUR
    for step, one in zip(told["steps"], said["checkpoints"], strict=True):
        assert step["values"] == {"loss": one["loss"], "accuracy": one["accuracy"]}
    rows = list(csv.DictReader((tmp_path / "run/metrics.csv").open()))
    assert [int(row["step"]) for row in rows] == STEPS and [int(row["epoch"]) for row in rows] == [0, 1, 1, 1, 2, 2, 2]
    watch = Watch(tmp_path / "run")
    for _ in range(2):
        with watch.arrivals() as arrived:
            pass
    assert [(each.unit, each.number) for each in arrived] == [("step", step) for step in STEPS]


def test_a_long_run_is_in_order_by_what_its_files_say(tmp_path):
    """Of more files than are kept open too."""
    trained(tmp_path, "mlp", epochs=40, batch=80, every=1)
    run = find([tmp_path])
    assert (run.unit, [step.number for step in run.steps]) == ("step", list(range(81)))
    assert [step.epoch for step in run.steps] == [0, *(1 + step // 2 for step in range(80))]


def test_training_goes_on_from_within_an_epoch(tmp_path):
    """It says nothing of where the training before stood, and counts anew."""
    first = trained(tmp_path / "one", "mlp", epochs=1, batch=16, every=4)
    network = opened(tmp_path / "one" / first[1].file)
    data = load(FOLDER / "mlp.npz", network)
    done = finish(train(network, data, tmp_path / "two", Options(epochs=1)))
    assert first[1].within and done[0].accuracy == first[1].accuracy
    assert find([tmp_path / "two"]).unit == "epoch"
    noted = {entry.key for entry in onnx.load(tmp_path / "two/epoch_01.onnx").metadata_props}
    assert not noted & {"epoch", "step"}
    done = finish(train(network, data, tmp_path / "three", Options(epochs=1, batch=80, every=1)))
    assert [one.step for one in done] == [0, 1, 2]
    assert [step.number for step in find([tmp_path / "three"]).steps] == [0, 1, 2]


def test_training_goes_on_from_a_checkpoint(tmp_path):
    first = trained(tmp_path / "one", "mlp", epochs=2)
    network = opened(tmp_path / "one" / first[-1].file)
    data = training.load(FOLDER / "mlp.npz", network)
    done = finish(training.train(network, data, tmp_path / "two", training.Options(epochs=1)))
    assert done[0].accuracy == first[-1].accuracy


def test_a_loss_that_is_not_finite_stops(tmp_path):
    with pytest.raises(CheckpointError, match=r"not finite at step \d+ .*epoch_\d+.onnx is the last good") as raised:
        trained(tmp_path, "mlp", epochs=50, rate=1e30, rules=Rules("sgd"))
    kept = str(raised.value).split("rate than ")[1].split(";")[1].split()[0]
    assert all(np.isfinite(value).all() for value in weights(tmp_path / kept).values() if value.dtype.kind == "f")


def test_weights_that_are_not_finite_are_never_a_checkpoint(tmp_path):
    """The loss of the batch was, before they changed."""
    said = r"its weights are not finite at step 1 \(epoch 1\); .*; epoch_00.onnx is the last good checkpoint"
    with pytest.raises(CheckpointError, match=said):
        trained(tmp_path / "run", "mlp", epochs=2, batch=160, rate=1e39, rules=Rules("sgd"))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["epoch_00.onnx", "metrics.csv"]


@pytest.mark.parametrize("rate", ["-1", "nan", "inf"])
def test_a_rate_that_is_none_is_refused(tmp_path, capsys, rate):
    given = ["train", str(FOLDER / "mlp.onnx"), "--data", str(FOLDER / "mlp.npz"), "-o", str(tmp_path / "run")]
    assert main([*given, f"--rate={rate}"]) == 2 and not (tmp_path / "run").exists()
    (line,) = capsys.readouterr().err.strip().split("\n")
    assert "rate or decay" in line


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x_train": None}, "holds no array 'x_train'"),
        ({"y_train": np.zeros(3, np.int64)}, "160 samples in x_train, but 3 answers"),
        ({"y_train": np.full(160, 9)}, "gives 5 scores, and the data has a class 9"),
        ({"y_test": np.full(32, 9)}, "gives 5 scores, and the data has a class 9"),
        ({"y_train": np.full(160, -1)}, "class below 0"),
        ({"x_test": np.zeros((32, 7), np.float32)}, "samples of shape [7] in 'x_test', and the network reads [12]"),
        ({"x_train": np.zeros((0, 12), np.float32)}, "no"),
    ],
)
def test_data_that_does_not_fit_is_one_plain_line(tmp_path, capsys, arrays, said):
    held = dict(np.load(FOLDER / "mlp.npz")) | arrays
    np.savez(tmp_path / "data.npz", **{key: value for key, value in held.items() if value is not None})
    run = tmp_path / "run"
    assert main(["train", str(FOLDER / "mlp.onnx"), "--data", str(tmp_path / "data.npz"), "-o", str(run)]) == 2
    lines = capsys.readouterr().err.strip().split("\n")
    assert len(lines) == 1 and said in lines[0] and not run.exists()


def test_a_network_without_weights_is_refused(tmp_path, capsys):
    path = save(tmp_path, model([node("Relu", ["x"], ["y"])], {"x": (1, 12)}, {"y": (1, 12)}))
    arguments = ["train", str(path), "--data", str(FOLDER / "mlp.npz"), "-o", str(tmp_path / "run")]
    assert main(arguments) == 2 and "no weights that could be trained" in capsys.readouterr().err


def test_a_loss_for_each_token(tmp_path):
    """Held against NumPy: the mean over the tokens that are asked for, and how a small step of a weight changes it."""
    path = tmp_path / "gpt.onnx"
    onnx.save(compose(template("gpt")).model, path)
    network = summarise(open_checkpoint(path))
    checkpoint = network.checkpoint
    chance = np.random.default_rng(0)
    tokens = chance.integers(0, 10, (3, 12))
    right = chance.integers(0, 10, (3, 12))
    right[:, :5] = -1
    weights = {name: checkpoint.array(tensor) for name, tensor in trainable(network).items()}
    scores = before_shares(network, network.outputs[0].name)
    step = Step(checkpoint, {"tokens_in": tokens}, weights, scores, True)

    def run(values):
        return step.run({**values, "tokens_in": tokens, RIGHT: right})

    made = run(weights)
    logits = made.scores.astype(np.float64)
    shifted = logits - logits.max(-1, keepdims=True)
    log = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    asked = right >= 0
    expected = -np.take_along_axis(log, np.maximum(right, 0)[..., None], -1)[..., 0][asked].mean()
    assert made.loss == pytest.approx(expected, abs=1e-5)
    name = "answer.weight"
    derivative = made.gradients[name]
    direction = chance.normal(size=derivative.shape).astype(np.float32) * 1e-3
    ends = [run({**weights, name: weights[name] + sign * direction}).loss for sign in (1, -1)]
    assert (ends[0] - ends[1]) / 2 == pytest.approx(float((derivative * direction).sum()), rel=0.02)


def test_answers_of_the_wrong_number_are_said(tmp_path):
    path = tmp_path / "gpt.onnx"
    onnx.save(compose(template("gpt")).model, path)
    x = np.zeros((8, 12), np.int64)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=np.zeros(8, np.int64), x_test=x, y_test=np.zeros(8, np.int64))
    network = summarise(open_checkpoint(path))
    with pytest.raises(CheckpointError, match=r"gives scores for \[12\] a sample, and the data has answers of one"):
        list(train(network, load(tmp_path / "d.npz", network), tmp_path / "run", Options(epochs=1)))


def test_a_folder_of_pictures_by_class(tmp_path, root):
    digits = np.load(root / "sample_models/digits/digits.npz")
    counts = {}
    for image, label in zip(digits["x_train"], digits["y_train"], strict=True):
        number = counts[int(label)] = counts.get(int(label), 0) + 1
        if number > 10:
            continue
        folder = tmp_path / str(label)
        folder.mkdir(exist_ok=True)
        Image.fromarray(image[0]).save(folder / f"{number}.png")
    network = summarise(open_checkpoint(root / "sample_models/digits_cnn.onnx"))
    data = load(tmp_path, network)
    assert data.x_train.shape == (80, 1, 28, 28) and data.x_test.shape == (20, 1, 28, 28)
    assert sorted(np.bincount(data.y_test)) == [2] * 10 and 0 <= data.x_train.min() < data.x_train.max() <= 1


def test_a_rate_that_falls(tmp_path):
    """By half a cosine: the same first step, and none at the end."""
    assert [_slowed("cosine", share) for share in (0.0, 0.5)] == [1.0, pytest.approx(0.5)]
    assert _slowed("cosine", 1.0) == pytest.approx(0.0) and _slowed("constant", 0.7) == 1.0


def test_masks_are_no_weights(tmp_path):
    """What an attention may look at stays, whether a constant says it or, as exporters write it, a tensor."""
    composed = compose(template("sorter")).model
    stored = {each.name for each in composed.graph.initializer}
    assert "block0.attention.query.weight" in stored and not {
        name for name in stored if name.endswith((".later", "attention.scale"))
    }
    network = opened(save(tmp_path, composed))
    assert set(trainable(network)) <= stored
    assert network.parameters == sum(
        int(np.prod(each.dims)) for each in composed.graph.initializer if each.data_type == onnx.TensorProto.FLOAT
    )
    pattern = onnx.ModelProto()
    pattern.CopyFrom(composed)
    pattern.graph.output.append(onnx.helper.make_empty_tensor_value_info("block0.attention.pattern"))
    session = onnxruntime.InferenceSession(pattern.SerializeToString())
    tokens = session.get_inputs()[0]
    shares = session.run(["block0.attention.pattern"], {tokens.name: np.zeros((1, *tokens.shape[1:]), np.int64)})[0]
    assert (np.triu(shares, 1) == 0).all() and np.allclose(shares.sum(-1), 1, atol=1e-5)
    mask = np.triu(np.full((4, 4), -1e9, np.float32), 1)
    written = model(
        [
            node("MatMul", ["x", "query"], ["q"]),
            node("Transpose", ["x"], ["k"], perm=[0, 2, 1]),
            node("MatMul", ["q", "k"], ["scores"]),
            node("Add", ["scores", "mask"], ["masked"]),
            node("Softmax", ["masked"], ["share"], axis=-1),
            node("MatMul", ["share", "x"], ["y"]),
        ],
        {"x": (1, 4, 8)},
        {"y": (1, 4, 8)},
        {"query": np.eye(8, dtype=np.float32), "mask": mask},
    )
    assert set(trainable(opened(save(tmp_path, written, "written.onnx")))) == {"query"}
