# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What layers and networks are called whose files give them no names."""

from __future__ import annotations

import re
from pathlib import Path

from .layer_weights import leaves

NAMELESS = re.compile(r"n?\d+")  # numbers that exporters count with
WEIGHT = re.compile(r"[._/](?:weights?|bias|kernel|gamma|beta|scale|w|b|s)(?::0)?$", re.IGNORECASE)
CHECKPOINT = re.compile(r"(epoch|step|ckpt|checkpoint)[-_=]?\d+", re.IGNORECASE)
GENERIC = ("model", "saved_model", "pytorch_model")
PLAIN = ("", "models", "model", "checkpoints", "weights", "downloads", "desktop", "tmp", "data", "files")  # folders


def named(group) -> str:
    """The name of a group's main node; of one that is only numbered, that of its weights, else what it does."""
    label = group.main.label
    if not NAMELESS.fullmatch(label):
        return label
    for leaf in leaves(group.main):
        stem = WEIGHT.sub("", leaf.name)
        if stem != leaf.name and not NAMELESS.fullmatch(stem):
            return stem
    return group.op


def name_of(path: Path, own: str = "") -> str:
    """What a network is called: as its file, or where every file is called so as its folder. A checkpoint of a training
    has the name that the network gives itself (`own`), if it gives one."""
    stem = path.stem
    if own and CHECKPOINT.fullmatch(stem):
        return own
    folder = path.resolve().parent.name
    return folder if stem.lower() in GENERIC and folder.lower() not in PLAIN else stem
