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
