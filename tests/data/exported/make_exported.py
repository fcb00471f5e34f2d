# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes programs of torch.export (torch 2.14) and what torch computes of them: python make_exported.py

Each is one of the networks of ../torch/networks.py, as exported and, in NAME_core, in core ATen operators.
"""

import io
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.export import Dim

HERE = Path(__file__).resolve().parent
warnings.filterwarnings("ignore")


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.deep = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.norm = nn.GroupNorm(2, 8)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([x + self.norm(self.deep(x)).relu(), nn.functional.max_pool2d(x, 3, 1, 1)], 1)
        x = self.up(nn.functional.hardswish(x[:, :8] * x[:, 8:].sigmoid()))
        x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear")
        return self.head(x.mean((2, 3))).softmax(-1)


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(30, 16)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True) for _ in range(2))
        self.head = nn.Linear(16, 7)

    def forward(self, words):
        x = self.embed(words)
        for layer in self.layers:
            x = layer(x)
        return self.head(x[:, 0])


class Series(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 3, padding=1, dilation=1)
        self.scale = nn.Parameter(torch.rand(6, 1))
        self.register_buffer("shift", torch.rand(1, 6, 1).transpose(1, 2).contiguous().transpose(1, 2))

    def forward(self, x):
        y = nn.functional.gelu(self.conv(x)) * self.scale + self.shift
        y = torch.where(y > 0.1, y, y.abs().sqrt())
        y = y.transpose(1, 2).reshape(x.shape[0], -1, 3)
        return y.amax(1), torch.topk(y, 2, dim=1).values


def save(name, program, given):
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(HERE / f"{name}.pt2", "w") as new:
        for item in old.infolist():  # without the pickle of the sample inputs, and paths of this machine
            if "sample_inputs" in item.filename:
                continue
            data = old.read(item)
            if item.filename.endswith("model.json"):
                import json

                said = json.loads(data)
                for node in said["graph_module"]["graph"]["nodes"]:
                    node["metadata"].pop("stack_trace", None)
                data = json.dumps(said).encode()
            new.writestr(item.filename, data)
    made = program.module()(given)
    made = made if isinstance(made, (tuple, list)) else [made]
    values[f"{name}/in0"] = given.numpy()
    for place, value in enumerate(made):
        values[f"{name}/out{place}"] = value.detach().numpy()


values: dict[str, np.ndarray] = {}
torch.manual_seed(0)
NETWORKS = {
    "pictures": (Pictures(), torch.rand(3, 3, 16, 16)),
    "words": (Words(), torch.randint(0, 30, (3, 6))),
    "series": (Series(), torch.rand(3, 4, 9)),
}
for name, (network, given) in NETWORKS.items():
    network.eval()
    program = torch.export.export(network, (given,), dynamic_shapes=({0: Dim("batch")},))
    save(name, program, given)
    save(f"{name}_core", program.run_decompositions(), given)
np.savez_compressed(HERE / "values.npz", **values)
sys.exit()
