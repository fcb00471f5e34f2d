# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints of TensorFlow 1 and 2: weights by name, and with a .meta beside them the graph that they are of."""

from __future__ import annotations

import re
from dataclasses import replace
from math import prod
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief, natural
from ...containers.stored import FLOATS, Stored, numbers
from ..checkpoint import Checkpoint
from ..weights import Weights
from . import bundle, dropout, frozen, keras_loops
from . import flat as flats
from .bundle import DATA, Bundle
from .ends import guessed
from .writing import Source

FIRST, SECOND = "tf1-checkpoint", "tf2-checkpoint"
LIST = "checkpoint"
LONGEST_LIST = 1 << 20  # bytes of the list of checkpoints in a folder
# Variables of optimizers and the like, by the ends of their names.
SLOTS = re.compile(
    r"/(Adam|Adam_1|Momentum|RMSProp|RMSProp_1|Adagrad|Adadelta|Adadelta_1|Ftrl|Ftrl_1|AdamW|AdamW_1|adam_m|adam_v|"
    r"LAMB|LAMB_1|ExponentialMovingAverage|Adamax|Adamax_1|nadam_[mv]|[mv]|vhat)$"
)
COUNTERS = re.compile(
    r"(^|/)(global_step|beta[12]_power|learning_rate|iterations?|iter|save_counter|step|decay|momentum|epoch|total|"
    r"count|cond_\d+/beta[12]_power|seed_generator_state|current_loss_scale|good_steps|current_learning_rate)(_\d+)?$"
)
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def read(path: Path) -> Checkpoint | Weights:
    """Open a checkpoint by any of its files: index, shard, .meta, the one file of the first version, or the list of a
    folder. Raises `CheckpointError`."""
    index = index_of(path)
    held = bundle.read(index)
    if held.objects is not None:
        return _second(index, held)
    meta = index.with_name(f"{index.name.removesuffix('.index')}.meta")
    notes = _left_out(held)
    if meta.is_file():
        try:
            return _with_graph(index, meta, held, notes)
        except CheckpointError as error:
            notes.append(f"the graph of {meta.name} is not used: {error.problem}"[:200])
    tensors, more = _weights({name: name for name in held.tensors}, held)
    return _bare(index, FIRST, tensors, [*notes, *more])


def index_of(path: Path) -> Path:
    """The file with the names of a checkpoint. Raises `CheckpointError` where it is not there."""
    if path.name == LIST or path.suffix == "" and _is_list(path):
        return _latest(path)
    shard = DATA.fullmatch(path.name)
    base = shard[1] if shard else path.name.removesuffix(".meta") if path.name.endswith(".meta") else ""
    if not base:
        return path
    index = path.with_name(f"{base}.index")
    if index.is_file():
        return index
    whole = path.with_name(base)
    if path.name.endswith(".meta") and whole.is_file():
        return whole
    what = "a graph of TensorFlow (MetaGraphDef) without its weights" if not shard else "weights of TensorFlow alone"
    raise CheckpointError(path, what, f"put {brief(index.name)} beside it")


def _is_list(path):
    with path.open("rb") as file:
        return file.read(22) == b"model_checkpoint_path:"


def _latest(path: Path) -> Path:
    with path.open("rb") as file:
        text = file.read(LONGEST_LIST).decode("utf-8", "replace")
    said = re.search(r'^model_checkpoint_path:\s*"((?:[^"\\\n]|\\.)*)"', text, re.MULTILINE)
    name = said[1].replace("\\\\", "/").rpartition("/")[2] if said else ""
    if not name or name in (".", ".."):
        raise CheckpointError(path, "a list of checkpoints that names none", "open the .index file itself")
    for ending in (".index", ""):
        named = path.with_name(f"{name}{ending}")
        if named.is_file():
            return named
    raise CheckpointError(path, f"a list of checkpoints whose last, {brief(name)}, is not there", "open another .index")


def part_of(whole: Stored, part: str, name: str, folder: Path) -> Stored:
    """A part of a variable that was parted among machines: "6 9 0,2:0,9" is rows 0 and 1 of one of 6 x 9."""
    *_, text = part.split(" ")
    spans = []
    for axis, piece in enumerate(text.split(":")):
        start, comma, length = piece.partition(",")
        size = whole.shape[axis] if axis < len(whole.shape) else 0
        if piece == "-":
            spans.append(slice(0, size))
        elif comma and start.isdecimal() and length.isdecimal() and int(start) + int(length) <= size:
            spans.append(slice(int(start), int(start) + int(length)))
    if len(spans) != len(whole.shape):
        return whole
    shape = tuple(span.stop - span.start for span in spans)
    return (
        whole
        if shape == whole.shape
        else replace(
            whole, name=name, shape=shape, file="", offset=None, read=lambda: numbers(whole, folder)[tuple(spans)]
        )
    )


def _left_out(held: Bundle) -> list[str]:
    named = [name for name in held.left_out if not name.startswith(("_CHECKPOINT", "."))]
    return [f"left out, of types that ONNX has not: {', '.join(map(brief, named[:4]))}"] if named else []


def _weights(names: dict[str, str], held: Bundle) -> tuple[list[Stored], list[str]]:
    """The weights of a checkpoint under these names, by its keys; not those of optimizers, and not counters."""
    kept, slots = [], 0
    for key, name in names.items():
        stored = held.tensors[key]
        if SLOTS.search(name) or COUNTERS.search(name):
            slots += prod(stored.shape)
        else:
            kept.append(replace(stored, name=name))
    notes = [f"optimizer and counters left out ({slots:,} numbers)"] if slots else []
    return kept, notes


