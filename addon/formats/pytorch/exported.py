# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of torch.export (.pt2): an exact graph of PyTorch's operators in JSON, and weights as plain bytes.

The archive of torch 2.7 and later: models/NAME.json, data/weights/, data/constants/ with a list of each. The schema:
torch/_export/serde/schema.py. Nothing in it is run, and pickles in it are not opened.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper

from ...containers import bounded_json, stopping
from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.stored import FLOATS, MOST_AXES, MOST_ELEMENTS, Stored
from ...containers.zip_archive import Archive, archive
from ..checkpoint import Checkpoint
from ..graph_writer import Writer
from .operators import NUMBERS, OPERATORS
from .operators.emitter import Emitter, MismatchError, ShapelessError, UndecidedError, UnknownError, Value

FORMAT = "torch-export"
MOST_NODES = 50_000
# torch.export's numbers of types -> ONNX's, and PyTorch's own numbers, which operators are given.
TYPES = {
    1: (TensorProto.UINT8, 0),
    2: (TensorProto.INT8, 1),
    3: (TensorProto.INT16, 2),
    4: (TensorProto.INT32, 3),
    5: (TensorProto.INT64, 4),
    6: (TensorProto.FLOAT16, 5),
    7: (TensorProto.FLOAT, 6),
    8: (TensorProto.DOUBLE, 7),
    12: (TensorProto.BOOL, 11),
    13: (TensorProto.BFLOAT16, 15),
}
# What a wrong program makes the writers of operators raise.
CAUGHT = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError)
SYMBOL = re.compile(r"^(?:Symbol\()?'?([A-Za-z]\w{0,30})'?[,)]?")
PASSING = ("alias", "lift_fresh_copy", "detach_", "detach", "_assert_tensor_metadata", "lift")
CHECKS = ("_assert_scalar", "_assert_async", "sym_constrain_range_for_size", "sym_constrain_range", "_check_is_size")
ARITHMETIC = {"floordiv": "floordiv", "truediv": "div", "mod": "remainder"}


def read(path: Path) -> Checkpoint:
    """Open a program. Raises `CheckpointError`."""
    opened = archive(path)
    models = sorted(name for name in opened.members if re.search(r"(^|/)models/[^/]+\.json$", name))
    if not models:
        raise CheckpointError(path, "a program of an early torch.export", "export it again with torch 2.7 or later")
    said = bounded_json.parse(path, opened.read(models[0], bounded_json.LARGEST), "its program")
    try:
        return _Program(path, opened, models[0].rpartition("models/")[0], said).checkpoint()
    except CAUGHT as error:
        reason = f"{type(error).__name__}: {str(error)[:80]}"
        raise CheckpointError(
            path, f"a program of torch.export that is damaged ({reason})", "fetch it again"
        ) from error
    except (UndecidedError, MismatchError) as error:
        raise CheckpointError(path, f"a program of torch.export that cannot be followed: {error}") from error


