# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the PyTorch files of this folder, and what torch itself reads and computes. On the CPU, with torch
2.13.0; parts* and second_head.pt with 2.14.1."""

import argparse
import functools
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from networks import NETWORKS, Levels, Opaque, Rated, Repeated, Residual, Undecided
from torch import nn
from torch.ao import quantization
from torch.nn.utils import parametrizations, prune

HERE = Path(__file__).parent


def scripts():
    """Each network traced and scripted, with an input and its output."""
    kept = {}
    for name, (network, inputs) in NETWORKS.items():
        torch.manual_seed(0)
        module, given = network().eval(), inputs()
        for one in module.modules():  # statistics as if it had been trained
            if isinstance(one, nn.modules.batchnorm._BatchNorm):
                one.running_mean.normal_()
                one.running_var.uniform_(0.5, 2)
        with torch.no_grad():
            made = module(*given)
            traced = torch.jit.trace(module, given, check_trace=False, strict=False)
        light(traced, HERE / f"{name}_traced.pt")
        if name != "functions":  # no weights tell what its input is
            light(torch.jit.script(module), HERE / f"{name}_scripted.pt")
        kept.update({f"{name}/in{place}": one.numpy() for place, one in enumerate(given)})
        made = made if isinstance(made, (tuple, list)) else (made,)
        kept.update({f"{name}/out{place}": one.numpy() for place, one in enumerate(made)})
        kept[f"{name}/parameters"] = np.array(sum(one.numel() for one in module.parameters()))
    np.savez(HERE / "scripts.npz", **kept)


def not_to_be_followed():
    light(torch.jit.script(Opaque()), HERE / "opaque.pt")
    light(torch.jit.script(Undecided()), HERE / "undecided.pt")


def light(program, path):
    """Saved by torch, without the files that lead errors back to Python's lines: half of the archive."""
    buffer = io.BytesIO()
    torch.jit.save(program, buffer)
    with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(path, "w") as kept:
        for one in whole.infolist():
            if not one.filename.endswith(".debug_pkl"):
                kept.writestr(one, whole.read(one))


def save(name, data, **more):
    # The first format stores the code of the modules' classes, and where on this machine it lies, if it finds that.
    with mock.patch("torch.serialization.get_source_lines_and_file", side_effect=OSError):
        torch.save(data, HERE / name, **more)


def tensors():
    """Tensors of every type and layout, and as float64 what they hold."""
    torch.manual_seed(1)
    one = torch.randn(6, 4)
    held = {
        "float32": one,
        "float64": one.double(),
        "float16": one.half(),
        "bfloat16": one.bfloat16(),
        "float8_e4m3fn": one.to(torch.float8_e4m3fn),
        "float8_e5m2": one.to(torch.float8_e5m2),
        "float8_e4m3fnuz": one.to(torch.float8_e4m3fnuz),
        "float8_e5m2fnuz": one.to(torch.float8_e5m2fnuz),
        "int8": torch.randint(-128, 127, (5,)).to(torch.int8),
        "uint8": torch.randint(0, 255, (3, 2)).to(torch.uint8),
        "int16": torch.randint(-999, 999, (4,)).to(torch.int16),
        "int32": torch.randint(-9999, 9999, (4, 1)).int(),
        "int64": torch.randint(-9999, 9999, (2, 2)),
        "bool": one > 0,
        "transposed": one.t(),
        "every_other": one[::2, 1:3],
        "expanded": one[:, :1].expand(6, 5),
        "part": one[2:4],
        "channels_last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "empty": torch.empty(0, 3),
        "scalar": torch.tensor(2.5),
        "parameter": nn.Parameter(one * 2),
    }
    held["shared"] = held["float32"].view(3, 8)
    held["tied"] = held["float32"]
    for name, more in (("tensors.pt", {}), ("tensors_legacy.pth", {"_use_new_zipfile_serialization": False})):
        save(name, held, **more)
    np.savez(HERE / "tensors.npz", **{name: value.detach().double().numpy() for name, value in held.items()})
    big_endian(HERE / "tensors.pt", HERE / "tensors_big_endian.pt")


