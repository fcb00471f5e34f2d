# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TensorFlow graph as one flat list of nodes: functions in the place of their calls, branches decided as for a
prediction, and of all only what leads from the inputs to the outputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...containers import stopping

MOST_NODES, DEEPEST = 1 << 17, 64
CALLS = ("StatefulPartitionedCall", "PartitionedCall", "RemoteCall")
BRANCHES = ("If", "StatelessIf")
FIRST_INPUTS = ("Placeholder", "PlaceholderV2")
QUEUES = re.compile(r"QueueDequeue|IteratorGetNext|Dequeue|ReaderRead|DecodeJpeg|DecodePng|ParseExample|ParseSingle")
VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
PASSING = ("Identity", "ReadVariableOp", "StopGradient", "Enter", "Snapshot", "CheckNumerics")
TRAINING = re.compile(
    r"^(Apply|ResourceApply|Assign|Save|Restore|Merge(V2Checkpoints|Summary)|ShardedFilename|.*Summary(V2)?$|.*Grad$|"
    r".*Grad(V2|V3|Input|Filter)$|Queue|Stack|.*CrossEntropy.*|Assert|NoOp|Print|InTopK|BroadcastGradientArgs|"
    r"WriteFile|VarIsInitializedOp|InitializeTable)"
)
UPDATES = re.compile(r"^(Assign|Apply|ResourceApply|Scatter(Add|Update|Sub)$|Save|.*Summary(V2)?$)")
# Outputs of operators that have several, by their names; a call of a function names them.
OUTPUTS = {
    **dict.fromkeys(
        ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
        ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"),
    ),
    "TopKV2": ("values", "indices"),
    "Switch": ("output_false", "output_true"),
    "Merge": ("output", "value_index"),
    "MaxPoolWithArgmax": ("output", "argmax"),
    "Unique": ("y", "idx"),
    "Moments": ("mean", "variance"),
    "BlockLSTM": ("i", "cs", "f", "o", "ci", "co", "h"),
    "LSTMBlockCell": ("i", "cs", "f", "o", "ci", "co", "h"),
    "CudnnRNNV3": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
}
Key = tuple[str, str]  # a tensor's key in a checkpoint, and which part of it: "6 9 0,2:0,9", empty for the whole
Place = tuple[str, int]  # a node's name and which of its outputs


class UnfoldableError(Exception):
    """A graph that cannot be made flat: why."""


@dataclass
class Node:
    """A node of the flat graph; `reads` are what it reads, without what it only waits for."""

    name: str
    op: str
    reads: list[Place]
    attributes: dict = field(default_factory=dict)

    def setting(self, name: str):
        """A plain setting: text, number, type (as TensorFlow numbers it), or a list of those; None if it has none."""
        value = self.attributes.get(name) or {}
        for kind in ("s", "i", "f", "type", "shape", "tensor"):
            if kind in value:
                return value[kind]
        if "b" in value:
            return bool(value["b"])
        if "list" in value:
            return next((list(held) for held in value["list"].values() if held), [])
        return None


def place(text: str) -> Place | None:
    """ "conv1/Relu:1" -> ("conv1/Relu", 1); None for what is only waited for."""
    if text.startswith("^"):
        return None
    name, colon, number = text.rpartition(":")
    return (name, int(number)) if colon and number.isdecimal() and len(number) < 6 else (text, 0)


@dataclass
class Flat:
    """All nodes by name, in the order of the file."""

    nodes: dict[str, Node] = field(default_factory=dict)
    assigned: dict[str, Key] = field(default_factory=dict)  # variable's node -> where it is in the checkpoint
    notes: list[str] = field(default_factory=list)
    instead: dict[Place, Place] = field(default_factory=dict)  # outputs of calls of functions -> what gives them

    inliner: _Inliner | None = field(default=None, repr=False)

    def final(self, at: Place) -> Place:
        """What gives a value, where it is what a function returns. Raises `UnfoldableError`."""
        for _ in range(DEEPEST * 4):
            if at not in self.instead:
                return at
            at = self.instead[at]
        raise UnfoldableError("its functions read one another in a circle")

    def source(self, at: Place) -> Place:
        """Where a value comes from, back through nodes that pass it on."""
        for _ in range(len(self.nodes)):
            node = self.nodes.get(at[0])
            if node is None or node.op not in PASSING or not node.reads:
                return at
            at = node.reads[0]
        return at


