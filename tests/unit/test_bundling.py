# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Density bundling: lines come together where many run, none is lost, and what stands apart stays apart."""

import numpy as np
import pytest

from neuroscene.addon.layout.bundling import Bundling, bundle, densities

FRAME = np.eye(3, dtype=np.float32)
WAY = np.linspace(0, 1, 8)[:, None]
EASED = WAY + 0.75 * (WAY * WAY * (3 - 2 * WAY) - WAY)


def clusters(*centres, each=400, spread=0.5, seed=0):
    """Lines along X between two planes, each cluster scattered about a centre (y, z); ends (n, 2, 3), and whose."""
    random, ends = np.random.default_rng(seed), []
    for centre in centres:
        across = centre + spread * random.standard_normal((2, each, 2))
        ends.append(
            np.stack(
                [np.concatenate([np.full((each, 1), x), one], 1) for x, one in zip((0, 8), across, strict=True)], 1
            )
        )
    return np.concatenate(ends).astype(np.float32), np.repeat(np.arange(len(centres)), each)


def points(ends, offsets, ease=0.75):
    """Lines with their offsets, in the frame, across it: (n, 8, 2)."""
    eased = WAY + ease * (WAY * WAY * (3 - 2 * WAY) - WAY)
    return (ends[:, :1] * (1 - eased) + ends[:, 1:] * eased + offsets)[..., 1:]


def from_centre(middle):
    return float(np.linalg.norm(middle - middle.mean(0), axis=-1).mean())


def test_bundles_close_and_stay_apart():
    ends, whose = clusters((-2.0, 0.0), (2.0, 0.5))
    offsets = bundle(ends, np.ones(len(ends)), FRAME)
    before, after = points(ends, 0)[:, 3:5].mean(1), points(ends, offsets[-1])[:, 3:5].mean(1)
    for one in (0, 1):
        mine = whose == one
        assert from_centre(before[mine]) > 3 * from_centre(after[mine])
        assert np.linalg.norm(before[mine].mean(0) - after[mine].mean(0)) < 0.3
    gap = after[whose == 1][:, 0].min() - after[whose == 0][:, 0].max()
    assert gap > 2.0, "two clusters became one"


def test_each_iteration_draws_them_closer():
    ends, _ = clusters((0.0, 0.0))
    offsets = bundle(ends, np.ones(len(ends)), FRAME, 4)
    spread = [from_centre(points(ends, one)[:, 3:5].mean(1)) for one in (0 * offsets[0], *offsets)]
    assert (np.diff(spread) < 0).all()


def test_ends_and_the_way_along_do_not_move():
    ends, _ = clusters((0.0, 0.0), (3.0, 1.0))
    offsets = bundle(ends, np.ones(len(ends)), FRAME)
    assert offsets.shape == (6, 800, 8, 3) and offsets.dtype == np.float32 and np.isfinite(offsets).all()
    assert not offsets[:, :, [0, -1]].any() and not offsets[..., 0].any()
    assert np.abs(offsets[:, :, 1:-1, 1:]).max() > 0.1


def test_strong_lines_attract_more_and_move_less():
    """Two lines that are alike but for the weight of one: the place where they meet is nearer to the strong one."""
    ends = np.array([[[0, -0.5, 0], [8, -0.5, 0]], [[0, 0.5, 0], [8, 0.5, 0]]], np.float32)
    wide = np.array([[[0, -9, 0], [8, -9, 0]], [[0, 9, 0], [8, 9, 0]]], np.float32)  # so that these are near
    both = np.concatenate([ends, wide])
    even = bundle(both, np.ones(4), FRAME)[-1][:, 4, 1]
    assert even[0] > 0.1 and np.isclose(even[0], -even[1], atol=0.02)
    uneven = bundle(both, np.array([-10.0, 1.0, 1.0, 1.0]), FRAME)[-1][:, 4, 1]
    assert 0 <= uneven[0] < 0.5 * -uneven[1]


