# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words for evidence: what each layer divides among its cells, the question, and what can be said of it truly."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ...attribution import Explained
from ...network import Network
from .. import removing
from ..building.paints import paint_of
from ..entities import Label, LayerObject, NetworkScene
from ..texts.words import shortened
from .known import NAMES, Answer, Asked

PART, RESTING = "evidence", "resting"  # of a label: the sums, and the small print that has to go meanwhile
MINUS = "\N{MINUS SIGN}"
LONGEST = 24


def number(value: float, digits: int = 3) -> str:
    """A number as words have it: "8.03", "−9.2", "0.0016"."""
    size = abs(value)
    text = f"{size:.2e}" if size and not 1e-3 <= size < 1e5 else f"{size:.{max(0, digits - len(str(int(size))))}f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def sums(told: Explained, layer: str) -> str:
    """What a layer's label says: "+17.2 −9.2 = 8.03"."""
    positive, negative = told.sums(layer)
    return f"+{number(positive)} {number(negative) if negative else f'{MINUS}0'} = {number(positive + negative)}"


def words(network: Network, told: Sequence[Explained], asked: Asked, given: str) -> Answer:
    """All that is said of an answer."""
    first = told[0]
    names = [NAMES[step.method] for step in told]
    classes = [shortened(step.target.name, LONGEST) for step in told]
    several = len(asked.classes) > 1
    labels = [
        f"{name} · {label}" if several and len(asked.methods) > 1 else label if several else name
        for name, label in zip(names, classes, strict=True)
    ]
    name, other = classes[0], shortened(first.against_name, LONGEST)
    answer = Answer(
        {
            "methods": list(asked.methods),
            "classes": list(asked.classes),
            "against": asked.against,
            "layer": asked.layer,
            "unit": asked.unit,
        },
        given,
        labels,
    )
    answer.title = f"Why {name} and not {other}?" if other else f"Why {name}?"
    if asked.layer:
        answer.title = f"What excites unit {asked.unit} of {shortened(asked.layer, LONGEST)}?"
    elif several:
        answer.title = f"Why {', '.join(classes[:4])}?"
    answer.facts = f"{shortened(given, LONGEST)}: {_facts(first, bool(asked.layer))}"
    scores = " and ".join(map(number, first.scores[: 2 if other else 1]))
    answer.brief = f"{shortened(given, 20)}: {scores}"
    answer.low, answer.high = (f"for {other}", f"for {name}") if other else ("lowers it", "raises it")
    answer.sentence = _sentence(network, first, len(told))
    if first.method == "integrated" and len(told) == 1:
        answer.sums = {layer: sums(first, layer) for layer in first.values}
    return answer


def _facts(told: Explained, unit: bool) -> str:
    if told.against_name:
        (mine, other), (black, other_black) = told.scores, told.black
        return (
            f"scores {number(mine)} and {number(other)}; without an input (black) {number(black)} and "
            f"{number(other_black)}"
        )
    what = f"activation {number(told.scores[0])}" if unit else f"score {number(told.scores[0])}"
    where = f", {told.target.note}" if unit and told.target.note else ""
    return f"{what}{where}; without an input (black) {number(told.black[0])}"


def _sentence(network: Network, told: Explained, count: int) -> str:
    if count > 1:
        return f"{count} answers, each layer on its own scale: the slider Evidence on the root goes through them."
    if told.method != "integrated":
        return f"{_capital(NAMES[told.method])}, each layer on its own scale."
    layers = [name for name in told.values if network.layer(name).size > 0]
    whole = [name for name in layers if told.divides(name)]
    difference = number(told.difference)
    if len(whole) == len(layers):
        return f"Every layer divides the same {difference} points among its cells, each on its own scale."
    if whole:
        return (
            f"{len(whole)} of {len(layers)} layers divide the same {difference} points; what others lack went another "
            "way."
        )
    return f"Integrated gradients of {difference} points; their sums miss that."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tell(collection: bpy.types.Collection, answer: Answer) -> None:
    """Let the labels of layers say what these divide, in place of their small print."""
    for name, layer in NetworkScene(collection).layers().items():
        label = dict(layer.label)
        if RESTING not in label and "notes" in label:
            label[RESTING] = label["notes"]
        label.pop("notes", None)
        label.pop(PART, None)
        if name in answer.sums:
            label[PART] = answer.sums[name]
        elif RESTING in label:
            label["notes"] = label.pop(RESTING)
        layer.label = label


def untell(collection: bpy.types.Collection) -> None:
    """Let labels say what they said before."""
    scene = NetworkScene(collection)
    removing.remove([label.obj for label in scene.members(Label) if label.part == PART])
    for layer in scene.members(LayerObject):
        label = dict(layer.label)
        if label.pop(PART, None) is not None or RESTING in label:
            if RESTING in label:
                label["notes"] = label.pop(RESTING)
            layer.label = label


def color(collection: bpy.types.Collection) -> None:
    """Let the sums in labels have the colors of what they are: for, and against."""
    scene = NetworkScene(collection)
    shown = [label.obj for label in scene.members(Label) if label.part == PART]
    paints = [paint_of(scene, role) for role in ("for", "against")] if shown else []
    for obj in shown:
        curve = obj.data
        for place, paint in enumerate(paints, 1):
            if len(curve.materials) <= place:
                curve.materials.append(paint)
        body = curve.body
        if not body.startswith("+") or " = " not in body:
            continue
        ends = [body.index(" "), body.index(" = ")]
        index = np.zeros(len(body), int)
        index[: ends[0]], index[ends[0] : ends[1]] = 1, 2
        for letter, material in zip(curve.body_format, index.tolist(), strict=False):
            letter.material_index = material