def readers_of(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """Who reads each node, by its name."""
    readers: dict[str, list[str]] = {}
    for name, node in nodes.items():
        for read, _ in node.reads:
            readers.setdefault(read, []).append(name)
    return readers


def needed(nodes: list[dict], wanted: Iterable[str]) -> list[dict]:
    """The nodes that lead to these outputs, with what they wait for."""
    by_name = {node.get("name", ""): node for node in nodes}
    kept: set[str] = set()
    ahead = [text.removeprefix("^").partition(":")[0] for text in wanted]
    while ahead:
        name = ahead.pop()
        if name in kept or name not in by_name:
            continue
        kept.add(name)
        ahead += [text.removeprefix("^").partition(":")[0] for text in by_name[name].get("input", [])]
    return [node for node in nodes if node.get("name", "") in kept]


def flat(graph: dict) -> Flat:
    """The graph without functions. Raises `UnfoldableError`."""
    functions = {
        function.get("signature", {}).get("name", ""): function
        for function in graph.get("library", {}).get("function", [])
    }
    made = Flat()
    made.inliner = _Inliner(functions, made)
    made.inliner.run(graph.get("node", []))
    return made


class _Inliner:
    def __init__(self, functions: dict[str, dict], made: Flat):
        self.functions = functions
        self.made = made
        self.taken: set[str] = set()

    def run(self, nodes: Iterable[dict]) -> None:
        """Enter the nodes of the graph."""
        self._graph(nodes, {}, "", ())
        self.settle()

    def branch(self, node: Node, taken: bool) -> bool:
        """Put a branch in the place of an If; False where it is not there."""
        name = (node.attributes.get("then_branch" if taken else "else_branch") or {}).get("func", {}).get("name", "")
        function = self.functions.get(name)
        if function is None:
            return False
        node.reads = node.reads[1:]
        self._call(node, function, ())
        return True

    def settle(self) -> None:
        """Let all who read what a function returns read what gives it."""
        for node in self.made.nodes.values():
            node.reads = [self.made.final(at) for at in node.reads]

    def _graph(self, nodes, given, prefix, above):
        """Enter nodes; `given` are the arguments of the function that they are in."""
        names: dict[str, str] = {}
        fresh = []
        for node in nodes:
            name = node.get("name", "")
            free = name
            count = 1
            while free in self.taken:
                free = f"{prefix}{name}" if count == 1 and prefix else f"{prefix}{name} {count}"
                count += 1
            names[name] = free
            self.taken.add(free)
            fresh.append((free, node))
        kinds = {node.get("name", ""): node.get("op", "") for node in nodes}
        for free, node in fresh:
            stopping.check()
            if len(self.made.nodes) >= MOST_NODES:
                raise UnfoldableError(f"its functions make more than {MOST_NODES:,} nodes")
            op = node.get("op", "")
            reads = [
                at
                for text in node.get("input", [])
                if (at := _read(text, names, given, kinds, bool(above))) is not None
            ]
            attributes = node.get("attr", {})
            target = self._called(op, attributes)
            made = Node(free, op, reads, attributes)
            self.made.nodes[free] = made
            if target is not None and not _is_recurrent(made, target):
                self._call(made, target, above)
        return names

    def _called(self, op, attributes) -> dict | None:
        if op in CALLS:
            return self.functions.get(attributes.get("f", {}).get("func", {}).get("name", ""))
        return self.functions.get(op)

    def _call(self, node, function, above):
        signature = function.get("signature", {})
        name = signature.get("name", "")
        if name in above or len(above) >= DEEPEST:
            raise UnfoldableError("its functions call themselves")
        arguments = [argument.get("name", "") for argument in signature.get("input_arg", [])]
        given = dict(zip(arguments, node.reads, strict=False))
        inner = function.get("node_def", [])
        names = self._graph(inner, given, f"{node.name}/", (*above, name))
        kinds = {one.get("name", ""): one.get("op", "") for one in inner}
        for index, argument in enumerate(signature.get("output_arg", [])):
            said = function.get("ret", {}).get(argument.get("name", ""), "")
            at = _read(said, names, given, kinds, True)
            if at is not None:
                self.made.instead[node.name, index] = at
        node.op = "NoOp"


RECURRENT = {  # what a function of Keras's says that it implements -> operator, its arguments, its body's operators
    "lstm": ("KerasLSTM", ["inputs", "init_h", "init_c", "kernel", "recurrent_kernel", "bias"]),
    "gru": ("KerasGRU", ["inputs", "init_h", "kernel", "recurrent_kernel", "bias"]),
}


def _is_recurrent(node: Node, function: dict) -> bool:
    """Make a call of the function in which Keras 2 puts a whole recurrent layer one operator, if it is one."""
    said = str(function.get("attr", {}).get("api_implements", {}).get("s", ""))
    op, arguments = RECURRENT.get(said.partition("_")[0], ("", []))
    signature = function.get("signature", {})
    if not op or [argument.get("name", "") for argument in signature.get("input_arg", [])] != arguments:
        return False  # with a mask, or in a gradient
    inner = function.get("node_def", [])
    node.op = op
    node.attributes = {
        "backwards": {"b": any(one.get("op") == "ReverseV2" for one in inner)},
        "time_major": {
            "b": not any(one.get("op") == "Transpose" and "inputs" in one.get("input", []) for one in inner)
        },
    }
    return True


def restored(made: Flat, at: Place) -> Key | None:
    """Where in the checkpoint a value is that is restored from it; None for others."""
    name, index = made.source(at)
    node = made.nodes.get(name)
    if node is None or node.op not in ("RestoreV2", "RestoreSlice", "Restore") or len(node.reads) < 2:
        return None
    names, parts = (_texts(made, at) for at in (node.reads[1:3] if len(node.reads) > 2 else (node.reads[1], ("", 0))))
    if index >= len(names):
        return None
    return names[index], parts[index] if index < len(parts) else ""


def _texts(made, at) -> list[str]:
    node = made.nodes.get(made.source(at)[0])
    held = ((node.attributes.get("value") or {}).get("tensor") or {}) if node else {}
    return held.get("string_val", [])


def _read(text: str, names: dict, given: dict, kinds: dict, inside: bool) -> Place | None:
    """What an input names: in a function "arg", "node:output:0"; else "node:0"."""
    if not text or text.startswith("^"):
        return None
    if not inside:
        at = place(text)
        return (names.get(at[0], at[0]), at[1]) if at else None
    if text in given:
        return given[text]
    parts = text.split(":")
    name = parts[0]
    if name in given:
        return given[name]
    output = parts[1] if len(parts) > 2 else ""
    last = parts[-1]
    number = int(last) if len(parts) > 1 and last.isdecimal() and len(last) < 6 else 0
    several = OUTPUTS.get(kinds.get(name, ""), ())
    if output in several:
        number += several.index(output)
    return names.get(name, name), number


def assignments(made: Flat) -> None:
    """Enter which key of the checkpoint goes into which variable, as the graph's own saver says."""
    for node in made.nodes.values():
        if node.op in ("Assign", "AssignVariableOp", "AssignVariableXlaConcatND") and len(node.reads) > 1:
            key = restored(made, node.reads[1])
            if key:
                made.assigned.setdefault(node.reads[0][0], key)


def decide(made: Flat, false: Iterable[str] = ()) -> None:
    """Take the branches that a prediction takes: conditions of placeholders, as "is_training", are false; so are
    those of these names."""
    for _ in range(DEEPEST):
        if not _decide(made, false):
            return


def _decide(made: Flat, false: Iterable[str]) -> bool:
    """One round; whether branches took the place of an If, so that there may be more to decide."""
    order = ordered(made, list(made.nodes))
    truth: dict[Place, bool] = {}
    dead: set[Place] = set()
    gone: list[str] = []
    alive_side: dict[Place, Place] = {}  # the side of a Switch that is taken -> what it hands on
    chosen = set(false)
    assumed = set()
    for name in order:
        node = made.nodes[name]
        first = node.reads[0] if node.reads else ("", 0)
        if node.op == "Const" and (node.attributes.get("dtype") or {}).get("type") == 10:
            held = (node.attributes.get("value") or {}).get("tensor") or {}
            if "bool_val" in held and len(held["bool_val"]) == 1:
                truth[name, 0] = bool(held["bool_val"][0])
        elif name in chosen or node.op in FIRST_INPUTS and _is_switch(node):
            truth[name, 0] = False
            assumed.add(name)
        elif node.op in (*PASSING, "PlaceholderWithDefault") and first in truth:
            truth[name, 0] = truth[first]
        elif node.op == "LogicalNot" and first in truth:
            truth[name, 0] = not truth[first]
        elif node.op in ("LogicalAnd", "LogicalOr") and len(node.reads) > 1:
            sides = [truth.get(at) for at in node.reads[:2]]
            end = node.op == "LogicalOr"
            if end in sides or None not in sides:
                truth[name, 0] = any(sides) if end else all(side is True for side in sides)
        if node.op == "Switch" and len(node.reads) > 1:
            taken = truth.get(node.reads[1])
            if first in dead:
                dead |= {(name, 0), (name, 1)}
            elif taken is not None:
                dead.add((name, int(not taken)))
                if first in truth:
                    truth[name, int(taken)] = truth[first]
                alive_side[name, int(taken)] = first
        elif node.op == "Merge":
            alive = [at for at in node.reads if at not in dead]
            if not alive:
                dead |= {(name, 0), (name, 1)}
            elif len(alive) < len(node.reads):
                node.op, node.reads = "Identity", alive[:1]
        elif any(at in dead for at in node.reads):
            dead |= {(name, index) for index in range(len(OUTPUTS.get(node.op, "1")))}
            gone.append(name)
    _drop(made, gone)
    for node in made.nodes.values():
        node.reads = [_behind(alive_side, at) for at in node.reads]
    for name, _ in alive_side:
        made.nodes.pop(name, None)
    branches = 0
    for node in list(made.nodes.values()) if made.inliner else ():
        if node.op in BRANCHES and node.reads and node.reads[0] in truth and made.inliner is not None:
            branches += made.inliner.branch(node, truth[node.reads[0]])
    if branches and made.inliner is not None:
        made.inliner.settle()
    if assumed and not any(note.startswith("shown as it predicts") for note in made.notes):
        made.notes.append(f"shown as it predicts: {', '.join(sorted(assumed))[:100]} is false")
    return branches > 0


def _drop(made: Flat, gone: list[str]) -> None:
    """Take nodes away, and those before them that nobody reads any more."""
    readers: dict[str, int] = {}
    for node in made.nodes.values():
        for read, _ in node.reads:
            readers[read] = readers.get(read, 0) + 1
    ahead = list(gone)
    while ahead:
        name = ahead.pop()
        last = made.nodes.pop(name) if name in made.nodes else None
        for read, _ in last.reads if last else ():
            readers[read] -= 1
            if not readers[read]:
                ahead.append(read)


def _behind(sides: dict[Place, Place], at: Place) -> Place:
    for _ in range(len(sides)):
        if at not in sides:
            break
        at = sides[at]
    return at


def _is_switch(node) -> bool:
    kind, shape = node.setting("dtype"), node.setting("shape")
    return kind == 10 and not (isinstance(shape, dict) and shape.get("dim"))


def ordered(made: Flat, wanted: Iterable[str]) -> list[str]:
    """These nodes and all that they read, each behind what it reads; loops are cut where they close."""
    done: set[str] = set()
    began: set[str] = set()
    order: list[str] = []
    for root in wanted:
        ahead = [root]
        while ahead:
            name = ahead[-1]
            node = made.nodes.get(name)
            if node is None or name in done:
                ahead.pop()
                continue
            if name not in began:
                began.add(name)
                waiting = [read for read, _ in node.reads if read not in began]
                if waiting:
                    ahead.extend(reversed(waiting))
                    continue
            ahead.pop()
            if name not in done:
                done.add(name)
                order.append(name)
    return order


def closed(made: Flat, order: list[str]) -> bool:
    """Whether an order of nodes has a loop, which was cut."""
    seen: set[str] = set()
    for name in order:
        if any(read not in seen for read, _ in made.nodes[name].reads if read in made.nodes):
            return True
        seen.add(name)
    return False
