# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the pictures and films of docs/gallery.md, from shipped models, each as the
command line makes it.

    .venv/bin/python docs/gallery.py ["still gallery/hero" "film" ...]    all of them, or those whose names begin so
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import bpy
from stills import save

from neuroscene.addon import cli
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.entities import scene_of
from neuroscene.addon.scene.explanation import opening
from neuroscene.addon.scene.looks import painting, saved_styles
from neuroscene.addon.scene.output import rendering
from neuroscene.addon.scene.series import filling

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SAMPLES = ROOT / "sample_models"
CNN, MLP = (SAMPLES / f"digits_{kind}.onnx" for kind in ("cnn", "mlp"))
PICTURES, CELLS, LETTERS = (
    SAMPLES / f"{name}.onnx" for name in ("pictures_resnet", "cells_unet", "letters_transformer")
)
FACES = SAMPLES / "faces_cnn.onnx"
DIGIT = SAMPLES / "digits" / "digit_7.png"
INPUTS = {
    CNN: DIGIT,
    MLP: DIGIT,
    PICTURES: SAMPLES / "pictures" / "butterfly.png",
    CELLS: SAMPLES / "cells" / "cells.png",
    LETTERS: SAMPLES / "letters" / "letters.npy",
}
OTHER = ROOT / "tests" / "data" / "crossformat" / "mnist_cnn.keras"
RUN = "learning digits"  # a training of our own
WIDE, FILM, SMALL = (1280, 720), (768, 432), (480, 270)
# file below docs -> model, shot, style, frame of the shot (None: its own), size
STILLS = {
    "gallery/hero": (CNN, "hero", "", None, WIDE),
    "gallery/elevation": (CNN, "elevation", "", None, (1600, 640)),
    "gallery/plan": (CNN, "plan", "Blueprint", None, WIDE),
    "gallery/macro": (CNN, "macro", "", None, WIDE),
    "gallery/turntable": (CNN, "turntable", "", 25, WIDE),
    "gallery/fly-through": (CNN, "fly-through", "", 62, WIDE),
    "gallery/dolly": (CNN, "dolly", "", 110, WIDE),
    "gallery/before-after": (CNN, "before-after", "", None, WIDE),
    "gallery/forward": (CNN, "forward", "", 102, WIDE),
    "gallery/forward-books": (PICTURES, "forward", "", 210, WIDE),
    "gallery/training": (RUN, "training", "", 255, WIDE),
    "gallery/training-close": (RUN, "training-close", "", 130, WIDE),
    "gallery/neon": (MLP, "hero", "Neon", None, WIDE),
    "gallery/pictures-dolly": (PICTURES, "dolly", "", 80, WIDE),
    "gallery/pictures": (PICTURES, "hero", "", None, WIDE),
    "gallery/pictures-paper": (PICTURES, "hero", "Paper", None, WIDE),
    "gallery/cells": (CELLS, "hero", "", None, WIDE),
    "gallery/letters": (LETTERS, "hero", "", None, WIDE),
    "gallery/opened": (CNN, "opened", "", None, WIDE),
    "gallery/opened-attention": (LETTERS, "opened", "", None, WIDE),
    "gallery/portrait": (CNN, "hero", "Clay", None, (900, 1200)),
}
OPENED = {
    CNN: ("conv2", (7, 8, 8)),
    LETTERS: ("blocks/blocks.0/attention", None),
}  # layer, and unit, row and column or the largest
# file below docs -> model, shot, size, of how many frames one, seconds (0: its own)
FILMS = {
    "gallery/dolly": (CNN, "dolly", FILM, 1, 0),
    "gallery/unfold": (CNN, "unfold", FILM, 1, 0),
    "gallery/forward": (CNN, "forward", SMALL, 2, 0),
    "gallery/forward-books": (PICTURES, "forward", SMALL, 2, 9),
    "gallery/training": (RUN, "training", SMALL, 2, 0),
}
# file below docs -> what the command line is given
TEST = ROOT / "tests" / "data" / "crossformat" / "mnist5k_split.npz"
METHODS = "gradient,gradient-input,integrated,guided,gradcam,occlusion"
TEACHING = {
    name: ("render", SAMPLES / f"{name}.onnx", "--input", SAMPLES / given)
    for name, given in (
        ("spiral_deep", "points/point.npy"),
        ("spiral_shallow", "points/point.npy"),
        ("digits_autoencoder", "digits/digit_2.png"),
        ("letters_sorter", "letters/sorting.npy"),
    )
}
COMMANDS = {
    "gallery/evidence": ("render", OTHER, "--input", DIGIT, "--evidence", "integrated"),
    "gallery/methods": ("render", OTHER, "--input", DIGIT, "--evidence", METHODS, "--side-by-side"),
    "gallery/gradcam": ("render", OTHER, "--input", DIGIT, "--evidence", "gradcam"),
    "gallery/proof": ("render", OTHER, "--input", DIGIT, "--proof", TEST, "--prune", "0.5"),
    "gallery/faces": ("render", FACES, "--input", SAMPLES / "faces" / "surprised.png", "--evidence", "gradcam"),
    "gallery/right": ("render", OTHER, "--input", TEST),
    "gallery/histograms": ("render", OTHER, "--input", DIGIT, "--histograms", "weights"),
    "gallery/spiral": (*TEACHING["spiral_deep"], "--plot", SAMPLES / "points/spiral.npz"),
    "gallery/spiral-shallow": (*TEACHING["spiral_shallow"], "--plot", SAMPLES / "points/spiral.npz"),
    "gallery/autoencoder": (*TEACHING["digits_autoencoder"], "--plot", SAMPLES / "digits/digits.npz"),
    "gallery/sorter": TEACHING["letters_sorter"],
    "gallery/features": ("feature", OTHER, "--layer", "conv3"),
}
SAMPLES_A_STILL, SAMPLES_A_FRAME = 48, 8


