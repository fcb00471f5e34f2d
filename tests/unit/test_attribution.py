# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole networks against PyTorch's autograd, methods of attribution against their formulas, and the command line."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from neuroscene.addon.attribution import Unit, attribute, target_of, visualise
from neuroscene.addon.attribution.resampling import enlarged
from neuroscene.addon.cli import main
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.gradients import derive
from neuroscene.addon.inference import fit_file, run_file
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

SAMPLES = DATA.parents[1] / "sample_models"
CNN, DIGIT = SAMPLES / "digits_cnn.onnx", SAMPLES / "digits/digit_7.png"
TRUTH = np.load(DATA / "gradients.npz")
TOKENS = {"gpt2": 50, "bert": 2}
KERAS = DATA / "crossformat/mnist_cnn.keras"


@pytest.mark.parametrize("name", TRUTH.files)
def test_networks_against_autograd(name):
    """In float64 there, in float32 here."""
    checkpoint = open_checkpoint(DATA / f"zoo/{name}.onnx")
    first, *others = checkpoint.model.graph.input
    inputs = {
        other.name: np.zeros([one.dim_value or 1 for one in other.type.tensor_type.shape.dim], np.int64)
        for other in others
    }
    shape = [one.dim_value or 1 for one in first.type.tensor_type.shape.dim]
    if name in TOKENS:
        inputs[first.name] = np.random.default_rng(1).integers(0, TOKENS[name], shape)
        by = next(
            one.output[0] for one in checkpoint.model.graph.node if one.op_type == "Gather" and first.name in one.input
        )
    else:
        inputs[first.name] = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        by = first.name
    derivative = derive(checkpoint, inputs, checkpoint.model.graph.output[0].name, [by])
    seed = np.random.default_rng(2).standard_normal(derivative.shape).astype(np.float32)
    made = derivative.run(inputs, seed)[by].astype(np.float64)
    length, *some = TRUTH[name]
    assert np.linalg.norm(made) == pytest.approx(length, rel=2e-3)
    away = np.linalg.norm(made.ravel()[::97] - some) / np.linalg.norm(some)
    assert away < 0.02, away


@pytest.fixture(scope="module")
def cnn():
    network, _ = run_file(DIGIT, summarise(open_checkpoint(CNN)))
    return network, {one.name: one.array for one in fit_file(DIGIT, network)}


def scores(array):
    """The scores of the sample CNN before its Softmax, by onnxruntime alone."""
    made = onnx.load(CNN)
    made.graph.output.append(onnx.helper.make_empty_tensor_value_info("scores"))
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["scores"], {"image": one[None]})[0] for one in array])


def test_the_target_is_before_the_softmax(cnn):
    target = target_of(*cnn)
    expected = scores(cnn[1]["image"])[0]
    assert (target.tensor, target.index, target.name) == ("scores", 7, "7")
    assert target.value == pytest.approx(expected[7], abs=1e-4)
    assert target_of(*cnn, 2).value == pytest.approx(expected[2], abs=1e-4)


def test_gradient_by_differences(cnn):
    """Along many directions; some Relus turn on the way, so that single slopes are a little off."""
    made = finish(attribute(*cnn, "gradient"))
    image = cnn[1]["image"]
    assert made.values.shape == (1, 28, 28) and np.array_equal(made.input, image[0])
    step = np.float32(3e-4)
    pairs = []
    for seed in range(40):
        way = seeded(*image.shape, seed=seed)
        ends = scores(np.concatenate([image + step * way, image - step * way]))[:, 7].astype(np.float64)
        pairs.append(((made.values * way[0]).sum(), (ends[0] - ends[1]) / (2 * float(step))))
    ours, slopes = np.array(pairs).T
    assert np.corrcoef(ours, slopes)[0, 1] > 0.995 and (ours @ slopes) / (slopes @ slopes) == pytest.approx(1, abs=0.02)
    times = finish(attribute(*cnn, "gradient-input"))
    assert np.allclose(times.values, made.values * image[0], atol=1e-6)


