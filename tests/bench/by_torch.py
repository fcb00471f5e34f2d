# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Train what sample_models/digits_cnn.onnx is in PyTorch, from random weights; prints pictures a second."""

import sys
import time

import numpy as np
import torch
from torch import nn

BATCH = 32
THREADS = 2  # as many as onnxruntime takes on two cores


def network() -> nn.Sequential:
    """Its layers, as the ONNX file has them."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def main(path: str, epochs: int) -> None:
    held = np.load(path)
    x = torch.from_numpy(held["x_train"].astype(np.float32)).reshape(-1, 1, 28, 28) / 255
    y = torch.from_numpy(held["y_train"].astype(np.int64))
    torch.set_num_threads(THREADS)
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    begin = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    print(epochs * len(x) / (time.perf_counter() - begin))


main(sys.argv[1], int(sys.argv[2]))
