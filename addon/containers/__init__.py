# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files as bytes: archives, pickles, HDF5, protobuf, JSON, each read within bounds. What they mean, formats say."""

from .errors import CheckpointError

__all__ = ["CheckpointError"]
