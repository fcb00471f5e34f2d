# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line. The console script, `blender --command neuroscene` and the operators call the same functions."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .containers import CheckpointError
from .written import FULL, replacing

BAD_INPUT, STOPPED = 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status. Bad input is one line on standard error and status 2."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except CheckpointError as error:
        print(f"neuroscene: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("neuroscene: stopped; run the same command again to go on with a film", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader of our output went away
        sys.stderr.close()
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(
            f"neuroscene: {error.filename or 'the disk'}: cannot be written ({error.strerror}); make room, or set "
            "TMPDIR to another place",
            file=sys.stderr,
        )
        return BAD_INPUT
    return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the whole usage is a page."""

    def error(self, message):
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser():
    parser = _Parser(prog="neuroscene", description="Neural networks as editable 3D scenes in Blender.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, about, model="MODEL"):
        parser_of_command = commands.add_parser(name, help=about, description=about)
        parser_of_command.set_defaults(command=function)
        parser_of_command.add_argument("model", metavar=model, type=Path)
        parser_of_command.add_argument(
            "--dim",
            metavar="NAME=SIZE",
            action="append",
            default=[],
            type=_dim,
            help="size of a dimension that the model leaves open, by its name or as input:axis",
        )
        parser_of_command.add_argument(
            "--architecture",
            type=Path,
            metavar="FILE",
            help="how the weights of a weights-only file are joined: an ONNX model or Keras's JSON",
        )
        parser_of_command.add_argument(
            "--part",
            default="",
            metavar="NAME",
            help="which of several models in one file, by the name that inspect gives it",
        )
        return parser_of_command

    subcommand = command("inspect", _inspect, "say what is in a model")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("run", _run, "run a model on one input")
    subcommand.add_argument(
        "--input",
        required=True,
        type=Path,
        metavar="FILE",
        help="a PNG, JPEG or .npy file, or a .npz file with an array for each input",
    )
    subcommand.add_argument("--top", type=_count, default=5, metavar="K", help="how many of the best scores to print")
    subcommand.add_argument(
        "--prune",
        type=_share,
        default=0.0,
        metavar="P",
        help="leave out this share (0 to 1) of each hidden layer's units, the least important first",
    )
    subcommand.add_argument("--activations", type=Path, metavar="OUT.npz", help="write every layer's output")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("build", _build, "make a scene and save it")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".blend"), metavar="SCENE.blend")
    _drawing(subcommand)

    subcommand = command("render", _render, "render a model or a saved scene", "MODEL|SCENE.blend")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".png", ".mp4"), metavar="OUT.png|OUT.mp4")
    _picture(subcommand)
    _drawing(subcommand)

    subcommand = command("farm", _farm, "write a job for a render farm (Open Job Description)", "MODEL|SCENE.blend")
    subcommand.add_argument("-o", "--output", required=True, type=Path, metavar="JOB/", help="a folder")
    subcommand.add_argument(
        "--chunk", type=_count, default=8, metavar="N", help="frames that a worker renders in one go"
    )
    _picture(subcommand)
    _drawing(subcommand)

    subcommand = command(
        "export", _export, "write a model or a saved scene as glTF, USD, OBJ or a page", "MODEL|SCENE.blend"
    )
    subcommand.add_argument(
        "-o",
        "--output",
        required=True,
        type=_suffix(".glb", ".usdc", ".obj", ".html"),
        metavar="OUT.glb|OUT.usdc|OUT.obj|OUT.html",
    )
    subcommand.add_argument("--html", action="store_true", help="write a page that shows it too, beside the .glb")
    subcommand.add_argument(
        "--realize", action="store_true", help="write plain meshes, for programs without instancing"
    )
    subcommand.add_argument("--triangles", type=_count, metavar="N", help="limit the triangles of plain meshes")
    subcommand.add_argument(
        "--poses",
        type=_count,
        metavar="N",
        help="export keyframed folds, arrangements and values as this many poses of plain meshes",
    )
    subcommand.add_argument(
        "--compress",
        action="store_true",
        help="compress with Draco if this Blender has it, else store positions in 16 bits",
    )
    light = subcommand.add_mutually_exclusive_group()
    light.add_argument(
        "--lit",
        action="store_true",
        default=None,
        help="let the lights of the viewer shade it, whatever the style says",
    )
    light.add_argument("--unlit", dest="lit", action="store_false", help="show colors as they are, without shading")
    _drawing(subcommand)
    return parser


def _picture(command):
    command.add_argument("--shot", metavar="NAME", help="which camera (default: hero)")
    command.add_argument("--engine", choices=("cycles", "eevee"))
    command.add_argument("--samples", type=_count, metavar="N")
    command.add_argument("--size", type=_size, metavar="WxH")
    command.add_argument("--frames", type=_frames, metavar="A-B", help="a sequence of pictures, or a part of the film")
    command.add_argument("--quality", choices=("preview", "standard", "final"), help="samples, noise and size")
    command.add_argument("--transparent", action="store_true", help="without the background, for compositing")
    command.add_argument(
        "--with", dest="other", type=Path, metavar="MODEL", help="another checkpoint, for the shot before-after"
    )


def _drawing(command):
    command.add_argument("--input", type=Path, metavar="FILE", help="a PNG, JPEG, .npy or .npz file to run")
    command.add_argument("--max-cells", type=_count, metavar="N", help="cells to draw in all (default: 150,000)")
    command.add_argument(
        "--max-connections",
        type=_count,
        metavar="N",
        help="connections to draw in all (default: up to 360 between two layers)",
    )


def _inspect(options):
    from .network import summarise
    from .network.report import report, table
    from .structure import open_checkpoint

    network = summarise(open_checkpoint(options.model, options.architecture, options.part), dict(options.dim))
    print(json.dumps(report(network)) if options.json else table(network))


def _run(options):
    import numpy as np

    from .inference import by_name, run_file, run_file_pruned
    from .network import summarise
    from .structure import open_checkpoint

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


def _scores(ran) -> list[dict]:
    return [{"index": score.index, "label": score.label, "score": score.score} for score in ran.scores]


def _build(options):
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


def _render(options):
    from .scene.output import rendering

    _writable(options.output)
    with _quiet() as progress:
        _open_scene(options, progress)
        written = rendering.render(options.output, _wanted(options, progress), progress)
    print(written)


def _farm(options):
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


def _export(options):
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


def _open_scene(options, progress):
    """Load a .blend (its scripts stay off), or build the scene of a model."""
    import bpy

    if options.model.suffix.lower() != ".blend":
        _make_scene(options, progress)
        return
    if not options.model.is_file():
        raise CheckpointError(options.model, "no such file", "check the path")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(options.model.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise CheckpointError(options.model, "not a Blender file, or made by a newer Blender") from error


def _make_scene(options, progress):
    import bpy

    from .scene.building import build, importing

    given = {"max_cells": options.max_cells, "max_connections": options.max_connections}
    given = {name: value for name, value in given.items() if value}
    if "max_connections" in given:
        given["lines_a_pair"] = given["max_connections"]
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    empty = bpy.context.scene
    steps = importing.import_steps(
        options.model, build.Settings(**given), options.input, dict(options.dim), options.architecture, options.part
    )
    build.finish(steps, progress)
    bpy.data.scenes.remove(empty)


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
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)
            if broken:
                said.seek(0)
                sys.stderr.write(said.read().decode(errors="replace"))


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


def _dim(text):
    name, equals, size = text.rpartition("=")
    if not equals or not name or not size.isdigit() or int(size) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=SIZE")
    return name, int(size)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def _share(text):
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share between 0 and 1")
    return share


def _size(text):
    width, cross, height = text.lower().partition("x")
    if not cross or not width.isdigit() or not height.isdigit() or not 4 <= min(int(width), int(height)):
        raise argparse.ArgumentTypeError(f"'{text}' is not WIDTHxHEIGHT")
    return int(width), int(height)


def _frames(text):
    first, dash, last = text.partition("-")
    if not first.isdigit() or dash and not last.isdigit() or dash and int(last) < int(first):
        raise argparse.ArgumentTypeError(f"'{text}' is not FIRST-LAST")
    return int(first), int(last or first)


def _suffix(*allowed):
    def check(text):
        if Path(text).suffix.lower() not in allowed:
            raise argparse.ArgumentTypeError(f"'{text}' should end in {' or '.join(allowed)}")
        return Path(text)

    return check


def command_of_blender(arguments: list[str]) -> int:
    """What `blender --command neuroscene ...` calls."""
    try:
        return main(arguments)
    except SystemExit as end:  # argparse's own; Blender wants a number
        return end.code if isinstance(end.code, int) else BAD_INPUT
