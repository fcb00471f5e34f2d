# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network that is opened once and runs many samples: one by one, or several at once within a bound of memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..containers import CheckpointError, stopping
from ..network import Network
from .session import Session, opened, tensors_of

AT_ONCE = 1 << 27  # bytes of all that is kept of the samples that run at once
MOST_AT_ONCE = 64
ALIVE = 3  # tensors of the largest size that onnxruntime holds while it runs
GROUP = 1 << 28  # bytes that one run keeps; what is more is read by running again
KEPT = 1 << 30  # bytes in memory; of more each array lies in a file that goes with it
SAME = 1e-4  # of the largest number may two ways to run a sample differ


class Runner:
    """Runs samples through a network. `tensors` are those that are kept: unless said those that layers show, and with
    `parts` also those inside layers. Raises `CheckpointError` where the network cannot be run."""

    def __init__(self, network: Network, tensors: Sequence[str] | None = None, parts: bool = False):
        network.checkpoint.check_runs()
        self.network = network
        self._asked = list(dict.fromkeys(tensors_of(network, parts) if tensors is None else tensors))
        self._session: Session | None = None
        self._open: Session | None = None  # for any count of samples
        self._names: list[str] = []
        sizes = {layer.tensor: layer.size for layer in network.layers}
        sizes |= {part.tensor: layer.size for layer in network.layers for part in layer.parts}
        sizes |= {layer.shown: layer.size for layer in network.layers}
        self._bytes = {name: 4 * sizes.get(name, 1) for name in self._asked}
        self._largest = 4 * max(sizes.values(), default=1)
        self._apart: bool | None = None  # whether samples that run at once give what each gives alone

    @property
    def at_once(self) -> int:
        """How many samples run at once."""
        each = sum(self._bytes.values()) + ALIVE * self._largest
        return int(np.clip(AT_ONCE // each, 1, MOST_AT_ONCE))

    def one(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The tensors (whole shape) for one sample of every input, by name, the inputs with them."""
        if self._session is None:
            self._session = self._opened(False)
        made: dict[str, np.ndarray] = dict(inputs)
        spilled = sum(self._bytes[name] for name in self._names) > KEPT
        groups = _groups(self._names, self._bytes)
        for number, names in enumerate(groups):
            if len(groups) > 1:
                stopping.tell(number / len(groups), f"reading activations, part {number + 1} of {len(groups)}")
            for name, value in zip(names, self._session.run(names, inputs), strict=True):
                if isinstance(value, np.ndarray):
                    made[name] = _on_disk(value) if spilled and value.nbytes > GROUP // 1024 else value
        return self._real(made)

    def many(self, samples: Sequence[Mapping[str, np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
        """The same for each of many samples of one shape. Several run at once where that gives the same."""
        count = self.at_once if len(samples) > 1 else 1
        if count > 1 and self._apart is None:
            self._apart = self._agrees(samples[:2])
        together = count > 1 and bool(self._apart)
        for begin in range(0, len(samples), count if together else 1):
            stopping.tell(begin / len(samples), f"sample {begin + 1:,} of {len(samples):,}")
            some = samples[begin : begin + (count if together else 1)]
            yield from self._at_once(some) if together else [self.one(some[0])]

    def _at_once(self, samples) -> list[dict[str, np.ndarray]]:
        if self._open is None:
            self._open = self._opened(True)
        given = {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}
        values = self._open.run(self._names, given)
        if any(not isinstance(value, np.ndarray) or value.shape[:1] != (len(samples),) for value in values):
            raise CheckpointError(self.network.checkpoint.path, "does not keep samples apart")
        return [
            self._real(
                dict(sample) | {name: value[at : at + 1] for name, value in zip(self._names, values, strict=True)}
            )
            for at, sample in enumerate(samples)
        ]

    def _agrees(self, samples) -> bool:
        """Whether two samples at once give what each gives alone: a model may mix them, or take one only."""
        if any(value.shape[:1] != (1,) for sample in samples for value in sample.values()):
            return False
        alone = [self.one(sample) for sample in samples]
        try:
            together = self._at_once(samples)
        except CheckpointError:
            return False
        return all(
            one[name].shape == other[name].shape and _alike(one[name], other[name])
            for one, other in zip(alone, together, strict=True)
            for name in self._names
        )

    def _real(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = {spec.name for spec in self.network.outputs}
        return {name: value if name in outputs else self.network.real(name, value) for name, value in values.items()}

    def _opened(self, any_count: bool) -> Session:
        batch = [spec.name for spec in self.network.inputs] if any_count else ()
        session, self._names = opened(self.network.checkpoint, self._asked, batch=batch)
        return session


def _groups(names: Sequence[str], sizes: Mapping[str, int]) -> list[list[str]]:
    """Names in groups, each of at most `GROUP` bytes or of one tensor."""
    groups: list[list[str]] = []
    room = 0
    for name in names:
        if not groups or sizes[name] > room:
            groups.append([])
            room = GROUP
        groups[-1].append(name)
        room -= sizes[name]
    return groups


def _on_disk(value: np.ndarray) -> np.ndarray:
    """An array whose numbers lie in a file without a name, which goes with it."""
    with tempfile.TemporaryFile(prefix="neuroscene-") as file:
        held = np.memmap(file, value.dtype, "w+", shape=value.shape)
        held[...] = value
        held.flush()
    return held


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    most = float(np.abs(np.nan_to_num(one)).max(initial=0)) or 1.0
    return bool(np.allclose(one, other, rtol=0, atol=SAME * most, equal_nan=True))
