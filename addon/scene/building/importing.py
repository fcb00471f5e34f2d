# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""From files to a scene: what the command line and the operators both call."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path

import bpy

from ...containers import CheckpointError
from ...containers.natural_order import brief
from ...containers.stepping import finish
from ...conversion.smaller import smaller, trial
from ...inference import Ran, activation, chosen, run_file, run_file_pruned
from ...network import Network, summarise
from ...network.drawn import Drawn
from ...network.lines import Lines
from ...structure import open_checkpoint
from .. import selection
from ..background import in_background
from ..detail import expansion
from ..editing import bundling, proof, pruning, ranges
from ..entities import ClassName, InputPicture, Label, LayerObject, NetworkScene, scene_of
from ..storyboard import run_facts
from ..texts import caption, labels, words
from . import arcs, bars, build, connections, input_picture, layers, planes, planned, shelf
from .build import Settings
from .choices import Choices, Reading
from .planned import Steps

MOST_SAID = 8  # models beside the one that is shown


def open_network(
    path: str | Path, sizes: dict[str, int] | None = None, architecture: str | Path | None = None, part: str = ""
) -> Network:
    """The network of a checkpoint file; `architecture` and `part` are as for `open_checkpoint`. Raises
    `CheckpointError`."""
    return summarise(open_checkpoint(path, architecture, part), sizes)


def import_steps(
    path: str | Path,
    settings: Settings,
    given: str | Path | None = None,
    sizes: dict[str, int] | None = None,
    architecture: str | Path | None = None,
    part: str = "",
    reading: Reading = Reading(),  # noqa: B008 - never changed
) -> Steps:
    """Open a file, run an input if there is one, and build the scene. Yields and returns as `build.build`."""
    yield 0.0, "reading the model"
    network = yield from in_background(lambda: open_network(path, sizes, architecture, part), "reading the model")
    chosen = Choices.from_file(network, reading.classes, reading.scaling)
    chosen.apply(network)
    ran = None
    if given:
        model = network
        network, ran = yield from in_background(lambda: run_file(given, model), "running the input")
    collection = yield from build.build(network, settings, ran)
    chosen.keep(NetworkScene(collection))
    return collection


def summary(collection: bpy.types.Collection) -> str:
    """One line on what a network's scene holds."""
    scene = NetworkScene(collection)
    drawn = list(scene.members(LayerObject))
    inside = sum(len(box.layers) for box in scene.unbuilt().values())
    cells = sum(len(layer.obj.data.vertices) for layer in drawn)
    lines = sum(len(bundle.obj.data.curves) for bundle in scene.bundles() if not bundle.is_joint)
    inferred = ", structure inferred" if scene.structure == "inferred" else ""
    parts = [brief(name) for name in scene.parts if name != scene.shown]
    beside = f"; the file also holds {', '.join(parts[:MOST_SAID])}" if parts else ""
    layers = f"{len(drawn) + inside:,} layers" + (f" ({inside:,} in closed blocks)" if inside else "")
    return f"{collection.name}: {layers}, {cells:,} cells, {lines:,} connections{inferred}{beside}"


def reopen(collection: bpy.types.Collection) -> Network:
    """The network of a collection, from its source file. Raises `CheckpointError` if that is gone or has changed."""
    return build.finish(reopen_steps(collection))


def reopen_steps(collection: bpy.types.Collection) -> Steps:
    """As `reopen`, beside the window. Yields as `build.build` and changes nothing."""
    return (yield from in_background(reader(collection), "reading the model"))


def reader(collection: bpy.types.Collection) -> Callable[[], Network]:
    """What reads the network of a collection again, and needs no Blender. Raises `CheckpointError` when it is called,
    if the source file is gone or has changed."""
    scene = NetworkScene(collection)
    source = bpy.path.abspath(scene.source)
    architecture = architecture_of(scene)
    part = scene.part
    sizes = scene.sizes or None
    stat, sha256 = scene.stat, scene.sha256
    chosen = Choices.of(scene)

    def read() -> Network:
        checkpoint = open_checkpoint(source, architecture, part)
        same = build.stat_of(checkpoint.path) == stat  # neither size nor time has changed: no need to read it all
        if not same and checkpoint.sha256() != sha256:
            raise CheckpointError(checkpoint.path, "is not the file that this scene was made from", "import it again")
        return chosen.apply(summarise(checkpoint, sizes))

    return read


