# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured of a network without its units, and the order in which they go: the slider *Prune* follows it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ..entities import NetworkScene

NAMES = {
    "weights": "by weights",
    "activations": "by activations",
    "taylor": "by derivative × activation",
    "taylor-iterative": "by derivative × activation, anew after each",
    "greedy": "by trying each unit",
}


@dataclass(frozen=True)
class Proof:
    """As `attribution.ProofCurve`, as plain data: of the orders of chance their `low`, `middle` (mean) and `high` at
    `few` shares; `data` is the name of the file, `label` that of the class that is counted, "" for all."""

    by: str
    shares: list[float]
    ours: list[float]
    weights: list[float]
    few: list[float]
    low: list[float]
    middle: list[float]
    high: list[float]
    index: int
    label: str
    ranked: int
    tested: int
    own: bool
    exact: bool
    data: str
    order: dict[str, list[int]]

    def at(self, share: float) -> int:
        """The place among `shares` of the last that a share has reached."""
        return max(place for place, one in enumerate(self.shares) if one <= share + 1e-5 or not place)


def read(collection) -> Proof | None:
    """What a network shows, None if nothing was proven."""
    text = NetworkScene(collection).proof
    try:
        return Proof(**json.loads(text)) if text else None
    except (ValueError, TypeError):  # somebody has written over it
        return None


def write(collection, proof: Proof | None) -> None:
    NetworkScene(collection).proof = "" if proof is None else json.dumps(asdict(proof))


def order_of(collection) -> dict[str, list[int]]:
    """The order in which units go, by layer; none where nothing was proven."""
    proof = read(collection)
    return proof.order if proof else {}