@dataclass
class _Program:
    path: Path
    archive: Archive
    top: str  # the folder in the archive that all is in
    said: dict

    def checkpoint(self) -> Checkpoint:
        module = self.said["graph_module"]
        self.graph = module["graph"]
        self.emitter = Emitter(Writer("program"))
        self.values: dict[str, object] = {}
        self.unknown: Counter[str] = Counter()
        self.stored = self._config("weights") | self._config("constants")
        used = self._inputs(module["signature"]["input_specs"])
        nodes = self.graph["nodes"]
        if len(nodes) > MOST_NODES:
            raise CheckpointError(self.path, f"a program of {len(nodes):,} operators", "refused for safety")
        for node in nodes:
            stopping.check()
            self._node(node)
        self._outputs(module["signature"]["output_specs"])
        writer = self.emitter.writer
        unread = [stored for name, stored in self.stored.items() if name not in used and stored.data_type in FLOATS]
        unread += writer.unread(self.stored[name] for name in used)
        notes = [
            f"'{brief(name)}' ({count} times) is shown as it is named: what it computes is not known here"
            for name, count in sorted(self.unknown.items())
        ]
        if unread:
            notes.append(f"weights that the program does not read: {', '.join(brief(one.name) for one in unread[:4])}")
        version = str(self.said.get("torch_version", "")).partition("+")[0]
        made = writer.checkpoint(self.path, FORMAT, "graph", f"PyTorch {brief(version, 20)}".strip(), notes)
        made.unread = sum(prod(stored.shape) for stored in unread)
        return made

    # weights

    def _config(self, kind: str) -> dict[str, Stored]:
        name = f"{self.top}data/{kind}/model_{kind}_config.json"
        if name not in self.archive.members:
            return {}
        held = bounded_json.parse(self.path, self.archive.read(name, bounded_json.LARGEST), f"its list of {kind}")
        made = {}
        for key, entry in held.get("config", {}).items():
            stored = self._stored(key, entry, kind)
            if stored is not None:
                made[key] = stored
        return made

    def _stored(self, name, entry, kind) -> Stored | None:
        meta = entry.get("tensor_meta")
        if entry.get("use_pickle") or not isinstance(meta, dict) or meta.get("dtype") not in TYPES:
            return None
        data_type = TYPES[meta["dtype"]][0]
        shape, strides = (tuple(part["as_int"] for part in meta[key]) for key in ("sizes", "strides"))
        if len(shape) > MOST_AXES or len(strides) != len(shape) or any(size < 0 for size in (*shape, *strides)):
            raise ValueError(f"'{brief(name)}' has a shape that cannot be")
        if prod(max(1, size) for size in shape) > MOST_ELEMENTS:
            raise ValueError(f"'{brief(name)}' has a shape that cannot be")
        member = self.archive.members.get(f"{self.top}data/{kind}/{entry['path_name']}")
        if member is None:
            raise CheckpointError(self.path, f"the weight '{brief(name)}' is not in the archive", "fetch it again")
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(data_type))
        offset = meta.get("storage_offset", {}).get("as_int", 0)
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True) if size)
        if prod(shape) and (offset < 0 or (last + 1) * dtype.itemsize > member.size):
            raise CheckpointError(
                self.path,
                f"the weight '{brief(name)}' needs {(last + 1) * dtype.itemsize:,} bytes and has {member.size:,}",
                "fetch it again",
            )
        plain = all(
            size == 1 or stride == prod(shape[axis + 1 :])
            for axis, (size, stride) in enumerate(zip(shape, strides, strict=True))
        )
        if plain and member.offset is not None:
            return Stored(name, shape, data_type, self.path.name, member.offset + offset * dtype.itemsize)

        def strided() -> np.ndarray:
            whole = np.frombuffer(self.archive.read(member.name, member.size), dtype)
            steps = [stride * dtype.itemsize for stride in strides]
            return np.ascontiguousarray(np.lib.stride_tricks.as_strided(whole[offset:], shape, steps, writeable=False))

        return Stored(name, shape, data_type, read=strided)

    # ends

    def _inputs(self, specs) -> list[str]:
        used = []
        for spec in specs:
            ((kind, entry),) = spec.items()
            if kind == "user_input":
                self._input(entry["arg"])
                continue
            key = next((value for name, value in entry.items() if name.endswith("_name")), "")
            argument = entry.get("arg", {}).get("name", "")
            stored = self.stored.get(key)
            if stored is None:
                if kind in ("parameter", "buffer", "tensor_constant"):
                    meta = self.graph["tensor_values"][argument]
                    self.values[argument] = Value(argument, TYPES[meta["dtype"]][0], None)
                    if any(argument in _named(node) for node in self.graph["nodes"]):
                        raise CheckpointError(
                            self.path,
                            f"the weight '{brief(key)}' is kept in a pickle, which is not read",
                            "export anew",
                        )
                continue
            used.append(key)
            self.values[argument] = stored
        return used

    def _input(self, argument):
        if "as_tensor" not in argument:
            ((_, value),) = argument.items()
            if isinstance(value, dict) and "name" in value:
                raise UndecidedError("an input that is no tensor")
            return
        name = argument["as_tensor"]["name"]
        meta = self.graph["tensor_values"][name]
        said, assumed = [], []
        for axis, size in enumerate(meta["sizes"]):
            if "as_int" in size:
                said.append(size["as_int"])
                assumed.append(size["as_int"])
                continue
            expression = size["as_expr"]
            symbol = SYMBOL.match(expression.get("expr_str", ""))
            said.append("batch" if axis == 0 else symbol[1] if symbol else None)
            assumed.append(expression.get("hint", {}).get("as_int", 2))
        if not all(type(size) is int and 0 <= size < 1 << 40 for size in assumed):
            raise ValueError(f"the input '{brief(name)}' has a shape that cannot be")
        kind = TYPES[meta["dtype"]][0]
        self.values[name] = Value(self.emitter.writer.input(name, said, kind), kind, tuple(assumed))

    def _outputs(self, specs):
        names: Counter[str] = Counter()
        for spec in specs:
            argument = spec.get("user_output", {}).get("arg", {})
            if "as_tensor" not in argument:
                continue
            name = argument["as_tensor"]["name"]
            value = self._value(name)
            if not isinstance(value, Value):
                continue
            names[name] += 1
            shape = None if value.shape is None else [None] * len(value.shape)
            self.emitter.writer.output(value.name, "output" if len(specs) == 1 else name, shape, value.type)

    # nodes

    def _value(self, name):
        value = self.values[name]
        if isinstance(value, Stored):
            value = self.values[name] = self.emitter.weight(value)
        return value

    def _argument(self, argument):
        ((kind, value),) = argument.items()
        if kind == "as_none":
            return None
        if kind == "as_tensor" or kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
            if "name" in value or "as_name" in value:
                return self._value(value.get("name", value.get("as_name")))
            return next(iter(value.values()))
        if kind == "as_tensors":
            return [self._value(part["name"]) for part in value]
        if kind in ("as_sym_ints", "as_optional_tensors", "as_sym_floats"):
            return [self._part(part) for part in value]
        if kind == "as_optional_tensor":
            return self._part(value)
        if kind == "as_scalar_type":
            return TYPES[value][1]
        if kind in ("as_float", "as_floats"):  # infinities are texts
            return [float(part) for part in value] if isinstance(value, list) else float(value)
        if kind in ("as_int", "as_ints", "as_string", "as_strings", "as_bool", "as_bools"):
            return value
        if kind in ("as_memory_format", "as_layout", "as_device"):
            return None
        raise UnknownError(kind)

    def _part(self, part):
        if "as_none" in part:
            return None
        if "as_tensor" in part:
            return self._value(part["as_tensor"]["name"])
        return self._value(part["as_name"]) if "as_name" in part else next(iter(part.values()))

    def _node(self, node):
        target = node["target"]
        parts = target.split(".")
        name = parts[-2] if target.startswith("torch.ops.") and len(parts) > 3 else parts[-1]
        if name in CHECKS or target.startswith("torch._check"):
            return
        self.emitter.scope = _scope(node.get("metadata", {}).get("nn_module_stack", ""))
        before = len(self.emitter.writer.graph.node)
        try:
            args = [self._argument(entry["arg"]) for entry in node["inputs"] if entry.get("kind") != 2]
            more = {entry["name"]: self._argument(entry["arg"]) for entry in node["inputs"] if entry.get("kind") == 2}
            made = self._called(name, target, args, more)
        except (UnknownError, ShapelessError, checker.ValidationError):
            del self.emitter.writer.graph.node[before:]
            made = self._opaque(name, node)
        outputs = node["outputs"]
        if len(outputs) == 1 and "as_tensors" in outputs[0]:
            names = [part["name"] for part in outputs[0]["as_tensors"]]
        else:
            names = [_output(output) for output in outputs]
        several = made if isinstance(made, (list, tuple)) else [made]
        if len(several) < len([one for one in names if one]) and not isinstance(made, (list, tuple)):
            several = [made] * len(names)
        for output, value in zip(names, several, strict=False):
            if output:
                self.values[output] = value

    def _called(self, name, target, args, more):
        emitter = self.emitter
        if name == "sym_size":
            return emitter.size(args[0], args[1])
        if name == "sym_numel":
            return prod(emitter.size(args[0], axis) for axis in range(args[0].rank))
        if target.startswith(("_operator.", "math.")) or not any(isinstance(value, Value) for value in _flat(args)):
            function = NUMBERS.get(ARITHMETIC.get(name, name))
            if function is not None and target.startswith(("_operator.", "math.", "torch.sym")):
                return function(emitter, *args)
        if name in PASSING:
            return args[0]
        if name in ALIKE:
            return ALIKE[name](emitter, args, more)
        in_place = name.endswith("_") and not name.endswith("__")
        function = OPERATORS.get(name.removesuffix("_") if in_place else name)
        if function is None or not target.startswith(("torch.ops.aten.", "torch.ops.prims.")):
            raise UnknownError(target)
        made = function(emitter, *args, **more)
        if in_place and isinstance(made, Value) and isinstance(args[0], Value):
            return args[0].become(made)
        return made

    def _opaque(self, name, node):
        self.unknown[name] += 1
        read = []
        for entry in node["inputs"]:
            try:
                read += [value for value in _flat([self._argument(entry["arg"])]) if isinstance(value, Value)]
            except UnknownError:
                continue
        if not read:
            raise UndecidedError(f"'{name}' is not known")
        output = next((_output(output) for output in node["outputs"]), "")
        meta = self.graph.get("tensor_values", {}).get(output)
        if not meta or meta["dtype"] not in TYPES:
            return self.emitter.opaque(name, *read)
        said = [size.get("as_int") for size in meta["sizes"]]
        shape = [size["as_int"] if "as_int" in size else size["as_expr"]["hint"]["as_int"] for size in meta["sizes"]]
        kind = TYPES[meta["dtype"]][0]
        made = self.emitter.writer.opaque(name, [value.name for value in read], self.emitter.name(name), "", said, kind)
        return Value(made, kind, tuple(shape))


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _named(node) -> set[str]:
    """The names of tensors that a node reads."""
    found = set()
    for entry in node["inputs"]:
        for value in entry["arg"].values():
            parts = value if isinstance(value, list) else [value]
            found |= {part["name"] for part in parts if isinstance(part, dict) and isinstance(part.get("name"), str)}
    return found


