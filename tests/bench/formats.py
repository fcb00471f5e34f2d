# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large file of a language model, and a network that is changed by hand."""

from __future__ import annotations

import struct
import time
from pathlib import Path

LAYERS, WIDTH, WORDS = 32, 4096, 32_000
F16, TEXT, COUNT, ALIGNED = 1, 8, 4, 32
GOAL_SECONDS, GOAL_BYTES = 3.0, 300e6


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _write(path: Path) -> int:
    """A GGUF of a Llama's shape whose numbers are a hole in the file; its bytes."""
    shapes = {"token_embd.weight": (WIDTH, WORDS), "output_norm.weight": (WIDTH,), "output.weight": (WIDTH, WORDS)}
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}.weight"] = (WIDTH, WIDTH // 2)
        for name, shape in (("ffn_gate", (WIDTH, 6144)), ("ffn_up", (WIDTH, 6144)), ("ffn_down", (6144, WIDTH))):
            shapes[f"blk.{layer}.{name}.weight"] = shape
        for name in ("attn_norm", "ffn_norm"):
            shapes[f"blk.{layer}.{name}.weight"] = (WIDTH,)
    facts = [("general.architecture", "llama"), ("llama.block_count", LAYERS), ("llama.embedding_length", WIDTH)]
    facts += [("llama.attention.head_count", 32)]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(facts))
    for key, value in facts:
        held = struct.pack("<I", TEXT) + _text(value) if isinstance(value, str) else struct.pack("<II", COUNT, value)
        head += _text(key) + held
    at = 0
    for name, shape in shapes.items():
        head += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", F16, at)
        size = 2
        for each in shape:
            size *= each
        at += -(-size // ALIGNED) * ALIGNED
    begin = -(-len(head) // ALIGNED) * ALIGNED
    with path.open("wb") as file:
        file.write(head)
        file.truncate(begin + at)
    return begin + at


def opening(folder: str) -> list[dict]:
    """Seconds and memory of opening a large GGUF."""
    from memory import peak

    from bench import row
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint

    path = Path(folder) / "llama.gguf"
    size = _write(path)
    before = peak()
    begin = time.perf_counter()
    network = summarise(open_checkpoint(path))
    seconds = time.perf_counter() - begin
    held = peak() - before
    path.unlink()
    what = f"a GGUF of {size / 1e9:.1f} GB, {len(network.layers):,} layers"
    return [
        row(f"opening {what}", seconds, "s", "the bound alone", GOAL_SECONDS),
        row(f"memory above the start while opening {what}", held / 1e6, "MB", "the bound alone", GOAL_BYTES / 1e6),
    ]


def composing() -> list[dict]:
    """Seconds from a change of a kernel to the evaluated scene."""
    import bpy

    from bench import row
    from neuroscene.addon.composing import editing, parse
    from neuroscene.addon.scene.building import build
    from neuroscene.addon.scene.composing import changing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    layers = []
    for number in range(1, 15):
        layers.append({"name": f"conv{number}", "op": "Conv", "units": 8, "padding": "same", "activation": "Relu"})
        layers.append({"name": f"norm{number}", "op": "BatchNormalization"})
    layers += [{"name": "mean", "op": "GlobalAveragePool"}, {"name": "answer", "op": "Dense", "units": 10}]
    specification = parse({"name": "thirty", "input": {"name": "image", "shape": [1, 28, 28]}, "layers": layers})
    collection = build.finish(changing.add_steps(specification, build.Settings()))
    seconds = []
    for kernel in (5, 3, 7, 3, 5):
        begin = time.perf_counter()
        changed = editing.change(changing.of_network(collection), "conv7", "kernel", kernel)
        build.finish(changing.edit_steps(collection, changed))
        bpy.context.view_layer.update()
        seconds.append(time.perf_counter() - begin)
    name = "change of a kernel in a composed network of 30 layers, to the evaluated scene"
    return [row(name, min(seconds), "s", "the bound alone", 0.2)]


def saved_model(folder: str) -> list[dict]:
    """Seconds and memory of opening a large SavedModel."""
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from memory import peak

    from bench import row
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint
    from unit.test_tensorflow_bad_files import entry, field, node, table

    real = field(6, 1)
    sizes = field(7, field(2, field(1, SIDE)) * 2)
    nodes = [node("x", "Placeholder", dtype=real, shape=field(7, field(2, field(1, 1)) + field(2, field(1, SIDE))))]
    entries, before = {}, "x"
    for number in range(SQUARES):
        nodes.append(node(f"w{number}", "VariableV2", dtype=real, shape=sizes))
        nodes.append(node(f"y{number}", "MatMul", before, f"w{number}"))
        before = f"y{number}"
        entries[f"w{number}".encode()] = entry((SIDE, SIDE), number * 4 * SIDE**2, 4 * SIDE**2)

    def end(name):
        return field(1, name.encode()) + field(2, field(1, f"{name}:0".encode()) + field(2, 1))

    serving = field(1, end("x")) + field(2, end(before)) + field(3, b"tensorflow/serving/predict")
    graph = b"".join(field(1, one) for one in nodes)
    meta = field(1, field(4, b"serve")) + field(2, graph) + field(5, field(1, b"serving_default") + field(2, serving))
    path = Path(folder) / "saved"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(field(1, 1) + field(2, meta))
    (path / "variables/variables.index").write_bytes(table({b"": field(1, 1), **entries}))
    with (path / "variables/variables.data-00000-of-00001").open("wb") as file:
        file.truncate(SQUARES * 4 * SIDE**2)
    held = peak()
    begin = time.perf_counter()
    network = summarise(open_checkpoint(path))
    seconds = time.perf_counter() - begin
    held = peak() - held
    assert network.parameters == SQUARES * SIDE**2
    what = f"a SavedModel of {SQUARES * 4 * SIDE**2 / 1e9:.1f} GB"
    return [
        row(f"opening {what}", seconds, "s", "the bound alone", GOAL_SECONDS),
        row(f"memory above the start while opening {what}", held / 1e6, "MB", "the bound alone", GOAL_BYTES / 1e6),
    ]


SQUARES, SIDE = 8, 8192  # matrices of a SavedModel
DENSE, WIDE = 5, 2236  # and of a TensorFlow Lite model: 25 M weights


def _tflite(path: Path) -> None:
    """A chain of dense layers; numbers of fields are those of the public schema."""
    import flatbuffers
    import numpy as np

    builder = flatbuffers.Builder(4 * DENSE * WIDE**2 + 4096)
    random = np.random.default_rng(0)

    def made(*fields):
        """A table of (place, how, value)."""
        builder.StartObject(len(fields) and 1 + max(place for place, _, _ in fields))
        for place, how, value in fields:
            getattr(builder, f"Prepend{how}Slot")(place, value, 0)
        return builder.EndObject()

    def listed(offsets):
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    def numbers(values):
        return builder.CreateNumpyVector(np.asarray(values, np.int32))

    buffers, tensors, calls = [made()], [], []

    def tensor(name, shape, buffer):
        parts = (0, "UOffsetTRelative", numbers(shape)), (3, "UOffsetTRelative", builder.CreateString(name))
        tensors.append(made(*parts, (2, "Uint32", buffer)))
        return len(tensors) - 1

    before = tensor("x", (1, WIDE), 0)
    first = before
    for number in range(DENSE):
        weight = random.normal(0, WIDE**-0.5, WIDE**2).astype(np.float32).view(np.uint8)
        buffers.append(made((0, "UOffsetTRelative", builder.CreateNumpyVector(weight))))
        held = tensor(f"dense{number}/kernel", (WIDE, WIDE), len(buffers) - 1)
        after = tensor(f"dense{number}", (1, WIDE), 0)
        ends = (1, "UOffsetTRelative", numbers([before, held, -1])), (2, "UOffsetTRelative", numbers([after]))
        calls.append(made(*ends))
        before = after
    graph = made(
        (0, "UOffsetTRelative", listed(tensors)),
        (1, "UOffsetTRelative", numbers([first])),
        (2, "UOffsetTRelative", numbers([before])),
        (3, "UOffsetTRelative", listed(calls)),
    )
    code = made((0, "Int8", 9), (3, "Int32", 9))  # FULLY_CONNECTED
    model = made(
        (0, "Uint32", 3),
        (1, "UOffsetTRelative", listed([code])),
        (2, "UOffsetTRelative", listed([graph])),
        (4, "UOffsetTRelative", listed(buffers)),
    )
    builder.Finish(model, b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def tflite(folder: str) -> list[dict]:
    """Seconds from a TensorFlow Lite file of 25 M weights to the evaluated scene."""
    import bpy
    import numpy as np

    from bench import row
    from neuroscene.addon.scene.building import build, importing

    path = Path(folder) / "dense.tflite"
    _tflite(path)
    plain, whole = [], []
    for _ in range(3):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        begin = time.perf_counter()
        float(np.frombuffer(path.read_bytes(), np.float32, DENSE * WIDE**2).sum())
        plain.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        build.finish(importing.import_steps(path, build.Settings()))
        bpy.context.view_layer.update()
        whole.append(time.perf_counter() - begin)
    name = f"TensorFlow Lite, {DENSE * WIDE**2 / 1e6:.0f} M weights, file to evaluated scene"
    peer = f"reading its bytes and a sum ({min(plain):.3f} s; scene {min(whole):.2f} s)"
    return [row(name, min(whole) / min(plain), "x", peer, 8.0)]
