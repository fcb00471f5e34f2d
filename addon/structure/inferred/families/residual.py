# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The residual blocks of known families: which modules they have, by the names that their libraries give them.

Names are those of torchvision, transformers and timm. Among them stand activations, which the family fixes.
"""

from __future__ import annotations

from ..blocks import BY_LAST_NORM, POST, Attention, Block, Branch, Chain, Experts, Gated


def _under(at: str, names: str) -> tuple[str, ...]:
    return tuple(f"{at}.{name}" if at else name for name in names.split())


def _attention(at: str, parts: str, out: str, norms: str = "", memory: bool = False) -> Attention:
    return Attention(at, _under(at, parts), out, _under(at, norms) if norms else (), memory)


def _chain(steps: str) -> Chain:
    return Chain(tuple(steps.split()))


BERT = (
    Branch(
        _attention("attention.self", "query key value", "attention.output.dense"),
        "attention.output.LayerNorm",
        at="attention.output",
    ),
    Branch(
        _attention("crossattention.self", "query key value", "crossattention.output.dense", memory=True),
        "crossattention.output.LayerNorm",
        at="crossattention.output",
        optional=True,
    ),
    Branch(_chain("intermediate.dense Gelu output.dense"), "output.LayerNorm", at="output"),
)
LLAMA_ATTENTION = _attention("self_attn", "q_proj k_proj v_proj", "self_attn.o_proj", "q_norm k_norm")
LLAMA_MLP = Gated("mlp.gate_proj", "Swish", "mlp.up_proj", "mlp.down_proj")
OPT_ATTENTION = _attention("self_attn", "q_proj k_proj v_proj", "self_attn.out_proj")

# llama.cpp's names, in GGUF: all modules of a block are directly in it.
GGUF_ATTENTION = _attention("", "attn_q attn_k attn_v", "attn_output", "attn_q_norm attn_k_norm")
GGUF_ONE_MATRIX = _attention("", "attn_qkv", "attn_output")
GGUF_MLP = Gated("ffn_gate", "Swish", "ffn_up", "ffn_down")
GGUF_CHAIN = _chain("ffn_up GeluTanh ffn_down")
GGUF = (
    Block(
        "Gemma",
        (Branch(GGUF_ATTENTION, "attn_norm", "post_attention_norm"), Branch(GGUF_MLP, "ffn_norm", "post_ffw_norm")),
        has=("post_attention_norm", "post_ffw_norm"),
    ),
    Block("Llama", (Branch(GGUF_ATTENTION, "attn_norm"), Branch(GGUF_MLP, "ffn_norm"))),
    Block(
        "Phi-3",
        (Branch(GGUF_ONE_MATRIX, "attn_norm"), Branch(Gated("ffn_up", "Swish", "", "ffn_down"), "ffn_norm")),
        doubled=("ffn_up", "ffn_down"),
    ),
    Block("GPT-2", (Branch(GGUF_ONE_MATRIX, "attn_norm"), Branch(GGUF_CHAIN, "ffn_norm"))),
    Block("GPT-2", (Branch(GGUF_ATTENTION, "attn_norm"), Branch(GGUF_CHAIN, "ffn_norm"))),
    Block("Phi", (Branch(GGUF_ONE_MATRIX, "attn_norm"), Branch(GGUF_CHAIN, "attn_norm")), parallel=True),
    Block(
        "BERT",
        (Branch(GGUF_ATTENTION, "attn_output_norm"), Branch(_chain("ffn_up Gelu ffn_down"), "layer_output_norm")),
        POST,
        mask=True,
    ),
)

BLOCKS = (
    *GGUF,
    Block(
        "ResNet",
        (Branch(_chain("conv1 bn1 Relu conv2 bn2 Relu conv3 bn3")),),
        shortcut=("downsample", "shortcut"),
        last="Relu",
        called=True,
        alone=True,
    ),
    Block(
        "ResNet",
        (Branch(_chain("conv1 bn1 Relu conv2 bn2")),),
        shortcut=("downsample", "shortcut"),
        last="Relu",
        called=True,
        alone=True,
    ),
    Block(
        "ResNet",
        (Branch(_chain("1_conv 1_bn Relu 2_conv 2_bn Relu 3_conv 3_bn")),),
        shortcut=("0_conv", "0_bn"),
        last="Relu",
    ),
    Block(
        "ResNet",
        (
            Branch(
                _chain(
                    "layer.0.convolution layer.0.normalization Relu layer.1.convolution "
                    "layer.1.normalization Relu layer.2.convolution layer.2.normalization"
                )
            ),
        ),
        shortcut=("shortcut",),
        last="Relu",
        called=True,
    ),
    Block(
        "ResNet",
        (Branch(_chain("layer.0.convolution layer.0.normalization Relu layer.1.convolution layer.1.normalization")),),
        shortcut=("shortcut",),
        last="Relu",
        called=True,
    ),
    Block("ConvNeXt", (Branch(_chain("conv_dw norm mlp.fc1 Gelu mlp.fc2"), scale="gamma"),), called=True),  # timm
    Block("ConvNeXt", (Branch(_chain("dwconv layernorm pwconv1 Gelu pwconv2"), scale="layer_scale_parameter"),)),
    Block("ConvNeXt", (Branch(_chain("dwconv norm pwconv1 Gelu pwconv2"), scale="gamma"),), called=True),
    Block(
        "ConvNeXt",
        (Branch(_chain("block.0 block.2 block.3 Gelu block.5"), scale="layer_scale"),),
        called=True,
        has=("layer_scale",),
    ),
    Block("BERT", BERT, POST, mask=True),
    Block(
        "DistilBERT",
        (
            Branch(_attention("attention", "q_lin k_lin v_lin", "attention.out_lin"), "sa_layer_norm"),
            Branch(_chain("ffn.lin1 Gelu ffn.lin2"), "output_layer_norm"),
        ),
        POST,
        mask=True,
    ),
    Block(
        "MPNet",
        (
            Branch(_attention("attention.attn", "q k v", "attention.attn.o"), "attention.LayerNorm", at="attention"),
            Branch(_chain("intermediate.dense Gelu output.dense"), "output.LayerNorm", at="output"),
        ),
        POST,
        mask=True,
    ),
    Block(
        "ALBERT",
        (
            Branch(
                _attention("attention", "query key value", "attention.dense"), "attention.LayerNorm", at="attention"
            ),
            Branch(_chain("ffn GeluTanh ffn_output"), "full_layer_layer_norm"),
        ),
        POST,
        mask=True,
    ),
    Block(
        "wav2vec 2.0",
        (
            Branch(_attention("attention", "q_proj k_proj v_proj", "attention.out_proj"), "layer_norm"),
            Branch(_chain("feed_forward.intermediate_dense Gelu feed_forward.output_dense"), "final_layer_norm"),
        ),
        POST,
    ),
    Block(
        "GPT-Neo",
        (
            Branch(_attention("attn.attention", "q_proj k_proj v_proj", "attn.attention.out_proj"), "ln_1"),
            Branch(_chain("mlp.c_fc GeluTanh mlp.c_proj"), "ln_2"),
        ),
    ),
    Block(
        "GPT-2",
        (
            Branch(_attention("attn", "c_attn", "attn.c_proj"), "ln_1"),
            Branch(
                _attention("crossattention", "q_attn c_attn", "crossattention.c_proj", memory=True),
                "ln_cross_attn",
                optional=True,
            ),
            Branch(_chain("mlp.c_fc GeluTanh mlp.c_proj"), "ln_2"),
        ),
    ),
    Block(
        "ViT",
        (  # transformers
            Branch(
                _attention("attention.attention", "query key value", "attention.output.dense"),
                "layernorm_before",
                scale="layer_scale1",
            ),
            Branch(_chain("intermediate.dense Gelu output.dense"), "layernorm_after", scale="layer_scale2"),
        ),
    ),
    Block(
        "ViT",
        (  # transformers from 5 on, Swin's too
            Branch(
                _attention("attention", "q_proj k_proj v_proj", "attention.o_proj"),
                "layernorm_before",
                scale="layer_scale1",
            ),
            Branch(_chain("mlp.fc1 Gelu mlp.fc2"), "layernorm_after", scale="layer_scale2"),
        ),
    ),
    Block(
        "ViT",
        (  # DINOv2 in transformers from 5 on
            Branch(_attention("attention", "q_proj k_proj v_proj", "attention.o_proj"), "norm1", scale="layer_scale1"),
            Branch(_chain("mlp.fc1 Gelu mlp.fc2"), "norm2", scale="layer_scale2"),
        ),
    ),
    Block(
        "ViT",
        (  # DINOv2 in transformers
            Branch(
                _attention("attention.attention", "query key value", "attention.output.dense"),
                "norm1",
                scale="layer_scale1",
            ),
            Branch(_chain("mlp.fc1 Gelu mlp.fc2"), "norm2", scale="layer_scale2"),
        ),
    ),
    Block(
        "ViT",
        (  # timm
            Branch(_attention("attn", "qkv", "attn.proj"), "norm1", scale="ls1"),
            Branch(_chain("mlp.fc1 Gelu mlp.fc2"), "norm2", scale="ls2"),
        ),
        called=True,
    ),
    Block(
        "Swin",
        (  # torchvision
            Branch(_attention("attn", "qkv", "attn.proj"), "norm1"),
            Branch(_chain("mlp.0 Gelu mlp.3"), "norm2"),
        ),
        called=True,
    ),
    Block(
        "Swin",
        (  # transformers
            Branch(_attention("attention.self", "query key value", "attention.output.dense"), "layernorm_before"),
            Branch(_chain("intermediate.dense Gelu output.dense"), "layernorm_after"),
        ),
    ),
    Block(
        "ViT",
        (  # torchvision
            Branch(_attention("self_attention", "in_proj", "self_attention.out_proj"), "ln_1"),
            Branch(_chain("mlp.0 Gelu mlp.3"), "ln_2"),
        ),
        called=True,
    ),
    Block(
        "ViT",
        (  # torchvision before 0.14
            Branch(_attention("self_attention", "in_proj", "self_attention.out_proj"), "ln_1"),
            Branch(_chain("mlp.linear_1 Gelu mlp.linear_2"), "ln_2"),
        ),
        called=True,
    ),
    Block(
        "CLIP",
        (  # OpenAI's names
            Branch(_attention("attn", "in_proj", "attn.out_proj"), "ln_1"),
            Branch(_chain("mlp.c_fc Gelu mlp.c_proj"), "ln_2"),
        ),
        called=True,
    ),
    Block("CLIP", (Branch(OPT_ATTENTION, "layer_norm1"), Branch(_chain("mlp.fc1 Gelu mlp.fc2"), "layer_norm2"))),
    Block(
        "Gemma",
        (
            Branch(LLAMA_ATTENTION, "input_layernorm", "post_attention_layernorm"),
            Branch(LLAMA_MLP, "pre_feedforward_layernorm", "post_feedforward_layernorm"),
        ),
    ),
    Block("Llama", (Branch(LLAMA_ATTENTION, "input_layernorm"), Branch(LLAMA_MLP, "post_attention_layernorm"))),
    Block(
        "Phi-3",
        (
            Branch(_attention("self_attn", "qkv_proj", "self_attn.o_proj"), "input_layernorm"),
            Branch(Gated("mlp.gate_up_proj", "Swish", "", "mlp.down_proj"), "post_attention_layernorm"),
        ),
    ),
    Block(
        "Mixtral",
        (
            Branch(LLAMA_ATTENTION, "input_layernorm"),
            Branch(
                Experts("block_sparse_moe.gate", "block_sparse_moe.experts", "w1", "w3", "w2"),
                "post_attention_layernorm",
            ),
        ),
    ),
    Block(
        "Qwen-MoE",
        (
            Branch(LLAMA_ATTENTION, "input_layernorm"),
            Branch(
                Experts(
                    "mlp.gate",
                    "mlp.experts",
                    "gate_proj",
                    "up_proj",
                    "down_proj",
                    "mlp.shared_expert",
                    "mlp.shared_expert_gate",
                ),
                "post_attention_layernorm",
            ),
        ),
    ),
    Block(
        "Llama",
        (  # Meta's names
            Branch(_attention("attention", "wq wk wv", "attention.wo"), "attention_norm"),
            Branch(Gated("feed_forward.w1", "Swish", "feed_forward.w3", "feed_forward.w2"), "ffn_norm"),
        ),
    ),
    Block(
        "GPT-NeoX",
        (
            Branch(_attention("attention", "query_key_value", "attention.dense"), "input_layernorm"),
            Branch(_chain("mlp.dense_h_to_4h Gelu mlp.dense_4h_to_h"), "post_attention_layernorm"),
        ),
        parallel=True,
    ),
    Block(
        "BLOOM",
        (
            Branch(_attention("self_attention", "query_key_value", "self_attention.dense"), "input_layernorm"),
            Branch(_chain("mlp.dense_h_to_4h GeluTanh mlp.dense_4h_to_h"), "post_attention_layernorm"),
        ),
    ),
    Block(
        "Falcon",
        (
            Branch(_attention("self_attention", "query_key_value", "self_attention.dense"), "input_layernorm"),
            Branch(_chain("mlp.dense_h_to_4h Gelu mlp.dense_4h_to_h"), "input_layernorm"),
        ),
        parallel=True,
    ),
    Block(
        "Phi",
        (
            Branch(_attention("self_attn", "q_proj k_proj v_proj", "self_attn.dense"), "input_layernorm"),
            Branch(_chain("mlp.fc1 GeluTanh mlp.fc2"), "input_layernorm"),
        ),
        parallel=True,
    ),
    Block(
        "GPT-J",
        (
            Branch(_attention("attn", "q_proj k_proj v_proj", "attn.out_proj"), "ln_1"),
            Branch(_chain("mlp.fc_in GeluTanh mlp.fc_out"), "ln_1"),
        ),
        parallel=True,
    ),
    Block(
        "OPT",
        (  # BART, Whisper and wav2vec have these names too
            Branch(OPT_ATTENTION, "self_attn_layer_norm"),
            Branch(
                _attention("encoder_attn", "q_proj k_proj v_proj", "encoder_attn.out_proj", memory=True),
                "encoder_attn_layer_norm",
                optional=True,
            ),
            Branch(_chain("fc1 Relu fc2"), "final_layer_norm"),
        ),
        BY_LAST_NORM,
    ),
    Block(
        "T5",
        (
            Branch(
                _attention("layer.0.SelfAttention", "q k v", "layer.0.SelfAttention.o"),
                "layer.0.layer_norm",
                at="layer.0",
            ),
            Branch(
                _attention("layer.1.EncDecAttention", "q k v", "layer.1.EncDecAttention.o", memory=True),
                "layer.1.layer_norm",
                at="layer.1",
                optional=True,
            ),
            Branch(
                _chain("layer.1.DenseReluDense.wi Relu layer.1.DenseReluDense.wo"),
                "layer.1.layer_norm",
                at="layer.1",
                optional=True,
            ),
            Branch(
                _chain("layer.2.DenseReluDense.wi Relu layer.2.DenseReluDense.wo"),
                "layer.2.layer_norm",
                at="layer.2",
                optional=True,
            ),
            Branch(
                Gated(
                    "layer.1.DenseReluDense.wi_0",
                    "GeluTanh",
                    "layer.1.DenseReluDense.wi_1",
                    "layer.1.DenseReluDense.wo",
                ),
                "layer.1.layer_norm",
                at="layer.1",
                optional=True,
            ),
            Branch(
                Gated(
                    "layer.2.DenseReluDense.wi_0",
                    "GeluTanh",
                    "layer.2.DenseReluDense.wi_1",
                    "layer.2.DenseReluDense.wo",
                ),
                "layer.2.layer_norm",
                at="layer.2",
                optional=True,
            ),
        ),
    ),
    Block(
        "transformer",
        (  # torch.nn.TransformerDecoderLayer
            Branch(_attention("self_attn", "in_proj", "self_attn.out_proj"), "norm1"),
            Branch(_attention("multihead_attn", "in_proj", "multihead_attn.out_proj", memory=True), "norm2"),
            Branch(_chain("linear1 Relu linear2"), "norm3"),
        ),
        BY_LAST_NORM,
    ),
    Block(
        "transformer",
        (  # torch.nn.TransformerEncoderLayer
            Branch(_attention("self_attn", "in_proj", "self_attn.out_proj"), "norm1"),
            Branch(_chain("linear1 Relu linear2"), "norm2"),
        ),
        BY_LAST_NORM,
    ),
)
