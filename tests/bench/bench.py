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
ROUNDS = 5


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "resnet50.onnx"
        _part("make", str(model))
        size = model.stat().st_size
        rows = [*_import_rows(model, size), *_part("move")]
    output = HERE.parents[1] / "out" / "bench.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{'figure':52} {'value':>8} {'goal':>8}  peer")
    for row in rows:
        missed = "" if row["met"] else "   MISSED"
        print(f"{row['name']:52} {row['value']:8.2f} {row['goal']:>8}  {row['peer']}{missed}")
    return 0


def _import_rows(model: Path, size: int) -> list[dict]:
    """Time and memory of an import, each in a process of its own, in turn with the floor.

    The fastest of each counts: what else runs on the machine only ever adds.
    """
    floors, imports = [], []
    for _ in range(ROUNDS):
        floors.append(_part("floor", str(model)))
        imports.append(_part("import", str(model)))
    floor, whole = (min(one["seconds"] for one in many) for many in (floors, imports))
    memory = max(one["bytes"] for one in imports)
    return [
        row("import of ResNet-50, call to evaluated scene", whole / floor, "x",
             f"onnx.load and one NumPy sum over every weight ({floor:.2f} s; import {whole:.2f} s)", 6.0),
        row("peak memory of that import above Blender's own", memory / size, "x",
             f"the file ({size / 1e6:.0f} MB; import {memory / 1e6:.0f} MB)", 2.5),
    ]


def row(name, value, unit, peer, goal) -> dict:
    return {"name": name, "value": round(value, 3), "unit": unit, "peer": peer, "goal": f"<= {goal:g}",
            "met": value <= goal}


def _part(name: str, *arguments: str):
    """Run one part in a fresh process; it prints one JSON value as its last line."""
    done = subprocess.run([sys.executable, str(HERE / "parts.py"), name, *arguments], stdout=subprocess.PIPE,
                          check=True, text=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


if __name__ == "__main__":
    sys.exit(main())
