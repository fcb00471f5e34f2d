# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Styles that users saved: a JSON file each in the extension's own folder, with a .blend beside it for materials that
are not ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import bpy

from ... import compat, folders
from ...written import replacing
from .. import palettes
from ..entities import RoleMaterial
from . import painting, styles
from .styles import STYLES, Style

LARGEST = 1 << 20  # bytes of a file that is read


def folder(create: bool = False) -> Path:
    """Where styles are kept."""
    return folders.of_user("styles", create)


def every() -> tuple[dict[str, Style], list[str]]:
    """The built-in styles and the saved ones by name, and one line for each file that could not be read."""
    return _every()[:2]


def _every():
    try:
        where = folder()
    except OSError:
        return _read(())
    paths = where.glob("*.json") if where.is_dir() else ()
    return _read(tuple(sorted((str(path), path.stat().st_mtime_ns) for path in paths)))


@lru_cache(maxsize=4)  # the menu of styles asks whenever it is drawn
def _read(files):
    known = dict(STYLES)
    problems = []
    paths = {}
    for path, _ in files:
        path = Path(path)
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError("is too large")
            style = Style.of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            problems.append(f"{path.name} is not a style: {str(error).splitlines()[0][:120] or type(error).__name__}")
            continue
        if style.name not in STYLES:
            known[style.name], paths[style.name] = style, path
    return known, problems, paths


def save(name: str, part: painting.Part, active: bpy.types.Object | None) -> Path:
    """Save the look of a part of a network. Raises `ValueError` for a name that is not free, `CheckpointError` if it
    cannot."""
    name = name.strip()
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not stem:
        raise ValueError("a style needs a name with a letter or digit")
    if name in STYLES:
        raise ValueError(f"'{name}' is a style that is built in")
    style = styles.taken(name, part, active)
    shown = {role: painting.in_use(part, role) for role in painting.ROLES}
    own = {role: material for role, material in shown.items() if material and not painting.role_of(material)}
    path = folder(create=True) / f"{stem}.json"
    style = replace(style, own={role: material.name for role, material in own.items()})
    with replacing(path) as written:
        written.write_text(json.dumps(style.as_data(), indent=1), encoding="utf-8")
    beside = path.with_suffix(".blend")
    beside.unlink(missing_ok=True)
    if own:
        bpy.data.libraries.write(str(beside), set(own.values()), fake_user=True)
    return path


def apply(name: str, part: painting.Part, ramps: bool = False) -> tuple[int, list[str]]:
    """Give a network, or a part of it, a style by name; returns how many objects have it, and a line for each problem.

    Raises `KeyError` if there is no such style.
    """
    known, problems = every()
    style = known[name]
    count = styles.apply(style, part, ramps)
    own = _own(style)
    for role, material in own.items():
        for obj in part.objects:
            for modifier, socket, wanted in painting.slots(obj):
                if wanted == role and painting.role_of(compat.get_input(modifier, socket)) == role:
                    compat.set_inputs(modifier, {socket: material})
                    obj.update_tag()
    palettes.follow(part.objects)
    missing = style.own.keys() - own.keys()
    return count, problems + ([f"{name}: its own materials are missing"] if missing else [])


def _own(style):
    """The materials that a style brings with it, by role; each is loaded once."""
    own = {
        material.role: material.id_data
        for material in filter(None, map(RoleMaterial.of, bpy.data.materials))
        if material.style == style.name and material.role in style.own
    }
    missing = {role: style.own[role] for role in style.own.keys() - own.keys()}
    path = _every()[2].get(style.name)
    beside = path.with_suffix(".blend") if path else None
    if not missing or not beside or not beside.is_file():
        return own
    with bpy.data.libraries.load(str(beside)) as (there, here):
        wanted = {role: name for role, name in missing.items() if name in there.materials}
        here.materials = list(wanted.values())
    for role, material in zip(wanted, here.materials, strict=True):
        RoleMaterial.make(material, role=role, style=style.name)
        own[role] = material
    return own
