# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The functions of programs (see `program`): what is worked out of signals beside modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from ...containers.natural_order import natural
from .graph_state import LOST, Signal
from .modules import Node

if TYPE_CHECKING:
    from .program import Program

ACTIVATIONS = {"Relu": "Relu", "Gelu": "Gelu", "Silu": "Swish", "Tanh": "Tanh", "Sigmoid": "Sigmoid"}
MOST_TIMES = 64  # that a module is called again


class Missing:
    """A module that the file does not have."""


MISSING = Missing()


def is_nothing(value: Any) -> bool:
    """Whether a value is none, a module that is not there, or a signal of which nothing is known."""
    return value is None or value is MISSING or value is LOST


def is_lost(value: Any) -> bool:
    """Whether a value is no signal, or of which nothing is known."""
    return not isinstance(value, Signal) or value.width < 1


def several(value: Any) -> Sequence[Any]:
    """The items of a list, the modules inside a module in their natural order, or a value by itself."""
    if isinstance(value, Node):
        return sorted(value.children.values(), key=lambda child: natural(child.name))
    return value if isinstance(value, (list, tuple)) else [] if value is None or value is MISSING else [value]


def _flat(values):
    return [part for value in values for part in several(value)]


# signals


def activated(name: str, program: Program, signal: Any) -> Any:
    """What an activation gives."""
    if is_lost(signal):
        return signal
    return program.walk.blocks.activate(program.node.path, ACTIVATIONS[name], signal)


def cat(program: Program, *signals: Any) -> Signal:
    """Signals put side by side, unit by unit."""
    parts = _flat(signals)
    return LOST if not parts or any(map(is_lost, parts)) else program.graph.concat(program.node.path, *parts)


def along(program: Program, *signals: Any) -> Signal:
    """Signals one behind the other, step by step; what is not known among them is a loose end."""
    parts = _flat(signals)
    widths = {part.width for part in parts if not is_lost(part)}
    if len(widths) != 1:
        return LOST
    parts = [program.graph.open("sequence", *widths) if is_lost(part) else part for part in parts]
    return program.graph.along(program.node.path, *parts)


