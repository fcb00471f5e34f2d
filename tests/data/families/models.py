# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of make_truth.py: each runs a small model of its library once and saves what was traced."""

import re

from make_truth import save

MODELS = {}


def model(function):
    """Enter a model under the name of its function."""
    MODELS[function.__name__] = function
    return function


def hf(name, architecture, config, call, rename=None, said=None, reshape=lambda name, shape: shape, **settings):
    """A model of transformers, with the configuration that would lie beside its file."""
    import transformers

    made = getattr(transformers, architecture)(getattr(transformers, config)(**settings))
    if hasattr(made, "set_attn_implementation"):
        made.set_attn_implementation("eager")
    save(name, made, call, said, rename or (lambda key: key), reshape)


WORDS, STEPS = 50, 7


def renamed(name, *changes):
    """A name after these changes, each a pattern and what stands for it, one behind the other."""
    for pattern, instead in changes:
        name = re.sub(pattern, instead, name)
    return name


def ids(module, given):
    module(input_ids=given(1, STEPS, ids=WORDS))


def picture(size):
    return lambda module, given: module(given(1, 3, size, size))


def torchvision_model(name, size=64, **settings):
    import torchvision

    save(name, getattr(torchvision.models, name)(weights=None, **settings), picture(size))


@model
def squeezenet1_1():
    torchvision_model("squeezenet1_1", 64)


@model
def shufflenet_v2_x0_5():
    torchvision_model("shufflenet_v2_x0_5", 64)


@model
def mnasnet0_5():
    torchvision_model("mnasnet0_5", 64)


@model
def mobilenet_v2():
    torchvision_model("mobilenet_v2", 64)


@model
def mobilenet_v3_small():
    torchvision_model("mobilenet_v3_small", 64)


@model
def regnet_y_400mf():
    torchvision_model("regnet_y_400mf", 64)


@model
def efficientnet_b0():
    torchvision_model("efficientnet_b0", 64)


@model
def efficientnet_v2_s():
    torchvision_model("efficientnet_v2_s", 64)


@model
def inception_v3():
    torchvision_model("inception_v3", 299, init_weights=False, aux_logits=False)


@model
def googlenet():
    torchvision_model("googlenet", 96, init_weights=False, aux_logits=False)


@model
def densenet121():
    torchvision_model("densenet121", 64)


@model
def resnet50():
    torchvision_model("resnet50", 64)


@model
def vgg11_bn():
    torchvision_model("vgg11_bn", 64)


@model
def alexnet():
    torchvision_model("alexnet", 64)


@model
def convnext_tiny():
    torchvision_model("convnext_tiny", 64)


@model
def maxvit():
    import torchvision

    made = torchvision.models.MaxVit((64, 64), 8, 4, [8, 16], [1, 1], 8, 0.0, num_classes=5)
    save("maxvit", made, picture(64))


@model
def swin_v2_t():
    torchvision_model("swin_v2_t", 64)


@model
def swin_t():
    torchvision_model("swin_t", 64)


@model
def vit_b_16():
    import torchvision

    save("vit_b_16", torchvision.models.VisionTransformer(64, 16, 3, 4, 64, 128, num_classes=5), picture(64))


def timm_model(name, made, size=64):
    save(name, made, picture(size))


@model
def timm_convnext():
    import timm

    timm_model("timm_convnext", timm.models.ConvNeXt(depths=(2, 1, 1, 1), dims=(8, 16, 24, 32), num_classes=5))


@model
def timm_efficientnet_b0():
    import timm

    timm_model("timm_efficientnet_b0", timm.create_model("efficientnet_b0", num_classes=5))


@model
def timm_efficientnetv2_b0():
    import timm

    timm_model("timm_efficientnetv2_b0", timm.create_model("tf_efficientnetv2_b0", num_classes=5))


@model
def timm_mobilenetv3():
    import timm

    timm_model("timm_mobilenetv3", timm.create_model("mobilenetv3_small_050", num_classes=5))


@model
def timm_regnety():
    import timm

    timm_model("timm_regnety", timm.create_model("regnety_002", num_classes=5))


@model
def timm_dinov2():
    import timm

    made = timm.models.VisionTransformer(
        56, 14, embed_dim=64, depth=2, num_heads=2, num_classes=0, init_values=1e-5, reg_tokens=4, no_embed_class=True
    )
    timm_model("timm_dinov2", made, 56)


