# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Opened Gates": a unit of an LSTM, GRU or RNN at a step: what each gate reads of the input and
of the units one step earlier, and what the gates make of the unit's state.

Points of the mesh have `part`. First come TERMs, a weight each: `gate`, `again` (0: of the input, 1: of the units) and
`slot`. Then ROWs, one a gate; STEPs, by `step`; and the numbers of the title. The mesh of *Table* has, by the number of
a cell, where in the others it begins: `x_at`, `w_at`, `r_at`, `b_at`, `h_at` and its own `own`; and by these places `x`
and `drawn`, `w`, `r`, `b`, and `h`, `reset` and `state`. Weights of the gates lie as in the file.
"""

from __future__ import annotations

import bpy

from .opened import ROW, STEP, TERM, TITLE
from .opened_parts import HOT, PLAIN, Board, Here, Table, accumulated, both, bounds, statistic
from .sockets.opened import GATES, RECURRENT
from .tree import GroupBuilder, reuse
from .vectors import plus, scaled

BEFORE, FORGOTTEN, WRITTEN, STATE, SQUASHED, RESULT, KEPT, ANEW, WHOLE = range(9)  # of `step`
GATE = 10  # and in the formula, the first gate
COLUMNS = ("of_x", "of_h", "of_b", "whole", "gate_value")
Socket = bpy.types.NodeSocket


def gates_group() -> bpy.types.NodeTree:
    """A recurrent unit at a step; faces -Y."""
    return reuse(RECURRENT.name, _build)


def _sigmoid(group, value):
    return group.math("MULTIPLY_ADD", group.math("TANH", group.math("MULTIPLY", value, 0.5)), 0.5, 0.5)


def _build():
    group = GroupBuilder(RECURRENT.name)
    group.declare(RECURRENT)
    here, board = Here(group), Board(group)
    of_table = Table(group)
    kind = group.picked("Kind")
    is_lstm, is_gru = (group.same(kind, GATES.index(name)) for name in ("LSTM", "GRU"))
    part, slot, gate, again, step = (group.attribute(name, "INT") for name in ("part", "slot", "gate", "again", "step"))
    is_term, is_row, is_step, is_title = (group.same(part, which) for which in (TERM, ROW, STEP, TITLE))
    begin = {name: of_table(f"{name}_at", here.number, "INT") for name in "xwrbh"}
    own = of_table("own", here.number, "INT")
    at = group.math("ADD", begin["x"], slot)
    drawn = of_table("drawn", at, "INT")
    source = group.near(group["Source"])
    shown = group.sample(source, group.attribute("value"), group.math("MAXIMUM", drawn, 0.0))
    x = group.when(group.math("GREATER_THAN", drawn, -0.5), shown, of_table("x", at))
    stride = both(group, group["Hidden"], gate)
    weight = of_table("w", group.math("ADD", begin["w"], group.math("MULTIPLY_ADD", stride, group["Inputs"], slot)))
    of_input = group.math("MULTIPLY", x, weight)
    at = group.math("ADD", begin["h"], slot)
    candidate = both(group, is_gru, group.same(gate, 2))
    h = group.when(candidate, of_table("reset", at), of_table("h", at))
    weight = of_table("r", group.math("ADD", begin["r"], group.math("MULTIPLY_ADD", stride, group["Hidden"], slot)))
    product = group.when(again, group.math("MULTIPLY", h, weight), of_input)
    points = group.store(group["Geometry"], "product", both(group, product, is_term))
    points = group.store(
        points, "drawn", group.when(both(group, is_term, group.math("SUBTRACT", 1.0, again)), drawn, -1.0)
    )
    _, of_x = accumulated(group, both(group, group.attribute("product"), group.math("SUBTRACT", 1.0, again)), gate)
    _, of_h = accumulated(group, both(group, group.attribute("product"), again), gate)
    at = group.math("MULTIPLY_ADD", gate, group["Hidden"], begin["b"])
    gate_count = group.when(is_lstm, 4.0, group.when(is_gru, 3.0, 1.0))
    of_b = of_table("b", at)
    of_again = of_table("b", group.math("ADD", at, group.math("MULTIPLY", gate_count, group["Hidden"])))
    for name, value in (("of_x", of_x), ("of_h", of_h), ("of_b", of_b), ("of_again", of_again)):
        points = group.store(points, name, both(group, value, is_row))

    def of_gate(geometry, name, number):
        row = both(group, is_row, group.same(gate, number))
        return statistic(group, geometry, group.attribute(name), "Sum", row)

    behind = both(group, candidate, group["Reset After"])
    reset = _sigmoid(
        group,
        group.math(
            "ADD",
            group.math("ADD", of_gate(points, "of_x", 1), of_gate(points, "of_h", 1)),
            group.math("ADD", of_gate(points, "of_b", 1), of_gate(points, "of_again", 1)),
        ),
    )
    through = group.math("ADD", group.attribute("of_h"), group.attribute("of_again"))
    through = group.when(behind, group.math("MULTIPLY", through, reset), through)
    whole = group.math("ADD", group.math("ADD", group.attribute("of_x"), group.attribute("of_b")), through)
    points = group.store(points, "whole", both(group, whole, is_row))
    points = group.store(points, "of_b", group.math("ADD", group.attribute("of_b"), group.attribute("of_again")))
    squashed = group.when(
        group.same(gate, group.math("SUBTRACT", gate_count, 1.0)),
        group.math("TANH", group.attribute("whole")),
        _sigmoid(group, group.attribute("whole")),
    )
    points = group.store(points, "gate_value", both(group, squashed, is_row))
    gates = [of_gate(points, "gate_value", number) for number in range(4)]
    state, before = of_table("state", own), of_table("h", own)
    forgotten = group.math("MULTIPLY", gates[2], state)
    written = group.math("MULTIPLY", gates[0], gates[3])
    now = group.math("ADD", forgotten, written)
    bounded = group.math("TANH", now)
    kept = group.math("MULTIPLY", gates[0], before)
    anew = group.math("MULTIPLY", group.math("SUBTRACT", 1.0, gates[0]), gates[2])
    of_gru = group.math("ADD", kept, anew)
    result = group.when(is_lstm, group.math("MULTIPLY", gates[1], bounded), group.when(is_gru, of_gru, gates[0]))
    numbers = {
        BEFORE: group.when(is_lstm, state, before),
        FORGOTTEN: forgotten,
        WRITTEN: written,
        STATE: now,
        SQUASHED: bounded,
        KEPT: kept,
        ANEW: anew,
        RESULT: result,
        **{GATE + place: value for place, value in enumerate(gates)},
        WHOLE: of_gate(points, "whole", 0),
    }
    number = 0.0
    for which, value in numbers.items():
        number = group.when(group.same(step, which), value, number)
    board.formula(points, group.math("GREATER_THAN", group["Fill"], 0.999), numbers)
    ink = group.math("MULTIPLY", group.same(step, RESULT), float(HOT))
    done = group.math("GREATER_THAN", group["Fill"], 0.999)
    board.number(points, both(group, is_step, done), group.vector(group["Sums"], 0.0, 0.0), number, 0.0, ink)
    fill = group.math("MULTIPLY_ADD", group["Fill"], group.math("ADD", gate_count, 1.0), 1e-4)
    seen = both(group, is_row, group.math("LESS_THAN", group.math("ADD", gate, 0.5), fill))
    for place, name in enumerate(COLUMNS):
        shift = group.vector(group.math("MULTIPLY", group["Block"], float(place)), 0.0, 0.0)
        last = float(HOT) if place == len(COLUMNS) - 1 else float(PLAIN)
        board.number(points, seen, shift, group.attribute(name), 1.0 if place < 3 else 0.0, last)
    place = group.when(group.same(step, 0), here.unit, group.when(group.same(step, 1), here.row, here.column))
    board.number(points, is_title, (0.0, 0.0, 0.0), group.math("ADD", place, 1.0), 0.0, float(HOT))
    _frames(board, points, source, both(group, is_term, group.same(gate, 0)))
    return group.finish(board.finish())


def _frames(board: Board, points, source, is_first):
    """A frame round the inputs of the step, where the layer before shows them."""
    group = board.group
    shown = both(group, is_first, group.math("GREATER_THAN", group.attribute("drawn"), -0.5))
    spot = group.call("GeometryNodeInputPosition", {})
    spot = group.sample(source, spot, group.math("MAXIMUM", group.attribute("drawn"), 0.0), "FLOAT_VECTOR")
    points = group.store_vector(group.store(points, "framed", shown), "spot", spot)
    spot, by = group.attribute("spot", "FLOAT_VECTOR"), group.attribute("framed")
    low, high = bounds(group, spot, by, "FLOAT_VECTOR")
    index = group.call("GeometryNodeInputIndex", {})
    first, _ = bounds(group, index, by)
    one = both(group, by, group.math("COMPARE", index, first, 0.1))
    pitch = group.math("MULTIPLY", group["Pitch"], 1.2)
    size = plus(group, plus(group, high, scaled(group, low, -1.0)), group.vector(pitch, pitch, pitch))
    middle = scaled(group, plus(group, low, high), 0.5)
    board.outlines(points, one, middle, size, group["Frame"], group["Result Material"])
