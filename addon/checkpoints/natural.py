# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which people count: layer2 before layer10."""

import re

DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple:
    """A key by which names sort as people count; numbers may have any length."""
    parts = DIGITS.split(name)
    parts[1::2] = ((len(digits), digits) for digits in (text.lstrip("0") for text in parts[1::2]))
    return tuple(parts)
