# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write small networks as they are before training, data, and the losses of PyTorch's first 20 steps.

Usage: python make_training.py      needs torch==2.14.1 onnx==1.23.2
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
SAMPLES, TESTED, BATCH, STEPS, SEED = 160, 32, 16, 20, 7


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 6, 3, stride=2, bias=False)
        self.norm2 = nn.BatchNorm2d(6)
        self.dense = nn.Linear(6, 5)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.norm1(self.conv1(x))), 2)
        x = functional.relu(self.norm2(self.conv2(x)))
        return self.dense(x.mean((2, 3)))


class Tokens(nn.Module):
    """One block of a transformer over tokens of floats."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8) for _ in range(4))
        self.wide, self.narrow = nn.Linear(8, 16), nn.Linear(16, 8)
        self.answer = nn.Linear(8, 5)

    def forward(self, x):
        y = self.norm1(x)
        query, key, value = (
            layer(y).reshape(-1, 6, 2, 4).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        looked = torch.softmax(query @ key.transpose(2, 3) / 2, -1) @ value
        x = x + self.out(looked.transpose(1, 2).reshape(-1, 6, 8))
        x = x + self.narrow(functional.gelu(self.wide(self.norm2(x))))
        return self.answer(x.mean(1))


def dense():
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 5))


NETWORKS = {"mlp": (dense, (12,)), "cnn": (Convolutional, (1, 12, 12)), "transformer": (Tokens, (6, 8))}
OPTIMIZERS = {
    "sgd": lambda weights: torch.optim.SGD(weights, 0.05, momentum=0.9),
    "adam": lambda weights: torch.optim.Adam(weights, 0.01),
    "decay": lambda weights: torch.optim.SGD(weights, 0.05, momentum=0.9, weight_decay=0.01),
}


def main():
    truth = {}
    for name, (build, shape) in NETWORKS.items():
        torch.manual_seed(3)
        model = build().eval()
        with torch.no_grad():  # no two weights are equal, else the exporter makes one of them
            for weight in [*model.parameters(), *(one for one in model.buffers() if one.is_floating_point())]:
                weight += 0.1 * torch.rand_like(weight)
        start = {key: value.clone() for key, value in model.state_dict().items()}
        random = np.random.default_rng(5)
        x = random.standard_normal((SAMPLES + TESTED, *shape)).astype(np.float32)
        y = (x.reshape(len(x), -1)[:, :5]).argmax(1).astype(np.int64)
        np.savez_compressed(
            HERE / f"{name}.npz", x_train=x[:SAMPLES], y_train=y[:SAMPLES], x_test=x[SAMPLES:], y_test=y[SAMPLES:]
        )
        torch.onnx.export(
            model,
            torch.zeros(2, *shape),
            HERE / f"{name}.onnx",
            input_names=["x"],
            output_names=["scores"],
            dynamic_axes={"x": {0: "batch"}, "scores": {0: "batch"}},
            opset_version=17,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE if name != "cnn" else torch.onnx.TrainingMode.EVAL,
            do_constant_folding=False,
        )
        for rule, optimizer_of in OPTIMIZERS.items():
            model.load_state_dict(start)
            model.train()
            optimizer = optimizer_of(model.parameters())
            order = np.random.default_rng(SEED)
            losses = []
            while len(losses) < STEPS:
                for rows in order.permutation(SAMPLES).reshape(-1, BATCH):
                    optimizer.zero_grad()
                    loss = functional.cross_entropy(model(torch.from_numpy(x[rows])), torch.from_numpy(y[rows]))
                    loss.backward()
                    optimizer.step()
                    losses.append(float(loss.detach()))
            truth[f"{name} {rule}"] = losses[:STEPS]
            print(name, rule, losses[0], losses[STEPS - 1])
    (HERE / "losses.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main()
