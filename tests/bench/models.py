# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large models with random weights, written for the bench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save


class _Writer:
    def __init__(self):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(0)

    def weight(self, name, *shape):
        value = self.random.standard_normal(shape, np.float32) * np.float32(0.05)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, name, x, inputs, units, kernel, stride=1, relu=True):
        x = self.node("Conv", name, [x, self.weight(f"{name}.weight", units, inputs, kernel, kernel)],
                      kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)
        norm = [self.weight(f"{name}.{part}", units) for part in ("scale", "shift", "mean", "var")]
        x = self.node("BatchNormalization", f"{name}.bn", [x, *norm])
        return self.node("Relu", f"{name}.relu", [x]) if relu else x


def resnet50(path: Path) -> None:
    """ResNet-50 (He et al. 2016, arXiv:1512.03385): 25.6 M weights, a file of 102 MB."""
    net = _Writer()
    x = net.conv("conv1", "image", 3, 64, 7, 2)
    x = net.node("MaxPool", "pool1", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    inputs = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 1):
        for block in range(blocks):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = net.conv(f"{name}.conv1", x, inputs, width, 1)
            y = net.conv(f"{name}.conv2", y, width, width, 3, stride)
            y = net.conv(f"{name}.conv3", y, width, 4 * width, 1, relu=False)
            if block == 0:
                x = net.conv(f"{name}.downsample", x, inputs, 4 * width, 1, stride, relu=False)
            x = net.node("Relu", f"{name}.relu", [net.node("Add", f"{name}.add", [y, x])])
            inputs = 4 * width
    x = net.node("Flatten", "flatten", [net.node("GlobalAveragePool", "pool", [x])])
    net.node("Gemm", "logits", [x, net.weight("fc.weight", 1000, 2048), net.weight("fc.bias", 1000)], transB=1)
    graph = helper.make_graph(
        net.nodes, "resnet50", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1000])], net.weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
