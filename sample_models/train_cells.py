# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the sample U-Net on drawn cells under a microscope and write cells_unet.onnx and cells/cells.png.

Usage: python train_cells.py
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

SEED = 2026
SIZE = 96  # pixels of a side
WIDTHS = (6, 12, 24, 48)
STEPS, BATCH, HELD_OUT = 900, 12, 200
SHOWN = 3  # the seed of the picture that is shipped, not one of those that train
HERE = Path(__file__).parent


def draw(seed):
    """A picture of cells (96, 96) float32, 0 to 1, and which pixels are of a cell (96, 96) bool."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    wave = np.sin(across * random.uniform(0.02, 0.08) + random.uniform(0, 6)) + np.cos(
        down * random.uniform(0.02, 0.08)
    )
    image = 0.17 + 0.04 * wave
    inside = np.zeros((SIZE, SIZE), bool)
    for _ in range(random.integers(6, 12)):
        x, y = random.uniform(5, SIZE - 5, 2)
        long, short = random.uniform(7, 13, 2)
        turn = random.uniform(0, np.pi)
        along = ((across - x) * np.cos(turn) + (down - y) * np.sin(turn)) / long
        beside = ((down - y) * np.cos(turn) - (across - x) * np.sin(turn)) / short
        distance = np.hypot(along, beside)  # 1 at the membrane
        body = 1 / (1 + np.exp(np.clip((distance - 1) * 10, -50, 50)))
        membrane = np.exp(-(((distance - 0.92) / 0.14) ** 2))
        nucleus = np.exp(-((distance / 0.38) ** 2))
        image = image * (1 - 0.6 * body) + random.uniform(0.25, 0.4) * body + 0.3 * membrane + 0.26 * nucleus
        inside |= distance < 1
    for _ in range(4):  # bright specks that are no cells
        x, y = random.uniform(0, SIZE, 2)
        image = image + 0.5 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / 4)
    image = image + random.normal(0, 0.05, image.shape)
    return np.clip(image, 0, 1).astype(np.float32), inside


class Double(nn.Sequential):
    """Two convolutions of the same width, each normalised."""

    def __init__(self, channels, width):
        super().__init__(
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )


class UNet(nn.Module):
    """Pictures (n, 1, 96, 96) to the share of "cell" a pixel (n, 1, 96, 96) (Ronneberger et al. 2015)."""

    def __init__(self):
        super().__init__()
        channels = (1, *WIDTHS)
        self.down = nn.ModuleList(Double(*pair) for pair in zip(channels, WIDTHS, strict=False))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, 2, 2) for narrow, wide in zip(WIDTHS[-2::-1], WIDTHS[:0:-1], strict=True)
        )
        self.up = nn.ModuleList(Double(2 * width, width) for width in WIDTHS[-2::-1])
        self.answer = nn.Conv2d(WIDTHS[0], 1, 1)

    def scores(self, x):
        kept = []
        for number, double in enumerate(self.down):
            x = double(functional.max_pool2d(x, 2) if number else x)
            kept.append(x)
        for grow, double, skipped in zip(self.grow, self.up, kept[-2::-1], strict=True):
            x = double(torch.cat([skipped, grow(x)], 1))
        return self.answer(x)

    def forward(self, image):
        return torch.sigmoid(self.scores(image))


def batch(seeds):
    pictures, inside = zip(*(draw(int(seed)) for seed in seeds), strict=True)
    return torch.tensor(np.stack(pictures))[:, None], torch.tensor(np.stack(inside))[:, None]


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    model = UNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    for step in range(STEPS):
        images, inside = batch(range(1000 + step * BATCH, 1000 + (step + 1) * BATCH))
        optimizer.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(model.scores(images), inside.float())
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {float(loss.detach()):.4f}", flush=True)
    model.eval()
    images, inside = batch(range(100, 100 + HELD_OUT))
    with torch.no_grad():
        said = model(images) > 0.5
    overlap = float((said & inside).sum() / (said | inside).sum())
    path = HERE / "cells_unet.onnx"
    torch.onnx.export(
        model,
        torch.zeros(1, 1, SIZE, SIZE),
        path,
        input_names=["image"],
        output_names=["cell"],
        dynamic_axes={"image": {0: "batch"}, "cell": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    written = onnx.load(path)
    onnx.helper.set_model_props(written, {"held_out_overlap": f"{overlap:.4f}", "license": "CC0-1.0"})
    written.producer_name, written.producer_version = "neuroscene", ""
    onnx.save(written, path)
    (HERE / "cells").mkdir(exist_ok=True)
    Image.fromarray((draw(SHOWN)[0] * 255).round().astype(np.uint8)).save(HERE / "cells" / "cells.png")
    weights = sum(weight.numel() for weight in model.parameters())
    print(f"{weights:,} weights, overlap {overlap:.3f} of {HELD_OUT} held out")


if __name__ == "__main__":
    main()
