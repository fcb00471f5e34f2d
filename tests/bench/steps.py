# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a series of checkpoints costs: to open a run, to step a frame, to let one join while a training runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN = sorted((ROOT / "tests" / "data" / "series").glob("*/epoch_*.onnx"), key=lambda path: path.name)
DIGIT = ROOT / "sample_models" / "digits" / "digit_5.png"
OPENED, FRAMES, LINES = 50, 60, 100_000
EPOCHS = 200  # of a training that is shown while it runs
LONG = 80  # checkpoints of a series whose memory is measured


def series():
    """Rows of the bench."""
    return [*_opening(), *_stepping(), *_joining(), *_growing(), *_held()]


def _opening():
    import onnx

    from bench import row
    from neuroscene.addon.series import find

    with tempfile.TemporaryDirectory() as place:
        for number in range(OPENED):
            shutil.copy(RUN[number % len(RUN)], Path(place) / f"epoch_{number}.onnx")
        ours, bare = [], []
        for _ in range(5):
            begin = time.process_time()
            run = find([place])
            ours.append(time.process_time() - begin)
            begin = time.process_time()
            for step in run.steps:
                model = onnx.load(step.path)
                sum(float(onnx.numpy_helper.to_array(tensor).sum()) for tensor in model.graph.initializer)
            bare.append(time.process_time() - begin)
    return [row(f"opening {OPENED} checkpoints", min(ours) / min(bare), "x", "as many onnx.load and a sum", 6)]


def _stepping():
    """A frame in which the slider moves, to one of the same scene without a series in which another slider does."""
    import bpy

    from bench import row
    from neuroscene.addon import compat
    from neuroscene.addon.scene.building import build
    from neuroscene.addon.scene.entities import NetworkScene
    from neuroscene.addon.scene.series import filling, showing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    settings = build.Settings(max_connections=LINES, lines_a_pair=LINES)
    network = build.finish(filling.import_steps(RUN, settings, [DIGIT]))
    scene = NetworkScene(network)
    count = sum(bundle.drawn for bundle in scene.bundles())
    modifier = showing.slider(network, "checkpoints")
    own = scene.root().modifier

    def fastest(of, name, most) -> float:
        seconds = []
        for frame in range(FRAMES):
            compat.set_inputs(of, {name: most * (frame + 0.5) / FRAMES})
            begin = time.perf_counter()
            scene.scene.view_layers[0].update()
            seconds.append(time.perf_counter() - begin)
        return min(seconds)

    stepped = fastest(modifier, "Checkpoint", len(RUN) - 1.0)
    showing.remove(network, "checkpoints")
    scene.scene.view_layers[0].update()
    bare = fastest(own, "Bundle", 0.5)
    return [row(f"a step of {len(RUN)} checkpoints, {count:,} lines", stepped / bare, "x", "a frame without them", 1.5)]


def _joining():
    from bench import row
    from neuroscene.addon.scene.series.live import Live
    from neuroscene.addon.series import Watch

    with tempfile.TemporaryDirectory() as place:
        live, watch = Live(Path(place), DIGIT), Watch(place)
        seconds = []
        for path in RUN:
            shutil.copy(path, place)
            with watch.arrivals():
                pass
            begin = time.perf_counter()
            with watch.arrivals() as arrived:
                for each in arrived:
                    live.take(each)
            live.network()
            seconds.append(time.perf_counter() - begin)
    return [row("a checkpoint joins while a training runs", max(seconds[1:]), "s", "the bound alone", 1.0)]


def _growing():
    """How long a checkpoint takes to join and be evaluated at the end of a long training, to at its beginning."""
    import bpy

    import neuroscene
    from bench import row
    from neuroscene.addon.containers.stepping import finish
    from neuroscene.addon.network import summarise
    from neuroscene.addon.scene.composing import learning
    from neuroscene.addon.scene.entities import NetworkScene, networks
    from neuroscene.addon.scene.series.live import Live
    from neuroscene.addon.series.watching import arrived
    from neuroscene.addon.structure import open_checkpoint
    from neuroscene.addon.training import Options, load, train

    bpy.ops.wm.read_factory_settings(use_empty=True)
    neuroscene.register()
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    scene = NetworkScene(networks()[0])
    points = learning.data_of("SPIRAL", "")
    seconds = []
    with tempfile.TemporaryDirectory() as place:
        network = summarise(open_checkpoint(scene.source))
        options = Options(EPOCHS, batch=50, rate=0.01)
        done = finish(train(network, load(points, network), Path(place), options))
        live = Live(Path(place), None, uuid=scene.uuid, data=points)
        for each in done:
            begin = time.perf_counter()
            live.take(arrived(Path(place) / each.file))
            bpy.context.view_layer.update()
            seconds.append(time.perf_counter() - begin)
    neuroscene.unregister()
    tenth = EPOCHS // 10
    first, last = (sorted(part)[tenth // 2] for part in (seconds[1 : 1 + tenth], seconds[-tenth:]))
    said = f"the first tenth ({1000 * first:.0f} ms a checkpoint, the last {1000 * last:.0f} ms)"
    return [row(f"a checkpoint joins, the last tenth of {EPOCHS} epochs", last / first, "x", said, 1.5)]


def _held():
    """Memory of a Blender that has opened a scene with a series, above that of one without, to its raw numbers."""
    import bpy

    from bench import row
    from neuroscene.addon.scene.building import build
    from neuroscene.addon.scene.series import filling, showing

    bpy.ops.wm.read_factory_settings(use_empty=True)
    with tempfile.TemporaryDirectory() as place:
        for number in range(LONG):
            shutil.copy(RUN[number % len(RUN)], Path(place) / f"epoch_{number}.onnx")
        settings = build.Settings(max_connections=LINES, lines_a_pair=LINES)
        network = build.finish(filling.import_steps([place], settings, [DIGIT]))
        blocks = [*bpy.data.meshes, *bpy.data.hair_curves]
        numbered = [each for block in blocks for each in block.attributes if re.search(r"\.\d{3}$", each.name)]
        raw = sum(len(each.data) * (16 if each.data_type == "FLOAT_COLOR" else 4) for each in numbered)
        files = [Path(place) / name for name in ("with.blend", "without.blend")]
        bpy.ops.wm.save_as_mainfile(filepath=str(files[0]), copy=True)
        showing.remove(network, "checkpoints")
        bpy.ops.wm.save_as_mainfile(filepath=str(files[1]), copy=True)
        held = [min(_resident(file) for _ in range(3)) for file in files]
    about = f"its raw numbers, {raw / 1e6:.0f} MB"
    return [row(f"memory of a series of {LONG} checkpoints", (held[0] - held[1]) / raw, "x", about, 1.3)]


def _resident(file: Path) -> int:
    """Bytes of memory of a Blender with this file open, evaluated."""
    script = f"""
import json, pathlib, bpy
bpy.ops.wm.open_mainfile(filepath={str(file)!r})
bpy.context.scene.view_layers[0].update()
status = pathlib.Path("/proc/self/status").read_text().splitlines()
print(json.dumps(1024 * int(next(line for line in status if line.startswith("VmRSS")).split()[1])))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1])
