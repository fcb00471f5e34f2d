# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file with an input -> what a network gives for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..containers import CheckpointError
from ..network import Network, summarise
from . import pictures
from .inputs import ARRAYS, Fitted, fit, fit_named, load_array, load_arrays
from .pruning import run_pruned
from .session import Ran, run, top

TOP = 5  # scores that are kept


def fit_file(path: str | Path, network: Network) -> list[Fitted]:
    """A picture or a file of arrays as what a network reads. Raises `CheckpointError`."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the input")
    if not network.inputs:
        raise CheckpointError(network.checkpoint.path, "the model has no input")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return fit_named(path, load_arrays(path), network)
    if suffix not in pictures.SUFFIXES + ARRAYS:
        raise CheckpointError(path, "not a kind of input we read", "give a .png, .jpg, .npy or .npz file")
    content = load_array(path) if suffix == ".npy" else pictures.load_picture(path)
    return [fit(path, content, network.inputs[0], network.assumed)]


def run_file(path: str | Path, network: Network, count: int = TOP, parts: bool = False) -> tuple[Network, Ran]:
    """Run a file through a network; with `parts` keep what each node gives, else what each layer gives.

    Where the input sets a size that the model leaves open, the network follows it.
    """
    network.checkpoint.check_runs()
    fitted = fit_file(path, network)
    given = {
        f"{a.input}:{a.axis}": size
        for a in network.assumed
        for fitted_input in fitted
        if a.input == fitted_input.name
        for size in fitted_input.array.shape[a.axis : a.axis + 1]
        if size != a.size
    }
    given |= {
        f"{spec.name}:{axis}": size
        for spec in network.inputs
        if spec.shape is None
        for fitted_input in fitted
        if fitted_input.name == spec.name
        for axis, size in enumerate(fitted_input.array.shape)
        if size
    }
    if given:
        kept = {f"{a.input}:{a.axis}": a.size for a in network.assumed if a.chosen}
        network = summarise(network.checkpoint, kept | given)
    values = run(network, *fitted, parts=parts)
    best = top(network, values, count)
    notes: dict[str, list[str]] = {fitted_input.note: [] for fitted_input in fitted}
    for fitted_input in fitted:
        notes[fitted_input.note].append(fitted_input.name)
    note = "; ".join(f"{', '.join(names)}: {said}" if len(notes) > 1 else said for said, names in notes.items())
    return network, Ran(Path(path).name, note, values, best, str(Path(path).resolve()))


def run_file_pruned(
    path: str | Path, network: Network, share: float, count: int = TOP, parts: bool = False
) -> tuple[Network, Ran, Ran, dict[str, tuple[int, int]]]:
    """Run a file through a network without this share of each hidden layer's units, the least important first.

    Returns the network, what it gives whole and what it gives pruned, and by layer how many units went of how many.
    """
    network, whole = run_file(path, network, count)
    pruned = run_pruned(network, fit_file(path, network), whole.values, share, parts)
    best = top(network, pruned.values, count)
    return network, whole, replace(whole, values=pruned.values, scores=best), pruned.units
