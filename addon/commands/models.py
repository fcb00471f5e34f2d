# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that look at a model, run it, or write it for others."""

from __future__ import annotations

import json
from argparse import Namespace

from ..containers import CheckpointError
from ..containers.stepping import finish
from ..written import replacing
from .output import quiet, read_as_asked, writable

MOST_SAID = 20  # samples that are listed


def inspect(options: Namespace) -> None:
    """Print what is in a model."""
    from ..network import summarise
    from ..network.report import report, table
    from ..structure import open_checkpoint

    network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
    print(json.dumps(report(network)) if options.json else table(network))


def run(options: Namespace) -> None:
    """Run a model on an input and print its scores."""
    import numpy as np

    from ..inference import by_name, run_file, run_file_pruned
    from ..network import summarise
    from ..structure import open_checkpoint

    if options.data and not options.prune:
        _judge(options)
        return
    if options.data or not options.input:
        _prove(options)
        return
    if options.labels:
        raise CheckpointError(options.labels, "says what is right for many samples", "give these as --data")
    with quiet():
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        read_as_asked(network, options)
        parts = bool(options.activations)
        if options.prune:
            network, whole, ran, pruned = run_file_pruned(options.input, network, options.prune, options.top, parts)
        else:
            network, ran = run_file(options.input, network, options.top, parts)
    outputs = {spec.name: list(ran.values[spec.name].shape) for spec in network.outputs if spec.name in ran.values}
    if options.activations:
        writable(options.activations)
        with replacing(options.activations) as part, part.open("wb") as file:  # a name would get another suffix
            np.savez_compressed(file, **by_name(network, ran.values))
    if options.json:
        said = {"outputs": outputs, "top": _scores(ran), "input": {"file": ran.file, "fitted": ran.note}}
        if options.prune:
            layers = [{"name": name, "pruned": gone, "units": of} for name, (gone, of) in pruned.items()]
            said["pruned"] = {"share": options.prune, "layers": layers, "top_unpruned": _scores(whole)}
        print(json.dumps(said))
        return
    print(f"{ran.file}: {ran.note}")
    if options.prune:
        print(
            "pruned: "
            + (
                ", ".join(f"{gone:,} of {of:,} in {name}" for name, (gone, of) in pruned.items() if gone)
                or "nothing, for there are too few units"
            )
        )
    for score in ran.scores:
        print(f"{score.score:10.6f}  {score.label}")
    for name, shape in outputs.items():
        print(f"output {name} {shape}")


def _judge(options) -> None:
    """Run a model on many samples, and print how many it gets right."""
    from ..inference import excitation, judge, open_data
    from ..network import summarise
    from ..structure import open_checkpoint

    if options.input or options.activations:
        raise CheckpointError(options.data, "is many samples", "leave --input and --activations out, or --data")
    with quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        read_as_asked(network, options)
        data = open_data([options.data], network, options.labels)
        if options.unit:
            layer, _, unit = options.unit.rpartition(":")
            excitations = finish(excitation(network, data, layer, int(unit)), progress)
        else:
            judged = finish(judge(network, data), progress)
    if options.unit:
        _say_exciting(options, data.names, excitations)
        return
    said = judged.said
    if options.json:
        told: dict = {"samples": len(said), "accuracy": judged.accuracy, "classes": judged.classes}
        told["confusion"] = None if judged.confusion is None else judged.confusion.tolist()
        told["predictions"] = [
            {"sample": name, "index": int(index), "label": judged.classes[index], "score": float(scores[index])}
            | ({} if judged.answers is None else {"true": int(judged.answers[place])})
            for place, (name, index, scores) in enumerate(zip(judged.names, said, judged.scores, strict=True))
        ]
        print(json.dumps(told))
        return
    if judged.answers is None:
        for name, index in list(zip(judged.names, said, strict=True))[:MOST_SAID]:
            print(f"{name}: {judged.classes[index]}")
        print(f"{len(said):,} samples; nothing says what is right (--labels)")
        return
    right = int((said == judged.answers).sum())
    print(f"{judged.accuracy:.1%} right: {right:,} of {len(said):,} samples")
    wrong = [(count, place) for place, count in enumerate(judged.confusion.ravel()) if count]
    classes = len(judged.classes)
    for count, place in sorted(wrong, key=lambda pair: (-pair[0], pair[1])):
        true, taken = divmod(place, classes)
        if true != taken:
            print(f"{count:6,}  {judged.classes[taken]} (true: {judged.classes[true]})")


def _say_exciting(options, names, excitations) -> None:
    """Print the samples that excite a unit most."""
    from ..inference import strongest

    first = strongest(excitations)[: options.top]
    if options.json:
        most = [{"sample": names[place], "place": place, "activation": float(excitations[place])} for place in first]
        print(json.dumps({"unit": options.unit, "samples": len(names), "exciting": most}))
        return
    for place in first:
        print(f"{excitations[place]:10.4g}  {names[place]}")


