# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the pictures of docs/shapes.md from the shipped sample.

.venv/bin/python docs/stills.py [NAME ...]    all of them, or those whose names begin so
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import bpy

from neuroscene.addon import compat
from neuroscene.addon.scene import selection
from neuroscene.addon.scene.building import build, importing, kernels, studio
from neuroscene.addon.scene.camera import framing, picture
from neuroscene.addon.scene.editing import arranging, bundling
from neuroscene.addon.scene.entities import NetworkScene, kind, modifier, objects, scene_of
from neuroscene.addon.scene.looks import painting, saved_styles
from neuroscene.addon.scene.output import rendering

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent / "sample_models"
SIZE, SAMPLES_A_PIXEL = (800, 450), 32
MAPS = ("conv1", "conv2", "pool1", "conv3", "pool2")


class Stage:
    """The sample network in an empty file."""

    def __init__(self, **settings):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        model, digit = SAMPLES / "digits_cnn.onnx", SAMPLES / "digits" / "digit_7.png"
        self.network = build.finish(importing.import_steps(model, build.Settings(**settings), digit))
        self.scene = scene_of(self.network)
        bpy.context.window.scene = self.scene
        self.layers = selection.layers(self.network)
        self.near = ()
        self.root = NetworkScene(self.network).root().obj

    def bundles(self):
        return {bundle.ends: bundle.obj for bundle in NetworkScene(self.network).bundles()}

    def set(self, things, **values):
        """Set sockets by their names with _ for spaces."""
        for thing in things:
            compat.set_inputs(modifier(thing), {name.replace("_", " "): value for name, value in values.items()})
            thing.update_tag()

    def maps(self, **values):
        self.set([self.layers[name] for name in MAPS], **values)

    def lines(self, **values):
        self.set(self.bundles().values(), **values)

    def arrange(self):
        self.scene.view_layers[0].update()
        arranging.rearrange(self.network, arranging.settings_of(self.network))

    def close(self, *names):
        """Bring the camera near these layers."""
        self.near = names

    def _frame(self):
        view_layer, camera = self.scene.view_layers[0], self.scene.camera
        view_layer.update()
        self.scene.render.resolution_x, self.scene.render.resolution_y = SIZE
        picture.frame(self.network, self.scene, camera)
        if self.near:
            view_layer.update()
            corners = framing.corners([self.layers[name] for name in self.near], view_layer.depsgraph)
            framing.fit(camera, corners, SIZE[0] / SIZE[1], framing.Margins())
            studio.focus(camera, float(framing.project(camera, corners)[:, 2].mean()))
            for obj in objects(self.network):
                if kind(obj) in ("caption", "label"):
                    obj.hide_render = True

    def write(self, name):
        self._frame()
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "still.png"
            rendering.render(picture, rendering.Options(engine="cycles", samples=SAMPLES_A_PIXEL, size=SIZE))
            save(picture, HERE / "shapes" / f"{name}.jpg")


def save(picture: Path, output: Path) -> None:
    """A picture as JPEG, a fifth of the size."""
    image, scene = bpy.data.images.load(str(picture)), bpy.data.scenes.new("save")
    compat.still(scene.render)
    scene.render.image_settings.file_format, scene.render.image_settings.quality = "JPEG", 90
    scene.view_settings.view_transform = "Standard"  # the picture has its look already
    image.save_render(str(output), scene=scene)
    bpy.data.scenes.remove(scene)
    bpy.data.images.remove(image)


STILLS = {}


def still(name, **settings):
    """Register a function that prepares the stage of a still."""

    def register(prepare):
        STILLS[name] = prepare, settings
        return prepare

    return register


def _simple():
    """Stills that are a few sockets each."""
    for number, name in enumerate(("line", "circle", "grid", "sphere", "spiral", "arc")):
        still(f"arrangement-{name}")(
            lambda stage, number=number: (
                stage.maps(Arrangement=float(number), Spacing=0.42 if number == 5 else 1.0),
                stage.arrange(),
            )
        )
    still("arrangement-between")(lambda stage: (stage.maps(Arrangement=1.5), stage.arrange()))
    for shape in ("Tile", "Sphere", "Disc"):
        still(f"cells-{shape.lower()}")(
            lambda stage, shape=shape: (stage.set(stage.layers.values(), Shape=shape), stage.close("pool2"))
        )
    for percent in (50, 100):
        still(f"fold-{percent}")(lambda stage, percent=percent: stage.maps(Fold=percent / 100))
    still("reduced")(
        lambda stage: stage.set([stage.layers[name] for name in ("conv2", "pool1", "conv3", "pool2")], Shown_Units=4)
    )
    still("reveal")(lambda stage: stage.set(stage.layers.values(), Reveal=0.5, Reveal_By="Value"))
    still("explode")(lambda stage: (stage.maps(Explode=0.5), stage.arrange()))
    for level in range(4):
        still(f"expansion-{level}")(
            lambda stage, level=level: stage.set([stage.root], Expand=True, Expansion=float(level))
        )
    for percent in (50, 100):
        still(f"bundle-{percent}")(lambda stage, percent=percent: stage.set([stage.root], Bundle=percent / 100))
    still("prune")(lambda stage: stage.set([stage.root], Prune=0.5))


_simple()


@still("density", lines_a_pair=1500)
def _density(stage):
    view_layer = stage.scene.view_layers[0]
    view_layer.update()
    bundling.store_all(list(stage.bundles().values()), view_layer.depsgraph)
    stage.set([stage.root], Density=1.0)


for _name in ("cinema", "paper", "blueprint", "neon", "clay"):
    still(f"style-{_name}")(
        lambda stage, name=_name: saved_styles.apply(name.capitalize(), painting.part_of(bpy.context, stage.network))
    )


@still("kernels")
def _kernels(stage):
    kernels.toggle(stage.network, ["conv1"])


def main(wanted):
    for name, (prepare, settings) in STILLS.items():
        if not wanted or name.startswith(tuple(wanted)):
            stage = Stage(**settings)
            prepare(stage)
            stage.write(name)
            print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
