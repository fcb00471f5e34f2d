# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transformers that read pictures, and their pairs with those that read texts."""

from ..wiring import Wiring

SAM = """
    Ends((prompt_encoder.mask_downscaling or prompt_encoder.mask_embed)(Given("mask")))
    mask_decoder({image}(Given("image")))
"""
SAM_DECODER = """
    tokens = Along(Rows(iou_token), Rows(mask_tokens), Lost())
    made = transformer(tokens, x)
    x = made[0]
    h = upscale_conv2(Gelu(upscale_layer_norm(upscale_conv1(made[1]))))
    h = output_upscaling(made[1]) if output_upscaling else h
    heads = []
    for head in output_hypernetworks_mlps: heads += [head(Pooled(x))]
    Ends(iou_prediction_head(Pooled(x)))
    Mixed(h, h, heads)
"""
WIRINGS = (
    Wiring(
        "Swin",
        "reduction norm",
        "reduction(norm(Cat(x, x, x, x))) if Reads(norm, x, x, x, x) else norm(reduction(Cat(x, x, x, x)))",
        alone=True,
    ),
    Wiring(
        "CLIP",
        "text_model vision_model visual_projection text_projection",
        """
        text = text_projection(Pooled(text_model(Given("input_ids"))))
        Mixed(1, text, visual_projection(vision_model(Given("pixel_values")))) * logit_scale
        """,
    ),
    Wiring(
        "CLIP",
        "visual.conv1 visual.transformer token_embedding transformer ln_final",
        """
        h = ln_final(transformer(Positions(positional_embedding, token_embedding(Given("text")))))
        text = Through(Pooled(h), text_projection)
        Mixed(1, text, visual(Given("image"))) * logit_scale
        """,
    ),
    Wiring(
        "CLIP",
        "conv1 class_embedding ln_pre transformer ln_post",
        """
        h = transformer(ln_pre(Patches(conv1, class_embedding, positional_embedding, x)))
        Through(ln_post(First(h)), proj)
        """,
    ),
    Wiring(
        "SigLIP",
        "text_model vision_model",
        """
        text = text_model(Given("input_ids"))
        [vision_model(Given("pixel_values")), text]
        """,
        lacks="visual_projection",
    ),
    Wiring(
        "CLIP",
        "embeddings.token_embedding encoder final_layer_norm",
        "h = final_layer_norm(encoder(embeddings(x))); head(Pooled(h)) if head else h",
    ),
    Wiring(
        "CLIP",
        "embeddings.patch_embedding encoder post_layernorm",
        """
        h = encoder(pre_layrnorm(embeddings(x)))
        h = First(h) if embeddings.class_embedding and not head else h
        head(post_layernorm(h)) if head else post_layernorm(h)
        """,
    ),
    Wiring("CLIP", "token_embedding position_embedding", "Positions(position_embedding, token_embedding(x))"),
    Wiring(
        "CLIP", "patch_embedding position_embedding", "Patches(patch_embedding, class_embedding, position_embedding, x)"
    ),
    Wiring("MaxViT", "MBconv window_attention grid_attention", "grid_attention(window_attention(MBconv(x)))"),
    Wiring(
        "MaxViT", "pre_norm conv_a conv_b conv_c", "conv_c(squeeze_excitation(conv_b(conv_a(pre_norm(x)))))", alone=True
    ),
    Wiring("MaxViT", "layers.pre_norm layers.conv_a layers.conv_c", "(proj(x) if proj else x) + layers(x)"),
    Wiring("MaxViT", "attn_layer.0 attn_layer.1 mlp_layer.0", "x = x + attn_layer(x); x + mlp_layer(x)"),
    Wiring("MaxViT", "to_qkv merge", "Attention(to_qkv, None, None, merge, x)"),
    Wiring("SegFormer", "segformer.encoder.patch_embeddings decode_head.linear_c", "decode_head(segformer.encoder(x))"),
    Wiring(
        "SegFormer", "segformer.encoder.patch_embeddings classifier", "classifier(Mean(Last(segformer.encoder(x))))"
    ),
    Wiring(
        "SegFormer",
        "patch_embeddings.0.proj block.0.0 layer_norm.0",
        """
        parts = []
        for embedding, blocks, norm in Zip(patch_embeddings, block, layer_norm):
            x = embedding(x)
            for layer in blocks: x = layer(x)
            x = norm(x)
            parts += [x]
        parts
        """,
    ),
    Wiring(
        "SegFormer", "proj layer_norm", "layer_norm(Sequence(proj(x)))", kinds="proj:conv layer_norm:norm", alone=True
    ),
    Wiring(
        "SegFormer",
        "layer_norm_1 attention layer_norm_2 mlp.dense1 mlp.dwconv",
        "x = x + attention(layer_norm_1(x)); x + mlp(layer_norm_2(x))",
    ),
    Wiring(
        "SegFormer",
        "self.query self.key self.value self.sr output.dense",
        """
        read = self.self.layer_norm(Sequence(self.self.sr(x)))
        Attention(self.self.query, self.self.key, self.self.value, output.dense, x, read)
        """,
    ),
    Wiring(
        "SegFormer",
        "self.query self.key self.value output.dense",
        "Attention(self.self.query, self.self.key, self.self.value, output.dense, x)",
        lacks="output.LayerNorm self.logit_scale self.distance_embedding self.relative_position_bias_table",
    ),
    Wiring("SegFormer", "dense1 dwconv dense2", "dense2(Gelu(dwconv(dense1(x))))", alone=True),
    Wiring(
        "SegFormer",
        "linear_c linear_fuse classifier",
        """
        parts = []
        for feature, linear in Zip(x, linear_c): parts += [linear(feature)]
        classifier(Relu(batch_norm(linear_fuse(Cat(parts)))))
        """,
    ),
    Wiring(
        "Swin",
        "attention.self.logit_scale attention.self.query layernorm_before layernorm_after",
        """
        inner = attention.self
        h = Attention(inner.query, inner.key, inner.value, attention.output.dense, x, scale=inner.logit_scale)
        x = x + layernorm_before(h)
        x + layernorm_after(output.dense(Gelu(intermediate.dense(x))))
        """,
    ),
    Wiring(
        "Swin",
        "attn.logit_scale attn.qkv norm1 norm2 mlp",
        """
        x = x + norm1(Attention(attn.qkv, None, None, attn.proj, x, scale=attn.logit_scale))
        x + norm2(mlp(x))
        """,
    ),
    Wiring(
        "Swin",
        "downsample.reduction blocks.0.attn",
        """
        before = Reads(downsample.reduction, x, x, x, x)
        x = downsample(x) if before else x
        for block in blocks: x = block(x)
        x if before else downsample(x)
        """,
    ),
    Wiring("Swin", "downsample.reduction blocks.0.attention", "for block in blocks: x = block(x)\ndownsample(x)"),
    Wiring(
        "Swin", "embeddings.patch_embeddings.projection encoder.layers layernorm", "layernorm(encoder(embeddings(x)))"
    ),
    Wiring("Swin", "patch_embeddings.projection norm", "norm(Sequence(patch_embeddings.projection(x)))"),
    Wiring(
        "SAM",
        "image_encoder.patch_embed prompt_encoder.pe_layer mask_decoder.transformer",
        SAM.format(image="image_encoder"),
    ),
    Wiring(
        "SAM",
        "vision_encoder.patch_embed prompt_encoder.shared_embedding mask_decoder.transformer",
        SAM.format(image="vision_encoder"),
    ),
    Wiring(
        "SAM", "patch_embed neck blocks.0.attn", "x = Positions(pos_embed, Sequence(patch_embed(x))); neck(blocks(x))"
    ),
    Wiring(
        "SAM", "patch_embed neck layers.0.attn", "x = Positions(pos_embed, Sequence(patch_embed(x))); neck(layers(x))"
    ),
    Wiring("SAM", "attn.rel_pos_h attn.qkv norm1 norm2 mlp.lin1", "x = x + attn(norm1(x)); x + mlp(norm2(x))"),
    Wiring("SAM", "attn.qkv layer_norm1 layer_norm2 mlp.lin1", "x = x + attn(layer_norm1(x)); x + mlp(layer_norm2(x))"),
    Wiring("SAM", "qkv proj rel_pos_h", "Attention(qkv, None, None, proj, x)"),
    Wiring(
        "SAM",
        "conv1 layer_norm1 conv2 layer_norm2",
        "layer_norm2(conv2(layer_norm1(conv1(x))))",
        name="neck",
        alone=True,
    ),
    Wiring(
        "SAM",
        "conv1 layer_norm1 conv2 layer_norm2 conv3",
        "conv3(layer_norm2(conv2(layer_norm1(conv1(x)))))",
        name="mask_embed",
    ),
    Wiring("SAM", "transformer iou_token mask_tokens", SAM_DECODER),
    Wiring(
        "SAM",
        "layers.0.cross_attn_token_to_image layers.0.self_attn",
        """
        tokens = x
        for layer in layers: x, image = layer(x, image, tokens)
        norm = norm_final_attn or layer_norm_final_attn
        final = final_attn_token_to_image
        [norm(x + final(x + tokens, image, image) if final else x), image]
        """,
        arguments="image",
    ),
    Wiring(
        "SAM",
        "self_attn cross_attn_token_to_image cross_attn_image_to_token mlp.lin1",
        """
        q = x + tokens if number else x
        h = self_attn(q, q, x)
        x = (norm1 or layer_norm1)(x + h if number else h)
        x = (norm2 or layer_norm2)(x + cross_attn_token_to_image(x + tokens, image, image))
        x = (norm3 or layer_norm3)(x + mlp(x))
        image = (norm4 or layer_norm4)(image + cross_attn_image_to_token(image, x + tokens, x))
        [x, image]
        """,
        arguments="image tokens",
    ),
    Wiring(
        "SAM",
        "q_proj k_proj v_proj out_proj",
        "AttentionOf(q_proj, k_proj, v_proj, out_proj, x, keys, values)",
        arguments="keys values",
        name="attn",
        lacks="k_norm q_norm",
        alone=True,
    ),
    Wiring(
        "SAM",
        "proj_in layers proj_out",
        "proj_out(layers(proj_in(x)))",
        kinds="proj_in:dense proj_out:dense",
        alone=True,
    ),
    Wiring("SigLIP", "probe attention.in_proj layernorm mlp", "h = First(Lost()); h + mlp(layernorm(h))"),
)
