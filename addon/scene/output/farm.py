# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job for a render farm: an Open Job Description bundle, a folder with a template and a packed .blend.

See the OpenJD specification, template schemas 2023-09, and its extension TASK_CHUNKING. The workers need a Blender and
nothing of ours.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy

from ...containers import CheckpointError
from ...written import replacing
from . import rendering

TEMPLATE, SCENE = "template.json", "scene.blend"
CHUNK = 8  # frames that a worker renders before it asks for more
# What Blender runs on a worker. Frames that are there already are of an earlier try.
SCRIPT = """\
import os
import sys

import bpy

frames, folder, name = sys.argv[sys.argv.index("--") + 1 :]
scene = bpy.context.scene
scene.render.use_file_extension = True
for part in frames.split(","):
    first, _, last = part.partition("-")
    for frame in range(int(first), int(last or first) + 1):
        path = os.path.join(folder, f"{name}_{frame:04}.png")
        if os.path.exists(path):
            continue
        scene.frame_set(frame)
        scene.render.filepath = path + ".part.png"
        bpy.ops.render.render(write_still=True)
        os.replace(path + ".part.png", path)
        print(f"openjd_status: frame {frame} is done", flush=True)
"""


def write(folder: Path, options: rendering.Options, chunk: int = CHUNK) -> str:
    """Write the bundle of a shot of the open file into a folder; says what was written. Raises `CheckpointError`."""
    scene = rendering.prepare(folder, options)
    first, last = options.frames or (scene.frame_start, scene.frame_end)
    scene.frame_start = first
    scene.frame_end = last
    rendering.stamp(scene)
    if bpy.context.window:
        bpy.context.window.scene = scene
    name = scene.camera.name.lower().replace(" ", "_")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        bpy.ops.file.pack_all()
        with replacing(folder / SCENE) as part:
            bpy.ops.wm.save_as_mainfile(filepath=str(part.resolve()), compress=True, copy=True)
        text = json.dumps(template(name, first, last, chunk), indent=2)
        with replacing(folder / TEMPLATE) as part:
            part.write_text(text + "\n", encoding="utf-8")
    except (OSError, RuntimeError) as error:
        problem = f"cannot be written ({str(error).strip()[:100]})"
        raise CheckpointError(folder, problem, "choose another place") from error
    return f"{folder}: {last - first + 1} frames of {scene.camera.name}, {chunk} at a time"


def template(name: str, first: int, last: int, chunk: int) -> dict:
    """The job template of frames `first` to `last` of a packed scene."""
    command = [
        "--background",
        "--factory-startup",
        "--disable-autoexec",
        "{{Param.Scene}}",
        "--python-exit-code",
        "1",
        "--python",
        "{{Task.File.Render}}",
        "--",
        "{{Task.Param.Frame}}",
        "{{Param.Output}}",
        "{{Param.Name}}",
    ]
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "extensions": ["TASK_CHUNKING"],
        "name": name,
        "parameterDefinitions": [
            {
                "name": "Scene",
                "type": "PATH",
                "objectType": "FILE",
                "dataFlow": "IN",
                "default": SCENE,
                "description": "The packed scene",
            },
            {
                "name": "Output",
                "type": "PATH",
                "objectType": "DIRECTORY",
                "dataFlow": "OUT",
                "default": "frames",
                "description": "Where the frames go",
            },
            {"name": "Name", "type": "STRING", "default": name, "description": "How the names of the frames begin"},
            {"name": "Frames", "type": "STRING", "default": f"{first}-{last}", "description": "Which frames"},
            {"name": "Blender", "type": "STRING", "default": "blender", "description": "Blender on the workers"},
        ],
        "steps": [
            {
                "name": "Render",
                "parameterSpace": {
                    "taskParameterDefinitions": [
                        {
                            "name": "Frame",
                            "type": "CHUNK[INT]",
                            "range": "{{Param.Frames}}",
                            "chunks": {
                                "defaultTaskCount": chunk,
                                "targetRuntimeSeconds": 300,
                                "rangeConstraint": "CONTIGUOUS",
                            },
                        }
                    ]
                },
                "script": {
                    "embeddedFiles": [{"name": "Render", "type": "TEXT", "filename": "render.py", "data": SCRIPT}],
                    "actions": {"onRun": {"command": "{{Param.Blender}}", "args": command}},
                },
            }
        ],
    }