def _output(output) -> str:
    if "as_tensor" in output:
        return output["as_tensor"]["name"]
    for kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
        if kind in output:
            return output[kind].get("as_name", "")
    return ""


def _scope(stack: str) -> list[str]:
    """The modules round a node: "L__self___layer1,layer1,torch.nn.Sequential;…" -> ["layer1", "layer1.0", "conv1"]."""
    paths = (
        [entry.split(",")[1] for entry in stack.split(";") if entry.count(",") >= 2] if isinstance(stack, str) else []
    )
    names = []
    for path in filter(None, paths):
        parts = re.sub(r"@\d+$", "", path).split(".")
        first = len(parts) - 1
        while first and parts[first].isdigit():
            first -= 1
        names.append(".".join(parts[first:]))
    return names


def _batch_norm(e: Emitter, args, more):
    x, weight, bias, mean, variance, momentum, eps = args
    return [OPERATORS["batch_norm"](e, x, weight, bias, mean, variance, False, momentum, eps, False)] * 3


def _layer_norm(e: Emitter, args, more):
    return [OPERATORS["layer_norm"](e, *args)] * 3


def _group_norm(e: Emitter, args, more):
    x, weight, bias, _, _, _, groups, eps = args
    return [OPERATORS["group_norm"](e, x, groups, weight, bias, eps)] * 3


def _dropout(e: Emitter, args, more):
    return [args[0]] * 2


def _any(e: Emitter, args, more):
    x = e.cast(args[0], TensorProto.INT32)
    axes = [args[1]] if len(args) > 1 and isinstance(args[1], int) else args[1] if len(args) > 1 else None
    keep = bool(args[2]) if len(args) > 2 else bool(more.get("keepdim"))
    given = [e.constant(axes)] if axes else []
    return e.cast(e.node("ReduceMax", x, *given, keepdims=int(keep)), TensorProto.BOOL)


def _logical_not(e: Emitter, args, more):
    return e.node("Not", e.cast(args[0], TensorProto.BOOL))


# Operators of the core set that are others under another name.
ALIKE = {
    "_native_batch_norm_legit_no_training": _batch_norm,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    "native_dropout": _dropout,
    "any": _any,
    "logical_not": _logical_not,
    "_adaptive_avg_pool2d": lambda e, args, more: OPERATORS["adaptive_avg_pool2d"](e, *args, **more),
    "getitem": lambda e, args, more: args[0][args[1]],
}
