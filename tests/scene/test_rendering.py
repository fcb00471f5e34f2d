# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stills, films and farm jobs: what is in the files, what goes on after a stop, what needs nothing of ours."""

import json
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.output import farm, film, quality, rendering
from scene import look
from scene.command import check_refused, run, run_many
from unit.make import DATA

SMALL = rendering.Options(size=(64, 36), samples=1)


@pytest.fixture
def network(blank):
    found = look.build(look.MLP, look.DIGIT)
    look.plain_render(look.scene_of(found), 1)
    return found


def options(**given):
    return rendering.Options(**{"size": (64, 36), "samples": 1} | given)


def chunks(path: Path) -> dict[str, str]:
    """The text entries of a PNG by name."""
    data, at, found = path.read_bytes(), 8, {}
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"tEXt":
            name, _, text = data[at + 8 : at + 8 + length].partition(b"\0")
            found[name.decode()] = text.decode("latin-1")
        at += 12 + length
    return found


def test_a_picture_says_what_it_shows(network, tmp_path):
    rendering.render(tmp_path / "a.png", SMALL)
    note = chunks(tmp_path / "a.png")["Note"]
    assert "digits_mlp.onnx" in note and look.facts(network)["sha256"][:16] in note
    assert film.note_of(tmp_path / "a.png") == note
    assert str(Path.home()) not in str(chunks(tmp_path / "a.png"))