def test_the_frame_turns_with_the_layers():
    ends, _ = clusters((0.0, 0.0), (2.0, 1.0))
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0]
    turn *= np.linalg.det(turn)
    here, there = bundle(ends, np.ones(800), FRAME), bundle(ends @ turn.T, np.ones(800), turn)
    away = np.abs(there - here @ turn.T).max(-1)
    assert np.median(away) < 1e-3 and np.abs(here).max() > 0.5


def test_neighbouring_points_of_a_line_stay_near():
    """Lines stay smooth: no zigzag between one point and the next."""
    ends, _ = clusters((0.0, 0.0), (2.0, 0.0), (0.0, 2.0))
    offsets = bundle(ends, np.ones(1200), FRAME)[-1]
    bend = np.linalg.norm(np.diff(offsets, 2, axis=1), axis=-1)
    assert bend.max() < 1.5 and np.median(bend) < 0.5


@pytest.mark.parametrize("weights", [np.zeros(800), np.full(800, np.nan), np.full(800, np.inf)])
def test_weights_that_say_nothing(weights):
    ends, _ = clusters((0.0, 0.0), (3.0, 1.0))
    assert np.array_equal(bundle(ends, weights, FRAME), bundle(ends, np.ones(800), FRAME))


def test_ends_that_are_not_finite_do_not_matter():
    ends, _ = clusters((0.0, 0.0))
    broken = np.concatenate([ends[:5] * np.nan, ends])
    offsets = bundle(broken, np.ones(405), FRAME)
    assert np.isfinite(offsets).all() and not offsets[:, :5].any() and np.abs(offsets[:, 5:]).max() > 0.1


@pytest.mark.parametrize(
    "ends", [np.zeros((0, 2, 3)), np.ones((1, 2, 3)), np.ones((9, 2, 3)), np.repeat([[[0.0, 0, 0], [1, 0, 0]]], 5, 0)]
)
def test_nothing_to_bundle(ends):
    offsets = bundle(ends, np.ones(len(ends)), FRAME)
    assert offsets.shape == (6, len(ends), 8, 3) and not offsets.any()


def test_lines_in_one_plane():
    """Columns of neurons have no width."""
    ends, _ = clusters((0.0, 0.0))
    ends[..., 1] = 0
    offsets = bundle(ends, np.ones(400), FRAME)
    assert not offsets[..., 1].any() and np.abs(offsets[..., 2]).max() > 0.1
    assert from_centre(points(ends, 0)[:, 4]) > 2 * from_centre(points(ends, offsets[-1])[:, 4])


def test_bandwidth_smoothing_and_sampling_are_choices():
    ends, _ = clusters((-1.0, 0.0), (1.0, 0.0), spread=0.3)
    weights = np.ones(len(ends))

    def spread(**how):
        offsets = bundle(ends, weights, FRAME, how=Bundling(**how))
        return from_centre(points(ends, offsets[-1])[:, 3:5].mean(1))

    assert spread(widest=0.4, narrowest=0.3) < spread() / 2, "a wide kernel makes one of two"
    middle = points(ends, bundle(ends, weights, FRAME, how=Bundling(smoothing=0.0))[-1])
    smooth = points(ends, bundle(ends, weights, FRAME, how=Bundling(smoothing=0.8))[-1])
    bends = [np.abs(np.diff(lines, 2, axis=1)).mean() for lines in (middle, smooth)]
    assert bends[1] < bends[0]
    assert np.abs(bundle(ends, weights, FRAME, how=Bundling(sampling=24))[-1]).max() > 0


def test_density_is_that_of_the_lines_nearby():
    crowd, _ = clusters((0.0, 0.0), each=300, spread=0.2)
    alone, _ = clusters((6.0, 0.0), each=3, spread=0.2, seed=1)
    ends = np.concatenate([crowd, alone])
    ends[5, 0, 1] = np.nan
    found = densities(ends, np.zeros((len(ends), 8, 3)), FRAME)
    assert found.dtype == np.float32 and found.max() == 1 and found[5] == 0
    assert found[:300].mean() > 10 * found[300:].mean() > 0
    # of what was drawn together it is higher and more even
    offsets = bundle(ends, np.ones(len(ends)), FRAME)[-1]
    assert np.delete(densities(ends, offsets, FRAME), 5)[:299].min() > np.delete(found, 5)[:299].min()
