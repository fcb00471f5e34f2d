# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Language models whose modules are called otherwise than one after the other."""

from ..wiring import Wiring

MAMBA = """
    h, gate = Split(in_proj(x), 2)
    h = Sequence(Silu(conv1d(h)))
    read = x_proj(h)
    step = dt_proj(Part(read, dt_proj))
    y = Mixed(h, step * A_log, step, read, h, h * D)
    out_proj(y * Silu(gate))
"""
XLNET = """
    heads = [Through(x, q), Through(x, k), Through(x, v)]
    Through(Lost(), r)
    layer_norm(x + Through(Mixed(heads[0], heads), o, back=True))
"""
WIRINGS = (
    Wiring("MPNet", "layer relative_attention_bias", "for block in layer: x = block(x)\nx", name="encoder"),
    Wiring(
        "ALBERT",
        "embedding_hidden_mapping_in albert_layer_groups.0.albert_layers.0",
        """
        x = embedding_hidden_mapping_in(x)
        for call in Times("num_hidden_layers"):
            for layer in albert_layer_groups[0].albert_layers: x = layer(x)
        x
        """,
        lacks="albert_layer_groups.1",
    ),
    Wiring("Mamba", "in_proj conv1d x_proj dt_proj out_proj", MAMBA),
    Wiring("Mamba", "norm mixer.in_proj mixer.conv1d", "x + mixer(norm(x))"),
    Wiring("XLNet", "q k v o r layer_norm", XLNET, name="rel_attn"),
    Wiring("XLNet", "rel_attn ff.layer_1 ff.layer_2", "ff(rel_attn(x))"),
    Wiring("XLNet", "layer_norm layer_1 layer_2", "layer_norm(x + layer_2(Gelu(layer_1(x))))", alone=True),
    Wiring(
        "XLNet",
        "mask_emb word_embedding layer.0.rel_attn",
        """
        x = word_embedding(x)
        for block in layer: x = block(x)
        x
        """,
    ),
    Wiring("DeBERTa", "rel_embeddings LayerNorm layer", "for block in layer: x = block(x)\nx", name="encoder"),
    Wiring(
        "DeBERTa",
        "attention.self.query_proj attention.output.dense intermediate.dense output.dense",
        """
        inner = attention.self
        h = Attention(inner.query_proj, inner.key_proj, inner.value_proj, attention.output.dense, x)
        x = attention.output.LayerNorm(x + h)
        output.LayerNorm(x + output.dense(Gelu(intermediate.dense(x))))
        """,
    ),
)