def test_integrated_gradients_are_complete(cnn):
    for index in (None, 2):
        made = finish(attribute(*cnn, "integrated", index))
        both = scores(np.concatenate([cnn[1]["image"], np.zeros_like(cnn[1]["image"])]))[:, made.target.index]
        wanted = float(both[0] - both[1])
        assert made.settings["difference"] == pytest.approx(wanted, abs=1e-3)
        assert abs(made.values.sum() - wanted) <= 0.01 * abs(wanted)
        assert made.settings["completeness_error"] == pytest.approx(made.values.sum() - wanted, abs=1e-3)


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2", "conv3", "pool2", "dense1"])
def test_every_layer_divides_the_same_number(cnn, layer):
    """Conductance adds up to the difference of scores, on whatever layer."""
    made = finish(attribute(*cnn, "integrated", layer=layer))
    both = scores(np.concatenate([cnn[1]["image"], np.zeros_like(cnn[1]["image"])]))[:, 7]
    assert made.values.sum() == pytest.approx(float(both[0] - both[1]), rel=0.01)
    assert made.values.shape == cnn[0].layer(layer).shape


@pytest.mark.parametrize("name", ["resnet18", "unet", "densenet"])
def test_other_networks_are_complete_too(name):
    network = summarise(open_checkpoint(DATA / f"zoo/{name}.onnx"))
    (spec,) = network.inputs
    image = {spec.name: np.random.default_rng(4).random([size or 1 for size in spec.shape]).astype(np.float32)}
    made = finish(attribute(network, image, "integrated"))
    assert made.values.sum() == pytest.approx(made.settings["difference"], rel=0.01)


def test_tokens_are_explained_by_a_layer(capsys, tmp_path):
    """No derivative by whole numbers, but by what they mean; a method that changes an input says that it cannot."""
    letters, array = SAMPLES / "letters_transformer.onnx", SAMPLES / "letters/letters.npy"
    out = tmp_path / "out.npz"
    base = ["attribute", str(letters), "--input", str(array), "--layer", "/Add", "-o", str(out), "--method"]
    assert main([*base, "gradient-input"]) == 0
    assert np.load(out)["attribution"].shape == (12, 64)
    assert main([*base, "integrated"]) == 2 and "reads whole numbers" in capsys.readouterr().err


def test_guided_and_deconvnet_by_hand(tmp_path):
    """y = relu(x W) V: what passes at the Relu, written out."""
    first, second = seeded(5, 6, seed=1), seeded(6, 3, seed=2)
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["r"]), node("MatMul", ["r", "v"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 5)}, {"y": (1, 3)}, {"w": first, "v": second}))
    network = summarise(open_checkpoint(path))
    x = seeded(1, 5, seed=3)
    for index in range(3):
        above = second[:, index]
        on = (x @ first > 0)[0]
        for method, passed in (
            ("gradient", above * on),
            ("guided", np.maximum(above, 0) * on),
            ("deconvnet", np.maximum(above, 0)),
        ):
            made = finish(attribute(network, {"x": x}, method, index))
            assert np.allclose(made.values, first @ passed, atol=1e-5), method


def test_smoothgrad_is_near_the_mean_of_noisy_gradients(cnn):
    network, inputs = cnn
    made = finish(attribute(*cnn, "smoothgrad"))
    again = finish(attribute(*cnn, "smoothgrad"))
    assert np.array_equal(made.values, again.values)
    random = np.random.default_rng(5)
    some = [
        finish(
            attribute(
                network,
                {"image": inputs["image"] + random.normal(0, 0.15, (1, 1, 28, 28)).astype(np.float32)},
                "gradient",
                7,
            )
        ).values
        for _ in range(24)
    ]
    assert np.corrcoef(made.values.ravel(), np.mean(some, 0).ravel())[0, 1] > 0.8


