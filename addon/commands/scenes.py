# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that make a scene, pictures and films of it, and files for other programs."""

from __future__ import annotations

from argparse import Namespace

from ..containers import CheckpointError
from ..containers.stepping import finish
from ..written import replacing
from .output import quiet, read_as_asked, scaling, writable

SCENES = (".glb", ".usdz", ".usdc", ".obj", ".html")  # what a scene can be exported as


def build(options: Namespace) -> None:
    """Make a scene and save it."""
    import bpy

    from ..scene.building import importing
    from ..scene.entities import networks

    writable(options.output)
    with quiet() as progress:
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
    from ..scene.output import rendering

    writable(options.output)
    with quiet() as progress:
        _open_scene(options, progress)
        written = rendering.render(options.output, _wanted(options, progress), progress)
    print(written)


def watch(options: Namespace) -> None:
    """Render a still of each checkpoint of a training while it runs."""
    from ..scene.series import film

    folder = options.output
    if not options.model.is_dir():
        raise CheckpointError(
            options.model, "no such folder", "name the folder that a training saves its checkpoints to"
        )
    writable(folder / "0000.png")
    with quiet() as progress:
        count, left_out = film.watch(options.model, folder, options, progress)
    for path, why in left_out.items():
        print(f"left out: {path}: {why}")
    print(f"{folder}: {count} still{'' if count == 1 else 's'}")


def look(options: Namespace) -> None:
    """Write the looks, shapes and shots of a saved scene."""
    from ..scene.entities import networks
    from ..scene.looks import look_files

    if options.model.suffix.lower() != ".blend":
        raise CheckpointError(options.model, "is no saved scene", "build one first: neuroscene build")
    writable(options.output)
    with quiet() as progress:
        _open_scene(options, progress)
        network = next(iter(networks()), None)
        if network is None:
            raise CheckpointError(options.model, "holds no network", "open a scene that Neuroscene built")
        count = look_files.save(options.output, network)
    print(f"{options.output}: {count} shot{'' if count == 1 else 's'}")


def farm(options: Namespace) -> None:
    """Write a job for a render farm."""
    from ..scene.output import farm

    with quiet() as progress:
        _open_scene(options, progress)
        written = farm.write(options.output, _wanted(options, progress), options.chunk)
    print(written)


def _wanted(options, progress):
    """What the options of a command say of a picture; another checkpoint is put beside first."""
    from ..scene.output import rendering

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
        options.seconds or 0.0,
        options.step or 0,
    )


def _compare(options, progress):
    """Put other checkpoints beside the network of the open file."""
    import bpy

    from ..scene import shots
    from ..scene.building import build
    from ..scene.entities import networks, scene_of

    network = next(iter(networks()), None)
    if network is None:
        raise CheckpointError(options.model, "holds no network", "open a scene that Neuroscene built")
    bpy.context.window.scene = scene_of(network)
    for other in options.other:
        build.finish(shots.compared(network, other), progress)
    options.shot = options.shot or "before-after"


def export(options: Namespace) -> None:
    """Write a scene as glTF, USD, OBJ or a page, or a model as arrays."""
    if options.arrays:
        _export_arrays(options)
        return
    if options.output.suffix.lower() not in SCENES:
        raise CheckpointError(options.output, f"should end in {' or '.join(SCENES)}", "or give --arrays and a folder")
    import bpy

    from ..gltf import export

    page = options.output.with_suffix(".html") if options.html else None
    for path in {options.output, page or options.output}:
        writable(path)
    wanted = export.ExportOptions(
        options.realize, options.triangles or export.TRIANGLES, options.poses or 0, options.lit, options.compress
    )
    with quiet() as progress:
        _open_scene(options, progress)
        if options.shot:
            from ..scene.output import rendering

            scene, *_ = rendering.look_through(options.output, options.shot, options.seconds or 0.0)
            bpy.context.window.scene = scene
        progress("exporting")
        report = export.export(options.output, wanted, progress)
        if page and page != options.output:
            export.export(page, wanted, progress)
    print(f"{options.output}: {report}")


