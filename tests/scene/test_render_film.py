# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Films and pictures made in a window: frame by frame there, which tests/window tries, and at once here."""

import bpy
import onnx
import pytest

from neuroscene.addon.scene import entities, shots
from neuroscene.addon.scene.building import build
from neuroscene.addon.scene.output.film import note_of
from neuroscene.addon.scene.updating import reloading
from scene import look


@pytest.fixture
def scene(registered):
    found = look.scene_of(look.build(look.MLP, look.DIGIT))
    look.plain_render(found, 1)
    found.render.resolution_x, found.render.resolution_y = 64, 36
    found.frame_start, found.frame_end = 3, 6
    bpy.context.window.scene = found
    return found


def film(path, **options):
    return bpy.ops.neuroscene.render_film("EXEC_DEFAULT", filepath=str(path), **options)


def test_frames_that_are_there_stay_unless_they_are_unwanted(scene, tmp_path):
    assert film(tmp_path / "f.png") == {"FINISHED"}
    frames = [tmp_path / f"f_{frame:04}.png" for frame in range(3, 7)]
    assert sorted(tmp_path.iterdir()) == frames
    kept = [one.stat().st_mtime_ns for one in frames]
    frames[2].unlink()
    film(tmp_path / "f.png")
    assert [one.stat().st_mtime_ns == old for one, old in zip(frames, kept, strict=True)] == [True, True, False, True]
    film(tmp_path / "f.png", anew=True)
    assert not any(one.stat().st_mtime_ns == old for one, old in zip(frames, kept, strict=True))
    kept = frames[0].stat().st_mtime_ns
    scene.render.resolution_x = 80  # another film
    film(tmp_path / "f.png")
    assert frames[0].stat().st_mtime_ns != kept


def test_a_film_is_one_file(scene, tmp_path):
    assert film(tmp_path / "f.mp4") == {"FINISHED"}
    assert [one.name for one in tmp_path.iterdir()] == ["f.mp4"]
    assert bpy.data.movieclips.load(str(tmp_path / "f.mp4")).frame_duration == 4


def test_the_scene_stays_as_it_was(scene, tmp_path):
    settings = scene.render
    settings.filepath, settings.image_settings.file_format, settings.use_stamp_note = "//mine_", "JPEG", False
    scene.frame_set(5)
    film(tmp_path / "f.png")
    image = settings.image_settings
    assert (settings.filepath, image.file_format, settings.use_stamp_note) == ("//mine_", "JPEG", False)
    assert scene.frame_current == 5
    assert look.png(tmp_path / "f_0003.png").shape == (36, 64, 3)


def test_where_nothing_can_be_written(scene, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeError, match="cannot be made"):
        film(tmp_path / "file" / "f.mp4")
    assert scene.render.filepath != str(tmp_path / "file" / "f.mp4")


def test_without_a_camera(scene):
    scene.camera = None
    assert not bpy.ops.neuroscene.render_film.poll()


@pytest.mark.slow
def test_a_picture_from_a_window_says_what_it_shows(scene, tmp_path):
    """Blender's own render, of one network or of two, and after a newer checkpoint has come; none of another scene."""

    def note():
        scene.render.filepath = str(tmp_path / "a.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        return note_of(tmp_path / "a.png")

    (network,) = entities.networks()
    look.build(look.CNN)
    assert note() == f"Neuroscene; digits_mlp.onnx sha256 {look.facts(network)['sha256'][:16]}"
    bpy.context.window.scene = scene
    other = build.finish(shots.compared(network, look.MLP))
    assert note().count(look.facts(other)["sha256"][:16]) == 2
    bpy.data.collections.remove(other)
    newer = onnx.load(look.MLP)
    newer.doc_string = "newer"
    onnx.save(newer, tmp_path / "newer.onnx")
    build.finish(reloading.steps(network, tmp_path / "newer.onnx"))
    assert "newer.onnx sha256 " + look.facts(network)["sha256"][:16] in note()
