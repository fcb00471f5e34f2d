# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""From files to a scene: what the command line and the operators both call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from .. import inference
from ..checkpoints import CheckpointError, open_checkpoint
from ..inference import Fitted, Ran
from ..network import Network, summarise
from . import bars, build, caption, connections, labels, layers, pruning, tags, words
from .build import Settings, Steps
from .pictures import SUFFIXES, load_picture

TOP = 5


def open_network(path: str | Path, sizes: dict[str, int] | None = None) -> Network:
    """The network of a checkpoint file. Raises `CheckpointError`."""
    return summarise(open_checkpoint(path), sizes)


def fit_input(path: str | Path, network: Network) -> Fitted:
    """A picture or array file as the tensor that a network reads. Raises `CheckpointError`."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the input")
    if not network.inputs:
        raise CheckpointError(network.checkpoint.path, "the model has no input")
    if path.suffix.lower() == ".npy":
        return inference.fit(path, inference.load_array(path), network.inputs[0], network.assumed)
    if path.suffix.lower() not in SUFFIXES:
        raise CheckpointError(path, "not a kind of input we read", "give a .png, .jpg or .npy file")
    return inference.fit(path, load_picture(path), network.inputs[0], network.assumed)


def run(path: str | Path, network: Network, count: int = TOP, parts: bool = False) -> tuple[Network, Ran]:
    """Run a file through a network; with `parts` keep what each node gives, else what each layer gives.

    Where the input sets a size that the model leaves open, the network follows it.
    """
    fitted = fit_input(path, network)
    given = {f"{a.input}:{a.axis}": size for a in network.assumed if a.input == fitted.name
             for size in fitted.array.shape[a.axis : a.axis + 1] if size != a.size}
    if given:
        kept = {f"{a.input}:{a.axis}": a.size for a in network.assumed if a.chosen}
        network = summarise(network.checkpoint, kept | given)
    values = inference.run(network, fitted, parts)
    best = inference.top(network, values, count)
    return network, Ran(Path(path).name, fitted.note, values, best, str(Path(path).resolve()))


def run_pruned(path: str | Path, network: Network, share: float, count: int = TOP,
               parts: bool = False) -> tuple[Network, Ran, Ran, dict[str, tuple[int, int]]]:
    """Run a file through a network without this share of each hidden layer's units, the least important first.

    Returns the network, what it gives whole and what it gives pruned, and by layer how many units went of how many.
    """
    network, whole = run(path, network, count)
    pruned = inference.run_pruned(network, fit_input(path, network), whole.values, share, parts)
    best = inference.top(network, pruned.values, count)
    return network, whole, replace(whole, values=pruned.values, scores=best), pruned.units


def import_steps(path: str | Path, settings: Settings, given: str | Path | None = None,
                 sizes: dict[str, int] | None = None) -> Steps:
    """Open a file, run an input if there is one, and build the scene. Yields and returns as `build.build`."""
    yield 0.0, "reading the model"
    network, ran = open_network(path, sizes), None
    if given:
        yield 0.02, "running the input"
        network, ran = run(given, network)
    return (yield from build.build(network, settings, ran))


def summary(collection: bpy.types.Collection) -> str:
    """One line on what a network's scene holds."""
    made = list(tags.members(collection, "layer"))
    cells = sum(len(one.data.vertices) for one in made)
    lines = sum(len(one.data.curves) for one in tags.members(collection, "connections"))
    return f"{collection.name}: {len(made):,} layers, {cells:,} cells, {lines:,} connections"


def reopen(collection: bpy.types.Collection) -> Network:
    """The network of a collection, from its source file. Raises `CheckpointError` if that is gone or has changed."""
    facts = tags.read(collection)
    checkpoint = open_checkpoint(bpy.path.abspath(facts["source"]))
    same = build.stat_of(checkpoint.path) == facts["stat"]  # neither size nor time has changed: no need to read it all
    if not same and checkpoint.sha256() != facts["sha256"]:
        raise CheckpointError(checkpoint.path, "is not the file that this scene was made from", "import it again")
    return summarise(checkpoint, facts.get("sizes") or None)


def run_in_scene(collection: bpy.types.Collection, path: str | Path) -> Ran:
    """Run an input through a network that is in the scene: its cells, lines and bars then show it."""
    network = reopen(collection)
    followed, ran = run(path, network)
    if [one.shape for one in followed.layers] != [one.shape for one in network.layers]:
        raise CheckpointError(path, "has another size than the scene was made for", "import the model with this input")
    limits = build.limits(collection, network)
    things = {tags.read(one)["layer"]: one for one in tags.members(collection, "layer")}
    drawn = {name: layers.drawn_of(thing) for name, thing in things.items()}
    for layer in network.layers:
        values, thing = build.activation(layer, ran), things.get(layer.name)
        if thing and values is not None:
            layers.set_activation(thing, drawn[layer.name], values)
    pruning.mark(network, things, drawn, ran)
    bundles = {tags.read(one)["index"]: one for one in tags.members(collection, "connections")}
    lines = []
    for index, (connection, limit) in enumerate(zip(network.connections, limits, strict=True)):
        if index in bundles and {connection.source.name, connection.target.name} <= drawn.keys():
            lines.append((connection, build.choose(connection, drawn, limit, ran)))
            connections.set_lines(bundles[index], lines[-1][1])
    weights = build.weight_range(lines)
    for bundle in bundles.values():
        connections.follow_range(bundle, tags.read(collection)["weight_range"], weights)
    say(collection, network, things, drawn, lines)
    bars.show(collection, network, ran)
    caption.show(collection, network, ran, weights)
    tags.write(collection, **(tags.read(collection) | build.facts_of(ran) | {"weight_range": weights}))
    return ran


def say(collection, network, things, drawn, lines):
    """Let the labels of layers speak of what is drawn now."""
    texts = {(tags.read(one)["owner"], tags.read(one)["part"]): one for one in tags.members(collection, "label")}
    into = words.into(lines)
    for layer in network.layers:
        if layer.name in things:
            labels.say(things[layer.name], words.of_layer(layer, drawn[layer.name], into.get(layer.name, [])))
            for part in labels.parts(things[layer.name]):
                if (layer.name, part.name) in texts:
                    labels.write(texts[layer.name, part.name], part)
