# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the residual sample network on the pictures of draw_pictures.py and write pictures_resnet.onnx.

Usage: python train_pictures.py
"""

import json
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

import draw_pictures

SEED = 2026
TRAINED, HELD_OUT = 400, 50  # pictures of each kind
EPOCHS = 5
BATCH = 50
WIDTHS, BLOCKS = (16, 32, 48, 64), (2, 3, 4, 2)
HERE = Path(__file__).parent


class Block(nn.Module):
    """Two convolutions and what skips them (He et al. 2016)."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride > 1 or channels != width:
            self.downsample = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        inner = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(inner + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Pictures (n, 3, 128, 128), 0 to 1, to the shares of ten kinds (n, 10)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        channels = WIDTHS[0]
        for number, (width, count) in enumerate(zip(WIDTHS, BLOCKS, strict=True)):
            strides = [2 if number else 1] + [1] * (count - 1)
            blocks = [Block(channels if not place else width, width, stride) for place, stride in enumerate(strides)]
            self.add_module(f"layer{number + 1}", nn.Sequential(*blocks))
            channels = width
        self.fc = nn.Linear(channels, len(draw_pictures.KINDS))

    def scores(self, image):
        x = functional.relu(self.bn1(self.conv1(image)))
        for number in range(len(WIDTHS)):
            x = getattr(self, f"layer{number + 1}")(x)
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))

    def forward(self, image):
        return torch.softmax(self.scores(image), 1)


def _picture(item):
    return draw_pictures.picture(*item)


def load(first, count):
    """Pictures (n, 3, 128, 128) float32 and their kinds (n,), of the seeds from `first` on."""
    items = [(kind, seed) for seed in range(first, first + count) for kind in range(len(draw_pictures.KINDS))]
    with Pool(2) as pool:
        images = np.stack(pool.map(_picture, items, 50)).transpose(0, 3, 1, 2)
    return torch.from_numpy(images), torch.tensor([kind for kind, _ in items])


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    images, kinds = load(0, TRAINED)
    held, held_kinds = load(TRAINED, HELD_OUT)
    model = ResNet()
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs=EPOCHS, steps_per_epoch=steps)
    for epoch in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(images)).split(BATCH):
            batch = images[rows].float() / 255
            if torch.rand(()) < 0.5:
                batch = batch.flip(3)
            optimizer.zero_grad()
            loss = functional.cross_entropy(model.scores(batch), kinds[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {float(loss.detach()):.3f}", flush=True)
    model.eval()
    with torch.no_grad():
        right = [
            (model(batch.float() / 255).argmax(1) == kind).float().sum()
            for batch, kind in zip(held.split(BATCH), held_kinds.split(BATCH), strict=True)
        ]
    accuracy = float(sum(right)) / len(held)
    path = HERE / "pictures_resnet.onnx"
    torch.onnx.export(
        model,
        torch.zeros(1, 3, draw_pictures.SIZE, draw_pictures.SIZE),
        path,
        input_names=["image"],
        output_names=["probabilities"],
        dynamic_axes={"image": {0: "batch"}, "probabilities": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    written = onnx.load(path)
    onnx.helper.set_model_props(
        written,
        {"classes": json.dumps(draw_pictures.KINDS), "held_out_accuracy": f"{accuracy:.4f}", "license": "CC0-1.0"},
    )
    written.producer_name, written.producer_version = "neuroscene", ""
    onnx.save(written, path)
    print(f"{sum(weight.numel() for weight in model.parameters()):,} weights, {accuracy:.1%} of {len(held)} held out")


if __name__ == "__main__":
    main()