def split(program: Program, signal: Any, count: int) -> list[Signal]:
    """So many equal parts along the units."""
    if is_lost(signal) or signal.width % count:
        return [LOST] * count
    return program.graph.split(program.node.path, signal, [signal.width // count] * count)


def part(program: Program, signal: Any, module: Any) -> Signal:
    """The first units of a signal, as many as a module reads."""
    width = program.walk.order.ends(module)[0] if isinstance(module, Node) else None
    if is_lost(signal) or not width or width > signal.width:
        return LOST
    if width == signal.width:
        return signal
    return program.graph.split(program.node.path, signal, [width, signal.width - width])[0]


def mean(program: Program, signal: Any) -> Any:
    """The mean over all steps or cells."""
    return signal if is_lost(signal) else program.graph.mean(program.node.path, signal)


def first(program: Program, signal: Any) -> Any:
    """The first step of a sequence."""
    if is_lost(signal) or signal.kind != "sequence":
        return signal
    return program.graph.first_step(signal, (*program.node.path, ""))


def sequence(program: Program, signal: Any) -> Any:
    """A map as a sequence of its cells."""
    return signal if is_lost(signal) else program.graph.as_kind(signal, "sequence", path=(*program.node.path, ""))


def pooled(program: Program, signal: Any) -> Any:
    """One step of all, or what is worked out of all steps."""
    if is_lost(signal) or signal.kind != "sequence":
        return signal
    return program.graph.mixed(program.node.path, Signal("", "vector", signal.width), signal)


def mixed(program: Program, like: Any, *signals: Any) -> Signal:
    """What depends on signals in a way that has no operator here: as wide as `like`, a signal or a number."""
    parts = _flat(signals)
    if not parts or any(map(is_lost, (*parts, *([] if isinstance(like, int) else [like])))):
        return LOST
    shape = replace(parts[0], width=like) if isinstance(like, int) else like
    return program.graph.mixed(program.node.path, shape, *parts)


# weights that are read otherwise than by a layer


def rows(program: Program, node: Any) -> Signal:
    """The numbers of a module, a row a step."""
    stored = next(iter(node), None) if isinstance(node, Node) else None
    return LOST if stored is None or len(stored.shape) < 2 else program.graph.rows(node.path, stored)


def through(program: Program, signal: Any, node: Any, back: bool = False) -> Any:
    """A matrix of several axes, (inputs, heads, size), that a signal goes through; or `back` from heads to units."""
    stored = next(iter(node), None) if isinstance(node, Node) else None
    if stored is None or len(stored.shape) < 2:
        return signal
    outer, *axes = stored.shape
    inputs, units = (prod(axes), outer) if back else (outer, prod(axes))
    fits = not is_lost(signal) and signal.width == inputs
    read = signal if fits else program.graph.open("sequence", inputs)
    return program.graph.opaque(node, read, "MatMul", units)


def positions(program: Program, table: Any, signal: Any) -> Any:
    """A signal and the row of a table for each of its steps."""
    if is_lost(signal) or not isinstance(table, Node):
        return signal
    return program.walk.entrances.positions(table, signal)


def patches(program: Program, conv: Any, token: Any, table: Any, signal: Any = None) -> Any:
    """What patches of a picture, a token before them and their positions make together."""
    if not isinstance(conv, Node):
        return LOST
    made = program.walk.entrances.patches_of(conv, token if isinstance(token, Node) else None, table, signal)
    if isinstance(token, Node) and not is_lost(made):
        made = program.graph.with_weight(token, made, "Concat")
    return positions(program, table, made)


# attention


def attention(
    program: Program, queries: Any, keys: Any, values: Any, out: Any, signal: Any, memory: Any = None, scale: Any = None
) -> Signal:
    """An attention by its projections; `keys` and `values` are None where `queries` is one matrix for all."""
    projections = [module for module in (queries, keys, values) if isinstance(module, Node)]
    memory = memory if isinstance(memory, Signal) else None
    out, scale = (module if isinstance(module, Node) else None for module in (out, scale))
    return program.walk.blocks.attend(program.node, projections, out, [], signal, memory, scale)


def attention_of(program: Program, queries: Any, keys: Any, values: Any, out: Any, *read: Any) -> Any:
    """The same where queries, keys and values are of three different signals."""
    modules = zip((queries, keys, values), read, strict=True)
    parts = [program.walk.visit(module, signal) for module, signal in modules]
    if any(map(is_lost, parts)):
        return LOST
    wide = program.walk.order.ends(out)[0] or parts[0].width
    like = replace(parts[0], width=wide, kind="sequence")
    return program.walk.visit(out, program.graph.mixed(program.node.path, like, *parts, kind="Attention"))


# lists, questions, what enters and leaves


def rows_of(program: Program, *lists: Any) -> list[list[Any]]:
    """The items of lists side by side; of shorter ones what is missing."""
    columns = [list(several(items)) for items in lists]
    count = max(map(len, columns), default=0)
    return [[column[place] if place < len(column) else MISSING for column in columns] for place in range(count)]


def turned(program: Program, items: Any) -> list[Any]:
    """The items of a list from the last to the first."""
    return list(reversed(several(items)))


def last(program: Program, items: Any) -> Any:
    """The last item of a list, taken out."""
    return items.pop() if isinstance(items, list) and items else LOST


def times(program: Program, key: str) -> list[bool]:
    """A list as long as a module is called by the configuration; once where that does not say it."""
    count = program.graph.weights.config.get(key)
    if type(count) is int and 0 < count <= MOST_TIMES:
        return [True] * count
    program.graph.say("that a layer which is called several times is called once")
    return [True]


def same(program: Program, signal: Any, other: Any) -> bool | None:
    """Whether two signals are of one kind and as wide."""
    if is_lost(signal) or is_lost(other):
        return None
    return (signal.kind, signal.width) == (other.kind, other.width) or None


def reads(program: Program, module: Any, *signals: Any) -> bool | None:
    """Whether a module reads so wide a signal, or so wide ones together."""
    if not isinstance(module, Node) or any(map(is_lost, signals)):
        return None
    return program.walk.order.ends(module)[0] == sum(signal.width for signal in signals) or None


def given(program: Program, name: str) -> Signal:
    """An input of the model, as wide as what reads it."""
    return Signal(name, "vector", 0)


def remember(program: Program, signal: Any) -> Any:
    """Keep what an encoder gives, for the blocks of a decoder."""
    program.walk.blocks.memory = None if is_lost(signal) else signal
    return signal


def ends(program: Program, *signals: Any) -> None:
    """What the model gives besides."""
    program.walk.ends.extend(signal for signal in _flat(signals) if not is_lost(signal))


def lost(program: Program) -> Signal:
    """Something of which nothing is known."""
    return LOST


FUNCTIONS: dict[str, Callable] = {
    **{name: partial(activated, name) for name in ACTIVATIONS},
    "Along": along,
    "Attention": attention,
    "AttentionOf": attention_of,
    "Cat": cat,
    "Ends": ends,
    "First": first,
    "Given": given,
    "Last": last,
    "Lost": lost,
    "Mean": mean,
    "Mixed": mixed,
    "Part": part,
    "Patches": patches,
    "Pooled": pooled,
    "Positions": positions,
    "Reads": reads,
    "Remember": remember,
    "Reversed": turned,
    "Rows": rows,
    "Same": same,
    "Sequence": sequence,
    "Split": split,
    "Through": through,
    "Times": times,
    "Zip": rows_of,
}