def architecture_of(scene: NetworkScene) -> str:
    """The file that a network's architecture was taken from, "" if it was none."""
    return bpy.path.abspath(scene.architecture)


def run_in_scene(collection: bpy.types.Collection, path: str | Path) -> Ran:
    """Run an input through a network that is in the scene: its cells, lines and bars then show it.

    Raises `CheckpointError`, and then nothing has changed.
    """
    return build.finish(run_steps(collection, path))


def run_steps(collection: bpy.types.Collection, path: str | Path) -> Steps:
    """As `run_in_scene`, step by step; nothing changes before the last step. Yields as `build.build`."""
    from ..explaining import explaining  # here: those build on this
    from ..series import following, known
    from . import histograms

    series = known.read(collection)
    if "checkpoints" in series:
        ran = yield from following.with_input(collection, path)
        yield from explaining.again(collection)
        yield from histograms.again(collection)
        return ran
    network = yield from reopen_steps(collection)
    followed, ran = yield from in_background(lambda: run_file(path, network), "running the input")
    if [layer.shape for layer in followed.layers] != [layer.shape for layer in network.layers]:
        raise CheckpointError(
            path, "has a different size from what the scene was made for", "import the model with this input"
        )
    drawn = {name: layers.drawn_of(layer) for name, layer in selection.layers(collection).items()}
    chosen = yield from choose_lines(network, drawn, build.limits(collection, network), ran)
    if "samples" in series:
        following.remove(collection, "samples")
    show(collection, network, ran, chosen)
    yield from explaining.again(collection)
    yield from histograms.again(collection)
    return ran


def name_classes(collection: bpy.types.Collection, network: Network) -> None:
    """Let the texts at bars say the names of classes that a network has now."""
    for label in NetworkScene(collection).members(ClassName):
        layer = network.by_name.get(label.layer)
        if layer is not None and len(network.classes) == layer.grid.units and label.index < layer.grid.units:
            labels.write_body(label.obj, network.classes[label.index])


def pruned_score(collection: bpy.types.Collection) -> str:
    """One line: what a network in the scene says of its input, and what it says without the units that its slider
    Prune hides. Raises `CheckpointError`."""
    return build.finish(pruned_score_steps(collection))


def pruned_score_steps(collection: bpy.types.Collection) -> Steps:
    """As `pruned_score`, beside the window. Yields as `build.build` and changes nothing."""
    scene = NetworkScene(collection)
    share = float(scene.root().inputs["Prune"])
    if not scene.input_path:
        raise CheckpointError(scene.source, "no input has run", "run an input first")
    given = bpy.path.abspath(scene.input_path)
    order = proof.order_of(collection)
    network = yield from reopen_steps(collection)
    _, whole, pruned, units = yield from in_background(
        lambda: run_file_pruned(given, network, share, 1, order=order), "running the input"
    )
    gone, every = (sum(unit[which] for unit in units.values()) for which in (0, 1))
    said = [
        f"{ran.scores[0].label} ({ran.scores[0].score:.3g})" if ran.scores else "no scores" for ran in (whole, pruned)
    ]
    return f"{said[1]} without {gone:,} of {every:,} units, {said[0]} with all"


def smaller_steps(collection: bpy.types.Collection) -> Steps:
    """A network in the scene without the units that its slider Prune hides, as `conversion.smaller.Smaller`; beside the
    window. Yields as `build.build` and changes nothing. Raises `CheckpointError`."""
    share = float(NetworkScene(collection).root().inputs["Prune"])
    network = yield from reopen_steps(collection)
    ran = yield from ran_steps(collection, network)
    choices = chosen(network, share, ran.values if ran else {}, proof.order_of(collection))
    inputs = {spec.name: ran.values[spec.name] for spec in network.inputs} if ran else trial(network)
    return (yield from in_background(lambda: finish(smaller(network, choices, inputs)), "taking units out"))


def ran_steps(collection: bpy.types.Collection, network: Network) -> Steps:
    """What the input gives whose activations a network in the scene shows, None if it shows none. Yields as
    `build.build`."""
    path = NetworkScene(collection).input_path
    if not path:
        return None
    given = bpy.path.abspath(path)
    return (yield from in_background(lambda: run_file(given, network)[1], "running the input"))


