# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small.msgpack, a network of Flax 0.12.8 with random weights and the state of an optimizer, and values.npz."""

from pathlib import Path

import jax
import numpy as np
from flax import linen, serialization

HERE = Path(__file__).resolve().parent


class Small(linen.Module):
    @linen.compact
    def __call__(self, x):
        x = linen.relu(linen.BatchNorm(use_running_average=True)(linen.Conv(4, (3, 3))(x)))
        x = linen.relu(linen.Dense(8)(x.reshape((x.shape[0], -1))))
        return linen.Dense(3)(x)


variables = Small().init(jax.random.PRNGKey(0), np.zeros((1, 6, 6, 1), np.float32))
whole = {**variables, "opt_state": {"mu": variables["params"]}, "step": 7}
(HERE / "small.msgpack").write_bytes(serialization.to_bytes(whole))
leaves = jax.tree_util.tree_flatten_with_path(variables)[0]
np.savez(HERE / "values.npz", **{"/".join(key.key for key in path): np.asarray(leaf) for path, leaf in leaves})
