# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callables that a pickle names would make, as records: one table, and the names that are refused.

A function of the table gets the arguments that the file gives and raises `ValueError` where they make no sense.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from .records import STATE, Absent, Array, Name, Sparse, Storage, Tensor, Thing
from .torch_types import OF_DTYPE, OF_STORAGE

MOST_AXES, MOST_NUMBERS = 32, 1 << 60
LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")

GETATTR = ("builtins.getattr", "__builtin__.getattr")  # how a pickle names classes in classes, and methods
METHOD = Name("builtins", "getattr")
# No checkpoint needs these, and whoever runs code by a pickle does.
REFUSED_MODULES = {
    "os",
    "posix",
    "nt",
    "posixpath",
    "ntpath",
    "subprocess",
    "sys",
    "shutil",
    "socket",
    "runpy",
    "importlib",
    "ctypes",
    "pty",
    "webbrowser",
    "commands",
    "code",
    "codeop",
    "pdb",
    "bdb",
    "cProfile",
    "profile",
    "trace",
    "timeit",
    "platform",
    "signal",
    "multiprocessing",
    "threading",
    "_thread",
    "asyncio",
    "tempfile",
    "http",
    "urllib",
    "urllib2",
    "requests",
    "ftplib",
    "smtplib",
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "pip",
    "ensurepip",
    "venv",
    "distutils",
    "imp",
    "pkgutil",
    "zipimport",
    "inspect",
    "gc",
    "atexit",
    "linecache",
    "pydoc",
    "popen2",
    "fcntl",
}
REFUSED = {
    *(
        f"{module}.{name}"
        for module in ("builtins", "__builtin__")
        for name in (
            "eval",
            "exec",
            "execfile",
            "__import__",
            "open",
            "file",
            "setattr",
            "delattr",
            "compile",
            "input",
            "raw_input",
            "apply",
            "globals",
            "locals",
            "vars",
            "breakpoint",
            "reload",
        )
    ),
    "torch.load",
    "torch.hub.load",
    "torch.jit.load",
    "torch.ops.load_library",
    "torch.classes.load_library",
    "torch.serialization.load",
    "numpy.load",
    "numpy.fromfile",
    "numpy.memmap",
    "types.CodeType",
    "types.FunctionType",
    "numpy.testing._private.utils.runstring",
    "torch._inductor.codecache.compile_file",
}


def is_refused(name: Name) -> bool:
    """Whether a file that names this callable is refused."""
    return name.module.partition(".")[0] in REFUSED_MODULES or str(name) in REFUSED or _is_inner(name)


def _is_inner(name: Name) -> bool:
    """Whether a name leads into Python itself, as "Module.__init__.__globals__" does."""
    return any(part[:2] == "__" == part[-2:] for part in name.name.split("."))


def attribute(holder: Name | Thing | Tensor, name: str) -> Name | Thing:
    """What getattr would give, as a record: a class in a class, or a function of a module or class, by its name; of an
    object its method, which stays as it is asked for."""
    return Name(holder.module, f"{holder.name}.{name}") if isinstance(holder, Name) else Thing(METHOD, (holder, name))


def call(name: Name, args: tuple):
    """What this callable would give for these arguments. Raises `ValueError`."""
    make = CALLS.get(str(name))
    if make is None:
        return Thing(name, args)
    try:
        return make(*args)
    except (TypeError, AttributeError, IndexError, KeyError) as error:
        raise ValueError(f"'{name}' is called with arguments that it cannot have") from error


def storage(args) -> Storage | Thing:
    """The storage that a persistent id stands for: ("storage", class, key, device, count[, view])."""
    if not isinstance(args, tuple) or len(args) < 2 or not isinstance(args[0], str):
        raise ValueError("a persistent id that is none of PyTorch's")
    if args[0] == "module":
        return args[1]  # older files keep a module's source code beside its class
    _, kind, key, _, count, *view = args
    if args[0] != "storage" or not isinstance(kind, Name) or kind.name not in OF_STORAGE:
        raise ValueError(f"a persistent id of the unknown kind {str(args[0])[:40]!r}")
    if not isinstance(key, str) or not _is_count(count):
        raise ValueError("a storage without a key or a size")
    start = 0
    if view and isinstance(view[0], tuple):
        _, start, count = view[0]
        _counts((start, count))
    return Storage(key, OF_STORAGE[kind.name], count, start)