def test_gradcam_is_its_formula(cnn):
    network, inputs = cnn
    made = finish(attribute(network, inputs, "gradcam", layer="conv3"))
    tensor = network.layer("conv3").tensor
    derivative = derive(network.checkpoint, inputs, "scores", [tensor], also=[tensor])
    seed = np.zeros((1, 10), np.float32)
    seed[0, 7] = 1
    gradient = derivative.run(inputs, seed)[tensor][0]
    maps = run_file(DIGIT, network)[1].values[tensor][0]
    expected = np.maximum((gradient.mean((1, 2))[:, None, None] * maps).sum(0), 0)
    assert made.values.shape == maps.shape[1:] and np.allclose(made.values, expected, atol=1e-6)
    assert made.upsampled.shape == (28, 28)
    assert np.allclose(
        made.upsampled, np.asarray(Image.fromarray(expected).resize((28, 28), Image.BILINEAR)), atol=1e-5
    )
    assert finish(attribute(network, inputs, "gradcam")).by == "conv3"


@pytest.mark.parametrize("mood", ["happy", "sad", "surprised"])
def test_gradcam_finds_the_mouth_that_alone_says_what_is_right(mood, tmp_path):
    """A face's mood is in its mouth; behind maps whose means one dense layer reads it is CAM (Zhou et al. 2016)."""
    samples = DATA.parents[1] / "sample_models"
    path = samples / "faces_cnn.onnx"
    network, ran = run_file(samples / "faces" / f"{mood}.png", summarise(open_checkpoint(path)))
    assert ran.scores[0].label == mood and ran.scores[0].score > 0.9
    out = tmp_path / "cam.npz"
    face = str(samples / "faces" / f"{mood}.png")
    assert main(["attribute", str(path), "--input", face, "--method", "gradcam", "-o", str(out)]) == 0
    told = np.load(out)
    cam = told["attribution"]
    maps = ran.values[network.layer("conv4").tensor].reshape(24, 16, 16)
    (weight,) = (
        onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(path).graph.initializer
        if sorted(tensor.dims) == [3, 24]
    )
    weight = weight if weight.shape == (24, 3) else weight.T
    by_hand = np.maximum(np.tensordot(weight[:, ran.scores[0].index], maps, 1), 0) / maps[0].size
    assert np.allclose(cam, by_hand, rtol=1e-4, atol=1e-6)
    rows, columns = np.indices(cam.shape)
    middle = (rows * cam).sum() / cam.sum(), (columns * cam).sum() / cam.sum()
    assert 8.5 < middle[0] < 13 and 5 < middle[1] < 10


def test_maps_are_enlarged_as_by_pillow():
    values = seeded(5, 7)
    for size in ((10, 14), (23, 9), (5, 7)):
        expected = np.asarray(Image.fromarray(values).resize(size[::-1], Image.BILINEAR))
        assert np.allclose(enlarged(values, size), expected, atol=1e-5)


def test_occlusion_is_brute_force(cnn):
    network, inputs = cnn
    made = finish(attribute(*cnn, "occlusion"))
    (size, _), (stride, _) = made.settings["patch"], made.settings["stride"]
    image = inputs["image"]
    starts = sorted({*range(0, 28 - size + 1, stride), 28 - size})
    blanks = []
    for row in starts:
        for column in starts:
            blank = image[0].copy()
            blank[:, row : row + size, column : column + size] = 0
            blanks.append(blank)
    falls = scores(image)[0, 7] - scores(np.stack(blanks))[:, 7]
    total, count = np.zeros((28, 28)), np.zeros((28, 28))
    for number, (row, column) in enumerate((r, c) for r in starts for c in starts):
        total[row : row + size, column : column + size] += falls[number]
        count[row : row + size, column : column + size] += 1
    assert np.allclose(made.values[0], total / count, atol=1e-4)


