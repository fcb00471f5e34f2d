# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line in processes of its own, from this checkout, installed or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# conftest loads the package from where it lies
PROGRAM = "import sys; sys.path.insert(0, {tests!r}); import conftest; from neuroscene.addon.cli import main; "
ONE = PROGRAM + "sys.exit(main(sys.argv[1:]))"
MANY = (
    PROGRAM
    + """
import contextlib, json, os, tempfile
results = []
for arguments in json.load(sys.stdin):
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
        sys.stdout.flush(), sys.stderr.flush()
        os.dup2(kept[0], 1), os.dup2(kept[1], 2)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    results.append([status, *texts])
print("RESULT", json.dumps(results))
"""
)
AT_EXIT = "Error: Not freed memory blocks"  # of Blender 4.5 itself, as its process ends


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def run(*arguments, **options) -> Done:
    """One command in a new process, as from a shell."""
    done = _python(ONE, [str(one) for one in arguments], **options)
    said = [line for line in done.stdout.splitlines(True) if not line.startswith(AT_EXIT)]
    return Done(done.returncode, "".join(said), done.stderr)


def run_many(commands: list[list]) -> list[Done]:
    """Several commands, one after the other in one new process: a process takes two seconds to load Blender."""
    given = json.dumps([[str(one) for one in arguments] for arguments in commands])
    done = _python(MANY, [], input=given)
    assert done.returncode == 0, done.stdout + done.stderr
    found = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return [Done(*one) for one in json.loads(found.removeprefix("RESULT "))]


def _python(program, arguments, **options):
    program = program.replace("{tests!r}", repr(str(TESTS)))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "OCIO"))}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=environment, **options
    )


def check_refused(done: Done, *words: str):
    """Status 2 and one plain line on standard error that says these words."""
    assert done.status == 2, (done.status, done.err)
    assert "Traceback" not in done.err and done.out == ""
    lines = [line for line in done.err.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("neuroscene: "), done.err
    for word in words:
        assert word in lines[0], (word, lines[0])
