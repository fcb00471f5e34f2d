# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes of quantised networks: lines, ranges, statistics and texts are those of the numbers that weights stand for."""

import numpy as np
import pytest

from scene import look
from unit.make import save, seeded
from unit.test_quantised import CONVOLUTION, SHAPE, deep

FORMS = "QDQ", "dynamic", "QOperator"
STEP = 0.02  # of the range of a weight


def built(folder, form, given=None):
    """The scene of a network, and its layers with weights in order."""
    look.fresh()
    network = look.build(save(folder, deep(form), f"{form}.onnx"), given)
    things = [one for one in look.of_kind(network, "layer") if int(look.facts(one)["parameters"])]
    return network, sorted(things, key=lambda one: one.matrix_world.translation.x)


def bundle_into(network, thing):
    (found,) = (one for (_, target), one in look.bundles(network).items() if target == look.facts(thing)["layer"])
    return found


def facts_of(folder, form, given=None) -> list[dict]:
    """What the scene says of each layer with weights, and its lines as {(source cell, target cell): weight}."""
    network, things = built(folder, form, given)
    layers, found = look.layers(network), []
    assert len(things) == 3
    for thing in things:
        bundle, facts = bundle_into(network, thing), look.facts(thing)
        ends = [
            look.cells_of(one)[look.values_of(bundle, name)]
            for name, one in (("source", layers[look.facts(bundle)["source"]]), ("target", thing))
        ]
        lines = {
            (*near, *far): weight
            for near, far, weight in zip(
                *(one.tolist() for one in ends), look.values_of(bundle, "weight").tolist(), strict=True
            )
        }
        found.append(
            {
                "lines": lines,
                "carries": look.facts(bundle)["carries"],
                "level": look.facts(bundle)["grain"],
                "total": look.facts(bundle)["total"],
                "parameters": facts["parameters"],
                "multiply_adds": facts["multiply_adds"],
                "statistics": facts["statistics"],
                "range": look.inputs(bundle)["Weight Range"],
                "values": look.values_of(thing),
                "value_is": facts["value_is"],
            }
        )
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("given", [False, True])
def test_scenes_of_quantised_networks(blank, tmp_path, form, given):
    array = None
    if given:
        array = tmp_path / "x.npy"
        np.save(array, 0.8 * seeded(1, *SHAPE, seed=12))
    plain, found = facts_of(tmp_path, "plain", array), facts_of(tmp_path, form, array)
    for weight, want, have in zip((CONVOLUTION[name] for name in "wfg"), plain, found, strict=True):
        step = STEP * float(np.ptp(weight)) * (9 if want["level"] == "unit" else 1)  # a kernel is nine taps
        for name in ("carries", "level", "total", "parameters", "multiply_adds", "value_is"):
            assert have[name] == want[name]
        both = want["lines"].keys() & have["lines"].keys()
        assert len(both) > 0.7 * len(want["lines"])  # the weakest that are drawn may be others
        for ends in both:
            assert have["lines"][ends] == pytest.approx(want["lines"][ends], abs=step)
        assert have["range"] == pytest.approx(want["range"], rel=0.05)
        for name, number in want["statistics"].items():
            if isinstance(number, float):
                assert have["statistics"][name] == pytest.approx(number, abs=step)
        np.testing.assert_allclose(have["values"], want["values"], atol=0.15 if given else 0.05)
