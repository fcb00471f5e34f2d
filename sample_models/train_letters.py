# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the sample transformer to sort letters and write letters_transformer.onnx and letters/letters.npy.

Usage: python train_letters.py
"""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

SEED = 2026
LETTERS = "ABCDEFGHIJ"
LENGTH = 12  # letters of a text
WIDTH, HEADS, LAYERS = 64, 4, 4
STEPS, BATCH, HELD_OUT = 4000, 64, 2000
SHOWN = "HEADBEADCAGE"  # the text that is shipped
HERE = Path(__file__).parent


class Attention(nn.Module):
    """Every letter looks at every letter (Vaswani et al. 2017)."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        query, key, value = (
            layer(x).view(-1, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / sqrt(WIDTH // HEADS), 3)
        return self.out((weights @ value).transpose(1, 2).reshape(-1, LENGTH, WIDTH))


class Block(nn.Module):
    """Attention, then two dense layers for each letter alone; both are added to what was there."""

    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.dense1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.dense2 = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.dense2(functional.relu(self.dense1(self.norm2(x))))


class Transformer(nn.Module):
    """Letters (n, 12) int64 to the shares of every letter at every place of the sorted text (n, 12, 10)."""

    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), WIDTH)
        self.place = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.sorted = nn.Linear(WIDTH, len(LETTERS))

    def scores(self, letters):
        return self.sorted(self.norm(self.blocks(self.letter(letters) + self.place)))

    def forward(self, letters):
        return torch.softmax(self.scores(letters), 2)


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    model = Transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=STEPS)
    for step in range(STEPS):
        letters = torch.randint(len(LETTERS), (BATCH, LENGTH))
        optimizer.zero_grad()
        loss = functional.cross_entropy(model.scores(letters).flatten(0, 1), letters.sort(1).values.flatten())
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: loss {float(loss.detach()):.4f}", flush=True)
    model.eval()
    letters = torch.randint(len(LETTERS), (HELD_OUT, LENGTH))
    with torch.no_grad():
        right = (model(letters).argmax(2) == letters.sort(1).values).all(1)
    accuracy = float(right.float().mean())
    shown = np.array([[LETTERS.index(letter) for letter in SHOWN]])
    path = HERE / "letters_transformer.onnx"
    torch.onnx.export(
        model,
        torch.from_numpy(shown),
        path,
        input_names=["letters"],
        output_names=["sorted"],
        dynamic_axes={"letters": {0: "batch"}, "sorted": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    written = onnx.load(path)
    onnx.helper.set_model_props(
        written, {"classes": json.dumps(list(LETTERS)), "held_out_accuracy": f"{accuracy:.4f}", "license": "CC0-1.0"}
    )
    written.producer_name, written.producer_version = "neuroscene", ""
    onnx.save(written, path)
    (HERE / "letters").mkdir(exist_ok=True)
    np.save(HERE / "letters" / "letters.npy", shown)
    with torch.no_grad():
        answer = "".join(LETTERS[index] for index in model(torch.from_numpy(shown)).argmax(2)[0])
    print(
        f"{sum(weight.numel() for weight in model.parameters()):,} weights, {accuracy:.1%} of {HELD_OUT} texts sorted"
    )
    print(f"{SHOWN} -> {answer}")


if __name__ == "__main__":
    main()
