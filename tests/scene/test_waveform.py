# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds and other long rows of numbers as curves: what is drawn against the numbers that went in."""

import wave

import numpy as np
import pytest

from neuroscene.addon.network import Grid
from neuroscene.addon.scene.building import input_picture, waveform
from neuroscene.addon.scene.entities import EvidenceRelief, InputPicture, NetworkScene, networks
from scene import acting, look
from unit.make import model, node, save, seeded

SAMPLES = 2000


def sound(folder, name="sound.wav", pitch=40.0):
    time = np.arange(SAMPLES) / SAMPLES
    values = np.round(np.sin(2 * np.pi * pitch * time) * np.exp(-(((time - 0.3) / 0.1) ** 2)) * 20_000).astype("<i2")
    with wave.open(str(folder / name), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(values.tobytes())
    return folder / name, values / 32768


def listener(folder, channels=1):
    nodes = [
        node("Conv", ["audio", "w"], ["heard"], name="conv", strides=[8]),
        node("GlobalMaxPool", ["heard"], ["pooled"], name="pool"),
        node("Flatten", ["pooled"], ["flat"], name="flat"),
        node("Gemm", ["flat", "v"], ["scores"], name="fc"),
    ]
    weights = {"w": seeded(4, channels, 32), "v": seeded(4, 3)}
    return save(folder, model(nodes, {"audio": (1, channels, SAMPLES)}, {"scores": (1, 3)}, weights), "listener.onnx")


@pytest.mark.parametrize("shape", [(1, 300), (1, SAMPLES), (3, 5000), (1, 288), (16, 1000)], ids=str)
def test_a_column_reaches_from_the_least_to_the_largest(shape):
    traces = seeded(*shape)
    grid = Grid.of(shape)
    colors, low, high = waveform.draw(traces, grid)
    rows, columns = waveform.pixels_of(grid)
    assert colors.shape == (rows, columns, 3) and high == -low == np.abs(traces).max()
    step, band = -(-shape[1] // 288), rows // shape[0]
    lit = colors[..., 1].reshape(shape[0], band, columns) > 0.8 * waveform.TRACE[1]
    for trace in range(shape[0]):
        for column in range(columns):
            part = traces[trace, column * step : (column + 1) * step + 1]
            edges = [((end - low) / (high - low) * waveform.FULL + 0.03) * band for end in (part.min(), part.max())]
            foot, head = edges[0], edges[1]
            full = np.flatnonzero(lit[trace, :, column])
            if head - foot > 3:
                assert abs(band - full[0] - head) < 1.3 and abs(band - 1 - full[-1] - foot) < 1.3
            else:
                assert len(full) <= 5


def test_what_is_no_row_of_numbers_is_none():
    dot = np.zeros((1, 300), np.float32)
    dot[0, 7] = np.nan
    colors, low, high = waveform.draw(dot, Grid.of((1, 300)))
    assert np.isfinite(colors).all() and (low, high) == (0.0, 1.0)


def test_a_sound_stands_as_a_curve_and_its_lines_begin_in_time(blank, tmp_path):
    path, values = sound(tmp_path)
    network = look.build(listener(tmp_path), path)
    (picture,) = NetworkScene(network).members(InputPicture)
    drawn, low, high = waveform.draw(values[None].astype(np.float32), Grid.of((1, SAMPLES)))
    colors = look.array(picture.obj.data.attributes, "picture").reshape(-1, 4)[:-4, :3]
    assert np.allclose(colors, drawn.reshape(-1, 3), atol=1e-6)
    assert (picture.low, picture.high) == pytest.approx((low, high))
    layer = NetworkScene(network).layers()["audio"]
    cells = look.array(layer.obj.data.attributes, "value")
    assert np.allclose(cells, values, atol=1e-6)
    along, _ = look.local_instances(layer.obj, look.evaluate(network))
    wanted = input_picture.LONG * (0.5 - (np.arange(SAMPLES) + 0.5) / SAMPLES)
    assert np.allclose(along[:SAMPLES, 1, 3], wanted, atol=1e-4)
    look.check_ends(network)


def test_other_sounds_other_curves(registered, tmp_path):
    first, _ = sound(tmp_path)
    second, values = sound(tmp_path, "other.wav", 90.0)
    look.build(listener(tmp_path), first)
    assert acting.run("run_input", filepath=str(second)) == {"FINISHED"}
    (picture,) = NetworkScene(networks()[0]).members(InputPicture)
    drawn, _, _ = waveform.draw(values[None].astype(np.float32), Grid.of((1, SAMPLES)))
    colors = look.array(picture.obj.data.attributes, "picture").reshape(-1, 4)[:-4, :3]
    assert np.allclose(colors, drawn.reshape(-1, 3), atol=1e-6)
    pitch = look.inputs(look.layers(networks()[0])["audio"])["Pitch"]
    assert acting.run("show_input", how="CELLS") == {"FINISHED"}
    assert not look.of_kind(networks()[0], "picture")
    assert look.inputs(look.layers(networks()[0])["audio"])["Pitch"] != pytest.approx(pitch)
    assert acting.run("show_input", how="PICTURE") == {"FINISHED"}
    assert look.inputs(look.layers(networks()[0])["audio"])["Pitch"] == pytest.approx(pitch)


def test_what_counts_stands_under_the_curve(registered, tmp_path):
    path, values = sound(tmp_path)
    look.build(listener(tmp_path), path)
    assert acting.run("explain_answer", methods={"gradient-input"}, rather="NONE") == {"FINISHED"}
    scene = NetworkScene(networks()[0])
    (picture,), (relief,) = scene.members(InputPicture), scene.members(EvidenceRelief)
    assert not picture.away and not picture.obj.hide_render
    assert relief.obj.matrix_basis.translation.z < picture.obj.matrix_basis.translation.z
    cells = look.array(relief.obj.data.attributes, "evidence")
    whole = look.array(scene.layers()["audio"].obj.data.attributes, "evidence")
    assert cells.sum() == pytest.approx(whole.sum(), rel=1e-4, abs=1e-6) and len(cells) <= 96
