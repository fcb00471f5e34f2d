# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the prune slider hides is what the pruned run goes without."""

import json

import bpy
import numpy as np
import pytest

from scene import look
from scene.command import run

SHARE = 0.5


@pytest.mark.parametrize("where", ["network", "layer"])
def test_hidden_units_are_the_pruned_ones(blank, tmp_path, where):
    done = run("run", look.CNN, "--input", look.DIGIT, "--prune", SHARE, "--activations", tmp_path / "a.npz", "--json")
    said = {one["name"]: one["pruned"] for one in json.loads(done.out)["pruned"]["layers"]}
    network = look.build(look.CNN, look.DIGIT)
    things = look.layers(network)
    for thing in [look.one_of(network, "root")] if where == "network" else things.values():
        look.set_input(thing, "Prune", SHARE)
    depsgraph = look.evaluate(network)
    with np.load(tmp_path / "a.npz") as left:
        for name, thing in things.items():
            size = np.abs(look.local_instances(thing, depsgraph)[0][: len(thing.data.vertices), :3, :3]).max((1, 2))
            unit = look.cells_of(thing)[:, 0]
            hidden = {one for one in np.unique(unit) if (size[unit == one] == 0).all()}
            assert (size[~np.isin(unit, list(hidden))] > 0).all(), name  # a unit goes as a whole
            if name in said:
                assert len(hidden) == said[name], name
            if name in ("image", "scores"):
                assert not hidden
            elif hidden:  # what the run has as 0 all over, and perhaps units that were 0 before
                assert (
                    not left[name].reshape(-1, thing["neuroscene"]["grid"][0])[:, sorted(hidden)].any()
                    if left[name].ndim == 2
                    else not left[name][0][sorted(hidden)].any()
                ), name
    for (source, target), bundle in look.bundles(network).items():
        size = [
            np.abs(look.local_instances(things[one], depsgraph)[0][:, :3, :3]).max((1, 2)) for one in (source, target)
        ]
        gone = (size[0][look.values_of(bundle, "source")] == 0) | (size[1][look.values_of(bundle, "target")] == 0)
        geometry = bundle.evaluated_get(depsgraph).evaluated_geometry()
        curves = geometry.curves
        if curves is not None and len(curves.curves) == len(gone):
            assert not look.on_curves(bundle, depsgraph, "radius").reshape(len(gone), -1)[gone].any(), bundle.name
            assert (look.on_curves(bundle, depsgraph, "radius").reshape(len(gone), -1)[~gone] > 0).all(), bundle.name
        else:
            assert (0 if curves is None else len(curves.curves)) == (~gone).sum(), bundle.name


def test_score_of_what_is_left(registered):
    network = look.build(look.CNN, look.DIGIT, max_cells=1_000)
    look.set_input(look.one_of(network, "root"), "Prune", SHARE)
    assert bpy.ops.neuroscene.check_pruning() == {"FINISHED"}
    from neuroscene.addon.scene.building import importing

    said = importing.pruned_score(network)
    assert said.startswith("7 (0.93) without 36 of 72 units, 7 (1) with all")


def test_no_score_without_an_input(registered):
    look.build(look.CNN, max_cells=500)
    with pytest.raises(RuntimeError, match="no input has run"):
        bpy.ops.neuroscene.check_pruning()
