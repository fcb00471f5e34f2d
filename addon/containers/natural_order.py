# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names for people: the order in which they count (layer2 before layer10), and long ones cut down."""

import re

LONGEST = 100  # characters of a name that is shown
DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple:
    """A key by which names sort as people count; numbers may have any length."""
    parts = DIGITS.split(name)
    parts[1::2] = ((len(digits), digits) for digits in (text.lstrip("0") for text in parts[1::2]))
    return tuple(parts)


def brief(name: str, most: int = LONGEST) -> str:
    """A name of the file as it is shown: without line breaks, and without the middle of one that is very long."""
    short = name if len(name) <= most else f"{name[: most // 2]}…{name[-(most // 2 - 1) :]}"
    return (
        short if short.isprintable() else "".join(character if character.isprintable() else " " for character in short)
    )