def big_endian(source, target):
    """As a machine with the other byte order would have written it."""
    held = torch.load(source, weights_only=True)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        swapped = {}
        for value in held.values():
            data = bytes(value.untyped_storage())
            swapped[data] = np.frombuffer(data, f"u{value.element_size()}").byteswap().tobytes()
        for name in old.namelist():
            data = b"big" if name.endswith("byteorder") else old.read(name)
            new.writestr(name, swapped.get(data, data))


def quantised():
    torch.manual_seed(2)
    one = torch.randn(4, 6)
    a_tensor = torch.quantize_per_tensor(one, 0.05, 3, torch.quint8)
    scales = torch.tensor([0.1, 0.02, 0.03, 0.04], dtype=torch.float64)
    a_channel = torch.quantize_per_channel(one, scales, torch.arange(4), 0, torch.qint8)
    save("quantised.pt", OrderedDict({"tensor": a_tensor, "channel": a_channel}))
    np.savez(
        HERE / "quantised.npz",
        tensor=a_tensor.int_repr().numpy(),
        channel=a_channel.int_repr().numpy(),
        scales=a_channel.q_per_channel_scales().numpy(),
    )


class Stubs(nn.Module):
    """A convolution and a matrix between the stubs of static quantisation."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = quantization.QuantStub(), quantization.DeQuantStub()
        self.conv, self.relu, self.fc = nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Linear(4 * 36, 3)

    def forward(self, x):
        return self.dequant(self.fc(torch.flatten(self.relu(self.conv(self.quant(x))), 1)))


def quantised_layers():
    """Layers that torch.ao quantises: their weights as torch says that they are applied, and what they give."""
    torch.manual_seed(3)
    chain = nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, 4, 3, padding=1),
            norm=nn.BatchNorm2d(4),
            relu=nn.ReLU(),
            flat=nn.Flatten(),
            fc=nn.Linear(4 * 36, 8),
            act=nn.ReLU(),
            out=nn.Linear(8, 3),
        )
    ).eval()
    kept, picture = {"x": torch.randn(1, 1, 6, 6)}, torch.randn(1, 1, 6, 6)
    for name, config in (
        ("tensor", quantization.default_dynamic_qconfig),
        ("channel", quantization.per_channel_dynamic_qconfig),
    ):
        made = quantization.quantize_dynamic(chain, {nn.Linear: config})
        save(f"dynamic_{name}_state.pt", made.state_dict())
        save(f"dynamic_{name}_module.pt", made)
        light(torch.jit.trace(made, picture), HERE / f"dynamic_{name}_script.pt")
        light(torch.jit.script(made), HERE / f"dynamic_{name}_compiled.pt")
        for layer in ("fc", "out"):
            kept[f"dynamic_{name}/{layer}.weight"] = getattr(made, layer).weight().dequantize()
            kept[f"dynamic_{name}/{layer}.bias"] = getattr(made, layer).bias()
        kept |= {f"dynamic_{name}/conv.weight": made.conv.weight, f"dynamic_{name}/y": made(kept["x"])}
    stubs = Stubs().eval()
    stubs.qconfig = quantization.get_default_qconfig("x86")
    made = quantization.prepare(stubs)
    made(torch.randn(8, 1, 6, 6))
    made = quantization.convert(made)
    save("static_state.pt", made.state_dict())
    save("static_module.pt", made)
    light(torch.jit.trace(made, picture), HERE / "static_script.pt")
    light(torch.jit.script(made), HERE / "static_compiled.pt")
    kept |= {f"static/{layer}.weight": getattr(made, layer).weight().dequantize() for layer in ("conv", "fc")}
    kept |= {f"static/{layer}.bias": getattr(made, layer).bias() for layer in ("conv", "fc")} | {
        "static/y": made(kept["x"])
    }
    np.savez(HERE / "quantised_layers.npz", **{name: one.detach().numpy() for name, one in kept.items()})


def sparse():
    torch.manual_seed(4)
    matrix = torch.randn(4, 6)
    matrix[matrix.abs() < 0.8] = 0
    doubled = torch.sparse_coo_tensor([[0, 0, 3], [1, 1, 5]], [1.0, 2.5, -1.0], (4, 6))
    save(
        "sparse.pt",
        {
            "coo": matrix.to_sparse(),
            "csr": matrix.to_sparse_csr(),
            "csc": matrix.to_sparse_csc(),
            "bsr": matrix.to_sparse_bsr((2, 3)),
            "bsc": matrix.to_sparse_bsc((2, 3)),
            "half": torch.stack([matrix, 2 * matrix]).to_sparse(2),
            "twice": doubled,
        },
    )
    np.savez(HERE / "sparse.npz", matrix=matrix.numpy(), twice=doubled.to_dense().numpy())


class Settings:
    """A class that no reader of the file has."""

    def __init__(self):
        self.rate, self.names = 0.1, ["a", "b"]


def checkpoints():
    """What training programs save round a state dict."""
    torch.manual_seed(3)
    module = nn.Sequential(OrderedDict(fc1=nn.Linear(4, 3), bn=nn.BatchNorm1d(3), fc2=nn.Linear(3, 2)))
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    state = module.state_dict()
    arguments = argparse.Namespace(
        arch="tiny",
        lr=0.1,
        settings=Settings(),
        dtype=torch.float16,
        device=torch.device("cpu"),
        best=np.float64(0.5),
        table=np.arange(3),
    )
    save(
        "lightning.ckpt.pt",
        {
            "epoch": 3,
            "global_step": 12,
            "pytorch-lightning_version": "2.1.0",
            "state_dict": OrderedDict((f"model.{name}", value) for name, value in state.items()),
            "loops": {"fit_loop": {"state_dict": {}}},
            "callbacks": {"ModelCheckpoint": {"best": arguments}},
            "optimizer_states": [optimizer.state_dict()],
            "lr_schedulers": [],
            "hyper_parameters": {"args": arguments},
        },
    )
    save(
        "fairseq.pt",
        {
            "args": arguments,
            "cfg": None,
            "model": state,
            "optimizer_history": [{"loss": 1.0}],
            "last_optimizer_state": optimizer.state_dict(),
            "extra_state": {"rng": torch.get_rng_state()},
        },
    )
    save(
        "wrapped.pth",
        {
            "net": OrderedDict((f"module._orig_mod.{name}", value) for name, value in state.items()),
            "acc": 0.9,
            "optimizer": optimizer.state_dict(),
        },
    )
    save("scored.pt", {"best_acc1": torch.tensor(71.5), "epoch": 3, "arch": "tiny", "state_dict": state})
    save(
        "two_networks.pt",
        {
            "encoder": nn.Linear(4, 2).state_dict(),
            "decoder": nn.Linear(2, 4).state_dict(),
            "opt_g": optimizer.state_dict(),
        },
    )
    save("module.pt", Residual().eval())
    chain = nn.Sequential(
        OrderedDict(
            features=nn.Sequential(
                nn.Conv2d(1, 4, 3, padding=1),
                nn.BatchNorm2d(4),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(4, 4, 3, 2, 1),
                nn.PReLU(),
                nn.AvgPool2d(2),
            ),
            flatten=nn.Flatten(),
            fc1=nn.Linear(36, 8),
            act=nn.GELU(),
            drop=nn.Dropout(),
            out=nn.Linear(8, 3),
        )
    ).eval()
    picture = torch.randn(1, 1, 28, 28)
    save("sequential.pt", {"model": nn.DataParallel(chain), "optimizer": optimizer.state_dict()})
    np.savez(HERE / "sequential.npz", x=picture.numpy(), y=chain(picture).detach().numpy())
    save("module_legacy.pt", {"model": module, "epoch": 1}, _use_new_zipfile_serialization=False)
    save(
        "odd.pt",
        {
            "sparse": torch.eye(3).to_sparse(),
            "complex": torch.randn(2, dtype=torch.complex64),
            "meta": torch.empty(3, device="meta"),
            "array": np.arange(6, dtype=np.float32).reshape(2, 3),
            "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            "big": np.arange(3, dtype=">f4"),
            "objects": np.array([None, "a"]),
            "scalar": np.float32(2.5),
            "weight": torch.ones(2, 2),
        },
    )
    save("list.pt", [torch.ones(2), (torch.zeros(3, 1),)])
    np.savez(HERE / "checkpoints.npz", **{name: value.numpy() for name, value in state.items()})
    for protocol in range(1, 6):  # each has operations of its own
        buffer = io.BytesIO()
        numbers = [1, -70000, 1 << 40, 2.5, True, None]
        torch.save(
            {
                "weight": torch.arange(4.0),
                "settings": Settings(),
                "numbers": numbers,
                "text": "d\u00e9j\u00e0",
                "bytes": b"\x00\xff",
                "sets": {frozenset((1, 2))},
            },
            buffer,
            pickle_protocol=protocol,
            pickle_module=pickle,
        )
        (HERE / f"protocol_{protocol}.pt").write_bytes(buffer.getvalue())


def parts():
    """Weights that are kept in parts, and as a whole in the .npz file."""
    named, norms = nn.utils, parametrizations
    model = nn.ModuleDict(
        {
            "old_weight": named.weight_norm(nn.Linear(6, 5)),
            "new_weight": norms.weight_norm(nn.Linear(5, 4)),
            "old_spectral": named.spectral_norm(nn.Linear(4, 4)),
            "new_spectral": norms.spectral_norm(nn.Linear(4, 7)),
            "pruned": prune.random_unstructured(nn.Linear(7, 6), "weight", 0.4),
        }
    ).eval()
    one = nn.Sequential(named.weight_norm(nn.Conv1d(4, 6, 3), dim=2)).eval()
    for found in (model, one):
        for value in found.parameters():
            value.data.normal_()
    for child in model.values():  # the older ones work the weight out when they are called
        child(torch.randn(1, child.in_features))
    one(torch.randn(1, 4, 5))
    for name, found in (("parts", model), ("parts_last", one)):
        save(f"{name}.pt", found.state_dict())
        np.savez(HERE / f"{name}.npz", **{key: child.weight.detach().numpy() for key, child in found.named_children()})


class Trained(nn.Module):
    """With a second head that is for training alone."""

    def __init__(self):
        super().__init__()
        self.body, self.head, self.second = nn.Linear(6, 5), nn.Linear(5, 3), nn.Linear(5, 2)

    def forward(self, x):
        x = torch.relu(self.body(x))
        return (self.head(x), self.second(x)) if self.training else self.head(x)


def unread():
    torch.jit.trace(Trained().eval(), torch.randn(1, 6)).save(HERE / "second_head.pt")


class Held(nn.Module):
    """What pickles name by getattr: a class in a class, a builtin function, a method of a module."""

    class Inner(nn.Module):
        class Deep(nn.Linear):
            pass

        def __init__(self):
            super().__init__()
            self.deep = Held.Inner.Deep(4, 8)

    def __init__(self):
        super().__init__()
        self.inner, self.last = Held.Inner(), nn.Linear(8, 2)
        self.act, self.then, self.part = torch.tanh, nn.functional.relu, functools.partial(nn.functional.gelu)
        self.root, self.method, self.norm = torch.Tensor.sqrt, self.last.forward, nn.LayerNorm


def held():
    torch.manual_seed(5)
    module = Held().eval()
    for protocol in (2, 4):
        save(f"held_{protocol}.pt", module, pickle_protocol=protocol)
    save("held_legacy.pt", {"model": module}, _use_new_zipfile_serialization=False)
    np.savez(HERE / "held.npz", **{name: value.numpy() for name, value in module.state_dict().items()})


def wave(*shape):
    """Numbers that the tests make again."""
    return torch.from_numpy(np.sin(0.37 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape))


def sized():
    """Networks that only some sizes fit, and those with inputs that are no tensors: what torch gives for sizes that
    nobody is told of, every 97th number of it."""
    torch.manual_seed(6)
    kept = {}
    for name, module, inputs in (
        ("volume", Levels(3, 5, False), [wave(1, 1, 32, 64, 96)]),
        ("volume_joined", Levels(3, 6, True), [wave(1, 1, 64, 64, 128)]),
        ("picture", Levels(2, 7, True), [wave(1, 1, 128, 256)]),
        ("sound", Levels(1, 7, True), [wave(3, 1, 256)]),
        ("rated", Rated(), [wave(3, 512), 16000]),
        ("repeated", Repeated(), [torch.arange(14).reshape(2, 7) % 10, 0, 1.0, False]),
    ):
        light(torch.jit.script(module.eval()), HERE / f"sized_{name}.pt")
        with torch.no_grad():
            kept[name] = module(*inputs).flatten()[::97].numpy()
    np.savez_compressed(HERE / "sized.npz", **kept)


if __name__ == "__main__":
    sized()
    held()
    unread()
    parts()
    scripts()
    not_to_be_followed()
    tensors()
    quantised()
    quantised_layers()
    sparse()
    checkpoints()
