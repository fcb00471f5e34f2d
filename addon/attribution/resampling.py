# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maps in another size."""

from __future__ import annotations

import numpy as np


def enlarged(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """A map (rows, columns) at another size, bilinear, with pixels as squares whose middles hold the values."""
    made = values.astype(np.float64)
    for axis, wanted in enumerate(size):
        have = made.shape[axis]
        places = np.clip((np.arange(wanted) + 0.5) * have / wanted - 0.5, 0, have - 1)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, have - 1)
        share = np.expand_dims(places - low, tuple(other for other in range(made.ndim) if other != axis))
        made = np.take(made, low, axis) * (1 - share) + np.take(made, high, axis) * share
    return made.astype(values.dtype)