def _bare(path, format, tensors, notes) -> Weights:
    if not tensors:
        raise CheckpointError(path, "a TensorFlow checkpoint that holds no weights", "is this the whole file?")
    tensors.sort(key=lambda stored: natural(stored.name))
    return Weights(path, format, tensors, "keras", "TensorFlow", notes=notes)


def _second(path: Path, held: Bundle) -> Weights:
    """A checkpoint of objects: names are those that variables had, weights of one name are told apart by their keys."""
    names = object_names(held)
    notes = _left_out(held)
    slots = 0
    kept: dict[str, str] = {}
    taken: dict[str, str] = {}
    places = object_order(held)
    for key in sorted(held.tensors, key=lambda key: (places.get(key, len(places)), natural(key))):
        stored = held.tensors[key]
        name = names.get(key) or key.removesuffix(VALUE)
        if ".OPTIMIZER_SLOT" in key or re.match(r"(.*/)?_?optimizer/(?!.*_trainable_variables/)", key):
            slots += prod(stored.shape)
            continue
        if name in taken:
            name = key.removesuffix(VALUE)
        taken[name] = key
        kept[key] = name
    tensors, more = _weights(kept, held)
    more = [f"optimizer and counters left out ({slots + _counted(more):,} numbers)"] if slots or more else []
    ordered = [stored for stored in tensors if stored.data_type in FLOATS] or tensors
    return Weights(path, SECOND, ordered, "keras", "TensorFlow", notes=[*notes, *more])


def _counted(notes: list[str]) -> int:
    return sum(int(re.sub(r"\D", "", note)) for note in notes)


def object_names(held: Bundle) -> dict[str, str]:
    """The names of variables by their keys, as the graph of objects has them."""
    return {
        attribute["checkpoint_key"]: attribute.get("full_name", "")
        for node in (held.objects or {}).get("nodes", [])
        for attribute in node.get("attributes", [])
        if "checkpoint_key" in attribute
    }


def object_order(held: Bundle) -> dict[str, int]:
    """The places of variables in the order in which their objects hold them: layers one after the other."""
    nodes = (held.objects or {}).get("nodes", [])
    order: dict[str, int] = {}
    seen: set[int] = set()
    ahead = [0] if nodes else []
    while ahead:
        number = ahead.pop()
        if number in seen or not 0 <= number < len(nodes):
            continue
        seen.add(number)
        node = nodes[number]
        for attribute in node.get("attributes", []):
            order.setdefault(attribute.get("checkpoint_key", ""), len(order))
        children = node.get("children", [])
        ranked = sorted(children, key=lambda child: (_rank(child.get("local_name", "")),))
        ahead += [child.get("node_id", -1) for child in reversed(ranked)]
    return order


def _rank(name: str) -> tuple:
    """Layers in their order come before whatever else holds the same variables."""
    listed = re.fullmatch(r"layer-(\d+)|layer_with_weights-(\d+)", name)
    if listed:
        return 0, int(listed[1] or listed[2]), name
    if name in ("model", "_operations", "_layers", "layers"):
        return 1, 0, name
    if name in ("kernel", "_kernel", "depthwise_kernel", "embeddings", "gamma"):
        return 2, 0, name
    if name in ("bias", "beta"):
        return 2, 1, name
    if name.isdecimal():
        return 3, int(name), name
    return 4, 0, name


def _with_graph(index: Path, meta: Path, held: Bundle, notes: list[str]) -> Checkpoint:
    graph, data = frozen.load(meta, meta=True)
    version = graph.get("meta_info_def", {}).get("tensorflow_version", "")
    return with_graph(index, frozen.flattened(meta, graph.get("graph_def", {})), data, meta.name, held, notes, version)


def with_graph(
    index: Path, flat: flats.Flat, data: memoryview, file: str, held: Bundle, notes: list[str], version: str = ""
) -> Checkpoint:
    """The weights of a checkpoint in a flat graph; `file` is where its constants lie. Raises `CheckpointError`."""
    flats.assignments(flat)
    flats.decide(flat)
    dropout.leave_out(flat)
    keras_loops.recognise(flat)
    inputs, outputs = guessed(flat)
    ends = frozen.ends_of(flat, inputs, outputs)
    used: set[str] = set()

    def variable(node) -> Stored | None:
        shared = node.setting("shared_name")
        assigned, part = flat.assigned.get(node.name, ("", ""))
        for key in (assigned, node.name, shared if isinstance(shared, str) else ""):
            if key and key in held.tensors:
                used.add(key)
                whole = replace(held.tensors[key], name=key)
                return part_of(whole, part, node.name, index.parent) if part and key == assigned else whole
        return None

    source = Source(index, data, file, variable)
    made = frozen.write(index, flat, source, ends, FIRST, f"TensorFlow {version}".strip(), notes)
    left = [key for key in held.tensors if key not in used]
    slots = sum(prod(held.tensors[key].shape) for key in left if SLOTS.search(key) or COUNTERS.search(key))
    if slots:
        made.notes.append(f"optimizer and counters left out ({slots:,} numbers)")
    rest = [key for key in left if not (SLOTS.search(key) or COUNTERS.search(key))]
    if rest:
        made.notes.append(f"weights that no prediction reads: {', '.join(map(brief, rest[:6]))}"[:200])
        made.unread = sum(prod(held.tensors[key].shape) for key in rest if held.tensors[key].data_type in FLOATS)
    return made
