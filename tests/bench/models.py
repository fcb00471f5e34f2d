# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large models with random weights, written for the bench."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save


class _Writer:
    def __init__(self):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(0)

    def weight(self, name, *shape):
        value = self.random.standard_normal(shape, np.float32)
        value *= np.float32(0.05)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def save(self, path, name, inputs, outputs, opset=17):
        """Write the model; `inputs` and `outputs` are {name: shape}, or {name: (element type, shape)}."""
        values = [
            [
                helper.make_tensor_value_info(key, *(kind if isinstance(kind, tuple) else (TensorProto.FLOAT, kind)))
                for key, kind in part.items()
            ]
            for part in (inputs, outputs)
        ]
        graph = helper.make_graph(self.nodes, name, *values, self.weights)
        save(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8 if opset > 12 else 7),
            path,
        )

    def node(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, name, x, inputs, units, kernel, stride=1, relu=True):
        x = self.node(
            "Conv",
            name,
            [x, self.weight(f"{name}.weight", units, inputs, kernel, kernel)],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[kernel // 2] * 4,
        )
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
    net.save(path, "resnet50", {"image": ["batch", 3, 224, 224]}, {"logits": ["batch", 1000]})


def resnet18(path: Path) -> None:
    """ResNet-18 (He et al. 2016, arXiv:1512.03385): 11.7 M weights, so small at first that it can be trained."""
    net = _Writer()
    x = net.conv("conv1", "image", 3, 64, 7, 2)
    x = net.node("MaxPool", "pool1", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    inputs = 64
    for stage, width in enumerate((64, 128, 256, 512), 1):
        for block in range(2):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = net.conv(f"{name}.conv1", x, inputs, width, 3, stride)
            y = net.conv(f"{name}.conv2", y, width, width, 3, relu=False)
            if inputs != width:
                x = net.conv(f"{name}.downsample", x, inputs, width, 1, stride, relu=False)
            x = net.node("Relu", f"{name}.relu", [net.node("Add", f"{name}.add", [y, x])])
            inputs = width
    x = net.node("Flatten", "flatten", [net.node("GlobalAveragePool", "pool", [x])])
    net.node("Gemm", "logits", [x, net.weight("fc.weight", 1000, 512), net.weight("fc.bias", 1000)], transB=1)
    for tensor in net.weights:
        if tensor.name.endswith((".scale", ".var")):  # a variance below 0 is none
            tensor.CopyFrom(numpy_helper.from_array(np.ones(tuple(tensor.dims), np.float32), tensor.name))
    net.save(path, "resnet18", {"image": ["batch", 3, 224, 224]}, {"logits": ["batch", 1000]})


def chain(path: Path, layers: int, units: int = 64) -> None:
    """A row of `layers` fully connected layers, each with ReLU."""
    net, x = _Writer(), "input"
    for layer in range(layers):
        parts = [net.weight(f"fc{layer}.weight", units, units), net.weight(f"fc{layer}.bias", units)]
        x = net.node("Relu", f"relu{layer}", [net.node("Gemm", f"fc{layer}", [x, *parts], transB=1)])
    net.save(path, "chain", {"input": ["batch", units]}, {x: ["batch", units]})


def fan(path: Path, layers: int, units: int = 64) -> None:
    """Fully connected layers beside one another, and the sum of all."""
    net = _Writer()
    made = [
        net.node("MatMul", f"fc{layer}", ["input", net.weight(f"fc{layer}.weight", units, units)])
        for layer in range(layers)
    ]
    net.node("Sum", "sum", made)
    net.save(path, "fan", {"input": ["batch", units]}, {"sum": ["batch", units]})


class _Traced(_Writer):
    """Names as PyTorch's TorchScript exporter gives them: a node is its module's scope and its operator."""

    def __init__(self):
        super().__init__()
        self.seen = Counter()

    def op(self, scope, op, inputs, **attributes):
        """A node of the module `scope` ("/encoder/layer.0"); returns its output."""
        key = f"{scope}/{op}"
        name = f"{key}_{self.seen[key]}" if self.seen[key] else key
        self.seen[key] += 1
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_output_0"], name=name, **attributes))
        return f"{name}_output_0"

    def constant(self, scope, value):
        return self.op(scope, "Constant", [], value=numpy_helper.from_array(np.asarray(value)))

    def weights_of(self, module, **shapes):
        return [self.weight(f"{module}.{part}", *shape) for part, shape in shapes.items()]

    def conv2d(self, scope, module, x, inputs, units, kernel, stride=1, pad=0, bias=False):
        weights = self.weights_of(
            module, weight=(units, inputs, kernel, kernel), **({"bias": (units,)} if bias else {})
        )
        return self.op(
            scope,
            "Conv",
            [x, *weights],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            dilations=[1, 1],
            group=1,
        )

    def norm_relu(self, scope, module, x, units, number):
        """Batch normalisation whose variances are positive, as trained ones are, and the ReLU beside it."""
        parts = self.weights_of(f"{module}.norm{number}", weight=(units,), bias=(units,), running_mean=(units,))
        variance = f"{module}.norm{number}.running_var"
        self.weights.append(numpy_helper.from_array(self.random.uniform(0.5, 1.5, units).astype(np.float32), variance))
        x = self.op(f"{scope}/norm{number}", "BatchNormalization", [x, *parts, variance], epsilon=1e-5, momentum=0.9)
        return self.op(f"{scope}/relu{number}", "Relu", [x])

    def gemm(self, scope, module, x, inputs, units):
        weights = self.weights_of(module, weight=(units, inputs), bias=(units,))
        return self.op(scope, "Gemm", [x, *weights], transB=1)

    def rename_output(self, name):
        """Call the last node's output `name`."""
        self.nodes[-1].output[:] = [name]


def vgg19(path: Path) -> None:
    """VGG-19 (Simonyan and Zisserman 2015, arXiv:1409.1556): 143.7 M weights, a file of 575 MB."""
    net, x, inputs, place = _Traced(), "image", 3, 0
    for units, convolutions in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        for _ in range(convolutions):
            name = f"features.{place}"
            x = net.conv2d(f"/features/{name}", name, x, inputs, units, 3, pad=1, bias=True)
            x = net.op(f"/features/features.{place + 1}", "Relu", [x])
            inputs, place = units, place + 2
        x = net.op(f"/features/features.{place}", "MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
        place += 1
    x = net.op("/avgpool", "AveragePool", [x], kernel_shape=[1, 1], strides=[1, 1])
    x, inputs = net.op("", "Flatten", [x], axis=1), 512 * 7 * 7
    for place, units in ((0, 4096), (3, 4096), (6, 1000)):
        x, inputs = net.gemm(f"/classifier/classifier.{place}", f"classifier.{place}", x, inputs, units), units
        if place < 6:
            x = net.op(f"/classifier/classifier.{place + 1}", "Relu", [x])
    net.rename_output("logits")
    net.save(path, "vgg19", {"image": ["batch", 3, 224, 224]}, {"logits": ["batch", 1000]})


def densenet121(path: Path) -> None:
    """DenseNet-121 (Huang et al. 2017, arXiv:1608.06993): 8.0 M weights, a file of 32 MB."""
    net, growth, units = _Traced(), 32, 64
    x = net.conv2d("/features/conv0", "features.conv0", "image", 3, units, 7, 2, 3)
    x = net.norm_relu("/features", "features", x, units, 0)
    x = net.op("/features/pool0", "MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for block, layers in enumerate((6, 12, 24, 16), 1):
        grown = [x]
        for layer in range(1, layers + 1):
            scope = f"/features/denseblock{block}/denselayer{layer}"
            module = scope[1:].replace("/", ".")
            y = net.op(scope, "Concat", grown, axis=1)
            y = net.norm_relu(scope, module, y, units, 1)
            y = net.conv2d(f"{scope}/conv1", f"{module}.conv1", y, units, 4 * growth, 1)
            y = net.norm_relu(scope, module, y, 4 * growth, 2)
            grown.append(net.conv2d(f"{scope}/conv2", f"{module}.conv2", y, 4 * growth, growth, 3, pad=1))
            units += growth
        x = net.op(f"/features/denseblock{block}", "Concat", grown, axis=1)
        if block < 4:
            scope, module = f"/features/transition{block}", f"features.transition{block}"
            x = net.norm_relu(scope, module, x, units, "")
            x = net.conv2d(f"{scope}/conv", f"{module}.conv", x, units, units // 2, 1)
            x = net.op(f"{scope}/pool", "AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
            units //= 2
    x = net.norm_relu("/features", "features", x, units, 5)
    x = net.op("", "Flatten", [net.op("", "GlobalAveragePool", [x])], axis=1)
    net.gemm("/classifier", "classifier", x, units, 1000)
    net.rename_output("logits")
    net.save(path, "densenet121", {"image": ["batch", 3, 224, 224]}, {"logits": ["batch", 1000]})


class _Bert(_Traced):
    """What a Transformer's TorchScript export at opset 12 is made of, operator by operator."""

    def linear(self, scope, x, inputs, units):
        """A product and a sum; the exporter transposes the weight, whose name it then loses."""
        weight = self.weight(f"onnx::MatMul_{1000 + len(self.weights)}", inputs, units)
        bias = self.weight(f"{scope[1:].replace('/', '.')}.bias", units)
        return self.op(scope, "Add", [bias, self.op(scope, "MatMul", [x, weight])])

    def layer_norm(self, scope, x, units):
        weight, bias = self.weights_of(scope[1:].replace("/", "."), weight=(units,), bias=(units,))
        centred = self.op(scope, "Sub", [x, self.op(scope, "ReduceMean", [x], axes=[-1])])
        squared = self.op(scope, "Pow", [centred, self.constant(scope, np.float32(2))])
        variance = self.op(scope, "ReduceMean", [squared], axes=[-1])
        deviation = self.op(scope, "Sqrt", [self.op(scope, "Add", [variance, self.constant(scope, np.float32(1e-12))])])
        scaled = self.op(scope, "Mul", [self.op(scope, "Div", [centred, deviation]), weight])
        return self.op(scope, "Add", [scaled, bias])

    def gelu(self, scope, x):
        """x (1 + erf(x / sqrt(2))) / 2"""
        erf = self.op(scope, "Erf", [self.op(scope, "Div", [x, self.constant(scope, np.float32(2**0.5))])])
        sum_ = self.op(scope, "Add", [erf, self.constant(scope, np.float32(1))])
        return self.op(scope, "Mul", [self.op(scope, "Mul", [x, sum_]), self.constant(scope, np.float32(0.5))])

    def reshape(self, scope, x, *last):
        """To (batch, sequence, *last), where batch and sequence are read off `x` as it runs."""
        sizes = [
            self.op(scope, "Gather", [self.op(scope, "Shape", [x]), self.constant(scope, axis)], axis=0)
            for axis in (0, 1)
        ]
        sizes = [self.op(scope, "Unsqueeze", [size], axes=[0]) for size in sizes]
        sizes += [self.constant(scope, np.array([size])) for size in last]
        return self.op(scope, "Reshape", [x, self.op(scope, "Concat", sizes, axis=0)])

    def attention(self, scope, x, mask, units, heads):
        """Softmax(QK / sqrt(d) + mask) V for every head; (batch, sequence, units) in and out."""
        query, key, value = (
            self.reshape(scope, self.linear(f"{scope}/{part}", x, units, units), heads, units // heads)
            for part in ("query", "key", "value")
        )
        query, value = (self.op(scope, "Transpose", [part], perm=[0, 2, 1, 3]) for part in (query, value))
        key = self.op(scope, "Transpose", [key], perm=[0, 2, 3, 1])
        scale = self.constant(scope, np.float32((units // heads) ** 0.5))
        scores = self.op(scope, "Div", [self.op(scope, "MatMul", [query, key]), scale])
        share = self.op(scope, "Softmax", [self.op(scope, "Add", [scores, mask])], axis=3)
        mixed = self.op(scope, "Transpose", [self.op(scope, "MatMul", [share, value])], perm=[0, 2, 1, 3])
        return self.reshape(scope, mixed, units)

    def embeddings(self, units, vocabulary, positions):
        scope = "/embeddings"
        length = self.op(scope, "Gather", [self.op(scope, "Shape", ["input_ids"]), self.constant(scope, 1)], axis=0)
        length = self.op(scope, "Unsqueeze", [length], axes=[0])
        bounds = [self.constant(scope, np.array([0])), length, *(self.constant(scope, np.array([1])) for _ in range(2))]
        ids = {
            "word": "input_ids",
            "token_type": "token_type_ids",
            "position": self.op(scope, "Slice", [self.constant(scope, np.arange(positions)[None]), *bounds]),
        }
        rows = {"word": vocabulary, "token_type": 2, "position": positions}
        word, kind, place = (
            self.op(
                f"{scope}/{part}_embeddings",
                "Gather",
                [self.weight(f"embeddings.{part}_embeddings.weight", rows[part], units), ids[part]],
            )
            for part in ids
        )
        x = self.op(scope, "Add", [self.op(scope, "Add", [word, kind]), place])
        return self.layer_norm(f"{scope}/LayerNorm", x, units)


def bert_base(path: Path, layers: int = 12, units: int = 768, heads: int = 12) -> None:
    """BERT base (Devlin et al. 2019, arXiv:1810.04805): 109.5 M weights, a file of 438 MB, 1,248 nodes."""
    net = _Bert()
    mask = net.op("", "Unsqueeze", [net.op("", "Unsqueeze", ["attention_mask"], axes=[1])], axes=[2])
    mask = net.op("", "Sub", [net.constant("", np.float32(1)), net.op("", "Cast", [mask], to=TensorProto.FLOAT)])
    mask = net.op("", "Mul", [mask, net.constant("", np.finfo(np.float32).min)])
    x = net.embeddings(units, 30522, 512)
    for layer in range(layers):
        scope = f"/encoder/layer.{layer}"
        y = net.attention(f"{scope}/attention/self", x, mask, units, heads)
        y = net.linear(f"{scope}/attention/output/dense", y, units, units)
        y = net.op(f"{scope}/attention/output", "Add", [y, x])
        x = net.layer_norm(f"{scope}/attention/output/LayerNorm", y, units)
        y = net.linear(f"{scope}/intermediate/dense", x, units, 4 * units)
        y = net.gelu(f"{scope}/intermediate/intermediate_act_fn", y)
        y = net.linear(f"{scope}/output/dense", y, 4 * units, units)
        x = net.layer_norm(f"{scope}/output/LayerNorm", net.op(f"{scope}/output", "Add", [y, x]), units)
    net.rename_output("last_hidden_state")
    first = net.op("/pooler", "Gather", ["last_hidden_state", net.constant("", 0)], axis=1)
    net.op("/pooler/activation", "Tanh", [net.gemm("/pooler/dense", "pooler.dense", first, units, units)])
    net.rename_output("pooler_output")
    ids = TensorProto.INT64, ["batch", "sequence"]
    net.save(
        path,
        "bert_base",
        {"input_ids": ids, "attention_mask": ids, "token_type_ids": ids},
        {"last_hidden_state": ["batch", "sequence", units], "pooler_output": ["batch", units]},
        opset=12,
    )
