# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write networks twice, as NAME.onnx by torch's exporters and as NAME.safetensors, which holds the same weights alone.

The ONNX file is the truth about how the weights are joined. Modules are those of torch, torchvision, transformers and
timm themselves, made small, and those of the zoo, named as torchvision's. All weights are random and different.

Usage: python make_truth.py [name ...]
(torch 2.13 and 2.14, torchvision 0.28 and 0.29, transformers 5.24, timm 1.0.31, safetensors, onnx, onnxscript)
"""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import onnx
import timm
import torch
import torchvision
import transformers
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "zoo"))

import language  # noqa: E402
import vision  # noqa: E402
from make_zoo import tidy  # noqa: E402

STEPS = 12  # of a text, and rows of a table of positions
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
WORDS = {"vocab_size": 40, "max_position_embeddings": STEPS}
IDS = torch.arange(STEPS)[None] + 3
ONES = torch.ones(1, STEPS, dtype=torch.long)
PICTURE = {"pixel_values": torch.ones(1, 3, 32, 32)}


@dataclass
class Model:
    """A module, what it reads, whether the newer exporter writes it, and by which version of the operators."""

    make: Callable[[], nn.Module]
    inputs: dict[str, torch.Tensor] = field(default_factory=lambda: PICTURE)
    dynamo: bool = False
    opset: int | None = None


def hf(name: str, config: str, **settings) -> Callable[[], nn.Module]:
    """A model of transformers."""
    return lambda: getattr(transformers, name)(getattr(transformers, config)(**settings))


class Now(nn.Module):
    """A vision transformer of transformers with the names that it has while it runs, which torch.save keeps."""

    def __init__(self):
        super().__init__()
        self.model = hf("ViTForImageClassification", "ViTConfig", **SIZES, image_size=32, patch_size=8)()
        self.model.set_attn_implementation("eager")

    def forward(self, x):
        return self.model(x)[0]


class Encoder(nn.Module):
    """torch's own TransformerEncoder between two dense layers."""

    def __init__(self, batch_first: bool, norm_first: bool):
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=batch_first, norm_first=norm_first)
        self.embed = nn.Linear(5, 16)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(16) if norm_first else None, False)
        self.head = nn.Linear(16, 3)
        self.batch_first = batch_first

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1 if self.batch_first else 0])
        return self.head(self.encoder(self.embed(x), mask, is_causal=True))


MODELS = {
    "resnet18": Model(lambda: vision.ResNet(2)),
    "resnet_hf": Model(
        hf(
            "ResNetForImageClassification",
            "ResNetConfig",
            embedding_size=4,
            hidden_sizes=[4, 8, 8],
            depths=[2, 2, 1],
            num_labels=5,
        )
    ),
    "bert": Model(
        hf("BertForSequenceClassification", "BertConfig", **SIZES, **WORDS),
        {"input_ids": IDS, "attention_mask": ONES, "token_type_ids": 0 * ONES},
    ),
    "roberta": Model(
        hf(
            "RobertaForMaskedLM", "RobertaConfig", **SIZES, vocab_size=40, max_position_embeddings=34, type_vocab_size=1
        ),
        {"input_ids": IDS, "attention_mask": ONES},
    ),
    "distilbert": Model(
        hf(
            "DistilBertForSequenceClassification",
            "DistilBertConfig",
            dim=16,
            n_layers=2,
            n_heads=2,
            hidden_dim=32,
            **WORDS,
        ),
        {"input_ids": IDS, "attention_mask": ONES},
    ),
    "gpt2": Model(
        hf(
            "GPT2LMHeadModel",
            "GPT2Config",
            n_embd=16,
            n_layer=3,
            n_head=2,
            vocab_size=40,
            n_positions=STEPS,
            use_cache=False,
        ),
        {"input_ids": IDS},
        dynamo=True,
    ),
    "llama": Model(
        hf(
            "LlamaForCausalLM",
            "LlamaConfig",
            **WORDS,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=32,
            use_cache=False,
        ),
        {"input_ids": IDS},
        dynamo=True,
    ),
    "t5": Model(
        hf(
            "T5ForConditionalGeneration",
            "T5Config",
            vocab_size=40,
            d_model=16,
            d_kv=8,
            d_ff=32,
            num_layers=2,
            num_heads=2,
            use_cache=False,
        ),
        {"input_ids": IDS, "decoder_input_ids": IDS},
    ),
    "vit_hf": Model(hf("ViTForImageClassification", "ViTConfig", **SIZES, image_size=32, patch_size=8, num_labels=5)),
    "vit_timm": Model(lambda: timm.models.VisionTransformer(32, 8, embed_dim=16, depth=3, num_heads=2, num_classes=5)),
    "vit_torchvision": Model(lambda: torchvision.models.VisionTransformer(32, 8, 3, 2, 16, 32, num_classes=5)),
    "convnext": Model(lambda: timm.models.ConvNeXt(depths=(2, 1, 1, 1), dims=(4, 8, 8, 8), num_classes=5)),
    "encoder": Model(lambda: Encoder(True, False), {"input": torch.ones(1, 7, 5)}),
    "encoder_first": Model(lambda: Encoder(False, True), {"input": torch.ones(7, 1, 5)}, dynamo=True, opset=23),
    "vit_now": Model(Now),
    "swin": Model(
        lambda: torchvision.models.SwinTransformer([4, 4], 8, [1, 1], [2, 4], [4, 4], num_classes=5),
        {"image": torch.ones(1, 3, 32, 32)},
    ),
    "gpt_neo": Model(
        hf(
            "GPTNeoForCausalLM",
            "GPTNeoConfig",
            hidden_size=16,
            num_layers=2,
            num_heads=2,
            vocab_size=40,
            attention_types=[[["global", "local"], 1]],
            max_position_embeddings=STEPS,
            use_cache=False,
        ),
        {"input_ids": IDS},
        dynamo=True,
    ),
    "unet": Model(lambda: vision.UNet(3), {"image": torch.ones(1, 1, 32, 32)}),
    "tagger": Model(lambda: language.Tagger(dim=8), {"tokens": IDS}),
}


