# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets of all groups of ours are those that are stored, as saved scenes rely on them; and so are which of them
Copy Look takes and the sidebar shows."""

import json
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.nodes import (
    arcs,
    bars,
    block,
    book,
    connections,
    histogram,
    kernels,
    layer,
    legend,
    network,
    plot,
    proof,
    series,
    tree,
    value,
)
from neuroscene.addon.nodes.sockets import ALL, OF
from neuroscene.addon.scene.looks import copying
from neuroscene.addon.scene.texts import labels
from scene import look

FACTS = (
    "item_type",
    "in_out",
    "socket_type",
    "subtype",
    "default_value",
    "min_value",
    "max_value",
    "description",
    "hide_in_modifier",
    "identifier",
)
LOOKS = (
    "Neuroscene Layer",
    "Neuroscene Connections",
    "Neuroscene Block",
    "Neuroscene Book",
    "Neuroscene Arcs",
)  # of what Copy Look copies


def groups() -> dict:
    """Every group that objects or materials of ours use, made anew, by name."""
    for make in (
        block.block_group,
        book.book_group,
        arcs.arcs_group,
        connections.connections_group,
        bars.bars_group,
        kernels.kernels_group,
        histogram.histogram_group,
        histogram.ridge_group,
        lambda: layer.layer_group(labels.font()),
        network.network_group,
        legend.number_group,
        lambda: legend.text_group(labels.font()),
        *(lambda kind=kind: legend.ranges_group(kind) for kind in legend.KINDS),
        value.value_group,
        series.cells_group,
        series.evidence_group,
        series.lines_group,
        series.bars_group,
        series.picture_group,
        series.kernels_group,
        series.places_group,
        plot.plot_group,
        series.words_group,
        series.curve_group,
        proof.proof_group,
        *(lambda kind=kind: series.slider_group(kind) for kind in series.sockets.OF_KIND),
    ):
        make()
    return {one.name: one for one in bpy.data.node_groups if tree.MARK in one}


def facts_of(group, item) -> dict:
    facts = {"name": item.name, "panel": item.parent.name} | {
        name: plain(getattr(item, name)) for name in FACTS if hasattr(item, name)
    }
    if facts.get("socket_type") == "NodeSocketMenu":
        facts["items"] = compat.menu(group, item.name)
    if group.name in LOOKS and item.name in copying.sockets(SimpleNamespace(node_group=group), ALL[group.name]):
        facts["look"] = item.item_type == "SOCKET"
    if item.item_type == "SOCKET" and item.name in ALL[group.name]:
        facts["sidebar"] = list(ALL[group.name][item.name].first or ()) or None
    if item.item_type == "PANEL":  # 4.5 has no identifiers of these
        facts.pop("identifier", None)
    return {name: given for name, given in facts.items() if given not in ("", None, False, "NONE")}


def plain(given):
    if isinstance(given, float):
        return float(f"{given:.6g}")
    return given if isinstance(given, str | int | None) else [float(f"{number:.6g}") for number in given]


def as_text(made) -> str:
    """A line an item, so that a change can be read."""
    lines = (",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in items) for items in made.values())
    parts = (f"{json.dumps(name)}: [\n{text}\n]" for name, text in zip(made, lines, strict=True))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def test_sockets_are_those_that_are_stored(blank, root, request):
    """`--write-golden` stores those that there are now."""
    made = {
        name: [facts_of(group, item) for item in group.interface.items_tree] for name, group in sorted(groups().items())
    }
    path = root / "tests/data/sockets.json"
    if request.config.getoption("--write-golden"):
        path.write_text(as_text(made), encoding="utf-8")
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert made.keys() == stored.keys()
    for name, items in made.items():
        assert [item["name"] for item in items] == [item["name"] for item in stored[name]], name
        for item, before in zip(items, stored[name], strict=True):
            assert item == before, name


# What we set without a file having a say: materials, the width of lines, which blocks are folded when a file opens.
OURS = {"layer": set(), "connections": {"Radius"}, "block": {"Fold"}, "root": {"Followed Token"}}


@pytest.mark.parametrize("model", [look.CNN, look.VIT, look.ZOO / "lstm.onnx"], ids=lambda path: path.stem)
def test_what_is_set_at_import_follows_the_file(blank, model):
    network = look.build(model)
    for kind, interface in OF.items():
        for thing in look.of_kind(network, kind) if kind in OURS else ():
            given, ours = look.inputs(thing), {*interface.having("follows")} | OURS[kind]
            assert look.facts(thing).get("sockets", {}).keys() <= ours
            changed = {
                socket.name
                for socket in interface
                if socket.kind != "Material"
                and (given[socket.name] or None) != (socket.initial or None)
                and not np.allclose(*number_pair(given[socket.name], socket.initial))
            }
            assert changed <= ours, thing.name


def number_pair(given, initial):
    """Both as numbers, or what differs where they are none."""
    if isinstance(given, bpy.types.ID | str | None) or initial is None:
        return 0, 1
    return np.asarray(given, float), np.asarray(initial, float)
