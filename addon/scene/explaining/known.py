# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network in a scene says of the evidence that it shows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import bpy

from ..entities import NetworkScene

NAMES = {
    "integrated": "integrated gradients",
    "gradient": "gradient",
    "gradient-input": "gradient × input",
    "guided": "guided backprop",
    "smoothgrad": "SmoothGrad",
    "deconvnet": "deconvnet",
    "gradcam": "Grad-CAM",
    "occlusion": "occlusion",
}
WINNER, RUNNER_UP, NONE = -1, -2, -3  # in place of a class


@dataclass(frozen=True)
class Asked:
    """A question: by which `methods`, for which `classes` (`WINNER` for the highest score), and which of them is taken
    away (`against`: a class, `RUNNER_UP`, or `NONE`). Several methods, or several classes, are steps of a series. With
    a `layer` it is what its `unit` gives at the most, of no class."""

    methods: tuple[str, ...] = ("integrated",)
    classes: tuple[int, ...] = (WINNER,)
    against: int = RUNNER_UP
    layer: str = ""
    unit: int = 0

    @property
    def steps(self) -> list[tuple[str, int]]:
        """The method and the class of each step."""
        return [(method, index) for index in self.classes for method in self.methods]


@dataclass
class Answer:
    """What was asked of which input, and the words for it: `labels` of steps, `title`, `facts` (`brief` where there is
    little room) and `sentence` of the caption, what the ends of the colors mean, by layer what its label says."""

    asked: dict
    given: str
    labels: list[str] = field(default_factory=list)
    title: str = ""
    facts: str = ""
    brief: str = ""
    sentence: str = ""
    low: str = ""
    high: str = ""
    sums: dict[str, str] = field(default_factory=dict)

    @property
    def question(self) -> Asked:
        """The question."""
        told = self.asked
        unit = str(told.get("layer", "")), int(told.get("unit", 0))
        return Asked(tuple(told["methods"]), tuple(told["classes"]), int(told["against"]), *unit)


def read(collection: bpy.types.Collection) -> Answer | None:
    """What a network shows, None if it shows no evidence."""
    text = NetworkScene(collection).evidence
    if not text:
        return None
    try:
        answer = Answer(**json.loads(text))
        _ = answer.question
        return answer
    except (ValueError, TypeError, KeyError):  # somebody has written over it
        return None


def write(collection: bpy.types.Collection, answer: Answer | None) -> None:
    """Let a network say so."""
    NetworkScene(collection).evidence = json.dumps(asdict(answer)) if answer else ""
