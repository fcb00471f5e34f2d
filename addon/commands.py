# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each command of the command line does, given its options."""

from __future__ import annotations

import ctypes
import json
import math
import os
import sys
import tempfile
from argparse import Namespace
from contextlib import contextmanager
from pathlib import Path

from .containers import CheckpointError
from .containers.stepping import finish
from .written import replacing

SCENES = (".glb", ".usdc", ".obj", ".html")  # what a scene can be exported as


def inspect(options: Namespace) -> None:
    """Print what is in a model."""
    from .network import summarise
    from .network.report import report, table
    from .structure import open_checkpoint

    network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
    print(json.dumps(report(network)) if options.json else table(network))


def run(options: Namespace) -> None:
    """Run a model on an input and print its scores."""
    import numpy as np

    from .inference import by_name, run_file, run_file_pruned
    from .network import summarise
    from .structure import open_checkpoint

    if options.data or not options.input:
        _prove(options)
        return
    with _quiet():
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        parts = bool(options.activations)
        if options.prune:
            network, whole, ran, pruned = run_file_pruned(options.input, network, options.prune, options.top, parts)
        else:
            network, ran = run_file(options.input, network, options.top, parts)
    outputs = {spec.name: list(ran.values[spec.name].shape) for spec in network.outputs if spec.name in ran.values}
    if options.activations:
        _writable(options.activations)
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


def _prove(options) -> None:
    """Prune a model on data, and print how many samples it gets right that did not rank."""
    from .attribution import prove
    from .network import summarise
    from .structure import open_checkpoint

    if not options.data:
        raise CheckpointError(options.model, "needs an input to run", "give --input FILE")
    if not options.prune:
        raise CheckpointError(options.data, "is data, and data says which units can go", "give --prune P as well")
    if options.input or options.activations:
        raise CheckpointError(options.data, "is many samples", "leave --input and --activations out, or --data")
    with _quiet() as progress:
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


def attribute(options: Namespace) -> None:
    """Explain a score of a model by a method, and write what each number counts for."""
    import numpy as np

    from .attribution import attribute, drawing
    from .inference import fit_file, run_file
    from .network import summarise
    from .structure import open_checkpoint

    _writable(options.output)
    with _quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        network, _ = run_file(options.input, network)
        inputs = {one.name: one.array for one in fit_file(options.input, network)}
        made = finish(attribute(network, inputs, options.method, options.index, options.layer), progress)
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
        "class": {"index": target.index, "label": target.name},
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
    print(f"{options.output}: {made.method} of {target.name}, whose score is {target.value:.6g}, by {made.by}")


def feature(options: Namespace) -> None:
    """Make the input that excites a unit most, and write it as a picture."""
    from .attribution import drawing, visualise
    from .network import summarise
    from .structure import open_checkpoint

    _writable(options.output)
    with _quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        made = finish(visualise(network, options.layer, options.unit, options.steps, options.seed), progress)
    with replacing(options.output) as part:
        drawing.save_input(part, made.input)
    if options.json:
        print(json.dumps({"activation": made.activation, "layer": made.layer, "unit": made.unit}))
        return
    first, last = made.activation[0], made.activation[-1]
    print(f"{options.output}: unit {made.unit} of {made.layer}, from {first:.6g} to {last:.6g}")


def compose(options: Namespace) -> None:
    """Build a network from a specification or a template, and write it as ONNX, or its specification as JSON."""
    from dataclasses import replace as changed

    from . import composing

    path = Path(options.specification)
    given = composing.read(path) if path.suffix.lower() == ".json" else composing.template(options.specification)
    if options.seed is not None:
        if options.seed < 0:
            raise CheckpointError(options.specification, "has a seed below 0", "choose one from 0 on")
        given = changed(given, seed=options.seed)
    composed = composing.compose(given)
    _writable(options.output)
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
    from . import composing

    if path.suffix.lower() != ".json":
        return path
    made = Path(folder) / f"{path.stem}.onnx"
    made.write_bytes(composing.compose(composing.read(path)).model.SerializeToString())
    return made