def _prove(options) -> None:
    """Prune a model on data, and print how many samples it gets right that did not rank."""
    from ..attribution import prove
    from ..network import summarise
    from ..structure import open_checkpoint

    if not options.data:
        raise CheckpointError(options.model, "needs an input to run", "give --input FILE")
    if not options.prune:
        raise CheckpointError(options.data, "is data, and data says which units can go", "give --prune P as well")
    if options.input or options.activations:
        raise CheckpointError(options.data, "is many samples", "leave --input and --activations out, or --data")
    with quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        proof = finish(prove(network, options.data, options.prune, options.by), progress)
    chance = sum(proof.chance) / len(proof.chance)
    layers = [{"name": name, "pruned": int((~kept).sum()), "units": len(kept)} for name, kept in proof.kept.items()]
    if options.json:
        said = {"share": proof.share, "by": proof.by, "layers": layers, "ranked_on": proof.ranked_on}
        said |= {"tested_on": proof.proven_on, "accuracy_unpruned": proof.whole, "accuracy_random": proof.chance}
        said["labels"] = "the network's own decisions" if proof.own else "of the data"
        print(json.dumps({"accuracy": proof.accuracy, "pruned": said}))
        return
    print(", ".join(f"{layer['pruned']:,} of {layer['units']:,} in {layer['name']}" for layer in layers))
    against = "of its own decisions" if proof.own else "right"
    print(
        f"{proof.accuracy:.1%} {against} without them, {proof.whole:.1%} with all; units taken at random: {chance:.1%}"
        f" (ranked by {proof.by} on {proof.ranked_on:,} samples, tested on {proof.proven_on:,} others)"
    )


def _scores(ran) -> list[dict]:
    return [{"index": score.index, "label": score.label, "score": score.score} for score in ran.scores]


def series(options: Namespace) -> None:
    """Print the checkpoints of a training run in order."""
    from ..series import find
    from ..series.report import table

    run = find(options.models)
    print(json.dumps(run.told()) if options.json else table(run))


def convert(options: Namespace) -> None:
    """Write a model as an ONNX file, without the units that are pruned."""
    from ..conversion import onnx_model
    from ..structure import open_checkpoint

    given = next((name for name in ("data", "input", "by") if getattr(options, name)), "")
    if given and options.prune is None:
        raise CheckpointError(options.model, f"needs --{given} only to choose units", "give --prune P as well")
    writable(options.output)
    pruned = None
    with quiet() as progress:
        checkpoint = open_checkpoint(options.model, options.architecture, options.part)
        if options.prune is not None:
            onnx_model.check(checkpoint)
            made, pruned = _without_units(checkpoint, options, progress)
            checkpoint = made.checkpoint
        written = finish(onnx_model.steps(checkpoint, options.output, dict(options.dim)), progress)
    if options.json:
        told: dict = {"file": str(options.output), "bytes": options.output.stat().st_size, "notes": checkpoint.notes}
        print(json.dumps(told | ({} if pruned is None else {"pruned": pruned})))
        return
    lines = [f"{options.output}: {written}"]
    if pruned is not None:
        lines.append(f"pruned: {made.said}")
    print("\n".join([*lines, *(f"note: {note}" for note in checkpoint.notes)]))


def _without_units(checkpoint, options, progress):
    """A model without the units that the options name, and what to say of it."""
    from ..attribution import prove
    from ..conversion.smaller import smaller, trial
    from ..inference import chosen, fit_file, run_file
    from ..network import summarise

    if options.data and options.input:
        raise CheckpointError(options.data, "is many samples", "leave --input out, or --data")
    if options.by and options.by != "weights" and not options.data:
        raise CheckpointError(options.model, f"cannot rank by {options.by} without samples", "give --data FILE.npz")
    network = summarise(checkpoint, dict(options.dim))
    read_as_asked(network, options)
    checkpoint.check_runs()
    told: dict = {"share": options.prune}
    if options.data:
        proof = finish(prove(network, options.data, options.prune, options.by), progress)
        choices, inputs = proof.choices, proof.sample
        told |= {"by": proof.by, "ranked_on": proof.ranked_on, "tested_on": proof.proven_on}
        told |= {"accuracy": proof.accuracy, "accuracy_unpruned": proof.whole}
    elif options.input and not options.by:
        network, ran = run_file(options.input, network)
        choices = chosen(network, options.prune, ran.values)
        inputs = {fitted.name: fitted.array for fitted in fit_file(options.input, network)}
        told["by"] = "activations of the input"
    else:
        choices, inputs = chosen(network, options.prune), trial(network)
        told["by"] = "weights"
    made = finish(smaller(network, choices, inputs), progress)
    return made, told | made.told()