def choose_lines(network: Network, drawn: Mapping[str, Drawn], limits: list[int], ran: Ran | None):
    """The lines of every connection between layers that are drawn, by its place among the connections.

    Yields as `build.build` and changes nothing.
    """
    chosen: dict[int, Lines] = {}
    for index, (connection, limit) in enumerate(zip(network.connections, limits, strict=True)):
        if {connection.source.name, connection.target.name} <= drawn.keys():
            if len(chosen) % 8 == 0:
                yield index / len(limits), f"connections into {connection.target.name}"
            chosen[index] = planned.choose(connection, drawn, limit, ran)
    return chosen


def show(
    collection: bpy.types.Collection,
    network: Network,
    ran: Ran | None,
    chosen: dict[int, Lines],
    weights_are_new: bool = False,
    same: Container[str] = (),
) -> None:
    """Let the layers and bundles of a network in the scene show what a model holds, or what ran through it. Layers that
    are the `same` have the weights and cells that they had, also where `weights_are_new`."""
    objs = selection.layers(collection)
    scene_facts = NetworkScene(collection)
    drawn = {name: layers.drawn_of(obj) for name, obj in objs.items()}
    bundles = connections.by_index(collection)
    for layer in network.layers:
        if layer.name not in objs:
            continue
        obj = objs[layer.name]
        values = activation(layer, ran)
        if values is not None:
            layers.set_activation(obj, drawn[layer.name], values)
        elif ran is None:
            layers.set_values(obj, *layers.resting_values(layer, drawn[layer.name]))
    shelf.show(collection, network, ran)
    planes.refresh(collection, network, ran)
    arcs.show(collection, network, ran)
    input_picture.show(collection, network, ran)
    if weights_are_new and scene_facts.proof:
        from ..explaining import proving  # here: that builds on this

        proving.forget(collection)
    pruning.mark(network, objs, drawn, ran, proof.order_of(collection))
    lines = []
    bundled = {}
    for index in chosen.keys() & bundles.keys():
        connection = network.connections[index]
        obj = bundles[index]
        held = bundling.held(obj)
        changed = connections.set_lines(obj, chosen[index])
        if changed:
            bundled[index] = held
        kept = not changed and connection.source.name in same and connection.target.name in same
        if weights_are_new and not kept:
            ends = drawn[connection.source.name], drawn[connection.target.name]
            expansion.refresh(obj, connection, *ends, len(network.connections))
        lines.append((connection, chosen[index]))
    _bundle_again(collection, {bundles[index]: kept for index, kept in bundled.items() if kept})
    scene = NetworkScene(collection)
    weights = build.weight_range(lines)
    for bundle in bundles.values():
        connections.follow_range(bundle, scene.weight_range, weights)
    say(collection, network, objs, drawn, lines)
    if ran:
        bars.show(collection, network, ran)
    ranges.fill(collection)
    scene.tell(**build.facts_of(ran), weight_range=weights)
    run_facts.remember(collection, network, ran)
    from .. import shots  # here: these build on this
    from ..explanation import opening

    opening.close(collection)  # it is of another run
    shots.renew(collection)
    caption.show(collection, network, ran)  # it speaks of the input that the scene now names


def _bundle_again(collection, kept: dict) -> None:
    """Bundle lines that are new, where those before them were bundled."""
    scene = scene_of(collection)
    if kept and scene:
        view_layer = scene.view_layers[0]
        view_layer.update()
        for obj, how in kept.items():
            bundling.restore(obj, view_layer.depsgraph, how)


def say(collection, network, objs, drawn, lines):
    """Let the labels of layers speak of what is drawn now, and annotations read the same as before."""
    from ..picking import annotations  # here: that builds on this

    scene = NetworkScene(collection)
    texts = {(label.owner, label.part): label.obj for label in scene.members(Label)}
    pictured = {picture.layer for picture in scene.members(InputPicture)}
    into = words.into(lines)
    shown = planes.by_layer(scene)
    for layer in network.layers:
        if layer.name in objs:
            if layer.name in pictured:
                said = words.of_picture(layer)
            elif layer.name in shown:
                said = words.of_plane(network, layer, shown[layer.name])
            else:
                said = words.of_layer(layer, drawn[layer.name], into.get(layer.name, []))
            labels.say(objs[layer.name], said)
            for part in labels.parts(objs[layer.name]):
                if (layer.name, part.name) in texts:
                    labels.write(texts[layer.name, part.name], part)
    annotations.follow(collection)