def train(options: Namespace) -> None:
    """Train a network, with a checkpoint an epoch."""
    import time

    from . import training
    from .network import summarise
    from .structure import open_checkpoint
    from .training.step import Rules

    if options.output.exists() and not options.output.is_dir():
        raise CheckpointError(options.output, "is a file", "give a folder for the checkpoints")
    if options.rate < 0 or options.decay < 0:
        raise CheckpointError(options.model, "cannot be trained with a rate or decay below 0", "choose a positive one")
    begin = time.perf_counter()
    with _quiet() as progress, tempfile.TemporaryDirectory() as folder:
        model = _specified(options.model, folder)
        network = summarise(open_checkpoint(model, options.architecture, options.part), dict(options.dim))
        data = training.load(options.data, network)
        wanted = training.Options(
            options.epochs,
            options.batch,
            options.rate,
            options.seed,
            Rules(options.optimizer, options.decay),
            tuple(options.freeze),
        )
        done = finish(training.train(network, data, options.output, wanted), progress)
    seconds = time.perf_counter() - begin
    if options.json:
        epochs = [{"epoch": one.epoch, "loss": one.loss, "accuracy": one.accuracy, "file": one.file} for one in done]
        print(json.dumps({"epochs": epochs, "seconds": seconds}))
        return
    for one in done:
        right = "" if one.accuracy is None else f", {one.accuracy:.1%} right"
        print(f"epoch {one.epoch:3}: loss {one.loss:.4f}{right}")
    print(f"{options.output}: {len(done)} checkpoints in {seconds:.1f} s")


def series(options: Namespace) -> None:
    """Print the checkpoints of a training run in order."""
    from .series import find
    from .series.report import table

    run = find(options.models)
    print(json.dumps(run.told()) if options.json else table(run))


def convert(options: Namespace) -> None:
    """Write a model as an ONNX file."""
    from .conversion import onnx_model
    from .structure import open_checkpoint

    _writable(options.output)
    with _quiet() as progress:
        checkpoint = open_checkpoint(options.model, options.architecture, options.part)
        written = finish(onnx_model.steps(checkpoint, options.output, dict(options.dim)), progress)
    print("\n".join([f"{options.output}: {written}", *(f"note: {note}" for note in checkpoint.notes)]))


def build(options: Namespace) -> None:
    """Make a scene and save it."""
    import bpy

    from .scene.building import importing
    from .scene.entities import networks

    _writable(options.output)
    with _quiet() as progress:
        _make_scene(options, progress)
        paths = bpy.context.preferences.filepaths
        versions = paths.save_version
        paths.save_version = 0  # no .blend1 beside it
        with replacing(options.output) as part:
            bpy.ops.wm.save_as_mainfile(filepath=str(part.resolve()), compress=True)
        paths.save_version = versions
    print(f"{options.output}: {importing.summary(networks()[0])}")


def render(options: Namespace) -> None:
    """Render a picture or a film."""
    from .scene.output import rendering

    _writable(options.output)
    with _quiet() as progress:
        _open_scene(options, progress)
        written = rendering.render(options.output, _wanted(options, progress), progress)
    print(written)


def watch(options: Namespace) -> None:
    """Render a still of each checkpoint of a training while it runs."""
    from .scene.series import film

    folder = options.output
    if not options.model.is_dir():
        raise CheckpointError(
            options.model, "no such folder", "name the folder that a training saves its checkpoints to"
        )
    _writable(folder / "0000.png")
    with _quiet() as progress:
        count, left_out = film.watch(options.model, folder, options, progress)
    for path, why in left_out.items():
        print(f"left out: {path}: {why}")
    print(f"{folder}: {count} still{'' if count == 1 else 's'}")


def look(options: Namespace) -> None:
    """Write the looks, shapes and shots of a saved scene."""
    from .scene.entities import networks
    from .scene.looks import look_files

    if options.model.suffix.lower() != ".blend":
        raise CheckpointError(options.model, "is no saved scene", "build one first: neuroscene build")
    _writable(options.output)
    with _quiet() as progress:
        _open_scene(options, progress)
        network = next(iter(networks()), None)
        if network is None:
            raise CheckpointError(options.model, "holds no network", "open a scene that Neuroscene built")
        count = look_files.save(options.output, network)
    print(f"{options.output}: {count} shot{'' if count == 1 else 's'}")


def farm(options: Namespace) -> None:
    """Write a job for a render farm."""
    from .scene.output import farm

    with _quiet() as progress:
        _open_scene(options, progress)
        written = farm.write(options.output, _wanted(options, progress), options.chunk)
    print(written)


def _wanted(options, progress):
    """What the options of a command say of a picture; another checkpoint is put beside first."""
    from .scene.output import rendering

    if options.other:
        _compare(options, progress)
    return rendering.Options(
        options.shot,
        options.engine,
        options.samples,
        options.size,
        options.frames,
        options.quality,
        options.transparent,
    )


def _compare(options, progress):
    """Put another checkpoint beside the network of the open file."""
    import bpy

    from .scene import shots
    from .scene.building import build
    from .scene.entities import networks, scene_of

    network = next(iter(networks()), None)
    if network is None:
        raise CheckpointError(options.model, "holds no network", "open a scene that Neuroscene built")
    bpy.context.window.scene = scene_of(network)
    build.finish(shots.compared(network, options.other), progress)
    options.shot = options.shot or "before-after"


