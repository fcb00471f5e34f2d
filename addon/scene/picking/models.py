# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The models of the networks in the scene, kept open so that a reading need not wait for them."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Thread

import bpy

from ...containers import CheckpointError
from ...network import Network
from ..entities import NetworkScene
from ..series import known

MOST = 4  # networks that are kept
Key = tuple
_models: OrderedDict[Key, Network | None] = OrderedDict()  # None where the file could not be read
_opening: set[Key] = set()


def of(collection: bpy.types.Collection, wait: bool = True) -> Network | None:
    """The model that a network in the scene was made from, None where its file is gone or has changed, or where a
    series shows other checkpoints. Without `wait` it is read beside the window, and None is said until it is there."""
    from ..building import importing  # here: that lets annotations follow

    if "checkpoints" in known.read(collection):
        return None
    try:
        key = _key(collection)
    except CheckpointError:  # it has lost what it says of its file
        return None
    if key is None:
        return None
    if key in _models:
        _models.move_to_end(key)
        return _models[key]
    if wait:
        _keep(key, importing.reader(collection))
    elif key not in _opening:
        _opening.add(key)
        Thread(target=_keep, args=(key, importing.reader(collection)), name="Neuroscene", daemon=True).start()
    return _models.get(key)


def is_opening() -> bool:
    """Whether a model is being read."""
    return bool(_opening)


def _key(collection) -> Key | None:
    from ..building import importing

    scene = NetworkScene(collection)
    path = bpy.path.abspath(scene.source)
    try:
        stat = os.stat(path)
    except OSError:
        return None
    sizes = tuple(sorted(scene.sizes.items()))
    now = (stat.st_size, stat.st_mtime_ns)
    return path, now, scene.sha256, importing.architecture_of(scene), scene.part, sizes


def _keep(key, read) -> None:
    """Read a model; touches nothing of Blender."""
    try:
        _models[key] = read()
    except CheckpointError:
        _models[key] = None
    finally:
        _opening.discard(key)
    while len(_models) > MOST:
        _models.popitem(last=False)
