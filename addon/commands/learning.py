# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that explain a network, compose one, and train it."""

from __future__ import annotations

import json
import math
import tempfile
from argparse import Namespace
from pathlib import Path

from ..containers import CheckpointError
from ..containers.stepping import finish
from ..written import replacing
from .output import quiet, read_as_asked, writable

MOST_FEATURES = 64  # units on a sheet


def attribute(options: Namespace) -> None:
    """Explain a score of a model by a method, and write what each number counts for."""
    import numpy as np

    from ..attribution import Unit, attribute, drawing
    from ..inference import fit_file, run_file
    from ..network import summarise
    from ..structure import open_checkpoint

    unit = None
    if options.unit is not None:
        if not options.layer or options.index is not None:
            problem = "asks for a unit of no layer" if not options.layer else "asks for a unit and a class"
            raise CheckpointError(options.model, problem, "give --layer NAME and --unit U, without --class")
        unit = Unit(options.layer, options.unit, options.of == "largest")
    writable(options.output)
    with quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        read_as_asked(network, options)
        network, _ = run_file(options.input, network)
        inputs = {one.name: one.array for one in fit_file(options.input, network)}
        layer = "" if unit else options.layer
        made = finish(attribute(network, inputs, options.method, options.index, layer, unit), progress)
    target = made.target
    with replacing(options.output) as part:
        if options.output.suffix.lower() == ".png":
            drawing.save_evidence(part, made.values)
        else:
            arrays = {"attribution": made.values, "input": made.input, "score": np.float32(target.value)}
            if made.upsampled is not None:
                arrays["upsampled"] = made.upsampled
            with part.open("wb") as file:
                np.savez_compressed(file, **arrays)
    said = {
        "method": made.method,
        **(
            {"unit": {"layer": unit.layer, "index": target.index, "of": options.of}}
            if unit
            else {"class": {"index": target.index, "label": target.name}}
        ),
        "score": target.value,
        "tensor": target.tensor,
        "by": made.by,
        "shape": list(made.values.shape),
        **({"note": target.note} if target.note else {}),
        **made.settings,
    }
    if options.json:
        print(json.dumps(said))
        return
    what = f"activation ({target.note})" if unit and target.note else "activation" if unit else "score"
    print(f"{options.output}: {made.method} of {target.name}, whose {what} is {target.value:.6g}, by {made.by}")


def feature(options: Namespace) -> None:
    """Make the input that excites a unit most, or each unit of a layer, and write it as a picture."""
    from ..attribution import drawing, visualise
    from ..attribution.targets import layer_of
    from ..network import summarise
    from ..structure import open_checkpoint

    writable(options.output)
    with quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        count = layer_of(network, options.layer).grid.units
        units = list(range(min(count, MOST_FEATURES))) if options.unit is None else [options.unit]
        made = [
            finish(
                visualise(network, options.layer, unit, options.steps, options.seed, middle=options.unit is None),
                progress,
            )
            for unit in units
        ]
    with replacing(options.output) as part:
        if options.unit is None:
            drawing.save_sheet(part, [each.input for each in made], [str(each.unit) for each in made])
        else:
            drawing.save_input(part, made[0].input)
    if options.json:
        told = [{"activation": each.activation, "layer": each.layer, "unit": each.unit} for each in made]
        print(json.dumps({"features": told, "units": count} if options.unit is None else told[0]))
        return
    if options.unit is None:
        print(f"{options.output}: {len(made):,} of {count:,} units of {made[0].layer}")
        return
    first, last = made[0].activation[0], made[0].activation[-1]
    print(f"{options.output}: unit {made[0].unit} of {made[0].layer}, from {first:.6g} to {last:.6g}")


def compose(options: Namespace) -> None:
    """Build a network from a specification or a template, and write it as ONNX, or its specification as JSON."""
    from dataclasses import replace as changed

    from .. import composing

    path = Path(options.specification)
    given = composing.read(path) if path.suffix.lower() == ".json" else composing.template(options.specification)
    if options.seed is not None:
        if options.seed < 0:
            raise CheckpointError(options.specification, "has a seed below 0", "choose one from 0 on")
        given = changed(given, seed=options.seed)
    composed = composing.compose(given)
    writable(options.output)
    with replacing(options.output) as part:
        if options.output.suffix.lower() == ".json":
            part.write_text(given.to_json() + "\n", encoding="utf-8")
        else:
            part.write_bytes(composed.model.SerializeToString())
    if options.json:
        print(json.dumps({"layers": [{"name": name, "shape": list(shape)} for name, shape in composed.shapes.items()]}))
        return
    numbers = sum(math.prod(tensor.dims) for tensor in composed.model.graph.initializer)
    print(f"{options.output}: {len(given.layers):,} layers, {numbers:,} numbers")


def _specified(path: Path, folder: str) -> Path:
    """The model of a specification, as a file in a folder; of any other file that file."""
    from .. import composing

    if path.suffix.lower() != ".json":
        return path
    made = Path(folder) / f"{path.stem}.onnx"
    made.write_bytes(composing.compose(composing.read(path)).model.SerializeToString())
    return made


def train(options: Namespace) -> None:
    """Train a network, with a checkpoint an epoch, and within epochs if that is asked for."""
    import time

    from .. import training
    from ..network import summarise
    from ..structure import open_checkpoint
    from ..training.optimizer import Rules

    if options.output.exists() and not options.output.is_dir():
        raise CheckpointError(options.output, "is a file", "give a folder for the checkpoints")
    if not (0 <= options.rate < math.inf and 0 <= options.decay < math.inf):  # not a number is neither
        raise CheckpointError(
            options.model, "cannot be trained with a rate or decay below 0 or without end", "choose a positive one"
        )
    begin = time.perf_counter()
    with quiet() as progress, tempfile.TemporaryDirectory() as folder:
        model = _specified(options.model, folder)
        network = summarise(open_checkpoint(model, options.architecture, options.part), dict(options.dim))
        data = training.load(options.data, network, options.reconstruct)
        wanted = training.Options(
            options.epochs,
            options.batch,
            options.rate,
            options.seed,
            Rules(options.optimizer, options.decay),
            tuple(options.freeze),
            options.schedule,
            options.every,
        )
        done = finish(training.train(network, data, options.output, wanted), progress)
    seconds = time.perf_counter() - begin
    resting = training.frozen(network, options.freeze)
    if options.json:
        epochs = [
            {"epoch": each.epoch, "loss": each.loss, "accuracy": each.accuracy, "file": each.file}
            for each in done
            if not each.within
        ]
        told = {"epochs": epochs, "seconds": seconds, "frozen": {"names": options.freeze, "tensors": sorted(resting)}}
        if options.every:
            parts = ("epoch", "step", "loss", "accuracy", "file")
            told["checkpoints"] = [{name: getattr(each, name) for name in parts} for each in done]
        print(json.dumps(told))
        return
    for each in done:
        right = "" if each.accuracy is None else f", {each.accuracy:.1%} right"
        place = f"epoch {each.epoch:3}, step {each.step:6,}" if options.every else f"epoch {each.epoch:3}"
        print(f"{place}: loss {each.loss:.4f}{right}")
    if resting:
        print(f"frozen: {', '.join(options.freeze)} ({len(resting):,} tensors as they were)")
    print(f"{options.output}: {len(done)} checkpoints in {seconds:.1f} s")
