# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each command of the command line does, given its options."""

from .learning import attribute, compose, feature, train
from .models import convert, inspect, run, series
from .scenes import build, export, farm, look, render, watch

__all__ = [
    "attribute",
    "build",
    "compose",
    "convert",
    "export",
    "farm",
    "feature",
    "inspect",
    "look",
    "render",
    "run",
    "series",
    "train",
    "watch",
]
