# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrent layers that TensorFlow has as one operator."""

from __future__ import annotations

from ..graph import Call, Unwritable
from .table import Written, op


@op("CudnnRNN", "CudnnRNNV3", "BlockLSTM", "BlockLSTMV2")
def recurrent(call: Call) -> Written:
    raise Unwritable("weights in one row")
