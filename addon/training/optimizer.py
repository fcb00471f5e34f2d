# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How weights follow derivatives. In place, for what an optimizer keeps is as large as the weights, twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

MOMENTUM = 0.9  # of SGD
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of Adam (Kingma and Ba 2015)


@dataclass(frozen=True)
class Rules:
    """How weights follow derivatives, to which `decay` x the weights are added (L2): "sgd" with momentum, "adam"."""

    optimizer: str = "adam"
    decay: float = 0.0
    momentum: float = MOMENTUM


@dataclass
class Optimizer:
    """What follows the derivatives of one batch after the other, by single precision as the network computes."""

    rules: Rules
    steps: int = 0
    _states: dict[str, tuple[np.ndarray, ...]] = field(default_factory=dict)

    def follow(self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray], rate: float) -> None:
        """Change weights by the derivatives of a loss by them, whose arrays are written over."""
        self.steps += 1
        change = self._sgd if self.rules.optimizer == "sgd" else self._adam
        with np.errstate(over="ignore", invalid="ignore"):  # who writes weights looks whether they are finite
            for name, gradient in gradients.items():
                if self.rules.decay:
                    gradient += weights[name] * np.float32(self.rules.decay)
                change(name, weights[name], gradient, np.float32(rate))

    def _kept(self, name: str, weight: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
        """What is kept of a weight, zeros at first."""
        if name not in self._states:
            self._states[name] = tuple(np.zeros_like(weight) for _ in range(count))
        return self._states[name]

    def _sgd(self, name: str, weight: np.ndarray, gradient: np.ndarray, rate: np.float32) -> None:
        (velocity,) = self._kept(name, weight, 1)
        velocity *= np.float32(self.rules.momentum)
        velocity += gradient
        weight -= np.multiply(velocity, rate, out=gradient)

    def _adam(self, name: str, weight: np.ndarray, gradient: np.ndarray, rate: np.float32) -> None:
        mean, square = self._kept(name, weight, 2)
        first, second = (np.float32(beta) for beta in BETAS)
        rest = [np.float32(1 - beta) for beta in BETAS]
        corrections = [np.float32(1 - beta**self.steps) for beta in BETAS]
        mean *= first
        mean += gradient * rest[0]
        gradient *= gradient
        gradient *= rest[1]
        square *= second
        square += gradient
        spread = np.divide(square, corrections[1], out=gradient)
        np.sqrt(spread, out=spread)
        spread += np.float32(EPSILON)
        step = mean / corrections[0]
        step /= spread
        step *= rate
        weight -= step