def test_every_layer_divides_the_score(cnn):
    """Gradient x activation of the last hidden layer is the score but for its bias."""
    network, inputs = cnn
    made = finish(attribute(network, inputs, "gradient-input", layer="dense1"))
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(CNN).graph.initializer}
    (bias,) = [array for array in weights.values() if array.shape == (10,)]
    assert made.values.sum() == pytest.approx(made.target.value - bias[7], abs=1e-3)


# the command line


def test_command_writes_arrays_with_channels_first(tmp_path, capsys):
    """Of Keras too, whose input has them last."""
    array = np.load(DATA / "crossformat/../expected_digit.npy") if (DATA / "expected_digit.npy").exists() else None
    for path, image in ((CNN, DIGIT), (KERAS, DIGIT)):
        out = tmp_path / "out.npz"
        assert (
            main(["attribute", str(path), "--input", str(image), "--method", "gradient", "-o", str(out), "--json"]) == 0
        )
        said = json.loads(capsys.readouterr().out)
        held = np.load(out)
        assert held["attribution"].shape == held["input"].shape == (1, 28, 28) and said["shape"] == [1, 28, 28]
        assert held["score"].shape == () and float(held["score"]) == pytest.approx(said["score"], rel=1e-6)
        assert said["method"] == "gradient" and said["tensor"]
    del array


def test_command_writes_gradcam_and_pictures(tmp_path, capsys):
    out = tmp_path / "cam.npz"
    assert (
        main(["attribute", str(CNN), "--input", str(DIGIT), "--method", "gradcam", "--layer", "conv2", "-o", str(out)])
        == 0
    )
    held = np.load(out)
    assert held["attribution"].shape == (28, 28) and held["upsampled"].shape == (28, 28)
    picture = tmp_path / "out.png"
    assert main(["attribute", str(CNN), "--input", str(DIGIT), "--method", "occlusion", "-o", str(picture)]) == 0
    with Image.open(picture) as image:
        assert image.size == (448, 448) and len(image.getcolors(10_000)) > 20


def refused(capsys, tmp_path, *arguments) -> str:
    assert main([*map(str, arguments)]) == 2
    assert not list(tmp_path.glob("out*"))
    lines = capsys.readouterr().err.strip().split("\n")
    assert len(lines) == 1
    return lines[0]


def test_what_cannot_be_explained_is_one_plain_line(tmp_path, capsys):
    out = tmp_path / "out.npz"
    base = ("attribute", CNN, "--input", DIGIT, "-o", out, "--method")
    assert "has no class 10: it gives 10" in refused(capsys, tmp_path, *base, "gradient", "--class", 10)
    assert "has no class -1" in refused(capsys, tmp_path, *base, "gradient", "--class", -1)
    assert "no method 'magic'" in refused(capsys, tmp_path, *base, "magic")
    assert "has no layer 'conv9'" in refused(capsys, tmp_path, *base, "gradcam", "--layer", "conv9")
    assert "'dense1' gives no maps" in refused(capsys, tmp_path, *base, "gradcam", "--layer", "dense1")
    assert "explains inputs only" in refused(capsys, tmp_path, *base, "occlusion", "--layer", "conv2")
    assert "one of conv" not in refused(
        capsys, tmp_path, "feature", CNN, "--layer", "conv2", "--unit", 99, "-o", tmp_path / "out.png"
    )
    letters = SAMPLES / "letters_transformer.onnx"
    line = refused(
        capsys,
        tmp_path,
        "attribute",
        letters,
        "--input",
        SAMPLES / "letters/letters.npy",
        "-o",
        out,
        "--method",
        "gradient",
    )
    assert "reads whole numbers" in line
    state = DATA / "crossformat/mnist_cnn_state_dict.pt"
    assert "holds weights only" in refused(
        capsys, tmp_path, "attribute", state, "--input", DIGIT, "-o", out, "--method", "gradient"
    )