def _is_count(number) -> bool:
    return type(number) is int and 0 <= number < MOST_NUMBERS


def _counts(numbers) -> tuple[int, ...]:
    if isinstance(numbers, Thing):
        numbers = numbers.args[0]  # torch.Size
    if not isinstance(numbers, (tuple, list)) or len(numbers) > MOST_AXES or not all(map(_is_count, numbers)):
        raise ValueError("a tensor with an absurd shape, offset or stride")
    return tuple(numbers)


def _tensor(storage, offset, size, stride, data_type=None, scale=None, zero_point=None, axis=0):
    if isinstance(storage, Tensor):  # a TypedStorage, rebuilt round an untyped one
        storage = storage.storage
    if not isinstance(storage, Storage):
        raise ValueError("a tensor without a storage")
    shape, strides = _counts(size), _counts(stride)
    if len(shape) != len(strides) or prod(max(1, length) for length in shape) >= MOST_NUMBERS:
        raise ValueError("a tensor with an absurd shape or stride")
    return Tensor(
        storage,
        data_type or storage.data_type,
        storage.start + _counts((offset,))[0],
        shape,
        strides,
        scale,
        zero_point,
        axis,
    )


def _tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, metadata=None):
    if not isinstance(dtype, Name) or dtype.name not in OF_DTYPE:
        return Absent(f"of the type {dtype.name if isinstance(dtype, Name) else 'nobody knows'}")
    return _tensor(storage, offset, size, stride, OF_DTYPE[dtype.name])


def _quantised(storage, offset, size, stride, quantizer, *rest):
    _, scale, zero_point, *axis = quantizer
    axis = axis[0] if axis and type(axis[0]) is int else 0
    return _tensor(storage, offset, size, stride, None, scale, zero_point, axis)


def _sparse(layout, data):
    """A sparse tensor: COO has indices (axes, numbers) and values, the others two kinds of indices and values."""
    if isinstance(layout, Thing):  # torch.serialization._get_layout("torch.sparse_coo")
        layout = layout.args[0]
    layout = layout.name if isinstance(layout, Name) else str(layout).removeprefix("torch.")
    parts = tuple(part for part in data if isinstance(part, Tensor))
    shape = _counts(next(part for part in data[len(parts) :] if not isinstance(part, bool)))
    if layout not in LAYOUTS or len(parts) != (2 if layout == "sparse_coo" else 3):
        return Absent("sparse in a way that is not known")
    return Sparse(layout, parts, shape)


def _from_type(function, kind, args, state=None):
    """A tensor of a subclass: what the function for plain tensors makes of the arguments."""
    if not isinstance(function, Name) or not isinstance(args, tuple) or function.module == "torch._tensor":
        return Absent("of a class of its own")
    return call(function, args)


def _absent(reason):
    return lambda *args, **more: Absent(reason)


def _first(data, *rest):
    return data


def _dict(*args):
    """An OrderedDict; Python 2 wrote one with a list of pairs."""
    pairs = args[0] if args and isinstance(args[0], (list, tuple)) else ()
    return {key: value for key, value in pairs if isinstance(key, (str, int))}


def _object(kind, base, state=None):
    return Thing(kind) if isinstance(kind, Name) else Absent("of a class of its own")


def _array(text, *shape_and_order):
    return Array()


def _dtype(text, *rest):
    return Thing(Name("numpy", "dtype"), (text,))


