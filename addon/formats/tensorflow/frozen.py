# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frozen graphs (GraphDef, .pb and .pbtxt): a graph with its weights as constants in it."""

from __future__ import annotations

import mmap
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.protobuf import decode
from ..checkpoint import Checkpoint
from . import dropout, keras_loops
from . import flat as flats
from .ends import guessed
from .flat import Flat, UnfoldableError
from .graph import Unwritable
from .graph_text import Text, parse
from .messages import GRAPH, META_GRAPH, data_type, sizes
from .writing import Ends, Source, Writing

FORMAT = "frozen-graph"
LARGEST_TEXT = 1 << 28  # bytes of a graph as text


def read(path: Path) -> Checkpoint:
    """Open a frozen graph. Raises `CheckpointError`."""
    graph, data = load(path)
    flat = flattened(path, graph)
    if any(node.op in flats.VARIABLES for node in flat.nodes.values()):
        return _with_checkpoint(path, flat, data)
    flats.decide(flat)
    dropout.leave_out(flat)
    keras_loops.recognise(flat)
    inputs, outputs = guessed(flat)
    source = Source(path, data, path.name if path.suffix != ".pbtxt" and not is_text(path) else "")
    return write(path, flat, source, ends_of(flat, inputs, outputs), FORMAT)


def _with_checkpoint(path, flat, data) -> Checkpoint:
    """A graph whose variables are in the checkpoint beside it."""
    from . import bundle, checkpoints

    beside = path.with_name(checkpoints.LIST)
    if not beside.is_file():
        raise CheckpointError(path, "a graph of TensorFlow without weights", "put its checkpoint beside it")
    index = checkpoints.index_of(beside)
    file = "" if is_text(path) else path.name
    return checkpoints.with_graph(index, flat, data, file, bundle.read(index), [])


def is_text(path: Path) -> bool:
    """Whether a graph is written as text."""
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    return head.startswith((b"node {", b"node{", b"node:", b"node <", b"library", b"versions", b"#"))


def load(path: Path, meta: bool = False) -> tuple[dict, memoryview]:
    """The graph in a file (with `meta` a MetaGraphDef, else a GraphDef), and the bytes that it refers to.

    Raises `CheckpointError`.
    """
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    description = META_GRAPH if meta else GRAPH
    try:
        if is_text(path):
            if len(mapped) > LARGEST_TEXT:
                raise ValueError(f"it has {len(mapped):,} bytes of text")
            held = Text()
            made = parse(bytes(mapped).decode("utf-8", "replace"), description, held)
            return made, memoryview(bytes(held.data))
        return decode(description, mapped, 0, len(mapped)), mapped
    except (ValueError, RecursionError) as error:
        problem = f"a graph of TensorFlow that is damaged or cut short ({error})"
        raise CheckpointError(path, problem, "fetch it again") from error


def flattened(path: Path, graph: dict) -> Flat:
    """The flat graph. Raises `CheckpointError`."""
    if not graph.get("node"):
        raise CheckpointError(path, "a graph of TensorFlow without nodes", "is this the whole file?")
    try:
        return flats.flat(graph)
    except UnfoldableError as error:
        raise CheckpointError(path, f"cannot be opened up: {error}") from error


def ends_of(flat: Flat, inputs: list[str], outputs: list[flats.Place]) -> Ends:
    """Inputs and outputs by the names of their nodes."""
    made = Ends()
    for name in inputs:
        node = flat.nodes[name]
        if node.op in flats.FIRST_INPUTS:
            said = node.setting("shape")
            shape = _whole_shape(node, said)
            made.inputs[name, 0] = name, shape, data_type(node.setting("dtype"))
            continue
        shapes = (node.attributes.get("output_shapes") or node.attributes.get("shapes") or {}).get("list", {})
        kinds = (node.attributes.get("output_types") or node.attributes.get("component_types") or {}).get("list", {})
        said_kinds = kinds.get("type", [1])
        used = sorted({place for other in flat.nodes.values() for read, place in other.reads if read == name})
        for place in used or [0]:
            shapes_said = shapes.get("shape", [])
            shape = sizes(shapes_said[place]) if place < len(shapes_said) else None
            kind = data_type(said_kinds[place]) if place < len(said_kinds) else None
            made.inputs[name, place] = name if place == 0 else f"{name}:{place}", shape, kind
    names: set[str] = set()
    for name, index in outputs:
        free = name if name not in names else f"{name}:{index}"
        names.add(free)
        made.outputs[free] = name, index
    return made


def _whole_shape(node, said):
    if isinstance(said, dict) and (said.get("dim") or node.op == "Placeholder" and not said.get("unknown_rank")):
        if said.get("dim"):
            return sizes(said)
    held = (node.attributes.get("_output_shapes", {}).get("list") or {}).get("shape", [])
    return sizes(held[0]) if held else None


def write(path: Path, flat: Flat, source: Source, ends: Ends, format: str, producer: str = "", notes=()) -> Checkpoint:
    """The checkpoint of a flat graph. Raises `CheckpointError`."""
    if not ends.outputs:
        raise CheckpointError(path, "a graph of TensorFlow in which nothing leads from an input to an output")
    if all(flat.nodes[name].op in flats.FIRST_INPUTS for name, _ in ends.outputs.values() if name in flat.nodes):
        raise CheckpointError(path, "a graph of TensorFlow that computes nothing")
    try:
        return Writing(flat, source, ends).checkpoint(format, producer, notes)
    except Unwritable as error:
        raise CheckpointError(path, f"a graph of TensorFlow that cannot be read: {error}") from error
