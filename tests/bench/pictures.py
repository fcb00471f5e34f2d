# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the looks of a picture cost, and how much memory many lines take when they are rendered."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import memory

SAMPLE = Path(__file__).resolve().parents[2] / "sample_models"
SIZE, ROUNDS, LINES = (960, 540), 2, 200_000


def hero():
    """The hero shot of the sample network beside the same geometry with one plain emission, without effects; and how
    long light, labels, legend and framing take to set up."""
    import bpy

    from bench import row
    from neuroscene.addon.scene import shots
    from neuroscene.addon.scene.output import quality

    network, setting_up = _build()
    scene = _scene(network)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    shots.refit(network, "hero")
    quality.apply(scene, "standard")
    plain = bpy.data.materials.new("plain")
    plain.use_nodes = True
    tree = plain.node_tree
    tree.nodes.clear()
    emission, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(emission.outputs[0], output.inputs[0])
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(scene))
        with bare_of(scene, plain):
            bare.append(_seconds(scene))
    mine, other = statistics.median(ours), statistics.median(bare)
    return [
        row(
            "hero shot of the sample, 960 x 540, standard",
            mine / other,
            "x",
            f"the same geometry, plain emission, no effects, all samples ({other:.0f} CPU-s; ours {mine:.0f})",
            2.0,
        ),
        row("light, labels, legend and framing of the sample", setting_up, "s", "the bound alone", 1.0),
    ]


def curves():
    """Memory of a process that renders 100,000 lines."""
    from bench import row
    from neuroscene.addon.scene import entities

    network, _ = _build(lines_a_pair=LINES, max_connections=LINES)
    scene = _scene(network)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.cycles.samples = 16
    seconds = _seconds(scene)
    drawn = sum(len(bundle.obj.data.curves) for bundle in entities.NetworkScene(network).members(entities.Bundle))
    peak = memory.peak()
    return [
        row(
            f"peak memory of rendering {drawn:,} lines, 960 x 540, Cycles",
            peak / 1e9,
            "GB",
            f"the bound alone ({seconds:.0f} CPU-s at 16 samples)",
            3.0,
        )
    ]


def _build(**settings):
    """The sample network in an empty file, and the seconds from its light on."""
    import bpy

    from neuroscene.addon.scene.building import build, importing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    going = importing.import_steps(
        SAMPLE / "digits_cnn.onnx", build.Settings(**settings), SAMPLE / "digits" / "digit_7.png"
    )
    begun = None
    while True:
        try:
            share, _ = next(going)
        except StopIteration as end:
            return end.value, time.perf_counter() - begun
        if share >= 0.75 and begun is None:
            begun = time.perf_counter()


def _scene(network):
    from neuroscene.addon.scene import entities

    return entities.scene_of(network)


def _seconds(scene) -> float:
    """CPU-seconds of a render: other work on the machine does not count."""
    import bpy

    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "a.png")
        begin = time.process_time()
        bpy.ops.render.render(write_still=True, scene=scene.name)
        return time.process_time() - begin


@contextmanager
def bare_of(scene, material):
    """A scene without its materials, glow, blur and denoising; every sample is taken."""
    camera, render, cycles = scene.camera.data, scene.render, scene.cycles
    kept = render.use_compositing, cycles.use_denoising, cycles.use_adaptive_sampling, camera.dof.use_dof
    scene.view_layers[0].material_override = material
    render.use_compositing = cycles.use_denoising = cycles.use_adaptive_sampling = camera.dof.use_dof = False
    yield
    scene.view_layers[0].material_override = None
    render.use_compositing, cycles.use_denoising, cycles.use_adaptive_sampling, camera.dof.use_dof = kept
