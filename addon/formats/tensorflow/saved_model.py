# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""SavedModels: a folder with a graph, its functions and signatures, and its variables as a checkpoint."""

from __future__ import annotations

import mmap
from dataclasses import replace
from math import prod
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.protobuf import decode
from ...containers.stored import FLOATS, Stored
from ..checkpoint import Checkpoint
from . import bundle, checkpoints, dropout, frozen, keras_loops
from . import flat as flats
from .bundle import Bundle
from .ends import guessed
from .graph_text import Text, parse
from .messages import SAVED_MODEL, data_type, sizes
from .writing import Ends, Source

FORMAT = "saved-model"
VARIABLES = "variables/variables.index"
INIT = "__saved_model_init_op"
SERVING = ("serving_default", "serve", "predict", "default")


def read(path: Path, part: str = "") -> Checkpoint:
    """Open a saved_model.pb (or .pbtxt) with the variables beside it; `part` names one of several signatures.

    Raises `CheckpointError`.
    """
    graph, data = _load(path)
    signatures = {
        name: held
        for name, held in graph.get("signature_def", {}).items()
        if name != INIT and held.get("outputs") and held.get("method_name") != "tensorflow/serving/init"
    }
    name = _chosen(path, signatures, part)
    said = graph.get("graph_def", {})
    if name:
        outputs = (info.get("name", "") for info in signatures[name].get("outputs", {}).values())
        restore = graph.get("saver_def", {}).get("restore_op_name", "")
        said = said | {"node": flats.needed(said.get("node", []), [*outputs, restore])}
    flat = frozen.flattened(path, said)
    flats.assignments(flat)
    flats.decide(flat)
    dropout.leave_out(flat)
    keras_loops.recognise(flat)
    held = _variables(path)
    names = checkpoints.object_names(held)
    used: set[str] = set()

    def variable(node) -> Stored | None:
        shared = node.setting("shared_name")
        assigned, part = flat.assigned.get(node.name, ("", ""))
        for key in (assigned, shared if isinstance(shared, str) else "", node.name):
            if key and key in held.tensors:
                used.add(key)
                whole = replace(held.tensors[key], name=names.get(key) or key.removesuffix(checkpoints.VALUE))
                parted = part and key == assigned
                return checkpoints.part_of(whole, part, node.name, path.parent) if parted else whole
        return None

    if name:
        ends = _ends(path, flat, signatures[name])
    else:
        ends = frozen.ends_of(flat, *guessed(flat))
    file = "" if frozen.is_text(path) or path.suffix == ".pbtxt" else path.name
    version = graph.get("meta_info_def", {}).get("tensorflow_version", "")
    source = Source(path, data, file, variable)
    made = frozen.write(path, flat, source, ends, FORMAT, f"TensorFlow {version}".strip())
    if len(signatures) > 1:
        made.part = name
        made.parts = {key: sum(prod(held.tensors[one].shape) for one in used) for key in sorted(signatures)}
    said = [names.get(key) or key for key in held.tensors]
    shown = {names.get(key) or key for key in used}
    left = [key for key, one in zip(held.tensors, said, strict=True) if key not in used and one not in shown]
    slots = [key for key in left if _is_beside(names.get(key) or key, key)]
    if slots:
        count = sum(prod(held.tensors[key].shape) for key in slots)
        made.notes.append(f"optimizer and counters left out ({count:,} numbers)")
    rest = [key for key in left if key not in slots and held.tensors[key].data_type in FLOATS]
    if rest:
        listed = ", ".join(brief(names.get(key) or key) for key in rest[:6])
        made.notes.append(f"weights that this signature does not read: {listed}"[:200])
        made.unread = sum(prod(held.tensors[key].shape) for key in rest)
    return made


def _is_beside(name: str, key: str) -> bool:
    return bool(
        checkpoints.SLOTS.search(name)
        or checkpoints.COUNTERS.search(name)
        or ".OPTIMIZER_SLOT" in key
        or "optimizer/" in key
        or "keras_api/metrics" in key
    )


def _load(path) -> tuple[dict, memoryview]:
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        if path.suffix == ".pbtxt":
            if len(mapped) > frozen.LARGEST_TEXT:
                raise ValueError(f"it has {len(mapped):,} bytes of text")
            held = Text()
            said = parse(bytes(mapped).decode("utf-8", "replace"), SAVED_MODEL, held)
            data = memoryview(bytes(held.data))
        else:
            said = decode(SAVED_MODEL, mapped, 0, len(mapped))
            data = mapped
    except (ValueError, RecursionError) as error:
        raise CheckpointError(path, f"a SavedModel that is damaged or cut short ({error})", "fetch it again") from error
    graphs = said.get("meta_graphs", [])
    serving = (graph for graph in graphs if "serve" in graph.get("meta_info_def", {}).get("tags", []))
    chosen = next(serving, graphs[0] if graphs else None)
    if chosen is None:
        raise CheckpointError(path, "a SavedModel without a graph", "fetch it again")
    return chosen, data


def _chosen(path, signatures, part) -> str:
    if part:
        if part not in signatures:
            listed = ", ".join(map(brief, signatures))
            raise CheckpointError(path, f"has no part '{brief(part)}'", f"it has {listed}" if listed else "")
        return part
    return next((name for name in SERVING if name in signatures), next(iter(sorted(signatures)), ""))


def _variables(path: Path) -> Bundle:
    index = path.parent / VARIABLES
    if not index.is_file():
        return Bundle(path)
    try:
        return bundle.read(index, "variables/")
    except CheckpointError as error:
        raise CheckpointError(path, f"its variables cannot be read: {error.problem}", error.advice) from error


def _ends(path, flat, signature) -> Ends:
    made = Ends()
    for name, info in signature.get("inputs", {}).items():
        at = flats.place(info.get("name", ""))
        if at is None:
            raise CheckpointError(path, f"its input '{brief(name)}' has no name", "fetch it again")
        if at[0] not in flat.nodes:  # nothing reads it, so it was left out
            flat.notes.append(f"its input '{brief(name)}' is read by nothing and not in its graph")
            continue
        made.inputs[at] = name, sizes(info.get("tensor_shape", {})), data_type(info.get("dtype"))
    for name, info in sorted(signature.get("outputs", {}).items()):
        at = flats.place(info.get("name", ""))
        if at is None or flat.final(at)[0] not in flat.nodes:
            raise CheckpointError(path, f"its output '{brief(name)}' is not in its graph", "fetch it again")
        made.outputs[name] = flat.final(at)
    return made
