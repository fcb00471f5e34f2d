# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input of every kind to every command: exit status 2, one plain line on standard error, nothing written."""

import os
import re
import shutil

import numpy as np
import pytest

from scene import bad, look
from scene.command import check_refused, run, run_many

COMMANDS = ("inspect", "run", "build", "render", "export")


def arguments(command, model, folder):
    """A command on a model that would do its work if the model were good."""
    return [
        command,
        model,
        *{
            "inspect": ["--json"],
            "run": ["--input", look.DIGIT, "--activations", folder / "out.npz"],
            "build": ["-o", folder / "out.blend"],
            "render": ["-o", folder / "out.png", "--size", "32x32"],
            "export": ["-o", folder / "out.glb"],
        }[command],
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_models(tmp_path, command):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    models = [bad.make(folder, kind) for kind in bad.KINDS]
    for model, done in zip(models, run_many([arguments(command, one, out) for one in models]), strict=True):
        check_refused(done, model.name)
        assert re.search(bad.KINDS[model.name], done.err), done.err
    assert not out.exists() or not list(out.iterdir())


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Commands that must fail, by what is wrong with them, and what the message has to say."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "text.png").write_text("not a picture")
    (folder / "text.blend").write_text("not a Blender file")
    (folder / "file").write_text("a file where a folder should be")
    (folder / "words.txt").write_text("words")
    np.save(folder / "wrong.npy", np.zeros((3, 4), np.float32))
    np.save(folder / "objects.npy", np.array([{}], object), allow_pickle=True)
    (folder / "cut.png").write_bytes(look.DIGIT.read_bytes()[:70])
    shutil.copy(look.DIGIT, folder / "digit.webp")
    cases = {}
    for command in ("run", "build", "render", "export"):
        output = {
            "run": [],
            "build": ["-o", folder / "o.blend"],
            "render": ["-o", folder / "o.png"],
            "export": ["-o", folder / "o.glb"],
        }[command]
        for name in ("missing.png", "text.png", "wrong.npy", "objects.npy", "cut.png", "digit.webp", "words.txt"):
            cases[f"{command} of {name}"] = ([command, look.MLP, *output, "--input", folder / name], [name])
    for command, name in (("build", "o.blend"), ("render", "o.png"), ("export", "o.glb")):
        beneath = folder / "file" / name
        cases[f"{command} below a file"] = ([command, look.MLP, "-o", beneath], [str(beneath), "cannot be written"])
    cases |= {
        "activations below a file": ([*arguments("run", look.MLP, folder / "file")], ["out.npz", "cannot be written"]),
        "a folder as output": (["build", look.MLP, "-o", folder / "folder.blend"], ["cannot be written"]),
        "no such scene": (["render", folder / "none.blend", "-o", folder / "o.png"], ["none.blend", "no such file"]),
        "text as scene": (["render", folder / "text.blend", "-o", folder / "o.png"], ["text.blend"]),
        "text as scene to export": (["export", folder / "text.blend", "-o", folder / "o.glb"], ["text.blend"]),
        "unknown shot": (["render", look.MLP, "-o", folder / "o.png", "--shot", "aerial"], ["aerial", "hero"]),
        "unknown size": (["inspect", look.CNN, "--dim", "depth=3"], ["depth", "batch"]),
        "a size that is not open": (["inspect", look.CNN, "--dim", "image:1=3"], ["image:1"]),
    }
    (folder / "folder.blend").mkdir()
    before = {one.name for one in folder.iterdir()}
    done = dict(zip(cases, run_many([given for given, _ in cases.values()]), strict=True))
    left = {one.name for one in folder.iterdir()} - before
    return {name: (done[name], words) for name, (_, words) in cases.items()}, left


def test_refusals(refused):
    for name, (done, words) in refused[0].items():
        try:
            check_refused(done, *words)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def test_refusals_leave_nothing(refused):
    assert refused[1] == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    for done in run_many([arguments(command, look.MLP, tmp_path) for command in COMMANDS[1:]]):
        check_refused(done, "cannot be written")


OPTIONS = {
    "no command": [],
    "unknown command": ["draw", look.MLP],
    "no model": ["inspect"],
    "unknown option": ["inspect", look.MLP, "--fast"],
    "no output": ["build", look.MLP],
    "wrong suffix of a scene": ["build", look.MLP, "-o", "o.txt"],
    "wrong suffix of a picture": ["render", look.MLP, "-o", "o.bmp"],
    "no number": ["build", look.MLP, "-o", "o.blend", "--max-cells", "many"],
    "zero": ["build", look.MLP, "-o", "o.blend", "--max-connections", "0"],
    "a negative number": ["run", look.MLP, "--input", look.DIGIT, "--top", "-1"],
    "a size without a cross": ["render", look.MLP, "-o", "o.png", "--size", "640"],
    "an empty size": ["render", look.MLP, "-o", "o.png", "--size", "0x0"],
    "frames that end before they begin": ["render", look.MLP, "-o", "o.png", "--frames", "5-2"],
    "an unknown engine": ["render", look.MLP, "-o", "o.png", "--engine", "povray"],
    "a dimension without a size": ["inspect", look.MLP, "--dim", "batch"],
    "a dimension of no size": ["inspect", look.MLP, "--dim", "batch=0"],
    "more than all to prune": ["run", look.MLP, "--input", look.DIGIT, "--prune", "1.5"],
    "nothing known to prune": ["run", look.MLP, "--input", look.DIGIT, "--prune", "nan"],
    "digits that are no numbers": ["build", look.MLP, "-o", "o.blend", "--max-cells", "²"],
}


def test_wrong_options():
    """One line that says what is wrong and where to read on."""
    for name, done in zip(OPTIONS, run_many(list(OPTIONS.values())), strict=True):
        assert done.status == 2 and done.out == "", name
        assert re.fullmatch(r"neuroscene( \w+)?: .+; see neuroscene( \w+)? --help\n", done.err), (name, done.err)


def test_wrong_suffix_of_an_export():
    check_refused(run("export", look.MLP, "-o", "o.stl"), "o.stl", "should end in .glb")


def test_exit_status_of_the_process(tmp_path):
    for command in ("run", "render"):
        check_refused(run(*arguments(command, tmp_path / "missing.onnx", tmp_path)), "missing.onnx", "no such file")
    assert run("inspect", look.MLP, "--fast").status == 2