def test_a_note_of_a_damaged_picture_is_none(network, tmp_path):
    rendering.render(tmp_path / "a.png", SMALL)
    data = (tmp_path / "a.png").read_bytes()
    for cut in (0, 7, 30, len(data) // 2, len(data) - 1):
        (tmp_path / "cut.png").write_bytes(data[:cut])
        assert film.note_of(tmp_path / "cut.png") == ""
    assert film.note_of(tmp_path / "none.png") == ""


def test_a_film_goes_on_where_it_stopped(network, tmp_path):
    """Frames of just this film stay; half-written ones, and those of another film, are rendered anew."""
    wanted, said = options(frames=(1, 5)), []
    rendering.render(tmp_path / "f.png", wanted)
    frames = [tmp_path / f"f_{frame:04}.png" for frame in range(1, 6)]
    kept = {one: one.stat().st_mtime_ns for one in frames}
    frames[1].unlink()
    frames[3].write_bytes(frames[3].read_bytes()[:-20])
    rendering.render(tmp_path / "f.png", wanted, said.append)
    changed = [one for one in frames if one.stat().st_mtime_ns != kept[one]]
    assert changed == [frames[1], frames[3]]
    assert [one.split(",")[0] for one in said] == ["frame 2", "frame 4"]
    assert "left" in said[1]
    rendering.render(tmp_path / "f.png", options(frames=(1, 5), samples=2))
    assert all(one.stat().st_mtime_ns != kept[one] for one in frames)
    assert not list(tmp_path.glob("*.part*"))


def test_a_stop_keeps_whole_frames(network, tmp_path):
    def stop(text):
        if "frame 3" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rendering.render(tmp_path / "film.mp4", options(frames=(1, 4)), stop)
    left = sorted(one.name for one in (tmp_path / "film_frames").iterdir())
    assert left == ["film_0001.png", "film_0002.png"] and not (tmp_path / "film.mp4").exists()
    said = []
    rendering.render(tmp_path / "film.mp4", options(frames=(1, 4)), said.append)
    assert [one.split(",")[0] for one in said] == ["frame 3", "frame 4", "putting the frames together"]
    assert not (tmp_path / "film_frames").exists()


def test_a_film_has_its_frames_and_says_what_it_shows(network, tmp_path):
    rendering.render(tmp_path / "film.mp4", options(frames=(1, 6)))
    data = (tmp_path / "film.mp4").read_bytes()
    boxes, at = [], 0
    while at < len(data):  # ISO/IEC 14496-12: size, type
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        boxes.append(kind)
        at += size
    assert at == len(data) and {b"ftyp", b"moov", b"mdat", b"uuid"} <= set(boxes)
    assert b"avc1" in data and look.facts(network)["sha256"][:16].encode() in data
    clip = bpy.data.movieclips.load(str(tmp_path / "film.mp4"))
    assert (clip.frame_duration, tuple(clip.size)) == (6, (64, 36))


def test_a_film_looks_like_its_frames(network, tmp_path):
    """The look is not applied twice."""
    rendering.render(tmp_path / "still.png", options(size=(256, 144), samples=4))
    rendering.render(tmp_path / "film.mp4", options(size=(256, 144), samples=4, frames=(1, 2)))
    clip = bpy.data.images.load(str(tmp_path / "film.mp4"))
    clip.source = "MOVIE"
    scene = bpy.data.scenes.new("read")
    still = look.png(tmp_path / "still.png").astype(float)
    bpy.data.scenes.remove(scene)
    pixels = np.array(clip.pixels[:]).reshape(144, 256, 4)[::-1, :, :3] * 255
    assert np.abs(pixels.mean((0, 1)) - still.mean((0, 1))).max() < 6


def test_without_background(network, tmp_path):
    rendering.render(tmp_path / "a.png", options(transparent=True))
    picture = look.png(tmp_path / "a.png")
    alpha = picture[..., 3]
    assert picture.shape[-1] == 4 and alpha[0, 0] == 0 and alpha.max() == 255
    assert all(one.hide_render for one in look.of_kind(network, "floor"))
    rendering.render(tmp_path / "b.png", SMALL)
    assert look.png(tmp_path / "b.png").shape[-1] == 3


@pytest.mark.parametrize("name", quality.QUALITIES)
def test_qualities(network, name):
    scene, chosen = look.scene_of(network), quality.QUALITIES[name]
    said = quality.apply(scene, name)
    assert name in said and scene.cycles.samples in (chosen.samples, chosen.samples_on_gpu)
    assert scene.render.resolution_percentage == chosen.percentage


def test_times_are_said_in_words():
    assert [film.clock(one) for one in (0.4, 59, 89, 91, 3500, 4800)] == [
        "0 s",
        "59 s",
        "89 s",
        "2 min",
        "58 min",
        "1 h 20 min",
    ]


@pytest.mark.slow
def test_shots_on_the_command_line(tmp_path):
    small = ["--size", "48x27", "--samples", 1]
    other = DATA / "crossformat" / "mnist_cnn.keras"
    done = run_many(
        [
            ["build", look.CNN, "-o", tmp_path / "s.blend"],
            ["render", tmp_path / "s.blend", "-o", tmp_path / "plan.png", "--shot", "plan", *small],
            ["render", look.CNN, "-o", tmp_path / "both.png", "--with", other, *small],
            ["render", look.CNN, "-o", tmp_path / "alone.png", "--shot", "before-after", *small],
            ["render", look.CNN, "-o", tmp_path / "draft.png", "--quality", "preview", *small, "--transparent"],
        ]
    )
    assert [one.status for one in done] == [0, 0, 0, 2, 0], done
    check_refused(done[3], "another checkpoint")
    assert {one.name for one in tmp_path.glob("*.png")} == {"plan.png", "both.png", "draft.png"}


BLENDER = """\
#!{python}
# As Blender's program takes its arguments, with Blender as a module: there is no other on this machine.
import runpy, sys
import bpy
sys.modules["neuroscene"] = None  # importing it now fails
given = sys.argv[1:]
assert given[:3] == ["--background", "--factory-startup", "--disable-autoexec"], given
bpy.ops.wm.open_mainfile(filepath=given[3], use_scripts=False)
runpy.run_path(given[given.index("--python") + 1], run_name="__main__")
"""


@pytest.fixture
def blender(tmp_path):
    """Blender as a program."""
    path = tmp_path / "bin" / "blender"
    path.parent.mkdir()
    path.write_text(BLENDER.format(python=sys.executable))
    path.chmod(0o755)
    return path


def openjd(*arguments):
    return subprocess.run(
        [Path(sys.executable).with_name("openjd"), *map(str, arguments)], capture_output=True, text=True
    )


@pytest.mark.slow
def test_a_farm_job_runs_whole(tmp_path, blender):
    """By the reference implementation of Open Job Description: valid, in chunks, and every frame is there after it."""
    job = tmp_path / "job"
    done = run(
        "farm",
        look.MLP,
        "--input",
        look.DIGIT,
        "-o",
        job,
        "--shot",
        "turntable",
        "--frames",
        "101-105",
        "--chunk",
        2,
        "--size",
        "48x27",
        "--samples",
        1,
    )
    assert done.status == 0, done.err
    assert {one.name for one in job.iterdir()} == {"scene.blend", "template.json"}
    checked = openjd("check", job / "template.json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = openjd("run", job / "template.json", "-p", f"Blender={blender}", "-p", f"Output={tmp_path / 'frames'}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    frames = sorted((tmp_path / "frames").iterdir())
    assert [one.name for one in frames] == [f"digits_mlp_turntable_{frame:04}.png" for frame in range(101, 106)]
    pictures = [look.png(one) for one in frames]
    assert all(one.shape == (27, 48, 3) and np.ptp(one) > 50 for one in pictures)
    assert (pictures[0] != pictures[-1]).any()
    before = [one.stat().st_mtime_ns for one in frames]
    frames[2].unlink()
    ran = openjd("run", job / "template.json", "-p", f"Blender={blender}", "-p", f"Output={tmp_path / 'frames'}")
    after = sorted((tmp_path / "frames").iterdir())
    assert len(after) == 5 and [one.stat().st_mtime_ns == old for one, old in zip(after, before, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_the_scene_of_a_farm_job_is_packed(network, tmp_path):
    farm.write(tmp_path / "job", options(shot="unfold", frames=(101, 102)))
    script = textwrap.dedent(f"""
        import bpy
        bpy.ops.wm.open_mainfile(filepath={str(tmp_path / "job" / "scene.blend")!r}, use_scripts=False)
        scene = bpy.context.scene
        outside = [one.filepath for some in (bpy.data.images, bpy.data.fonts, bpy.data.libraries) for one in some
                   if one.filepath and not getattr(one, "packed_file", None) and one.filepath != "<builtin>"]
        print("FOUND", scene.camera.name, scene.frame_start, scene.frame_end, outside, len(bpy.data.texts))
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "FOUND digits_mlp Unfold 101 102 [] 0" in done.stdout, done.stdout + done.stderr
    template = json.loads((tmp_path / "job" / "template.json").read_text())
    assert template["steps"][0]["parameterSpace"]["taskParameterDefinitions"][0]["type"] == "CHUNK[INT]"
