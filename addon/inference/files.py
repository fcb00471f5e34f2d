# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file with an input -> what a network gives for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..containers import CheckpointError
from ..network import Network, summarise
from ..network.scaling import Scaling, guess
from . import pictures, sound
from .inputs import ARRAYS, Fitted, fit, fit_named, fit_sound, load_array, load_arrays, picture_axes
from .pruning import run_pruned
from .session import Ran, run, top

TOP = 5  # scores that are kept


KINDS = "a .png, .jpg, .tif, .bmp, .gif, .hdr, .exr, .wav, .npy or .npz file"
SUFFIXES = (*pictures.SUFFIXES, *sound.SUFFIXES, *ARRAYS)


def scaling_of(network: Network) -> Scaling:
    """What becomes of the pixels of a picture: as somebody has chosen, else as `network.scaling` guesses."""
    if network.scaling is not None:
        return network.scaling
    if not network.inputs:
        return Scaling()
    first = network.inputs[0]
    place = picture_axes(first.shape) if first.shape and None not in first.shape else None
    sizes = [spec.shape[-1] for spec in network.outputs if spec.shape and spec.shape[-1]]
    made_by = (network.checkpoint.producer, network.checkpoint.format)
    model = network.checkpoint.model
    return guess(model, first.name, place[0] if place else 0, sizes[0] if sizes else 0, made_by)


def fit_file(path: str | Path, network: Network, frame: int = 0) -> list[Fitted]:
    """A picture (of a moving one this frame), a sound or a file of arrays as what a network reads. Raises
    `CheckpointError`."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the input")
    if not network.inputs:
        raise CheckpointError(network.checkpoint.path, "the model has no input")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return fit_named(path, load_arrays(path), network)
    if suffix not in SUFFIXES:
        raise CheckpointError(path, "not a kind of input we read", f"give {KINDS}")
    if suffix in sound.SUFFIXES:
        return [fit_sound(path, network.inputs[0], network.assumed)]
    content = load_array(path) if suffix == ".npy" else pictures.load_picture(path, frame)
    return [fit(path, content, network.inputs[0], network.assumed, scaling_of(network))]


def followed(network: Network, fitted: Sequence[Fitted]) -> Network:
    """The network in the sizes of an input, where it leaves some open; what somebody has chosen stays."""
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
        other = summarise(network.checkpoint, kept | given)
        other.take_choices(network)
        return other
    return network


def run_file(
    path: str | Path, network: Network, count: int = TOP, parts: bool = False, frame: int = 0
) -> tuple[Network, Ran]:
    """Run a file through a network; with `parts` keep what each node gives, else what each layer gives.

    Where the input sets a size that the model leaves open, the network follows it.
    """
    network.checkpoint.check_runs()
    fitted = fit_file(path, network, frame)
    network = followed(network, fitted)
    values = run(network, *fitted, parts=parts)
    best = top(network, values, count)
    return network, Ran(Path(path).name, note_of(fitted), values, best, str(Path(path).resolve()))


def note_of(fitted: Sequence[Fitted]) -> str:
    """What was done to inputs, in words."""
    notes: dict[str, list[str]] = {fitted_input.note: [] for fitted_input in fitted}
    for fitted_input in fitted:
        notes[fitted_input.note].append(fitted_input.name)
    return "; ".join(f"{', '.join(names)}: {said}" if len(notes) > 1 else said for said, names in notes.items())


def run_file_pruned(
    path: str | Path,
    network: Network,
    share: float,
    count: int = TOP,
    parts: bool = False,
    order: Mapping[str, Sequence[int]] | None = None,
) -> tuple[Network, Ran, Ran, dict[str, tuple[int, int]]]:
    """Run a file through a network without this share of each hidden layer's units, the least important first.

    Returns the network, what it gives whole and what it gives pruned, and by layer how many units went of how many.
    """
    network, whole = run_file(path, network, count)
    pruned = run_pruned(network, fit_file(path, network), whole.values, share, parts, order or {})
    best = top(network, pruned.values, count)
    return network, whole, replace(whole, values=pruned.values, scores=best), pruned.units