class Alone(nn.Module):
    """Gives the first output alone, and reads by the names of the arguments."""

    def __init__(self, module: nn.Module, names: list[str]):
        super().__init__()
        self.module, self.names = module, names

    def forward(self, *arguments):
        given = dict(zip(self.names, arguments, strict=True))
        known = isinstance(self.module, transformers.PreTrainedModel)
        return self.module(**given)[0] if known else self.module(*arguments)


def shake(module: nn.Module) -> nn.Module:
    """Random weights everywhere, those that start as 0 or 1 too."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(0, 0.2)
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.1)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
    return module.eval()


def save(name: str, module: nn.Module) -> None:
    """The weights alone; those that are tied stand in the file once, as transformers saves them."""
    if isinstance(module, transformers.PreTrainedModel):
        with tempfile.TemporaryDirectory() as folder:
            module.save_pretrained(folder)
            (HERE / f"{name}.safetensors").write_bytes((Path(folder) / "model.safetensors").read_bytes())
            said = json.loads((Path(folder) / "config.json").read_text())
        (HERE / f"{name}.json").write_text(json.dumps(said, sort_keys=True))
    else:
        save_file(
            {key: value.contiguous() for key, value in module.state_dict().items()},
            HERE / f"{name}.safetensors",
            {"format": "pt"},
        )


def export(name: str, model: Model, module: nn.Module) -> None:
    inputs = model.inputs
    settings = (
        {"dynamo": True, "external_data": False}
        if model.dynamo
        else {"dynamo": False, "training": torch.onnx.TrainingMode.PRESERVE, "opset_version": 17}
    )
    if model.opset:
        settings["opset_version"] = model.opset
    if isinstance(module, transformers.PreTrainedModel) and hasattr(module, "set_attn_implementation"):
        module.set_attn_implementation("eager")
    path = HERE / f"{name}.onnx"
    torch.onnx.export(
        Alone(module, list(inputs)),
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=["output"],
        **settings,
    )
    written = onnx.load(path)
    tidy(written)
    onnx.save(written, path)


def main(names: list[str]) -> None:
    for name in names or MODELS:
        module = shake(MODELS[name].make())
        save(name, module)
        export(name, MODELS[name], module)
        print(name, *((HERE / f"{name}.{suffix}").stat().st_size // 1000 for suffix in ("onnx", "safetensors")), "kB")


if __name__ == "__main__":
    main(sys.argv[1:])
