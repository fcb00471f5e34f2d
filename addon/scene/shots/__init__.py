# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shots: ready cameras with keyframes, markers and a collection each, several in one file, all for the user to edit."""

from .compare import head
from .compare import steps as compared
from .kinds import KINDS, Kind
from .making import add, check, framed, refit, remove, shots, switch
from .renewing import renew

__all__ = ["KINDS", "Kind", "add", "check", "compared", "framed", "head", "refit", "remove", "renew", "shots", "switch"]
