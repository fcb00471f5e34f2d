# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickled nn.Sequential trees: one module after the other, each of a known class, so the file tells the whole graph."""

from __future__ import annotations

import ast
from pathlib import Path

from ...containers.pickle.records import Name, Thing
from ..checkpoint import Checkpoint
from . import modules
from .operators.emitter import MismatchError, UndecidedError
from .saved_files import Saved
from .state import FORMAT, PRODUCER, Found
from .torchscript import notes, objects
from .torchscript.code import Class, Program
from .torchscript.input_sizes import Follower

WRAPPERS = ("DataParallel", "DistributedDataParallel")
_CONV = "torch.conv{n}d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)"
_TRANSPOSED = (
    "torch.conv_transpose{n}d(x, self.weight, self.bias, self.stride, self.padding, self.output_padding, "
    "self.groups, self.dilation)"
)
_NORM = "torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, False, 0.1, self.eps)"
_INSTANCE = "torch.instance_norm(x, self.weight, self.bias, None, None, True, 0.1, self.eps)"
_MAX = "torch.max_pool{n}d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)"
_AVERAGE = "torch.avg_pool{n}d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)"
# What the forward of PyTorch's modules computes, in evaluation.
FORWARDS = {
    **{
        f"{kind}{n}d": text.format(n=n)
        for n in (1, 2, 3)
        for kind, text in (
            ("Conv", _CONV),
            ("ConvTranspose", _TRANSPOSED),
            ("BatchNorm", _NORM),
            ("InstanceNorm", _INSTANCE),
            ("MaxPool", _MAX),
            ("AdaptiveAvgPool", "torch.adaptive_avg_pool{n}d(x, self.output_size)"),
            ("Dropout", "x"),
        )
    },
    **{f"AvgPool{n}d": _AVERAGE.format(n=n) for n in (2, 3)},
    "Linear": "torch.linear(x, self.weight, self.bias)",
    "Embedding": "torch.embedding(self.weight, x)",
    "LayerNorm": "torch.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)",
    "GroupNorm": "torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)",
    "Flatten": "torch.flatten(x, self.start_dim, self.end_dim)",
    "Unflatten": "torch.unflatten(x, self.dim, self.unflattened_size)",
    "ReLU": "torch.relu(x)",
    "ReLU6": "torch.relu6(x)",
    "Sigmoid": "torch.sigmoid(x)",
    "Tanh": "torch.tanh(x)",
    "LeakyReLU": "torch.leaky_relu(x, self.negative_slope)",
    "ELU": "torch.elu(x, self.alpha)",
    "SELU": "torch.selu(x)",
    "CELU": "torch.celu(x, self.alpha)",
    "GELU": "torch.gelu(x, self.approximate)",
    "SiLU": "torch.silu(x)",
    "Mish": "torch.mish(x)",
    "Hardswish": "torch.hardswish(x)",
    "Hardsigmoid": "torch.hardsigmoid(x)",
    "Hardtanh": "torch.hardtanh(x, self.min_val, self.max_val)",
    "PReLU": "torch.prelu(x, self.weight)",
    "Softplus": "torch.softplus(x, self.beta, self.threshold)",
    "Softsign": "torch.softsign(x)",
    "LogSigmoid": "torch.log_sigmoid(x)",
    "GLU": "torch.glu(x, self.dim)",
    "Softmax": "torch.softmax(x, self.dim)",
    "LogSoftmax": "torch.log_softmax(x, self.dim)",
    "Dropout": "x",
    "AlphaDropout": "x",
    "Identity": "x",
    "PixelShuffle": "torch.pixel_shuffle(x, self.upscale_factor)",
    "ReflectionPad2d": "torch.pad(x, self.padding, 'reflect')",
    "ZeroPad2d": "torch.pad(x, self.padding)",
    "ReplicationPad2d": "torch.pad(x, self.padding, 'replicate')",
}


def graph(path: Path, saved: Saved, held: Found) -> Checkpoint | None:
    """The graph of a tree of modules, None if one of them is of another class or does what is not known here."""
    root = held.module
    if root is None or modules.beside(root):  # of which the forward may make anything
        return None
    program = Program()
    while root.kind.name in WRAPPERS and modules.is_module(inside := root.state["_modules"].get("module")):
        root = inside
    whole = _object(program, root)
    if whole is None:
        return None
    try:
        followed = Follower(program, objects.tree(path, whole), saved.storages).follow()
    except (MismatchError, UndecidedError):
        return None
    made = followed.writer.checkpoint(path, FORMAT, producer=PRODUCER, notes=notes(followed) + held.notes())
    made.part, made.parts = held.part, held.parts
    return made


def _object(program: Program, module: Thing, depth: int = 0) -> Thing | None:
    """A module as an object of a program whose class has a forward; None if it is of an unknown class."""
    kind = module.kind.name
    if not module.kind.module.startswith("torch.nn.") or depth > modules.DEEPEST:
        return None
    held = [module.state["_parameters"], module.state.get("_buffers") or {}]
    state = {key: value for key, value in module.state.items() if isinstance(key, str) and not key.startswith("_")}
    state |= {str(key): value for part in held if isinstance(part, dict) for key, value in part.items()}
    if kind == "Sequential":
        inside = {
            str(key): _object(program, child, depth + 1) if modules.is_module(child) else None
            for key, child in module.state["_modules"].items()
        }
        if None in inside.values():
            return None
        state |= inside
        body = "".join(f"  x = getattr(self, {key!r}).forward(x)\n" for key in inside) + "  return x"
    elif kind in FORWARDS and module.state.get("padding_mode", "zeros") == "zeros":
        body = f"  return {FORWARDS[kind]}"
    else:
        return None
    made = Thing(Name(f"__torch__.{len(program.classes)}", kind), (), state)
    (forward,) = ast.parse(f"def forward(self, x):\n{body}").body
    assert isinstance(forward, ast.FunctionDef)
    program.classes[str(made.kind)] = Class({"forward": forward})
    return made
