# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written on planes themselves: over those above a sheet what they are, beside the first sheet its tokens."""

from __future__ import annotations

from math import pi

import bpy

from ..entities import Book, Heading
from .labels import seen_by_camera, text, width_of, write_body

SIZE = 0.088  # of a text, as a share of the height of the highest plane
LINE = 1.3
FILLS = 1.08  # of the width of a plane, what stands over it at most
OVER = 0.03  # of that height is free under a heading
MOST_TOKENS = 24
TOKEN = 0.6  # of the height of a row, of the name of its token at most
BESIDE = 0.025  # of the height of a sheet is free beside the names
MIDDLE = 0.36  # of the size of a text, the middle of its letters over their foot
FACING = (pi / 2, 0.0, pi / 2)  # as a cover does
PARTS = {"title": (1.0, "label"), "facts": (0.78, "dim")}


def over(book: Book, said: tuple[str, str], height: float, materials: dict) -> None:
    """Let a plane have this heading and no other, two lines over it; `height` is that of the highest plane."""
    there = _of(book)
    top = book.inputs["Cover Height"] / 2 + OVER * height
    size = SIZE * height
    for (part, (share, role)), body in zip(PARTS.items(), said, strict=True):
        heading = there.get(part) or _make(book, part, materials[role])
        write_body(heading.obj, body)
        wide = FILLS * book.inputs["Cover Width"] / max(width_of(body), 1e-9)
        heading.obj.data.size = min(share * size, wide)
        up = top + (LINE * PARTS["facts"][0] * size if part == "title" else 0.0)
        heading.obj.location = (0.0, 0.0, up)


def tokens(book: Book, count: int, step: int, materials: dict) -> None:
    """Let the rows of a sheet have names on their left, of so many tokens of which `step` are in a row."""
    rows = -(-count // step)
    there = _of(book)
    if rows > MOST_TOKENS:
        return
    names = [
        f"token {row * step}" if step == 1 else f"tokens {row * step}–{min(count, (row + 1) * step) - 1}"
        for row in range(rows)
    ]
    heading = there.get("tokens") or _make(book, "tokens", materials["dim"], "RIGHT")
    width, height, gap = (book.inputs[name] for name in ("Cover Width", "Cover Height", "Tile Gap"))
    pitch = (height + width * gap) / rows
    curve = heading.obj.data
    write_body(heading.obj, "\n".join(names))
    size = min(SIZE * height, TOKEN * pitch)
    curve.size = size
    curve.space_line = pitch / size
    curve.align_y = "TOP_BASELINE"
    first = height / 2 - (pitch - width * gap) / 2 - MIDDLE * size
    heading.obj.location = (0.0, -width / 2 - BESIDE * height, first)


def _of(book: Book) -> dict[str, Heading]:
    """The texts on a plane, by what they are."""
    return {heading.part: heading for heading in map(Heading.of, book.obj.children) if heading}


def _make(book: Book, part: str, material: bpy.types.Material, align: str = "CENTER") -> Heading:
    obj = text("", 1.0, material, align, "BOTTOM_BASELINE")
    obj.name = f"{book.obj.name} {part}"
    heading = Heading.make(obj, layer=book.layer, path=book.path, part=part)
    obj.parent = book.obj
    obj.rotation_euler = FACING
    seen_by_camera(obj)
    for collection in book.obj.users_collection:
        collection.objects.link(obj)
    return heading
