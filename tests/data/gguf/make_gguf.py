# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files of this folder by the PyPI package gguf 0.19.0: python make_gguf.py

quantised.npz: random blocks of every type, and what `gguf.quants.dequantize` makes of them. *.gguf: small language
models with random weights, a matrix of each quantised ones in another type; their numbers as written are in values.npz.
"""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import quants

HERE = Path(__file__).resolve().parent
CHANCE = np.random.default_rng(0)
VALUES: dict[str, np.ndarray] = {}


def blocks():
    """Random bytes, whose scales are numbers."""
    held = {}
    for kind in Kind:
        numbers, size = quants.GGML_QUANT_SIZES[kind]
        packed = CHANCE.integers(0, 256, (6, size), dtype=np.uint8)
        if numbers == 1:
            continue
        for _ in range(500):
            try:
                with np.errstate(all="ignore"):
                    made = np.asarray(quants.dequantize(packed, kind), np.float32).reshape(6, -1)
            except NotImplementedError:
                made = None
                break
            bad = ~np.isfinite(made).all(1)
            if not bad.any():
                break
            packed[bad] = CHANCE.integers(0, 256, (bad.sum(), size), dtype=np.uint8)
        if made is not None:
            held[f"{kind.value}/{kind.name}/blocks"], held[f"{kind.value}/{kind.name}/numbers"] = packed, made
    np.savez_compressed(HERE / "quantised.npz", **held)


def model(name, architecture, tensors, kinds=None, heads=4, keys=None, **facts):
    """A file; `kinds` are types of tensors by their names, the rest is float32."""
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", architecture)
    writer.add_name(f"tiny {name}")
    writer.add_context_length(512)
    writer.add_embedding_length(32)
    writer.add_block_count(2)
    writer.add_head_count(heads)
    writer.add_head_count_kv(keys or heads)
    writer.add_token_list([f"word{number}" for number in range(50)])
    for key, value in facts.items():
        writer.add_float32(f"{architecture}.{key}", value)
    for tensor, shape in tensors.items():
        data = CHANCE.normal(0, 0.1, shape).astype(np.float32)
        kind = (kinds or {}).get(tensor)
        if kind is None:
            VALUES[f"{name}/{tensor}"] = data
            writer.add_tensor(tensor, data)
        else:
            packed = quants.quantize(data, kind)
            VALUES[f"{name}/{tensor}"] = np.asarray(quants.dequantize(packed, kind), np.float32).reshape(shape)
            writer.add_tensor(tensor, packed, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocked(parts, count=2):
    return {f"blk.{block}.{name}": shape for block in range(count) for name, shape in parts.items()}


def main():
    blocks()
    gated = {"ffn_gate.weight": (64, 32), "ffn_up.weight": (64, 32), "ffn_down.weight": (32, 64)}
    attention = {
        "attn_q.weight": (32, 32),
        "attn_k.weight": (16, 32),
        "attn_v.weight": (16, 32),
        "attn_output.weight": (32, 32),
    }
    norms = {"attn_norm.weight": (32,), "ffn_norm.weight": (32,)}
    words = {"token_embd.weight": (50, 32)}
    end = {"output_norm.weight": (32,), "output.weight": (50, 32)}
    rope = {"rope_freqs.weight": (8,)}
    kinds = {"output.weight": Kind.Q8_0, "blk.0.attn_q.weight": Kind.Q4_0, "blk.1.ffn_down.weight": Kind.Q5_1}
    kinds |= {"blk.0.attn_output.weight": Kind.F16, "blk.1.attn_k.weight": Kind.BF16, "token_embd.weight": Kind.Q5_0}
    epsilon = {"attention.layer_norm_rms_epsilon": 1e-5}
    model("llama", "llama", end | words | rope | blocked(norms | attention | gated), kinds, 4, 2, **epsilon)
    more = {"attn_q_norm.weight": (8,), "attn_k_norm.weight": (8,)}
    model("qwen3", "qwen3", words | end | blocked(norms | attention | more | gated), {}, 4, 2, **epsilon)
    more |= {"post_attention_norm.weight": (32,), "post_ffw_norm.weight": (32,)}
    tied = {"output_norm.weight": (32,)}
    model("gemma3", "gemma3", words | tied | blocked(norms | attention | more | gated), {}, 4, 2, **epsilon)
    phi = {"attn_qkv.weight": (96, 32), "attn_output.weight": (32, 32), "ffn_up.weight": (128, 32)}
    phi |= {"ffn_down.weight": (32, 64)}
    model("phi3", "phi3", words | end | blocked(norms | phi), {}, **epsilon)
    gpt = {"attn_qkv.weight": (96, 32), "attn_output.weight": (32, 32), "ffn_up.weight": (128, 32)}
    gpt |= {"ffn_down.weight": (32, 128)}
    biased = {name.replace("weight", "bias"): (shape[0],) for name, shape in (norms | gpt).items()}
    places = {"position_embd.weight": (16, 32), "output_norm.bias": (32,)}
    model("gpt2", "gpt2", words | places | end | blocked(norms | gpt | biased), {"position_embd.weight": Kind.Q8_0})
    bert = {name: (32, 32) for name in ("attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight")}
    bert |= {"ffn_up.weight": (128, 32), "ffn_down.weight": (32, 128)}
    bert |= {"attn_output_norm.weight": (32,), "layer_output_norm.weight": (32,)}
    bert |= {name.replace("weight", "bias"): (shape[0],) for name, shape in bert.items()}
    first = {"position_embd.weight": (16, 32), "token_types.weight": (2, 32)}
    first |= {"token_embd_norm.weight": (32,), "token_embd_norm.bias": (32,)}
    model("bert", "bert", words | first | blocked(bert), {"position_embd.weight": Kind.F16})
    np.savez_compressed(HERE / "values.npz", **{k: v for k, v in VALUES.items() if k.startswith("llama/")})


main()
