# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write gradients.npz: derivatives by PyTorch's autograd of networks of tests/data/zoo and the trained CNN.

Usage: python make_gradients.py      needs torch==2.14.1 and onnx2torch==1.5.15

For each network the derivative of the sum of its first output times numbers of a seed, by its input or (of tokens) by
its embedding: its norm, and every 97th number of it.
"""

from pathlib import Path

import numpy as np
import onnx
import onnx2torch
import torch

HERE = Path(__file__).parent
NETWORKS = {  # file -> how many tokens it knows, 0 if it reads floats
    "zoo/resnet18.onnx": 0,
    "zoo/unet.onnx": 0,
    "zoo/mobilenet_v3.onnx": 0,
    "zoo/densenet.onnx": 0,
    "zoo/inception.onnx": 0,
    "zoo/gpt2.onnx": 50,
    "zoo/bert.onnx": 2,
}
READ = 17  # the version of operators that the judge reads; what these networks use of newer ones has not changed


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def shape_of(value):
    return [size.dim_value or 1 for size in value.type.tensor_type.shape.dim]


def gradient_of(path, tokens):
    """The derivative of a network by its input, or by what its first embedding gives."""
    model = onnx.load(path)
    for opset in model.opset_import:
        opset.version = min(opset.version, READ)
    for node in model.graph.node:  # no shape here has a 0
        kept_attributes = [attribute for attribute in node.attribute if attribute.name != "allowzero"]
        del node.attribute[:]
        node.attribute.extend(kept_attributes)
    network = onnx2torch.convert(model).double().eval()
    first, *others = model.graph.input
    kept = []
    if tokens:
        array = torch.from_numpy(np.random.default_rng(1).integers(0, tokens, shape_of(first)))
        name = next(node.name for node in model.graph.node if node.op_type == "Gather" and first.name in node.input)
        module = dict(network.named_modules())[name.strip("/")]
        module.register_forward_hook(lambda _, __, output: kept.append(output.detach().requires_grad_()) or kept[0])
    else:
        array = torch.from_numpy(numbers(1, *shape_of(first))).double().requires_grad_()
        kept.append(array)
    zeros = [torch.zeros(shape_of(other), dtype=torch.int64) for other in others]
    output = network(array, *zeros)
    output = output[0] if isinstance(output, tuple | list) else output
    (output * torch.from_numpy(numbers(2, *output.shape)).double()).sum().backward()
    return kept[0].grad.numpy()


def main():
    made = {}
    for name, tokens in NETWORKS.items():
        gradient = gradient_of(HERE / name, tokens)
        made[Path(name).stem] = np.r_[np.linalg.norm(gradient), gradient.ravel()[::97]]
        print(name, gradient.shape, np.linalg.norm(gradient))
    np.savez_compressed(HERE / "gradients.npz", **made)


if __name__ == "__main__":
    main()
