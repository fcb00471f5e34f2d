# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TorchScript archives: the program in them is followed to an ONNX graph; where that fails, their weights are left."""

from __future__ import annotations

from math import prod
from pathlib import Path

from ....containers.errors import CheckpointError
from ....containers.pickle.records import Tensor
from ...checkpoint import Checkpoint
from ...weights import Weights
from ..operators.emitter import MismatchError, UndecidedError
from ..saved_files import Saved, Zip
from ..state import PRODUCER, stored_weights
from . import code, objects
from .input_sizes import Followed, Follower

FORMAT = "torchscript"


def read(opened: Zip) -> Checkpoint | Weights:
    """The graph of the program, else the weights of its modules. Raises `CheckpointError`."""
    path, saved = opened.archive.path, opened.load()
    tree = objects.tree(path, saved.data)
    try:
        told = opened.load("traced_inputs").data if opened.has("traced_inputs.pkl") else None
        followed = Follower(code.program(opened), tree, saved.storages, opened.load("constants"), told).follow()
    except (UndecidedError, MismatchError) as reason:
        return _weights(path, saved, tree, f"the program could not be followed: {reason}")
    kept, *_ = stored_weights(saved.storages, tree.tensors)
    unread = followed.writer.unread(stored for stored in kept if stored.shape)
    said = [f"{len(unread):,} weights that the program does not read ({unread[0].name[:80]}, …)"] if unread else []
    if any(isinstance(tensor, Tensor) and tensor.scale is not None for tensor in tree.tensors.values()):
        said.append(
            "its weights are shown as the numbers that they stand for; what its quantised layers give is not "
            "rounded as in PyTorch"
        )
    made = followed.writer.checkpoint(path, FORMAT, producer=PRODUCER, notes=[*notes(followed), *said])
    made.sizes = followed.sizes
    made.unread = sum(prod(stored.shape) for stored in unread)
    return made


def notes(followed: Followed) -> list[str]:
    """What of a followed program is not known, in words."""
    taken = [
        f"its input '{name}' is no tensor: the program is that for {value!r}"
        for name, value in followed.numbers.items()
    ]
    sizes = ", ".join(f"{name} {size:,}" for name, size in followed.sizes.items())
    if followed.searched and sizes:
        taken.append(
            f"open sizes that fit one another in the program: {sizes}; others may not, but twice as large ones do"
        )
    return taken + [
        f"'{name}' ({count:,} times) is shown as it is named: what it computes is not known"
        for name, count in sorted(followed.opaque.items())
    ]


def _weights(path: Path, saved: Saved, tree: objects.Tree, note: str) -> Weights:
    kept, notes = stored_weights(saved.storages, tree.tensors)
    if not kept:
        raise CheckpointError(path, note, "it holds no weights either")
    return Weights(path, FORMAT, kept, producer=PRODUCER, notes=[note, *notes], modules=tree.settings)