def numpy_type(dtype) -> str:
    """NumPy's name of a pickled dtype, with its byte order."""
    if not isinstance(dtype, Thing) or dtype.kind.name != "dtype" or not isinstance(dtype.args[0], str):
        raise ValueError("a NumPy array without a type")
    order = dtype.state.get("order", "<")
    return (order if order in ("<", ">") else "") + dtype.args[0]


def _scalar(dtype, data=b""):
    return (
        Array(numpy_type(dtype), (), False, data)
        if isinstance(data, (bytes, bytearray))
        else Thing(Name("numpy", "scalar"), (data,))
    )


def _from_buffer(data, dtype, shape, order="C", *rest):
    return Array(numpy_type(dtype), _counts(shape), order == "F", data)


def _encode(text, encoding="latin1"):
    if encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise ValueError(f"text in the encoding {str(encoding)[:20]!r}")
    return text.encode(encoding)


CALLS: dict[str, Callable] = {
    "torch._utils._rebuild_tensor": lambda storage, offset, size, stride: _tensor(storage, offset, size, stride),
    "torch._utils._rebuild_tensor_v2": lambda storage, offset, size, stride, *rest: _tensor(
        storage, offset, size, stride
    ),
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_qtensor": _quantised,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch.nn.parameter.Parameter": _first,
    "torch.nn.parameter.Buffer": _first,
    "torch._tensor._rebuild_from_type": _from_type,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch._utils._rebuild_device_tensor_from_numpy": _first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_xla_tensor": _first,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_sparse_csr_tensor": _sparse,
    "torch._utils._rebuild_nested_tensor": _absent("nested"),
    "torch._utils._rebuild_meta_tensor_no_storage": _absent("on the meta device, without numbers"),
    "torch._utils._rebuild_wrapper_subclass": _absent("of a class of its own"),
    "torch.storage.TypedStorage": _first,
    "torch.Size": lambda size=(): _counts(size),
    "torch.jit._pickle.build_intlist": _first,
    "torch.jit._pickle.build_boollist": _first,
    "torch.jit._pickle.build_doublelist": _first,
    "torch.jit._pickle.build_tensorlist": _first,
    "torch.jit._pickle.restore_type_tag": _first,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": lambda factory=None, *args: _dict(*args),
    "collections.Counter": _dict,
    "_codecs.encode": _encode,
    **{
        f"{module}.{name}": make
        for module in ("builtins", "__builtin__")
        for name, make in {
            "dict": _dict,
            "set": lambda items=(): list(items),
            "frozenset": lambda items=(): list(items),
            "list": lambda items=(): list(items),
            "tuple": tuple,
            "bytearray": lambda data=b"", *rest: data,
        }.items()
    },
    "copyreg._reconstructor": _object,
    "copy_reg._reconstructor": _object,
    **{
        f"numpy.{core}.multiarray.{name}": make
        for core in ("core", "_core")
        for name, make in {"_reconstruct": _array, "scalar": _scalar}.items()
    },
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "numpy.dtype": _dtype,
    "numpy.ndarray": _array,
}


def build(made, state) -> None:
    """What BUILD does to a record: attributes of things, the contents of arrays and types. Raises `ValueError`."""
    if isinstance(made, Array):
        if not isinstance(state, tuple) or len(state) < 4:
            raise ValueError("a NumPy array without its numbers")
        _, shape, dtype, made.columns_first, data = state if len(state) > 4 else (0, *state)
        made.shape, made.text = _counts(shape), numpy_type(dtype)
        made.data = data if isinstance(data, (bytes, bytearray)) else b""  # a list: an array of objects
    elif isinstance(made, Thing):
        if made.kind.name == "dtype" and isinstance(state, tuple) and len(state) > 1:
            made.state["order"] = state[1]
            return
        if isinstance(state, tuple) and not any(isinstance(part, dict) for part in state):
            made.state = {**made.state, STATE: state}
            return
        for part in state if isinstance(state, tuple) else (state,):  # attributes, and those in slots
            if isinstance(part, dict):
                made.state = {**made.state, **part} if made.state else part
