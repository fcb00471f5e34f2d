# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line. The console script, `blender --command neuroscene` and the operators call the same functions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import commands
from .containers import CheckpointError
from .written import FULL

BAD_INPUT, STOPPED = 2, 130
TEMPLATES = ("mlp", "lenet", "resnet", "unet", "gpt", "spiral-shallow", "spiral-deep", "autoencoder", "sorter")
PRESETS = ("0-1", "-1-1", "0-255", "imagenet", "caffe")  # of `network.scaling`
RANKINGS = ("weights", "activations", "taylor", "taylor-iterative", "greedy")
METHODS = (
    *("gradient", "gradient-input", "guided", "integrated", "smoothgrad", "deconvnet", "gradcam", "occlusion"),
)  # of `attribute`, which is imported when it is asked for


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
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, about, model="MODEL"):
        parser_of_command = subcommands.add_parser(name, help=about, description=about)
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

    subcommand = command("inspect", commands.inspect, "say what is in a model")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("run", commands.run, "run a model on one input, or on many with labels")
    subcommand.add_argument(
        "--input",
        type=Path,
        metavar="FILE",
        help="a picture, a sound (.wav), an array (.npy), or a .npz file with an array for each input; with --data it "
        "may be left out",
    )
    _reading(subcommand)
    subcommand.add_argument("--top", type=_count, default=5, metavar="K", help="how many of the best scores to print")
    subcommand.add_argument(
        "--prune",
        type=_share,
        default=0.0,
        metavar="P",
        help="leave out this share (0 to 1) of each hidden layer's units, the least important first",
    )
    subcommand.add_argument(
        "--data",
        type=Path,
        metavar="FILE.npz|FOLDER",
        help="many samples to count what is right: a .npz file with x and y, or a folder by class; with --prune a .npz "
        "file, to rank units on one half and prove on the other",
    )
    subcommand.add_argument(
        "--labels", type=Path, metavar="FILE", help="what is right for each sample: a .txt, .json or .csv file"
    )
    subcommand.add_argument(
        "--unit",
        type=_unit,
        metavar="LAYER:U",
        help="with --data: print the samples that excite this unit of a layer most, --top of them",
    )
    subcommand.add_argument(
        "--by",
        choices=RANKINGS,
        default="",
        help="with --data: how units are ranked (default: greedy in small networks, else taylor-iterative)",
    )
    subcommand.add_argument("--activations", type=Path, metavar="OUT.npz", help="write every layer's output")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("attribute", commands.attribute, "say how much each number of an input counts for a score")
    subcommand.add_argument("--input", required=True, type=Path, metavar="FILE", help="a picture, a sound or an array")
    _reading(subcommand)
    subcommand.add_argument("--method", required=True, metavar="NAME", help=f"one of {', '.join(METHODS)}")
    subcommand.add_argument("--class", dest="index", type=int, metavar="K", help="which class (default: the winner)")
    subcommand.add_argument("--layer", default="", metavar="NAME", help="explain by what this layer gives")
    subcommand.add_argument(
        "--unit", type=int, metavar="U", help="with --layer: explain what this unit of it gives, counted from 0"
    )
    subcommand.add_argument(
        "--of",
        choices=("largest", "mean"),
        default="largest",
        help="with --unit: its largest activation anywhere in its map, or the mean over it (default: largest)",
    )
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".npz", ".png"), metavar="OUT.npz|OUT.png")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("feature", commands.feature, "make the input that excites a unit most, or each of a layer's")
    subcommand.add_argument("--layer", required=True, metavar="NAME", help="which layer, as inspect lists it")
    subcommand.add_argument(
        "--unit", type=int, metavar="U", help="which unit of it, from 0 (default: all, at most 64, as a sheet)"
    )
    subcommand.add_argument("--steps", type=_count, default=128, metavar="N", help="how many steps (default: 128)")
    subcommand.add_argument("--seed", type=int, default=0, metavar="S", help="where it begins (default: 0)")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".png"), metavar="OUT.png")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = subcommands.add_parser(
        "compose", help="build a network from a specification", description="build a network from a specification"
    )
    subcommand.set_defaults(command=commands.compose)
    subcommand.add_argument(
        "specification", metavar="SPEC.json|TEMPLATE", help=f"a file, or one of {', '.join(TEMPLATES)}"
    )
    subcommand.add_argument("--seed", type=int, metavar="S", help="of the weights (default: that of the specification)")
    subcommand.add_argument(
        "-o", "--output", required=True, type=_suffix(".onnx", ".json"), metavar="OUT.onnx|OUT.json"
    )
    subcommand.add_argument("--json", action="store_true", help="print the shape of every layer as one JSON object")

    subcommand = command("train", commands.train, "train a network on a data set", "MODEL|SPEC.json")
    subcommand.add_argument(
        "--data",
        required=True,
        type=Path,
        metavar="FILE.npz",
        help="x_train, y_train, x_test and y_test; or a folder of pictures by class",
    )
    subcommand.add_argument("--epochs", type=_count, default=5, metavar="N", help="how many epochs (default: 5)")
    subcommand.add_argument("--batch", type=_count, default=32, metavar="B", help="samples a step (default: 32)")
    subcommand.add_argument(
        "--every",
        type=_count,
        default=0,
        metavar="N",
        help="write a checkpoint within an epoch after every N batches too",
    )
    subcommand.add_argument("--rate", type=float, default=0.0, metavar="R", help="the rate (default: the optimizer's)")
    subcommand.add_argument("--optimizer", choices=("adam", "sgd"), default="adam", help="default: adam")
    subcommand.add_argument("--schedule", choices=("constant", "cosine"), default="constant", help="default: constant")
    subcommand.add_argument("--decay", type=float, default=0.0, metavar="D", help="how much weights shrink (L2)")
    subcommand.add_argument(
        "--freeze",
        type=_names,
        action="extend",
        default=[],
        metavar="NAME[,NAME...]",
        help="leave the weights of these layers as they are, or those whose names begin so",
    )
    subcommand.add_argument(
        "--reconstruct", action="store_true", help="learn to give back what is read, as an autoencoder does"
    )
    subcommand.add_argument("--seed", type=int, default=0, metavar="S", help="of the order of samples (default: 0)")
    subcommand.add_argument("-o", "--output", required=True, type=Path, metavar="RUN/", help="a folder of checkpoints")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("convert", commands.convert, "write a model of any format as an ONNX file")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".onnx"), metavar="OUT.onnx")
    subcommand.add_argument(
        "--prune",
        type=_share,
        metavar="P",
        help="take this share (0 to 1) of each hidden layer's units out, the least important first",
    )
    subcommand.add_argument(
        "--data", type=Path, metavar="FILE.npz", help="with --prune: samples that rank units, and prove the result"
    )
    subcommand.add_argument(
        "--by", choices=RANKINGS, default="", help="with --data: how units are ranked, as for run (default: the same)"
    )
    subcommand.add_argument("--input", type=Path, metavar="FILE", help="with --prune: one input that ranks units")
    _pixels(subcommand)
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = command("build", commands.build, "make a scene and save it")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".blend"), metavar="SCENE.blend")
    subcommand.add_argument(
        "--series", action="store_true", help="show the checkpoints of a training run, or several inputs, as steps"
    )
    subcommand.add_argument(
        "--max-steps", type=_count, metavar="N", help="steps of a series, evenly from a longer run (default: 250)"
    )
    _drawing(subcommand)

    subcommand = subcommands.add_parser("series", help=commands.series.__doc__, description=commands.series.__doc__)
    subcommand.set_defaults(command=commands.series)
    subcommand.add_argument("models", metavar="FOLDER|GLOB", type=Path, nargs="+")
    subcommand.add_argument("--json", action="store_true", help="print one JSON object")

    subcommand = subcommands.add_parser("watch", help=commands.watch.__doc__, description=commands.watch.__doc__)
    subcommand.set_defaults(command=commands.watch)
    subcommand.add_argument("model", metavar="FOLDER", type=Path, help="where a training saves its checkpoints")
    subcommand.add_argument("-o", "--output", required=True, type=Path, metavar="FILM/", help="a folder of stills")
    subcommand.add_argument("--input", type=Path, metavar="FILE", help="a PNG, JPEG, .npy or .npz file to run")
    subcommand.add_argument("--engine", choices=("cycles", "eevee"))
    subcommand.add_argument("--samples", type=_count, metavar="N")
    subcommand.add_argument("--size", type=_size, metavar="WxH")
    subcommand.add_argument("--quality", choices=("preview", "standard", "final"), help="samples, noise and size")
    subcommand.add_argument("--max-cells", type=_count, metavar="N", help="cells to draw in all (default: 150,000)")
    subcommand.add_argument(
        "--idle", type=_count, metavar="SECONDS", help="end when no checkpoint has come for so long (default: never)"
    )

    subcommand = command("render", commands.render, "render a model or a saved scene", "MODEL|SCENE.blend")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".png", ".mp4"), metavar="OUT.png|OUT.mp4")
    _picture(subcommand)
    _drawing(subcommand)

    subcommand = command("look", commands.look, "write the looks, shapes and shots of a saved scene", "SCENE.blend")
    subcommand.add_argument("-o", "--output", required=True, type=_suffix(".json"), metavar="LOOK.json")

    subcommand = command(
        "farm", commands.farm, "write a job for a render farm (Open Job Description)", "MODEL|SCENE.blend"
    )
    subcommand.add_argument("-o", "--output", required=True, type=Path, metavar="JOB/", help="a folder")
    subcommand.add_argument(
        "--chunk", type=_count, default=8, metavar="N", help="frames that a worker renders in one go"
    )
    _picture(subcommand)
    _drawing(subcommand)

    subcommand = command(
        "export", commands.export, "write a model or a saved scene as glTF, USD, OBJ or a page", "MODEL|SCENE.blend"
    )
    subcommand.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT.glb|OUT.usdz|OUT.usdc|OUT.obj|OUT.html|FOLDER/"
    )
    subcommand.add_argument(
        "--arrays",
        action="store_true",
        help="write layers, shapes and names as JSON, weights and activations as arrays of NumPy, into a folder",
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
    subcommand.add_argument(
        "--shot", metavar="NAME", help="which camera, with all that moves in its shot (default: hero)"
    )
    subcommand.add_argument(
        "--seconds", type=_seconds, metavar="S", help="how long the shot is (default: its own time)"
    )
    light.add_argument("--unlit", dest="lit", action="store_false", help="show colors as they are, without shading")
    _drawing(subcommand)
    return parser


def _pixels(command):
    command.add_argument(
        "--scale", choices=PRESETS, help="what becomes of the pixels of a picture (default: guessed, and said)"
    )
    for name, said in (("mean", "what is taken from pixels of 0 to 1"), ("std", "by what they are then divided")):
        command.add_argument(f"--{name}", type=_three, metavar="R,G,B", help=said)
    command.add_argument("--order", choices=("RGB", "BGR"), help="which color the first channel has (default: red)")


def _reading(command):
    _pixels(command)
    command.add_argument(
        "--classes", type=Path, metavar="FILE", help="names of the classes: a .txt, .json or .csv file"
    )


def _picture(command):
    command.add_argument("--shot", metavar="NAME", help="which camera (default: hero)")
    command.add_argument("--seconds", type=_seconds, metavar="S", help="how long the shot is (default: its own time)")
    command.add_argument("--engine", choices=("cycles", "eevee"))
    command.add_argument("--samples", type=_count, metavar="N")
    command.add_argument("--size", type=_size, metavar="WxH")
    command.add_argument("--frames", type=_frames, metavar="A-B", help="a sequence of pictures, or a part of the film")
    command.add_argument("--step", type=_count, metavar="N", help="only every Nth frame of a film")
    command.add_argument("--quality", choices=("preview", "standard", "final"), help="samples, noise and size")
    command.add_argument("--transparent", action="store_true", help="without the background, for compositing")
    command.add_argument(
        "--with",
        dest="other",
        type=Path,
        action="append",
        metavar="MODEL",
        help="another checkpoint, for the shot before-after; give it again for more",
    )


def _drawing(command):
    command.add_argument(
        "--input",
        type=Path,
        metavar="FILE",
        nargs="+",
        action="extend",
        help="a picture, a sound or an array to run; several, or a folder, are a series of inputs",
    )
    command.add_argument(
        "--labels", type=Path, metavar="FILE", help="what is right for each input: a .txt, .json or .csv file"
    )
    _reading(command)
    command.add_argument(
        "--look", type=Path, metavar="LOOK.json", help="the looks, shapes and shots of another network"
    )
    command.add_argument("--max-cells", type=_count, metavar="N", help="cells to draw in all (default: 150,000)")
    command.add_argument(
        "--max-connections",
        type=_count,
        metavar="N",
        help="connections to draw in all (default: up to 360 between two layers)",
    )
    command.add_argument(
        "--evidence",
        type=_methods,
        metavar="METHOD[,METHOD ...]",
        help=f"show how much each cell counts for the answer, by {', '.join(METHODS)}; several are steps of a slider",
    )
    command.add_argument(
        "--class",
        dest="index",
        type=_class,
        metavar="K[,K ...]",
        help="with --evidence: of which class (default: the winner); several are steps of a slider",
    )
    command.add_argument(
        "--against",
        type=int,
        metavar="K",
        help="with --evidence: rather than which class (default: the second best with integrated alone, else none); -1 "
        "for none",
    )
    command.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.npz",
        help="show the answer at every point with these samples, or where a layer of two numbers puts them",
    )
    command.add_argument(
        "--histograms",
        type=_histograms,
        metavar="OF[,OF ...]",
        default=(),
        help="show above each layer how often numbers of each size occur: of values, weights, time (weights at every "
        "checkpoint)",
    )
    command.add_argument(
        "--prune", type=_share, metavar="P", help="hide this share (0 to 1) of each hidden layer's units"
    )
    command.add_argument(
        "--proof",
        type=Path,
        metavar="FILE.npz",
        help="chart what is right of these samples at every share of pruned units; half of them rank the units",
    )
    command.add_argument(
        "--by", choices=RANKINGS, default="", help="with --proof: how units are ranked, as for run (default: the same)"
    )
    command.add_argument(
        "--proof-class", type=int, default=-1, metavar="K", help="with --proof: count the samples of this class alone"
    )
    command.add_argument(
        "--side-by-side",
        action="store_true",
        help="with --evidence by several methods: also show them beside one another, in a scene of their own (the shot "
        "methods)",
    )


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def _histograms(text):
    kinds = tuple(text.split(","))
    if not set(kinds) <= {"values", "weights", "time"}:
        raise argparse.ArgumentTypeError(f"'{text}' is not values, weights or time, nor several as in values,weights")
    return kinds


def _methods(text):
    names = tuple(text.split(","))
    wrong = next((name for name in names if name not in METHODS), None)
    if wrong is not None:
        raise argparse.ArgumentTypeError(f"there is no method '{wrong}'; the methods are: {', '.join(METHODS)}")
    return names


def _class(text):
    if not all(part.isdigit() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of a class, nor several as in 7,2")
    return tuple(int(part) for part in text.split(","))


def _dim(text):
    name, equals, size = text.rpartition("=")
    if not equals or not name or not size.isdigit() or int(size) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=SIZE")
    return name, int(size)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def _unit(text):
    layer, colon, unit = text.rpartition(":")
    if not colon or not layer or not unit.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not LAYER:UNIT, such as conv2:3")
    return text


def _three(text):
    try:
        values = [float(each) for each in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3) or not all(abs(value) < 1e6 for value in values):
        raise argparse.ArgumentTypeError(f"'{text}' is not one number, nor three as in 0.5,0.5,0.5")
    return values


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 600:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 1 to 600")
    return seconds


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
