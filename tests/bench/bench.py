# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what the project promises, each figure as a ratio to a peer in the same run; writes out/bench.json."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 3
MODELS = {  # function in models.py -> name, and the most that its import may take beside the bare script
    "resnet50": ("ResNet-50, 25.6 M weights", 3.0),
    "vgg19": ("VGG-19, 144 M weights", 1.5),
    "bert_base": ("BERT-base, 109 M weights, 1,248 nodes", 3.0),
    "densenet121": ("DenseNet-121, 8 M weights", 3.0),
}
MANY = {  # the same with its numbers -> name, and the most seconds
    "chain 1000 8": ("a chain of 1,000 layers", 2.0),
    "chain 10000 8": ("a chain of 10,000 layers", 15.0),
    "fan 2000 8": ("a fan of 2,000 layers into one", 3.0),
}
MOST_OBJECTS = 400
SPARE = 500e6  # bytes that an import may take beside one and a half files


def main() -> int:
    rows = [
        *_part("move"),
        *_part("fold"),
        *_part("density"),
        *_part("cells"),
        *_part("gltf"),
        *_part("layout"),
        *_part("hero"),
        *_part("curves"),
        *_part("series"),
        *_part("training"),
        *_part("composing"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        rows += _part("sharded", folder)
        rows += _part("opening", folder)
        rows += _part("saved_model", folder)
        rows += _part("tflite", folder)
        rows += _part("reading", folder)
        _part("make", "resnet18", f"{folder}/model.onnx")
        rows += _part("training_memory", f"{folder}/model.onnx")
        for model, (name, goal) in MODELS.items():
            path = Path(folder) / "model.onnx"
            _part("make", model, str(path))
            rows += _import_rows(name, path, goal)
            if model == "resnet50":
                rows += _part("evidence", str(path))
        for model, (name, goal) in MANY.items():
            path = Path(folder) / "model.onnx"
            _part("make", model, str(path))
            rows += _many_rows(name, path, goal)
    output = HERE.parents[1] / "out" / "bench.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{'figure':64} {'value':>8} {'goal':>8}  peer")
    for one in rows:
        missed = "" if one["met"] else "   MISSED"
        print(f"{one['name']:64} {one['value']:8.2f} {one['goal']:>8}  {one['peer']}{missed}")
    return 0


def _import_rows(name: str, model: Path, goal: float) -> list[dict]:
    """Time, memory, file size and liveliness of an import, each in a process of its own, in turn with a bare script.

    The fastest of each counts: what else runs on the machine only ever adds.
    """
    size = model.stat().st_size
    bare, imports = [], []
    for _ in range(ROUNDS):
        imports.append(_part("import", str(model)))
        bare.append(_part("bare", str(model), *map(str, imports[-1]["counts"])))
    least, whole = (min(one["seconds"] for one in many) for many in (bare, imports))
    memory, blend = (max(one[part] for one in imports) for part in ("bytes", "blend"))
    drag = min(one["drag"] for one in imports)
    return [
        row(
            f"import of {name}, call to evaluated scene",
            whole / least,
            "x",
            f"onnx.load, a sum over every weight, as many plain objects ({least:.2f} s; import {whole:.2f} s)",
            goal,
        ),
        row(
            f"peak memory of that import above Blender's own ({name})",
            memory / (1.5 * size + SPARE),
            "x",
            f"1.5 x the file + 500 MB (file {size / 1e6:.0f} MB; import {memory / 1e6:.0f} MB)",
            1.0,
        ),
        row(f".blend of {name}", blend / 1e6, "MB", f"the bound alone ({imports[0]['objects']:,} objects)", 40.0),
        row(
            f"updates a second while its busiest layer is dragged ({name})",
            1 / drag,
            "1/s",
            f"the bound alone ({1000 * drag:.1f} ms an update)",
            24.0,
            least=True,
        ),
    ]


def _many_rows(name: str, model: Path, goal: float) -> list[dict]:
    """Seconds and objects of an import of very many layers."""
    imports = [_part("many", str(model)) for _ in range(ROUNDS)]
    seconds = min(one["seconds"] for one in imports)
    return [
        row(f"import of {name}", seconds, "s", "the bound alone", goal),
        row(f"objects after the import of {name}", imports[0]["objects"], "", "the bound alone", MOST_OBJECTS),
    ]


def row(name, value, unit, peer, goal, least=False) -> dict:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "peer": peer,
        "goal": f"{'>=' if least else '<='} {goal:g}",
        "met": value >= goal if least else value <= goal,
    }


def _part(name: str, *arguments: str):
    """Run one part in a fresh process; it prints one JSON value as its last line."""
    done = subprocess.run(
        [sys.executable, str(HERE / "parts.py"), name, *arguments], stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout.strip().split("\n")[-1])


if __name__ == "__main__":
    sys.exit(main())
