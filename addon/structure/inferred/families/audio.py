# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Models that read sounds: Whisper, by the names of transformers and of OpenAI, and wav2vec 2.0."""

from ..wiring import Wiring

WHISPER = """
    Remember(encoder(Given("input_features")))
    decoder()
"""
WIRINGS = (
    Wiring(
        "Whisper",
        "encoder.conv1 encoder.conv2 decoder.token_embedding decoder.blocks",
        """
        memory = encoder(Given("mel"))
        decoder(None, memory)
        """,
    ),
    Wiring(
        "Whisper",
        "conv1 conv2 blocks ln_post positional_embedding",
        "x = Positions(positional_embedding, Sequence(Gelu(conv2(Gelu(conv1(x)))))); ln_post(blocks(x))",
    ),
    Wiring(
        "Whisper",
        "token_embedding positional_embedding blocks ln",
        """
        x = Positions(positional_embedding, token_embedding(x))
        for block in blocks: x = block(x, memory)
        ln(x)
        """,
        arguments="memory",
        lacks="conv1",
    ),
    Wiring(
        "Whisper",
        "attn.query attn.key attn.value attn.out attn_ln mlp.0 mlp.2 mlp_ln",
        """
        x = x + attn(attn_ln(x))
        x = x + cross_attn(cross_attn_ln(x), memory) if cross_attn else x
        x + mlp(mlp_ln(x))
        """,
        arguments="memory",
    ),
    Wiring(
        "Whisper",
        "query key value out",
        "Attention(query, key, value, out, x, memory)",
        arguments="memory",
        name="attn",
        alone=True,
    ),
    Wiring("Whisper", "encoder.conv1 encoder.conv2 decoder.embed_tokens decoder.layers", WHISPER),
    Wiring(
        "Whisper",
        "conv1 conv2 embed_positions layers layer_norm",
        "layer_norm(layers(Positions(embed_positions, Sequence(Gelu(conv2(Gelu(conv1(x))))))))",
    ),
    Wiring(
        "wav2vec 2.0",
        "feature_extractor.conv_layers feature_projection.projection encoder.pos_conv_embed",
        """
        h = feature_projection(Sequence(feature_extractor(x)))
        encoder(h, feature_extractor.conv_layers[1].layer_norm)
        """,
    ),
    Wiring("wav2vec 2.0", "layer_norm projection", "projection(layer_norm(x))", name="feature_projection", alone=True),
    Wiring("wav2vec 2.0", "conv layer_norm", "layer_norm(conv(x))", kinds="conv:conv layer_norm:norm", alone=True),
    Wiring(
        "wav2vec 2.0",
        "pos_conv_embed layer_norm layers",
        """
        x = x + Sequence(pos_conv_embed(x))
        x = x if stable else layer_norm(x)
        for layer in layers: x = layer(x, stable)
        layer_norm(x) if stable else x
        """,
        arguments="stable",
    ),
    Wiring(
        "wav2vec 2.0",
        "attention.q_proj attention.out_proj layer_norm feed_forward.intermediate_dense final_layer_norm",
        """
        if stable:
            x = x + attention(layer_norm(x))
            x + feed_forward(final_layer_norm(x))
        else:
            x = layer_norm(x + attention(x))
            final_layer_norm(x + feed_forward(x))
        """,
        arguments="stable",
    ),
    Wiring(
        "wav2vec 2.0",
        "q_proj k_proj v_proj out_proj",
        "Attention(q_proj, k_proj, v_proj, out_proj, x)",
        name="attention",
        alone=True,
    ),
)
