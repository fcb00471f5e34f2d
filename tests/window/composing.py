# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network that is written by hand and trained, in a window, by mouse and keyboard."""

import json

from hands import KEY, networks, press, run_operator, shot, undo, until, window, xdotool


def add_from_menu(words):
    """Shift A, and what it finds first for these words."""
    yield from press("Escape")
    yield 1.0
    yield from press("shift+a")
    yield 1.0
    xdotool("type", "--delay", 60, words)
    yield 2.0
    xdotool("key", "Return")
    yield 1.5


def composed():
    """The layers of the composed network by its own specification, none if there is no such network."""
    held = [one[KEY]["specification"] for one in networks() if one[KEY].get("specification")]
    return [layer["name"] for layer in json.loads(held[0])["layers"]] if held else []


def compose_and_train():
    """Shift A composes a LeNet, a layer is added and undone, and the network learns the digits to 95 % and more"""
    yield from add_from_menu("lenet")
    yield from until(lambda: composed(), "a network is composed", 240.0)
    yield 5.0
    yield from shot("40_composed")
    before = composed()
    yield from run_operator("add_layer", operator="Dense", place="BEFORE", layer="answer")
    yield from until(lambda: len(composed()) == len(before) + 1, "a layer is added")
    yield from shot("41_layer_added")
    yield from undo()
    yield from until(lambda: composed() == before, "the layer is undone")
    yield from run_operator("train_network")
    yield from until(lambda: "NEUROSCENE_OT_train_network" in window().modal_operators, "it trains")
    yield 20.0
    yield from shot("43_trains")
    yield from until(lambda: "NEUROSCENE_OT_train_network" not in window().modal_operators, "it has learned", 400.0)
    (network,) = (one for one in networks() if one[KEY].get("specification"))
    steps = json.loads(network[KEY]["series"])["checkpoints"]["values"]
    assert len(steps) == 11 and steps[-1]["accuracy"] >= 0.95, steps[-1]
    yield from shot("44_learned")


STEPS = (compose_and_train,)