def _export_arrays(options):
    """Write layers, weights and activations into a folder."""
    from ..conversion import arrays
    from ..inference import run_file
    from ..network import summarise
    from ..structure import open_checkpoint

    if options.output.exists() and not options.output.is_dir():
        raise CheckpointError(options.output, "is a file", "give a folder for the arrays")
    inputs = options.input or []
    if len(inputs) > 1:
        raise CheckpointError(inputs[1], "is a second input, and arrays are those of one", "give one --input")
    with quiet() as progress:
        network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
        read_as_asked(network, options)
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
    from ..scene.looks import look_files

    path = getattr(options, "look", None)
    return look_files.load(path) if path else None


def _give(given, progress):
    """Give the network of the open file a look."""
    import bpy

    from ..scene.entities import networks, scene_of
    from ..scene.looks import look_files

    network = next(iter(networks()), None)
    if given and network:
        progress("look")
        bpy.context.window.scene = scene_of(network)
        look_files.apply(given, network)


def _make_scene(options, progress):
    import bpy

    from ..scene.building import build, importing
    from ..scene.building.choices import Reading

    look = _look(options)
    given = {"max_cells": options.max_cells, "max_connections": options.max_connections}
    given = {name: value for name, value in given.items() if value}
    if "max_connections" in given:
        given["lines_a_pair"] = given["max_connections"]
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    empty = bpy.context.scene
    settings = build.Settings(**given)
    inputs = options.input or []
    reading = Reading(options.classes, scaling(options), options.labels)
    if _is_series(options, inputs):
        from ..scene.series import filling

        steps = filling.import_steps(
            [options.model],
            settings,
            inputs,
            dict(options.dim),
            getattr(options, "max_steps", None) or 0,
            options.architecture,
            reading,
        )
    else:
        if options.labels:
            raise CheckpointError(options.labels, "says what is right for several inputs", "give several")
        steps = importing.import_steps(
            options.model,
            settings,
            next(iter(inputs), None),
            dict(options.dim),
            options.architecture,
            options.part,
            reading,
        )
    collection = build.finish(steps, progress)
    bpy.data.scenes.remove(empty)
    _give(look, progress)
    _explain(options, collection, progress)
    _count(options, collection, progress)
    _prune(options, collection, progress)


def _prune(options, collection, progress):
    """Hide the share of units that is asked for, and chart how well the network does without them."""
    proof, share = getattr(options, "proof", None), getattr(options, "prune", None)
    if share:
        from ..scene.entities import NetworkScene

        NetworkScene(collection).root().inputs["Prune"] = share
    if proof:
        from ..scene.building import build
        from ..scene.explaining import proving

        build.finish(proving.prove_steps(collection, proof, options.by, options.proof_class), progress)


def _count(options, collection, progress):
    """Show the plot and the histograms that are asked for, and look at all again: they stand beside the layers."""
    kinds, data = getattr(options, "histograms", ()), getattr(options, "plot", None)
    if not kinds and data is None:
        return
    from ..scene.building import build, histograms, studio
    from ..scene.camera import picture
    from ..scene.entities import NetworkScene
    from ..scene.series import plots

    scene = NetworkScene(collection)
    if data is not None:
        build.finish(plots.show_steps(collection, data), progress)
    if kinds:
        build.finish(histograms.toggle_steps(collection, list(scene.layers()), kinds), progress)
    picture.frame(collection, scene.scene, studio.camera_of(collection))


def _explain(options, collection, progress):
    """Let the network of the open file show the evidence that is asked for."""
    methods = getattr(options, "evidence", None)
    if not methods:
        if getattr(options, "index", None) or getattr(options, "against", None) is not None:
            raise CheckpointError(options.model, "was asked why a class, but not how", "give --evidence METHOD as well")
        return
    from ..scene.building import build
    from ..scene.explaining import explaining
    from ..scene.explaining.board import CAMERA
    from ..scene.explaining.known import NONE, RUNNER_UP, WINNER, Asked

    against = options.against
    if against is None:
        against = RUNNER_UP if methods == ("integrated",) and len(options.index or ()) < 2 else NONE
    asked = Asked(methods, options.index or (WINNER,), NONE if against == -1 else against)
    build.finish(explaining.explain_steps(collection, asked, options.side_by_side), progress)
    if options.side_by_side and hasattr(options, "shot"):
        options.shot = options.shot or CAMERA


def _is_series(options, inputs) -> bool:
    """Whether a scene of steps is asked for: by the option, by a pattern, or by several inputs."""
    from ..inference import is_data
    from ..series import is_run

    several = len(inputs) > 1 or any(map(is_data, inputs))
    return getattr(options, "series", False) or several or is_run(options.model)