def still(name: str) -> None:
    model, shot, style, frame, size = STILLS[name]
    network = _stage(model, style)
    if shot == "before-after":
        bpy.context.window.scene = scene_of(network)
        build.finish(shots.compared(network, OTHER))
    if shot == "opened":
        build.finish(opening.steps(network, *OPENED[model]))
    options = rendering.Options(shot=shot, size=size, samples=SAMPLES_A_STILL)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "still.png"
        scene = rendering.prepare(picture, options)
        if frame is not None:
            scene.frame_set(scene.frame_start + frame)
        scene.render.filepath = str(picture)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        save(picture, HERE / f"{name}.jpg")


def film(name: str) -> None:
    model, shot, size, step, seconds = FILMS[name]
    _stage(model, "")
    options = rendering.Options(shot=shot, size=size, samples=SAMPLES_A_FRAME, step=step, seconds=seconds)
    rendering.render(HERE / f"{name}.mp4", options, print)


def command(name: str) -> None:
    given = [str(part) for part in COMMANDS[name]]
    if given[0] == "render":
        given += ["--size", "{}x{}".format(*WIDE), "--samples", str(SAMPLES_A_STILL)]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        assert cli.main([*given, "-o", str(picture)]) == 0
        save(picture, HERE / f"{name}.jpg")


def _stage(model, style):
    """A model in an empty file, with an input if there is one for it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if model == RUN:
        folder = _run()
        steps = filling.import_steps([folder], build.Settings(), [SAMPLES / "digits" / "digit_3.png"])
    else:
        steps = importing.import_steps(model, build.Settings(), INPUTS.get(model))
    network = build.finish(steps)
    if style:
        saved_styles.apply(style, painting.part_of(bpy.context, network))
    return network


def _run() -> Path:
    """A folder with the checkpoints of a training, from before it on, and what was measured at each."""
    folder = Path(tempfile.mkdtemp())
    model, digits = folder / "lenet.onnx", SAMPLES / "digits" / "digits.npz"
    assert cli.main(["compose", "lenet", "--seed", "3", "-o", str(model)]) == 0
    options = {"--data": digits, "--epochs": 8, "--batch": 64, "--rate": 0.0004, "--seed": 1, "-o": folder / RUN}
    assert cli.main(["train", str(model), *(str(part) for pair in options.items() for part in pair)]) == 0
    return folder / RUN


def main(wanted: list[str]) -> None:
    for names, make in ((STILLS, still), (COMMANDS, command), (FILMS, film)):
        for name in names:
            if not wanted or f"{make.__name__} {name}".startswith(tuple(wanted)):
                make(name)
                print(make.__name__, name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