def export(options: Namespace) -> None:
    """Write a scene as glTF, USD, OBJ or a page, or a model as arrays."""
    if options.arrays:
        _export_arrays(options)
        return
    if options.output.suffix.lower() not in SCENES:
        raise CheckpointError(options.output, f"should end in {' or '.join(SCENES)}", "or give --arrays and a folder")
    from .gltf import export

    page = options.output.with_suffix(".html") if options.html else None
    for path in {options.output, page or options.output}:
        _writable(path)
    wanted = export.ExportOptions(
        options.realize, options.triangles or export.TRIANGLES, options.poses or 0, options.lit, options.compress
    )
    with _quiet() as progress:
        _open_scene(options, progress)
        progress("exporting")
        report = export.export(options.output, wanted, progress)
        if page and page != options.output:
            export.export(page, wanted, progress)
    print(f"{options.output}: {report}")


def _export_arrays(options):
    """Write layers, weights and activations into a folder."""
    from .conversion import arrays
    from .inference import run_file
    from .network import summarise
    from .structure import open_checkpoint

    if options.output.exists() and not options.output.is_dir():
        raise CheckpointError(options.output, "is a file", "give a folder for the arrays")
    inputs = options.input or []
    if len(inputs) > 1:
        raise CheckpointError(inputs[1], "is a second input, and arrays are those of one", "give one --input")
    with _quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        network, ran = run_file(inputs[0], network) if inputs else (network, None)
        written = finish(arrays.steps(network, ran, options.output), progress)
    print(f"{options.output}: {written}")


def _open_scene(options, progress):
    """Load a .blend (its scripts stay off), or build the scene of a model; give it the look that is asked for."""
    import bpy

    if options.model.suffix.lower() != ".blend":
        _make_scene(options, progress)
        return
    given = _look(options)
    if not options.model.is_file():
        raise CheckpointError(options.model, "no such file", "check the path")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(options.model.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise CheckpointError(options.model, "not a Blender file, or made by a newer Blender") from error
    _give(given, progress)


def _look(options) -> dict | None:
    """The look that a command is given, read before anything takes time."""
    from .scene.looks import look_files

    path = getattr(options, "look", None)
    return look_files.load(path) if path else None


def _give(given, progress):
    """Give the network of the open file a look."""
    import bpy

    from .scene.entities import networks, scene_of
    from .scene.looks import look_files

    network = next(iter(networks()), None)
    if given and network:
        progress("look")
        bpy.context.window.scene = scene_of(network)
        look_files.apply(given, network)


def _make_scene(options, progress):
    import bpy

    from .scene.building import build, importing

    look = _look(options)
    given = {"max_cells": options.max_cells, "max_connections": options.max_connections}
    given = {name: value for name, value in given.items() if value}
    if "max_connections" in given:
        given["lines_a_pair"] = given["max_connections"]
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    empty = bpy.context.scene
    settings = build.Settings(**given)
    inputs = options.input or []
    if _is_series(options, inputs):
        from .scene.series import filling

        steps = filling.import_steps(
            [options.model],
            settings,
            inputs,
            dict(options.dim),
            getattr(options, "max_steps", None) or 0,
            options.architecture,
        )
    else:
        steps = importing.import_steps(
            options.model, settings, next(iter(inputs), None), dict(options.dim), options.architecture, options.part
        )
    build.finish(steps, progress)
    bpy.data.scenes.remove(empty)
    _give(look, progress)


def _is_series(options, inputs) -> bool:
    """Whether a scene of steps is asked for: by the option, by a pattern, or by several inputs."""
    from .series import is_run

    return getattr(options, "series", False) or len(inputs) > 1 or is_run(options.model)


@contextmanager
def _quiet():
    """Keep what Blender and its libraries say out of our output, yet show it if something breaks.

    Yields a function that shows progress where a person is watching.
    """
    kept = {number: os.dup(number) for number in (1, 2)}
    watched = os.isatty(2)

    def progress(text):
        if watched:
            os.write(kept[2], f"\r\033[K{text}".encode())

    with tempfile.TemporaryFile() as said:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in kept:
            os.dup2(said.fileno(), number)
        broken = True
        try:
            yield progress
            broken = False
        except CheckpointError:
            broken = False
            raise
        finally:
            progress("")
            _flush()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)
            if broken:
                said.seek(0)
                sys.stderr.write(said.read().decode(errors="replace"))


def _flush():
    """Let Blender's own output go where it is sent now, not later: C keeps what Python knows nothing of."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (OSError, TypeError, AttributeError):  # where the C library is found in another way
        pass


def _writable(path: Path):
    """Say at once, before a long render, that an output cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise CheckpointError(path, f"cannot be written ({error.strerror})", "choose another place") from error
