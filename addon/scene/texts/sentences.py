# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a caption says of a network that stands as a shelf of books: one sentence that is true of it, and one that
explains the marks."""

from __future__ import annotations

from ...network import Layer, Network
from ...network.planes import closed_at_first, has_attention, never_runs
from .words import counted

PICTURES = (1, 3, 4)  # channels of an input that is a picture


def of_shelf(network: Network, ran: bool) -> tuple[str, str]:
    """The sentence and the explanation, of a network with or without an input."""
    return _sentence(network, ran), _explanation(network, ran)


def _sentence(network: Network, ran: bool) -> str:
    attention = [layer for layer in network.layers if layer.op == "Attention" and layer.shape and len(layer.shape) == 2]
    if ran and attention and None not in attention[-1].shape:
        numbers = attention[-1].shape[1]
        inside = {name for path in closed_at_first(network) for name in network.block_by_path[path].layers}
        arcs = " Arcs: what it looks at." if any(layer.name not in inside for layer in attention) else ""
        return f"A row is a token, a stripe one of its {numbers:,} numbers.{arcs}"
    if not ran:
        if not network.closed and never_runs(network):
            matrices = "" if has_attention(network) else ", a row an output, a column an input"
            return f"What the network has learned. Bright: a strong weight{matrices}."
        return "What the network has learned, before it sees anything."
    given = "A picture" if _sees_pictures(network) else "The input"
    if network.levels:
        ends = [layer for layer in network.layers if layer.grid.is_map]
        whole = ends and ends[-1].grid.rows * ends[-1].grid.columns == ends[0].grid.rows * ends[0].grid.columns
        return f"{given} shrinks to many small maps, then grows back{': one answer for every pixel' * bool(whole)}."
    maps = [layer for layer in network.layers if layer.grid.is_map and layer.grid.units > 1 and layer.op != "Input"]
    if _ever_more(maps):
        return f"{given} becomes ever more, ever smaller maps. Bright: the feature was found here."
    if maps:
        return f"{given} becomes maps of its features. Bright: the feature was found here."
    passed = counted(sum(layer.op != "Input" for layer in network.layers), "layer")
    return f"{given} runs through {passed}. Bright: a large number."


def _ever_more(maps: list[Layer]) -> bool:
    """Whether from size to size maps become smaller, and from one size to the next there are no fewer of them."""
    stages: list[tuple[int, int]] = []
    for layer in maps:
        area = layer.grid.rows * layer.grid.columns
        if stages and stages[-1][0] == area:
            stages[-1] = area, max(stages[-1][1], layer.grid.units)
        else:
            stages.append((area, layer.grid.units))
    if len(stages) < 2:
        return False
    pairs = list(zip(stages, stages[1:], strict=False))
    return all(a[0] > b[0] and a[1] <= b[1] for a, b in pairs) and stages[0][1] < stages[-1][1]


def _sees_pictures(network: Network) -> bool:
    """Whether the input of a network is a picture, by its shape."""
    given = next((layer for layer in network.layers if layer.op == "Input"), None)
    return given is not None and given.grid.is_map and given.grid.rows > 1 and given.grid.units in PICTURES


def _explanation(network: Network, ran: bool) -> str:
    mapped = any(layer.grid.is_map and layer.grid.units > 1 for layer in network.layers)
    thick = "as thick as it has maps" if mapped else "as thick as it is wide"
    if has_attention(network):
        if ran:
            return "A square above is a head: its row looks, its column is looked at."
        run = " Run Input shows activations." * (not never_runs(network))
        return f"Above: how tokens are changed. Frames: what they are.{run}"
    if not network.closed and never_runs(network):
        return ""
    if ran:
        return f"A book is a stage, a page a layer, {thick}."
    return "A book is a stage, a page a layer." + " Run Input shows activations." * (not never_runs(network))