@model
def timm_swin_v2():
    import timm

    timm_model(
        "timm_swin_v2",
        timm.models.SwinTransformerV2(
            64, 4, embed_dim=16, depths=(1, 2), num_heads=(2, 4), window_size=4, num_classes=5
        ),
    )


@model
def timm_resnet18():
    import timm

    timm_model("timm_resnet18", timm.create_model("resnet18", num_classes=5))


def yolo(name, config):
    """A detector of Ultralytics, as the `model` in its files."""
    from ultralytics.nn.tasks import DetectionModel

    made = DetectionModel(config, ch=3, nc=4, verbose=False)
    save(name, made, lambda module, given: module(given(1, 3, 64, 64)))


@model
def yolov8n():
    yolo("yolov8n", "yolov8n.yaml")


@model
def yolo11n():
    yolo("yolo11n", "yolo11n.yaml")


@model
def yolov5nu():
    yolo("yolov5nu", "yolov5n.yaml")


@model
def unet2d_condition():
    import diffusers

    made = diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 64),
        layers_per_block=2,
        cross_attention_dim=24,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=8,
        norm_num_groups=8,
    )
    save("unet2d_condition", made, lambda module, given: module(given(1, 4, 16, 16), given(1), given(1, 5, 24)))


@model
def unet2d_xl():
    import diffusers

    made = diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 64),
        layers_per_block=2,
        cross_attention_dim=24,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(4, 8),
        use_linear_projection=True,
        transformer_layers_per_block=(1, 2),
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=48 + 16,
        norm_num_groups=8,
    )

    def call(module, given):
        more = {"text_embeds": given(1, 16), "time_ids": given(1, 6)}
        module(given(1, 4, 16, 16), given(1), given(1, 5, 24), added_cond_kwargs=more)

    save("unet2d_xl", made, call)


