# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Diffusion models, by the names of diffusers: U-Nets with attention to a text, their autoencoder, DiT, SD3, Flux."""

from ..wiring import Wiring

UNET = """
    temb = time_embedding(Given("timestep"))
    temb = temb + add_embedding(Given("text_embeds and time_ids")) if add_embedding else temb
    text = Given("encoder_hidden_states")
    x = conv_in(x)
    skips = [x]
    for block in down_blocks:
        for resnet, attention in Zip(block.resnets, block.attentions):
            x = attention(resnet(x, temb), temb, text)
            skips += [x]
        for down in block.downsamplers:
            x = down(x)
            skips += [x]
    x = mid_block(x, temb, text)
    for block in up_blocks:
        for resnet, attention in Zip(block.resnets, block.attentions):
            x = attention(resnet(Cat(x, Last(skips)), temb), temb, text)
        for up in block.upsamplers: x = up(x)
    conv_out(Silu(conv_norm_out(x)))
"""
RESNET = """
    h = conv1(Silu(norm1(x)))
    h = h + time_emb_proj(Silu(temb)) if time_emb_proj else h
    h = conv2(Silu(norm2(h)))
    (conv_shortcut(x) if conv_shortcut else nin_shortcut(x) if nin_shortcut else x) + h
"""
MID = """
    first, second = resnets
    x = first(x, temb)
    for attention in attentions: x = attention(x, temb, text)
    second(x, temb)
"""
ENCODER = """
    x = conv_in(x)
    for block in down_blocks:
        for resnet in block.resnets: x = resnet(x)
        for down in block.downsamplers: x = down(x)
    conv_out(Silu(conv_norm_out(mid_block(x))))
"""
DECODER = """
    x = mid_block(conv_in(x))
    for block in up_blocks:
        for resnet in block.resnets: x = resnet(x)
        for up in block.upsamplers: x = up(x)
    conv_out(Silu(conv_norm_out(x)))
"""
LDM_UNET = """
    temb = time_embed(Given("timesteps"))
    temb = temb + label_emb(Given("y")) if label_emb else temb
    text = text or Given("context")
    skips = []
    for block in input_blocks:
        for layer in block: x = layer(x, temb, text)
        skips += [x]
    for layer in middle_block: x = layer(x, temb, text)
    for block in output_blocks:
        x = Cat(x, Last(skips))
        for layer in block: x = layer(x, temb, text)
    out(x)
"""
LDM_ENCODER = """
    x = conv_in(x)
    for level in down:
        for block, attention in Zip(level.block, level.attn): x = attention(block(x))
        x = level.downsample(x)
    conv_out(Silu(norm_out(mid(x))))
"""
LDM_DECODER = """
    x = mid(conv_in(x))
    for level in Reversed(up):
        for block, attention in Zip(level.block, level.attn): x = attention(block(x))
        x = level.upsample(x)
    conv_out(Silu(norm_out(x)))
"""
FEED_FORWARD = """
    h = net[0].proj(x)
    if Reads(net[2], h): net[2](Gelu(h))
    else:
        a, b = Split(h, 2)
        net[2](a * Gelu(b))
"""
WIRINGS = (
    Wiring("diffusion U-Net", "conv_in time_embedding down_blocks mid_block up_blocks conv_out", UNET),
    Wiring(
        "diffusion U-Net",
        "norm1 conv1 norm2 conv2",
        RESNET,
        arguments="temb",
        lacks="norm3 conv3",
        kinds="norm1:norm conv1:conv norm2:norm conv2:conv",
        alone=True,
    ),
    Wiring("diffusion U-Net", "resnets.0 resnets.1", MID, arguments="temb text", lacks="resnets.2"),
    Wiring(
        "diffusion U-Net",
        "norm proj_in transformer_blocks proj_out",
        """
        h = Sequence(proj_in(norm(x)))
        for block in transformer_blocks: h = block(h, text)
        x + proj_out(h)
        """,
        arguments="temb text",
    ),
    Wiring(
        "diffusion U-Net",
        "norm1 attn1 norm2 attn2 norm3 ff",
        "x = x + attn1(norm1(x)); x = x + attn2(norm2(x), text); x + ff(norm3(x))",
        arguments="text",
    ),
    Wiring(
        "diffusion U-Net",
        "to_q to_k to_v to_out.0",
        "h = Attention(to_q, to_k, to_v, to_out[0], group_norm(x), text); x + h if group_norm else h",
        arguments="text",
        lacks="add_q_proj norm_q",
    ),
    Wiring("diffusion U-Net", "net.0.proj net.2", FEED_FORWARD, alone=True),
    Wiring(
        "autoencoder",
        "encoder decoder quant_conv post_quant_conv",
        "both = Split(quant_conv(encoder(x)), 2); decoder(post_quant_conv(both[0]))",
    ),
    Wiring(
        "autoencoder", "conv_in down_blocks mid_block conv_norm_out conv_out", ENCODER, lacks="up_blocks time_embedding"
    ),
    Wiring(
        "autoencoder", "conv_in up_blocks mid_block conv_norm_out conv_out", DECODER, lacks="down_blocks time_embedding"
    ),
    Wiring(
        "diffusion U-Net",
        "time_embed.0 input_blocks.0.0 middle_block.0 output_blocks.0.0 out.2",
        LDM_UNET,
        arguments="text",
    ),
    Wiring(
        "diffusion U-Net",
        "in_layers.0 in_layers.2 out_layers.0 out_layers.3",
        """
        h = in_layers(x)
        h = h + emb_layers(temb) if emb_layers else h
        (skip_connection(x) if skip_connection else x) + out_layers(h)
        """,
        arguments="temb text",
    ),
    Wiring(
        "Stable Diffusion",
        "model.diffusion_model first_stage_model cond_stage_model",
        """
        Ends(first_stage_model(Given("picture")))
        model.diffusion_model(Given("latent"), cond_stage_model(Given("tokens")))
        """,
    ),
    Wiring("autoencoder", "conv_in down mid.block_1 norm_out conv_out", LDM_ENCODER),
    Wiring("autoencoder", "conv_in up mid.block_1 norm_out conv_out", LDM_DECODER),
    Wiring("autoencoder", "block_1 attn_1 block_2", "block_2(attn_1(block_1(x)))"),
    Wiring(
        "autoencoder",
        "norm q k v proj_out",
        "h = norm(x); a = q(h); x + proj_out(Mixed(a, a, k(h), v(h)))",
        kinds="norm:norm q:conv k:conv v:conv proj_out:conv",
        alone=True,
    ),
    Wiring(
        "SD3",
        "context_embedder pos_embed time_text_embed transformer_blocks norm_out.linear proj_out",
        """
        temb = time_text_embed(Given("timestep"))
        text = context_embedder(Given("encoder_hidden_states"))
        x = Positions(pos_embed.pos_embed, Sequence(pos_embed.proj(x)))
        for block in transformer_blocks: x, text = block(x, text, temb)
        proj_out(Mixed(x, x, norm_out.linear(Silu(temb))))
        """,
    ),
    Wiring(
        "Flux",
        "x_embedder context_embedder time_text_embed transformer_blocks single_transformer_blocks norm_out proj_out",
        """
        temb = time_text_embed(Given("timestep"))
        text = context_embedder(Given("encoder_hidden_states"))
        x = x_embedder(Given("hidden_states"))
        for block in transformer_blocks: x, text = block(x, text, temb)
        x = Along(text, x)
        for block in single_transformer_blocks: x = block(x, temb)
        proj_out(Mixed(x, x, norm_out.linear(Silu(temb))))
        """,
    ),
    Wiring(
        "SD3",
        "timestep_embedder text_embedder",
        """
        temb = timestep_embedder(x)
        temb = temb + guidance_embedder(Given("guidance")) if guidance_embedder else temb
        temb + text_embedder(Given("pooled_projections"))
        """,
    ),
    Wiring("SD3", "linear_1 linear_2", "linear_2(Silu(linear_1(x)))", name="embedder", alone=True),
    Wiring(
        "SD3",
        "norm1.linear norm1_context.linear attn.to_q attn.add_q_proj ff",
        """
        m = norm1.linear(Silu(temb))
        mc = norm1_context.linear(Silu(temb))
        a, b = attn(Mixed(x, x, m), Mixed(text, text, mc))
        x = x + Mixed(x, m, a)
        x = x + Mixed(x, m, ff(Mixed(x, x, m)))
        text = text + Mixed(text, mc, b) if attn.to_add_out else text
        text = text + Mixed(text, mc, ff_context(Mixed(text, text, mc))) if ff_context else text
        [x, text]
        """,
        arguments="text temb",
    ),
    Wiring(
        "SD3",
        "to_q to_k to_v add_q_proj add_k_proj add_v_proj to_out.0",
        """
        q = to_q(x) * norm_q
        k = to_k(x) * norm_k
        all = [q, k, to_v(x), add_q_proj(text) * norm_added_q, add_k_proj(text) * norm_added_k, add_v_proj(text)]
        [to_out[0](Mixed(q, all)), to_add_out(Mixed(q, all)) if to_add_out else text]
        """,
        arguments="text",
    ),
    Wiring(
        "Flux",
        "norm.linear proj_mlp proj_out attn.to_q",
        """
        m = norm.linear(Silu(temb))
        h = Mixed(x, x, m)
        q = attn.to_q(h) * attn.norm_q
        a = Mixed(q, q, attn.to_k(h) * attn.norm_k, attn.to_v(h))
        x + Mixed(x, m, proj_out(Cat(a, Gelu(proj_mlp(h)))))
        """,
        arguments="temb",
    ),
    Wiring(
        "DiT",
        "pos_embed.proj transformer_blocks.0.norm1.emb proj_out_1 proj_out_2",
        """
        x = Sequence(pos_embed.proj(x))
        for block in transformer_blocks: x = block(x)
        proj_out_2(Mixed(x, x, proj_out_1(Silu(transformer_blocks[0].norm1.emb(Given("timestep"))))))
        """,
    ),
    Wiring(
        "DiT",
        "norm1.emb norm1.linear attn1 ff",
        """
        m = norm1.linear(Silu(norm1.emb(Given("timestep"))))
        x = x + Mixed(x, m, attn1(Mixed(x, x, m)))
        x + Mixed(x, m, ff(Mixed(x, x, m)))
        """,
    ),
    Wiring(
        "DiT",
        "timestep_embedder class_embedder.embedding_table",
        'timestep_embedder(x) + First(class_embedder.embedding_table(Given("class_labels")))',
    ),
)
