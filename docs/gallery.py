# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the pictures and films of docs/gallery.md from shipped models, each as the command line makes it.

    .venv/bin/python docs/gallery.py ["still hero" "film" ...]    all of them, or those whose names begin so
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import bpy
from stills import save

from neuroscene.addon.scene import build, importing, shots, tags
from neuroscene.addon.scene.looks import painting, saved_styles
from neuroscene.addon.scene.output import rendering

HERE = Path(__file__).resolve().parent
ROOT, OUT = HERE.parent, HERE / "gallery"
CNN, MLP = (ROOT / "sample_models" / f"digits_{kind}.onnx" for kind in ("cnn", "mlp"))
OTHER = ROOT / "tests" / "data" / "crossformat" / "mnist_cnn.keras"
RESNET = ROOT / "tests" / "data" / "zoo" / "resnet18.onnx"
WIDE, FILM = (1280, 720), (480, 270)
# name -> model, shot, style, frame of the shot (None: its own), size
STILLS = {
    "hero": (CNN, "hero", "", None, WIDE),
    "elevation": (CNN, "elevation", "", None, (1600, 640)),
    "plan": (CNN, "plan", "Blueprint", None, WIDE),
    "macro": (CNN, "macro", "", None, WIDE),
    "turntable": (CNN, "turntable", "", 215, WIDE),
    "fly-through": (CNN, "fly-through", "", 62, WIDE),
    "dolly": (CNN, "dolly", "", 110, WIDE),
    "before-after": (CNN, "before-after", "", None, WIDE),
    "neon": (MLP, "hero", "Neon", None, WIDE),
    "resnet": (RESNET, "fly-through", "", 88, WIDE),
    "portrait": (CNN, "hero", "Clay", None, (900, 1200)),
}
FILMS = {"dolly": (CNN, "dolly"), "unfold": (CNN, "unfold")}
SAMPLES_A_STILL, SAMPLES_A_FRAME = 48, 8


def still(name: str) -> None:
    model, shot, style, frame, size = STILLS[name]
    network = _stage(model, style)
    if shot == "before-after":
        bpy.context.window.scene = tags.scene_of(network)
        build.finish(shots.compared(network, OTHER))
    options = rendering.Options(shot=shot, size=size, samples=SAMPLES_A_STILL)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "still.png"
        scene = rendering.prepare(picture, options)
        if frame is not None:
            scene.frame_set(scene.frame_start + frame)
        scene.render.filepath = str(picture)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        save(picture, OUT / f"{name}.jpg")


def film(name: str) -> None:
    model, shot = FILMS[name]
    _stage(model, "")
    rendering.render(OUT / f"{name}.mp4", rendering.Options(shot=shot, size=FILM, samples=SAMPLES_A_FRAME), print)


def _stage(model, style):
    """A model in an empty file, with a digit if it reads digits."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    given = None if model == RESNET else ROOT / "sample_models" / "digits" / "digit_7.png"
    network = build.finish(importing.import_steps(model, build.Settings(), given))
    if style:
        saved_styles.apply(style, painting.part_of(bpy.context, network))
    return network


def main(wanted: list[str]) -> None:
    OUT.mkdir(exist_ok=True)
    for names, make in ((STILLS, still), (FILMS, film)):
        for name in names:
            if not wanted or f"{make.__name__} {name}".startswith(tuple(wanted)):
                make(name)
                print(make.__name__, name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