@model
def autoencoder_kl():
    import diffusers

    made = diffusers.AutoencoderKL(
        block_out_channels=(16, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=2,
        norm_num_groups=8,
    )
    save("autoencoder_kl", made, picture(32))


@model
def dit():
    import diffusers

    made = diffusers.DiTTransformer2DModel(2, 16, in_channels=4, num_layers=2, sample_size=8, num_embeds_ada_norm=10)
    save("dit", made, lambda module, given: module(given(1, 4, 8, 8), given(1, ids=9), given(1, ids=9)))


@model
def flux():
    import diffusers

    made = diffusers.FluxTransformer2DModel(
        in_channels=16,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=24,
        pooled_projection_dim=20,
        guidance_embeds=True,
        axes_dims_rope=(4, 4, 8),
    )

    def call(module, given):
        import torch

        module(given(1, 9, 16), given(1, 5, 24), given(1, 20), given(1), torch.zeros(9, 3), torch.zeros(5, 3), given(1))

    save("flux", made, call)


@model
def sd3():
    import diffusers

    made = diffusers.SD3Transformer2DModel(
        sample_size=16,
        in_channels=4,
        num_layers=3,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=24,
        caption_projection_dim=16,
        pooled_projection_dim=20,
        out_channels=4,
        pos_embed_max_size=16,
    )
    save("sd3", made, lambda module, given: module(given(1, 4, 16, 16), given(1, 5, 24), given(1, 20), given(1)))


SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


@model
def whisper_hf():
    hf(
        "whisper_hf",
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        lambda module, given: module(input_features=given(1, 20, 40), decoder_input_ids=given(1, STEPS, ids=WORDS)),
        vocab_size=WORDS,
        num_mel_bins=20,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        d_model=32,
        max_source_positions=20,
        max_target_positions=16,
        pad_token_id=1,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=2,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


@model
def clip_hf():
    vision = {"image_size": 32, "patch_size": 8, **SIZES}
    hf(
        "clip_hf",
        "CLIPModel",
        "CLIPConfig",
        lambda module, given: module(input_ids=given(1, STEPS, ids=WORDS), pixel_values=given(1, 3, 32, 32)),
        text_config={**SIZES, "hidden_size": 24, "vocab_size": WORDS, "max_position_embeddings": 16, "eos_token_id": 3},
        vision_config=vision,
        projection_dim=16,
    )


@model
def clip_text():
    hf("clip_text", "CLIPTextModel", "CLIPTextConfig", ids, **SIZES, vocab_size=WORDS, max_position_embeddings=16)


@model
def siglip():
    hf(
        "siglip",
        "SiglipModel",
        "SiglipConfig",
        lambda module, given: module(input_ids=given(1, STEPS, ids=WORDS), pixel_values=given(1, 3, 32, 32)),
        text_config={**SIZES, "vocab_size": WORDS, "max_position_embeddings": STEPS},
        vision_config={"image_size": 32, "patch_size": 8, **SIZES},
    )


@model
def t5():
    hf(
        "t5",
        "T5ForConditionalGeneration",
        "T5Config",
        lambda module, given: module(
            input_ids=given(1, STEPS, ids=WORDS), decoder_input_ids=given(1, STEPS, ids=WORDS)
        ),
        vocab_size=WORDS,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        use_cache=False,
    )


@model
def t5_gated():
    hf(
        "t5_gated",
        "T5ForConditionalGeneration",
        "T5Config",
        lambda module, given: module(
            input_ids=given(1, STEPS, ids=WORDS), decoder_input_ids=given(1, STEPS, ids=WORDS)
        ),
        vocab_size=WORDS,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        use_cache=False,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )


@model
def bart():
    hf(
        "bart",
        "BartForConditionalGeneration",
        "BartConfig",
        lambda module, given: module(
            input_ids=given(1, STEPS, ids=WORDS), decoder_input_ids=given(1, STEPS, ids=WORDS)
        ),
        vocab_size=WORDS,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=16,
        use_cache=False,
    )


CAUSAL = {**SIZES, "num_key_value_heads": 2, "vocab_size": WORDS, "use_cache": False}


@model
def llama():
    hf("llama", "LlamaForCausalLM", "LlamaConfig", ids, **CAUSAL)


@model
def mistral():
    hf("mistral", "MistralForCausalLM", "MistralConfig", ids, **CAUSAL)


@model
def mixtral():
    hf("mixtral", "MixtralForCausalLM", "MixtralConfig", ids, **CAUSAL, num_local_experts=2, num_experts_per_tok=2)


@model
def gemma():
    hf("gemma", "GemmaForCausalLM", "GemmaConfig", ids, **CAUSAL, head_dim=8)


@model
def gemma2():
    hf("gemma2", "Gemma2ForCausalLM", "Gemma2Config", ids, **CAUSAL, head_dim=8)


@model
def gemma3():
    hf("gemma3", "Gemma3ForCausalLM", "Gemma3TextConfig", ids, **CAUSAL, head_dim=8)


@model
def phi():
    hf("phi", "PhiForCausalLM", "PhiConfig", ids, **{**CAUSAL, "num_key_value_heads": 4})


@model
def phi3():
    hf("phi3", "Phi3ForCausalLM", "Phi3Config", ids, **CAUSAL, pad_token_id=0, max_position_embeddings=64)


@model
def qwen2():
    hf("qwen2", "Qwen2ForCausalLM", "Qwen2Config", ids, **CAUSAL)


@model
def qwen3():
    hf("qwen3", "Qwen3ForCausalLM", "Qwen3Config", ids, **CAUSAL, head_dim=8)


@model
def qwen2_moe():
    hf(
        "qwen2_moe",
        "Qwen2MoeForCausalLM",
        "Qwen2MoeConfig",
        ids,
        **CAUSAL,
        num_experts=2,
        num_experts_per_tok=2,
        moe_intermediate_size=16,
        shared_expert_intermediate_size=24,
    )


@model
def bert():
    hf(
        "bert",
        "BertModel",
        "BertConfig",
        lambda module, given: module(input_ids=given(1, STEPS, ids=WORDS), token_type_ids=given(1, STEPS, ids=2)),
        **SIZES,
        vocab_size=WORDS,
        max_position_embeddings=16,
    )


@model
def albert():
    hf(
        "albert",
        "AlbertForMaskedLM",
        "AlbertConfig",
        lambda module, given: module(input_ids=given(1, STEPS, ids=WORDS), token_type_ids=given(1, STEPS, ids=2)),
        said={"num_hidden_layers": 2},
        **SIZES,
        embedding_size=16,
        vocab_size=WORDS,
        max_position_embeddings=16,
    )


@model
def mpnet():
    hf("mpnet", "MPNetModel", "MPNetConfig", ids, **SIZES, vocab_size=WORDS, max_position_embeddings=18)


@model
def xlnet():
    hf("xlnet", "XLNetModel", "XLNetConfig", ids, vocab_size=WORDS, d_model=32, n_layer=2, n_head=4, d_inner=48)


@model
def deberta_v2():
    hf(
        "deberta_v2",
        "DebertaV2ForSequenceClassification",
        "DebertaV2Config",
        ids,
        **SIZES,
        vocab_size=WORDS,
        max_position_embeddings=16,
        relative_attention=True,
        pos_att_type=["p2c", "c2p"],
        share_att_key=True,
        norm_rel_ebd="layer_norm",
        position_buckets=4,
        position_biased_input=False,
        pooler_hidden_size=32,
        type_vocab_size=0,
    )


@model
def mamba():
    hf(
        "mamba",
        "MambaForCausalLM",
        "MambaConfig",
        ids,
        vocab_size=WORDS,
        hidden_size=32,
        state_size=4,
        num_hidden_layers=2,
        time_step_rank=3,
        use_cache=False,
    )


@model
def wav2vec2():
    hf(
        "wav2vec2",
        "Wav2Vec2ForCTC",
        "Wav2Vec2Config",
        lambda module, given: module(given(1, 4000)),
        **SIZES,
        vocab_size=12,
        conv_dim=(16, 16, 16),
        conv_stride=(5, 2, 2),
        conv_kernel=(10, 3, 2),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        num_feat_extract_layers=3,
    )


@model
def wav2vec2_large():
    hf(
        "wav2vec2_large",
        "Wav2Vec2ForCTC",
        "Wav2Vec2Config",
        lambda module, given: module(given(1, 4000)),
        **SIZES,
        vocab_size=12,
        conv_dim=(16, 16, 16),
        conv_stride=(5, 2, 2),
        conv_kernel=(10, 3, 2),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        num_feat_extract_layers=3,
        do_stable_layer_norm=True,
        feat_extract_norm="layer",
        conv_bias=True,
    )


@model
def segformer():
    hf(
        "segformer",
        "SegformerForSemanticSegmentation",
        "SegformerConfig",
        lambda module, given: module(given(1, 3, 64, 64)),
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 2, 2, 4],
        decoder_hidden_size=20,
        num_labels=5,
    )


@model
def dinov2_hf():
    hf(
        "dinov2_hf",
        "Dinov2Model",
        "Dinov2Config",
        lambda module, given: module(given(1, 3, 56, 56)),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=56,
        patch_size=14,
    )


@model
def sam_hf():
    hf(
        "sam_hf",
        "SamModel",
        "SamConfig",
        lambda module, given: module(pixel_values=given(1, 3, 64, 64), input_points=given(1, 1, 1, 2)),
        vision_config={
            "hidden_size": 32,
            "output_channels": 256,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 64,
            "patch_size": 16,
            "mlp_ratio": 2.0,
            "window_size": 0,
            "global_attn_indexes": [0, 1],
            "mlp_dim": 64,
        },
        prompt_encoder_config={"hidden_size": 256, "image_size": 64, "patch_size": 16, "mask_input_channels": 8},
        mask_decoder_config={
            "hidden_size": 256,
            "mlp_dim": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "iou_head_hidden_dim": 16,
        },
    )


@model
def convnext_hf():
    hf(
        "convnext_hf",
        "ConvNextForImageClassification",
        "ConvNextConfig",
        lambda module, given: module(given(1, 3, 64, 64)),
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 2, 1],
        num_labels=5,
    )


