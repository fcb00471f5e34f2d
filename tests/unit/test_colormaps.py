# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every colour map: lightness that only rises, even steps, and two arms that nobody takes for one another."""

import numpy as np
import pytest

from neuroscene.addon import colormaps
from neuroscene.addon.colormaps import named, oklab, value

PLACES = 33
# Machado, Oliveira, Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency": linear
# RGB at severity 1
SEEN = {
    "all": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
APART = {4: 0.04, 8: 0.075, 16: 0.09}  # Oklab distance of the arms, by places from the middle; 0.02 can be seen
MAPS = colormaps.maps()
CHOSEN = ("Activation", "Weight", "Evidence", "Lantern", "Slate", "Brass", "Pewter")
BUILT = [name for name in MAPS if name not in CHOSEN]


def linear(colour):
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Ottosson's own numbers, by way of XYZ."""
    xyz = (
        rgb
        @ np.array(
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        ).T
    )
    cones = (
        xyz
        @ np.array(
            [
                [0.8189330101, 0.3618667424, -0.1288597137],
                [0.0329845436, 0.9293118715, 0.0361456387],
                [0.0482003018, 0.2643662691, 0.6338517070],
            ]
        ).T
    )
    return (
        np.cbrt(cones)
        @ np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        ).T
    )


def shown(shown_map, seen="all"):
    """Oklab (PLACES, 3) of a map as a ramp mixes it, as some see it."""
    places, colours = zip(*shown_map.stops, strict=True)
    rgb = np.array([linear(one) for one in colours])
    mixed = np.stack([np.interp(np.linspace(0, 1, PLACES), places, one) for one in rgb.T], -1)
    return lab(np.clip(mixed @ SEEN[seen].T, 0, 1))


def rise(shown_map):
    """1 if a map grows lighter with the value, -1 if darker."""
    return 1 if shown_map.ground == colormaps.DARK else -1


def test_there_are_enough():
    kinds = {(one.kind, one.ground) for one in MAPS.values()}
    assert len(BUILT) >= 12 and len(kinds) == 4
    assert all(2 <= len(one.stops) <= 16 for one in MAPS.values())
    assert len({one.stops for one in MAPS.values()}) == len(MAPS)


@pytest.mark.parametrize("name", MAPS)
def test_stops_are_in_order(name):
    places = [place for place, _ in MAPS[name].stops]
    assert places[0] == 0 and places[-1] == 1 and places == sorted(set(places))


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("name", MAPS)
def test_lightness_only_rises(name, seen):
    one, middle = MAPS[name], PLACES // 2
    step = np.diff(shown(one, seen)[:, 0]) * rise(one)
    if one.kind == colormaps.SEQUENTIAL:
        assert (step > 0).all()
    elif seen == "all":
        assert (step[middle:] > 0).all() and (step[:middle] < 0).all()


@pytest.mark.parametrize("name", BUILT)
def test_steps_look_even(name):
    one, middle = MAPS[name], PLACES // 2
    step = np.linalg.norm(np.diff(shown(one), axis=0), axis=1)
    for arm in (step[:middle], step[middle:]) if one.kind == colormaps.DIVERGING else (step,):
        assert 0.55 < arm.min() / arm.mean() and arm.max() / arm.mean() < 1.7


@pytest.mark.parametrize("name", [name for name in BUILT if MAPS[name].kind == colormaps.DIVERGING])
def test_arms_are_as_strong(name):
    light = shown(MAPS[name])[:, 0]
    assert np.abs(light - light[::-1]).max() < 0.02


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("name", [name for name, one in MAPS.items() if one.kind == colormaps.DIVERGING])
def test_arms_are_told_apart(name, seen):
    """Also those of the two defaults, whose arms are neither as light as one another nor in even steps."""
    colours, middle = shown(MAPS[name], seen), PLACES // 2
    for away, least in APART.items():
        assert np.linalg.norm(colours[middle - away] - colours[middle + away]) > least, away


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("name", [name for name, one in MAPS.items() if one.kind == colormaps.SEQUENTIAL])
def test_ends_are_told_apart(name, seen):
    colours = shown(MAPS[name], seen)
    least = 0.45 if name == "Slate" else 0.55  # that is for the edges of pages, quieter than the covers beside them
    assert np.linalg.norm(colours[0] - colours[-1]) > least


def test_the_test_can_fail():
    """Red to green, as light as one another, is what it is there to refuse."""
    ends = oklab.encode(oklab.shown(oklab.from_lch([(0.6, 0.12, 30), (0.6, 0.12, 140)])))
    red, green = ("#{:02x}{:02x}{:02x}".format(*np.round(255 * one).astype(int)) for one in ends)
    stops = ((0.0, red), (0.5, "#202020"), (1.0, green))
    one = named.ColorMap("", ("red", "green"), colormaps.DIVERGING, colormaps.DARK, stops)
    apart = {seen: np.linalg.norm(shown(one, seen)[0] - shown(one, seen)[-1]) for seen in SEEN}
    assert apart["all"] > 0.15 and min(apart.values()) < APART[16]


