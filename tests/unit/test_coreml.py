# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Core ML: the network for digits as a neural network and as programs gives the known scores; files that lie are
refused."""

import shutil

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, DIGITS, SCORES, arrays
from unit.make import DATA
from unit.mutated import mutations

COREML = DATA / "coreml"
INSIDE = "Data/com.apple.CoreML"
BITS = {
    checkpoint.array(tensor).tobytes()
    for checkpoint in [open_checkpoint(CROSS / "mnist_cnn.safetensors")]
    for tensor in checkpoint.model.graph.initializer
    if tensor.data_location
}


@pytest.mark.parametrize(
    ("name", "atol"),
    [
        ("digits.mlmodel", 1e-5),
        ("digits.mlpackage", 1e-5),
        (f"digits.mlpackage/{INSIDE}/model.mlmodel", 1e-5),
        ("digits_fp16.mlpackage", 1e-3),
    ],
)
def test_the_known_scores(name, atol):
    checkpoint = open_checkpoint(COREML / name)
    assert (checkpoint.format, checkpoint.producer, checkpoint.notes) == ("coreml", "coremltools 9.0", [])
    (output,) = (value.name for value in checkpoint.model.graph.output)
    made = [activations(checkpoint, {"image": digit[None].transpose(0, 3, 1, 2)}, [output])[output] for digit in DIGITS]
    np.testing.assert_allclose(np.concatenate(made), SCORES, atol=atol)
    assert summarise(checkpoint).parameters == 29_018
    if atol == 1e-5:
        assert len({value.tobytes() for value in arrays(checkpoint).values()} & BITS) == 8  # coremltools folds norms


def copied(folder, change=lambda data: data, weights=lambda data: data):
    made = folder / "m.mlpackage"
    shutil.copytree(COREML / "digits.mlpackage", made)
    for place, work in ((f"{INSIDE}/model.mlmodel", change), (f"{INSIDE}/weights/weight.bin", weights)):
        (made / place).write_bytes(work((made / place).read_bytes()))
    return made


@pytest.mark.parametrize(
    ("change", "weights", "said"),
    [
        (lambda data: data[:3000], None, "damaged or cut short"),
        (lambda data: data.replace(b"path/weights/", b"path/../ghts/"), None, "lie outside of its folder"),
        (lambda data: data.replace(b"path/weights/", b"path//eights/"), None, "lie outside of its folder"),
        (lambda data: data.replace(b"/weight.bin", b"/weighs.bin"), None, "are not there; open the whole .mlpackage"),
        (lambda data: data.replace(b"conv1", b"convX", 1), None, "which nothing makes"),
        (None, lambda data: data[:50_000], "cut short"),
        (None, lambda data: data.replace(b"\xef\xbe\xad\xde", b"\xef\xbe\xad\xdf"), "are not where they should be"),
    ],
)  # fmt: skip
def test_damaged(change, weights, said, tmp_path):
    same = bytes
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(copied(tmp_path, change or same, weights or same))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_network_whose_weights_are_short(tmp_path):
    path = tmp_path / "m.mlmodel"
    whole = (COREML / "digits.mlmodel").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        open_checkpoint(path)


def test_an_unknown_operator_is_opaque(tmp_path):
    checkpoint = open_checkpoint(copied(tmp_path, lambda data: data.replace(b"max_pool", b"axepool_", 1)))
    (node,) = (node for node in checkpoint.model.graph.node if node.domain == OPAQUE)
    assert node.op_type == "axepool_"
    assert summarise(checkpoint).layer(node.name).shape == (16, 14, 14)


def test_a_folder_without_its_model(tmp_path):
    made = copied(tmp_path)
    (made / INSIDE / "model.mlmodel").unlink()
    with pytest.raises(CheckpointError, match=r"a Core ML model without its model\.mlmodel"):
        open_checkpoint(made)


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("coreml", tmp_path) > 20


# Layers as coremltools' encoders have them; no framework but Apple's computes them


def varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def part(number: int, content) -> bytes:
    if isinstance(content, float):
        return varint(number << 3 | 5) + np.float32(content).tobytes()
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def network_of(kind: int, settings: bytes, inputs=("x",)) -> bytes:
    """A model of one layer over maps of (2, 3, 4)."""
    sizes = part(5, part(1, varint(2) + varint(3) + varint(4)) + part(2, 65568))
    read = b"".join(part(1, part(1, name) + part(3, sizes)) for name in inputs)
    about = read + part(10, part(1, "y") + part(3, sizes))
    layer = part(1, "one") + b"".join(part(2, name) for name in inputs) + part(3, "y") + part(kind, settings)
    return part(1, 4) + part(2, about) + part(500, part(1, layer))


X = np.random.default_rng(0).random((1, 2, 3, 4), dtype=np.float32)
BORDERS = part(10, part(10, part(1, 1)) + part(10, part(1, 2) + part(2, 1)))
WIDER = ((0, 0), (0, 0), (1, 0), (2, 1))


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        (200, part(1, part(1, 2.5)) + BORDERS, np.pad(X, WIDER, constant_values=2.5)),
        (200, part(2, b"") + BORDERS, np.pad(X, WIDER, mode="reflect")),
        (200, part(3, b"") + BORDERS, np.pad(X, WIDER, mode="edge")),
        (210, part(1, varint(2) + varint(3)), X.repeat(2, 2).repeat(3, 3)),
        (220, b"", np.sqrt(X)),
        (220, part(1, 1) + part(3, 0.5), 1 / np.sqrt(X + 0.5)),
        (220, part(1, 2) + part(3, 0.5), 1 / (X + 0.5)),
        (220, part(1, 3) + part(2, 3.0) + part(4, 1.0) + part(5, 2.0), (1 + 2 * X) ** 3),
        (220, part(1, 7) + part(2, 0.5), np.maximum(X, 0.5)),
        (180, part(1, 2.0) + part(2, 0.75) + part(3, 3) + part(4, 1.0),
         X / (1 + 2 / 3 * (X**2).sum(1, keepdims=True)) ** 0.75),
        (795, part(1, 2), X / (1 + np.exp(-1.702 * X))),
    ],
)  # fmt: skip
def test_one_layer(kind, settings, expected, tmp_path):
    path = tmp_path / "m.mlmodel"
    path.write_bytes(network_of(kind, settings))
    np.testing.assert_allclose(activations(open_checkpoint(path), {"x": X}, ["y"])["y"], expected, rtol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
def test_networks_of_a_pipeline(count, tmp_path):
    """The only network, or the largest of them, and the others by their names; what stands round them is named."""
    whole = (COREML / "digits.mlmodel").read_bytes()
    small = network_of(130, b"")
    other = part(1, 4) + part(600, b"")
    models = [whole, other, small][: count + 1]
    names = ["digits", "words", "small"][: count + 1]
    pipeline = b"".join(part(1, model) for model in models) + b"".join(part(2, name) for name in names)
    (tmp_path / "m.mlmodel").write_bytes(part(1, 4) + part(2, b"") + part(200, part(1, pipeline)))
    checkpoint = open_checkpoint(tmp_path / "m.mlmodel")
    assert summarise(checkpoint).parameters == 29_018
    assert any("the network 'digits' of a pipeline" in note for note in checkpoint.notes)
    assert set(checkpoint.parts) == ({"digits", "small"} if count == 2 else set())
    if count == 2:
        assert open_checkpoint(tmp_path / "m.mlmodel", part="small").part == "small"
        with pytest.raises(CheckpointError, match="has no part 'big'; it has digits, small"):
            open_checkpoint(tmp_path / "m.mlmodel", part="big")


def test_several_inputs(tmp_path):
    path = tmp_path / "m.mlmodel"
    path.write_bytes(network_of(240, b"", ("x", "z")))
    made = activations(open_checkpoint(path), {"x": X, "z": 3 * X}, ["y"])["y"]
    np.testing.assert_allclose(made, 2 * X, rtol=1e-6)


def test_a_layer_that_is_not_written(tmp_path):
    path = tmp_path / "m.mlmodel"
    path.write_bytes(network_of(410, b""))
    (node,) = (node for node in open_checkpoint(path).model.graph.node if node.domain == OPAQUE)
    assert node.op_type == "gru"