def test_constant_outputs_have_no_evidence(tmp_path):
    nodes = [node("Mul", ["x", "zero"], ["h"]), node("MatMul", ["h", "w"], ["y"])]
    weights = {"zero": np.zeros(1, np.float32), "w": seeded(4, 3)}
    path = save(tmp_path, model(nodes, {"x": (1, 4)}, {"y": (1, 3)}, weights))
    network = summarise(open_checkpoint(path))
    for method in ("gradient", "integrated", "occlusion", "smoothgrad"):
        assert not finish(attribute(network, {"x": seeded(1, 4)}, method)).values.any()


# features


def test_a_feature_excites_its_unit(tmp_path, capsys):
    network = summarise(open_checkpoint(CNN))
    made = finish(visualise(network, "conv2", 3, steps=32))
    again = finish(visualise(network, "conv2", 3, steps=32))
    assert made.activation == again.activation and np.array_equal(made.input, again.input)
    assert made.input.shape == (1, 28, 28) and 0 <= made.input.min() and made.input.max() <= 1
    session_model = onnx.load(CNN)
    tensor = network.layer("conv2").tensor
    session_model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    session = onnxruntime.InferenceSession(session_model.SerializeToString(), providers=["CPUExecutionProvider"])
    value = session.run([tensor], {"image": made.input[None]})[0][0, 3].mean()
    assert made.activation[-1] == pytest.approx(float(value), rel=1e-4)
    noise = [
        session.run([tensor], {"image": np.random.default_rng(i).random((1, 1, 28, 28)).astype(np.float32)})[0][
            0, 3
        ].mean()
        for i in range(20)
    ]
    assert made.activation[-1] > 1.5 * max(noise)
    out = tmp_path / "feature.png"
    assert (
        main(
            [
                "feature",
                str(CNN),
                "--layer",
                "dense1",
                "--unit",
                "5",
                "--steps",
                "20",
                "--seed",
                "4",
                "-o",
                str(out),
                "--json",
            ]
        )
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert (said["layer"], said["unit"]) == ("dense1", 5) and len(said["activation"]) == 21
    assert said["activation"][-1] > said["activation"][0] and Image.open(out).size == (448, 448)


def small(folder, seed=3):
    """Conv, Relu, MaxPool, Conv, Relu, Flatten, Gemm; its weights and an input."""
    weights = {"a": seeded(3, 2, 3, 3, seed=seed), "b": seeded(4, 3, 3, 3, seed=seed + 1), "f": seeded(36, 2, seed=9)}
    nodes = [
        node("Conv", ["x", "a"], ["p"], pads=[1, 1, 1, 1], name="first"),
        node("Relu", ["p"], ["q"]),
        node("MaxPool", ["q"], ["r"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["r", "b"], ["s"], pads=[1, 1, 1, 1], name="second"),
        node("Relu", ["s"], ["t"]),
        node("Flatten", ["t"], ["u"]),
        node("Gemm", ["u", "f"], ["y"]),
    ]
    path = save(folder, model(nodes, {"x": (1, 2, 6, 6)}, {"y": (1, 2)}, weights))
    return summarise(open_checkpoint(path)), weights, seeded(1, 2, 6, 6, seed=seed + 2)


def convolved(maps, kernels):
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    rows, columns = maps.shape[1:]
    return np.array(
        [
            [[(padded[:, i : i + 3, j : j + 3] * kernel).sum() for j in range(columns)] for i in range(rows)]
            for kernel in kernels
        ]
    )


def spread(maps, kernels):
    """The transpose of `convolved`, number by number."""
    made = np.zeros((kernels.shape[1], maps.shape[1] + 2, maps.shape[2] + 2))
    for unit, row, column in np.ndindex(maps.shape):
        made[:, row : row + 3, column : column + 3] += maps[unit, row, column] * kernels[unit]
    return made[:, 1:-1, 1:-1]


def led_back(method, weights, x, unit):
    """What leads a unit's largest activation back to the input, with the switches of the pooling, in NumPy."""
    p = convolved(x[0], weights["a"])
    q = np.maximum(p, 0)
    blocks = q.reshape(3, 3, 2, 3, 2).transpose(0, 1, 3, 2, 4).reshape(3, 3, 3, 4)
    s = convolved(blocks.max(-1), weights["b"])
    signal = np.zeros_like(s)
    signal[unit][np.unravel_index(s[unit].argmax(), s[unit].shape)] = 1

    def through(signal, before):
        if method == "deconvnet":
            return np.maximum(signal, 0)
        passed = signal * (before > 0)
        return np.maximum(passed, 0) if method == "guided" else passed

    pooled = spread(through(signal, s), weights["b"])
    switched = np.eye(4)[blocks.argmax(-1)] * pooled[..., None]  # of equal ones the first
    unpooled = switched.reshape(3, 3, 3, 2, 2).transpose(0, 1, 3, 2, 4).reshape(3, 6, 6)
    return s[unit].max(), spread(through(unpooled, p), weights["a"])


@pytest.mark.parametrize("method", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unit", range(4))
def test_a_unit_is_led_back_to_the_input(tmp_path, method, unit):
    network, weights, x = small(tmp_path)
    most, expected = led_back(method, weights, x, unit)
    made = finish(attribute(network, {"x": x}, method, unit=Unit("second", unit)))
    assert made.target.value == pytest.approx(max(most, 0), abs=1e-5) and made.by == "x"
    if most > 0:
        np.testing.assert_allclose(made.values, expected, atol=1e-4)


@pytest.mark.parametrize("largest", [True, False])
def test_the_gradient_of_a_unit_by_central_differences(tmp_path, largest):
    network, weights, x = small(tmp_path, seed=11)
    made = finish(attribute(network, {"x": x}, "gradient", unit=Unit("second", 2, largest)))

    def activation(x):
        pooled = np.maximum(convolved(x[0], weights["a"]), 0).reshape(3, 3, 2, 3, 2).max((2, 4))
        maps = np.maximum(convolved(pooled, weights["b"]), 0)[2]
        return maps.max() if largest else maps.mean()

    step = 1e-3
    for place in np.ndindex(*x.shape[1:]):
        change = np.zeros(x.shape)
        change[(0, *place)] = step
        slope = (activation(x + change) - activation(x - change)) / (2 * step)
        assert made.values[place] == pytest.approx(slope, abs=2e-3)


def test_a_unit_on_the_command_line(tmp_path, capsys):
    network, weights, x = small(tmp_path)
    np.save(tmp_path / "x.npy", x)
    base = ["attribute", str(tmp_path / "model.onnx"), "--input", str(tmp_path / "x.npy"), "--method", "deconvnet"]
    out = ["-o", str(tmp_path / "o.npz"), "--json"]
    assert main([*base, "--layer", "second", "--unit", "1", *out]) == 0
    said = json.loads(capsys.readouterr().out)
    most, expected = led_back("deconvnet", weights, x, 1)
    assert said["unit"] == {"layer": "second", "index": 1, "of": "largest"} and "class" not in said
    assert said["score"] == pytest.approx(max(most, 0), abs=1e-5) and said["note"].startswith("the largest of its map")
    assert np.load(tmp_path / "o.npz")["attribution"].shape == expected.shape
    assert main([*base, "--layer", "second", *out]) == 0  # without a unit: the class, by that layer
    said = json.loads(capsys.readouterr().out)
    assert "class" in said and said["by"] == "second" and said["shape"] == [4, 3, 3]
    for more, words in (
        (["--unit", "1"], "asks for a unit of no layer"),
        (["--layer", "second", "--unit", "1", "--class", "0"], "asks for a unit and a class"),
        (["--layer", "second", "--unit", "4"], "has no unit 4: it has 4"),
    ):
        assert main([*base, *more, *out]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1 and words in lines[0]