def test_oklab_there_and_back():
    rgb = np.random.default_rng(0).random((50, 3))
    assert np.allclose(oklab.to_lab(rgb), lab(rgb), atol=2e-4)
    assert np.allclose(oklab.from_lab(oklab.to_lab(rgb)), rgb, atol=1e-6)
    assert np.allclose(oklab.decode(oklab.encode(rgb)), rgb, atol=1e-9)


def test_what_no_screen_shows_loses_chroma_alone():
    far = oklab.from_lch([(0.6, 0.5, hue) for hue in range(0, 360, 30)])
    found = oklab.to_lab(oklab.shown(far))
    assert np.allclose(found[:, 0], 0.6, atol=1e-3)
    assert np.allclose(np.arctan2(found[:, 2], found[:, 1]), np.arctan2(far[:, 2], far[:, 1]), atol=1e-2)


def test_cubehelix_as_published():
    """Green's own values: from black to white, and the colours of `start` 0.5 and -1.5 turns half-way."""
    ends = named.cubehelix(np.array([0.0, 1.0]))
    assert np.allclose(ends, [[0, 0, 0], [1, 1, 1]], atol=1e-9)
    angle, swing = 2 * np.pi * (0.5 / 3 + 1 - 1.5 * 0.5), 0.125
    expected = [
        0.5 + swing * (-0.14861 * np.cos(angle) + 1.78277 * np.sin(angle)),
        0.5 + swing * (-0.29227 * np.cos(angle) - 0.90649 * np.sin(angle)),
        0.5 + swing * 1.97294 * np.cos(angle),
    ]
    assert np.allclose(named.cubehelix(np.array([0.5]))[0], expected)


def test_moreland_as_published():
    found = np.round(255 * named.moreland(33)).astype(int)
    assert abs(found[0] - (59, 76, 192)).max() <= 1 and abs(found[-1] - (180, 4, 38)).max() <= 1
    assert abs(found[16] - (221, 221, 221)).max() <= 1  # the paper's table
    assert abs(found[8] - (141, 176, 254)).max() <= 1


SHADES = np.array([-2.0, -1.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0, 2.0])


@pytest.mark.parametrize("log", [0.0, 0.5, 3.0, 8.0])
def test_magnitude(log):
    found = value.magnitude(SHADES, log)
    size = np.minimum(np.abs(SHADES), 1)
    assert np.allclose(found, size if log == 0 else np.log10(1 + (10**log - 1) * size) / log)
    assert found.min() == 0 and np.isclose(found.max(), 1)


@pytest.mark.parametrize("low", [-1.0, -0.25, 0.0])
def test_factor(low):
    assert np.allclose(value.factor(SHADES, low), (np.clip(SHADES, low, 1) - low) / (1 - low))
    assert value.factor(np.array([1e-3]), low, 3.0) > value.factor(np.array([1e-3]), low)


def test_alpha_and_light():
    assert (value.alpha(SHADES) == 1).all()
    assert np.allclose(value.alpha(SHADES, 0.5, 1.0), 0.5 * np.minimum(np.abs(SHADES), 1))
    assert np.allclose(value.light(SHADES, 0.2, 0.85), 0.2 + 0.85 * np.minimum(np.abs(SHADES), 1) ** 2)
    assert np.allclose(value.light(np.zeros(1), 0.2, 1.0, strength=0.5, by_strength=2.0, pulse=3.0), 4.2)


def test_quantiles():
    values = np.random.default_rng(1).normal(size=5_000).astype(np.float32)
    values[:2_000] = 0
    values[2_000], values[2_001] = np.nan, -np.inf
    row, count = colormaps.quantiles(values)
    kept = np.abs(values[np.isfinite(values) & (values != 0)])
    assert count == len(kept) and np.allclose(row, np.percentile(kept, range(101)), rtol=1e-5)
    assert colormaps.quantiles(np.zeros(9))[1] == 0 and not colormaps.quantiles(np.zeros(9))[0].any()


def test_quantiles_of_many_values():
    values = np.random.default_rng(2).gamma(0.5, size=1_000_000)
    row, count = colormaps.quantiles(values)
    assert count == len(values) and row[-1] == np.float32(values.max())
    ranks = np.searchsorted(np.sort(values), row[1:-1]) / count
    assert np.abs(ranks - np.arange(1, 100) / 100).max() < 0.01


def test_pooled_quantiles_are_those_of_all_together():
    rng = np.random.default_rng(3)
    sets = [rng.gamma(0.5, size=900), 20 * rng.random(100), np.zeros(50), 3 + rng.random(3_000)]
    row, count = colormaps.pooled([colormaps.quantiles(one) for one in sets])
    every = np.sort(np.concatenate(sets))[50:]
    assert count == len(every) and np.isclose(row[-1], every[-1]) and np.isclose(row[0], every[0])
    ranks = (np.searchsorted(every, row, "left") + np.searchsorted(every, row, "right")) / 2 / count
    assert np.abs(ranks - np.arange(101) / 100).max() < 0.01


def test_structures_differ():
    found = {colormaps.structure(number) for number in range(40)}
    assert len(found) == 40 and colormaps.structure(0) == "#4070a8"
