# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps of a long series are kept."""


def thinned(count: int, most: int) -> list[int]:
    """The places of at most so many (2 and more) of a number of steps, evenly apart, the first and the last kept."""
    if count <= most:
        return list(range(count))
    most = max(most, 2)
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]