@model
def swin_v2_hf():
    hf(
        "swin_v2_hf",
        "Swinv2ForImageClassification",
        "Swinv2Config",
        lambda module, given: module(given(1, 3, 64, 64)),
        image_size=64,
        patch_size=4,
        embed_dim=16,
        depths=[1, 2],
        num_heads=[2, 4],
        window_size=4,
        num_labels=5,
    )


@model
def efficientnet_hf():
    hf(
        "efficientnet_hf",
        "EfficientNetForImageClassification",
        "EfficientNetConfig",
        lambda module, given: module(given(1, 3, 64, 64)),
        image_size=64,
        num_labels=5,
    )


SAM_NAMES = (
    ("^vision_encoder", "image_encoder"),
    ("patch_embed.projection", "patch_embed.proj"),
    (r"image_encoder\.layers", "image_encoder.blocks"),
    (r"neck\.conv1", "neck.0"),
    (r"neck\.layer_norm1", "neck.1"),
    (r"neck\.conv2", "neck.2"),
    (r"neck\.layer_norm2", "neck.3"),
    ("point_embed", "point_embeddings"),
    (r"mask_embed\.conv1", "mask_downscaling.0"),
    (r"mask_embed\.layer_norm1", "mask_downscaling.1"),
    (r"mask_embed\.conv2", "mask_downscaling.3"),
    (r"mask_embed\.layer_norm2", "mask_downscaling.4"),
    (r"mask_embed\.conv3", "mask_downscaling.6"),
    (
        "prompt_encoder.shared_embedding.positional_embedding",
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    ("upscale_conv1", "output_upscaling.0"),
    ("upscale_layer_norm", "output_upscaling.1"),
    ("upscale_conv2", "output_upscaling.3"),
    (r"(mlps\.\d|head)\.layers\.0", r"\1.layers.1"),
    (r"(mlps\.\d|head)\.proj_in", r"\1.layers.0"),
    (r"(mlps\.\d|head)\.proj_out", r"\1.layers.2"),
    ("layer_norm_final_attn", "norm_final_attn"),
    (r"layer_norm(\d)", r"norm\1"),
)


@model
def sam():
    """With the names of its authors, and the shared embedding of places once."""
    hf(
        "sam",
        "SamModel",
        "SamConfig",
        lambda module, given: module(pixel_values=given(1, 3, 64, 64), input_points=given(1, 1, 1, 2)),
        lambda name: renamed(name, *SAM_NAMES),
        vision_config={
            "hidden_size": 32,
            "output_channels": 256,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 64,
            "patch_size": 16,
            "window_size": 0,
            "global_attn_indexes": [0, 1],
            "mlp_dim": 64,
        },
        prompt_encoder_config={"hidden_size": 256, "image_size": 64, "patch_size": 16, "mask_input_channels": 8},
        mask_decoder_config={
            "hidden_size": 256,
            "mlp_dim": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "iou_head_hidden_dim": 16,
        },
    )


WHISPER_NAMES = (
    ("^model.", ""),
    (r"coder\.layers", "coder.blocks"),
    ("encoder_attn_layer_norm", "cross_attn_ln"),
    ("self_attn_layer_norm", "attn_ln"),
    ("encoder_attn", "cross_attn"),
    ("self_attn", "attn"),
    ("q_proj", "query"),
    ("k_proj", "key"),
    ("v_proj", "value"),
    ("out_proj", "out"),
    ("final_layer_norm", "mlp_ln"),
    ("fc1", "mlp.0"),
    ("fc2", "mlp.2"),
    (r"encoder\.layer_norm", "encoder.ln_post"),
    (r"decoder\.layer_norm", "decoder.ln"),
    ("embed_tokens", "token_embedding"),
    (r"embed_positions.weight", "positional_embedding"),
)


@model
def whisper():
    """With the names of its authors."""
    hf(
        "whisper",
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        lambda module, given: module(input_features=given(1, 20, 40), decoder_input_ids=given(1, STEPS, ids=WORDS)),
        lambda name: renamed(name, *WHISPER_NAMES),
        vocab_size=WORDS,
        num_mel_bins=20,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        d_model=32,
        max_source_positions=20,
        max_target_positions=16,
        pad_token_id=1,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=2,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


RESNET_NAMES = (
    (r"(resnets.*)\.norm1", r"\1.in_layers.0"),
    (r"(resnets.*)\.conv1", r"\1.in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    (r"(resnets.*)\.norm2", r"\1.out_layers.0"),
    (r"(resnets.*)\.conv2", r"\1.out_layers.3"),
    ("conv_shortcut", "skip_connection"),
    (r"time_embedding\.linear_1", "time_embed.0"),
    (r"time_embedding\.linear_2", "time_embed.2"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
    ("^conv_in", "input_blocks.0.0"),
    (r"mid_block\.resnets\.0", "middle_block.0"),
    (r"mid_block\.attentions\.0", "middle_block.1"),
    (r"mid_block\.resnets\.1", "middle_block.2"),
)


def of_compvis(name):
    """The name that CompVis gave to a module of the U-Net."""

    def down(found):
        level, place = int(found[1]), int(found[3] or 0)
        number = 3 * level + place + 1 if found[2] != "downsamplers" else 3 * level + 3
        return f"input_blocks.{number}." + {"resnets": "0", "attentions": "1", "downsamplers": "0"}[found[2]]

    def up(found):
        level, place = int(found[1]), int(found[3])
        if found[2] == "upsamplers":
            return f"output_blocks.{3 * level + 2}.1"
        return f"output_blocks.{3 * level + place}." + {"resnets": "0", "attentions": "1"}[found[2]]

    name = renamed(name, *RESNET_NAMES)
    name = re.sub(r"down_blocks\.(\d)\.(resnets|attentions|downsamplers)\.(\d)", down, name)
    name = re.sub(r"up_blocks\.(\d)\.(resnets|attentions|upsamplers)\.(\d)", up, name)
    return "model.diffusion_model." + re.sub(r"(input_blocks\.\d+\.0)\.conv\.", r"\1.op.", name)


@model
def unet_compvis():
    """The U-Net of Stable Diffusion with the names of its authors, as in single files."""
    import diffusers

    made = diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 64),
        layers_per_block=2,
        cross_attention_dim=24,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=8,
        norm_num_groups=8,
    )
    save(
        "unet_compvis",
        made,
        lambda module, given: module(given(1, 4, 16, 16), given(1), given(1, 5, 24)),
        rename=of_compvis,
    )


VAE_NAMES = (
    (r"down_blocks\.(\d)\.resnets", r"down.\1.block"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.0\.resnets", "up.1.block"),
    (r"up_blocks\.1\.resnets", "up.0.block"),
    (r"up_blocks\.0\.upsamplers\.0", "up.1.upsample"),
    (r"up_blocks\.1\.upsamplers\.0", "up.0.upsample"),
    (r"mid_block\.resnets\.0", "mid.block_1"),
    (r"mid_block\.resnets\.1", "mid.block_2"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"attn_1\.group_norm", "attn_1.norm"),
    (r"attn_1\.to_([qkv])", r"attn_1.\1"),
    (r"attn_1\.to_out\.0", "attn_1.proj_out"),
    ("conv_norm_out", "norm_out"),
    ("conv_shortcut", "nin_shortcut"),
)


@model
def autoencoder_compvis():
    """The autoencoder of Stable Diffusion with the names of its authors; its attention has convolutions of 1 x 1."""
    import diffusers

    made = diffusers.AutoencoderKL(
        block_out_channels=(16, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=2,
        norm_num_groups=8,
    )
    save(
        "autoencoder_compvis",
        made,
        picture(32),
        rename=lambda name: renamed(name, *VAE_NAMES),
        reshape=lambda name, shape: [*shape, 1, 1] if re.search(r"attn_1\.(q|k|v|proj_out)\.weight", name) else shape,
    )


CLIP_NAMES = (
    ("vision_model.embeddings.patch_embedding", "visual.conv1"),
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.pre_layrnorm", "visual.ln_pre"),
    ("vision_model.post_layernorm", "visual.ln_post"),
    (r"vision_model.encoder.layers", "visual.transformer.resblocks"),
    ("visual_projection.weight", "visual.proj"),
    ("text_projection.weight", "text_projection"),
    ("text_model.embeddings.token_embedding", "token_embedding"),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    (r"text_model.encoder.layers", "transformer.resblocks"),
    ("text_model.final_layer_norm", "ln_final"),
    ("layer_norm", "ln_"),
    (r"self_attn\.[qkv]_proj\.", "attn.in_proj_"),
    ("self_attn.out_proj", "attn.out_proj"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
)


@model
def clip():
    """With the names of its authors, who keep queries, keys and values in one matrix."""

    def whole(name, shape):
        if "in_proj_" in name:
            return [3 * shape[0], *shape[1:]]
        return shape[::-1] if name in ("visual.proj", "text_projection") else shape

    hf(
        "clip",
        "CLIPModel",
        "CLIPConfig",
        lambda module, given: module(input_ids=given(1, STEPS, ids=WORDS), pixel_values=given(1, 3, 32, 32)),
        lambda name: renamed(name, *CLIP_NAMES),
        reshape=whole,
        text_config={**SIZES, "hidden_size": 24, "vocab_size": WORDS, "max_position_embeddings": 16, "eos_token_id": 3},
        vision_config={"image_size": 32, "patch_size": 8, **SIZES},
        projection_dim=16,
    )
