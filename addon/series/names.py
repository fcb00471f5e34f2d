# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What names of checkpoints say: `epoch_03`, `ckpt-630`, `weights.05-0.12.h5`, `epoch=3-step=1200`, `checkpoint-500/`.

Keras writes "weights.{epoch:02d}-{val_loss:.2f}", Lightning "epoch=E-step=S", Hugging Face a folder "checkpoint-S",
TensorFlow "ckpt-S". A number without a word is told from the others by what varies from one name to the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

NUMBER = re.compile(
    r"(?P<word>[A-Za-z][A-Za-z_]*)?(?P<between>[ _.=:\-]*)"
    r"(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+)(?P<thousands>[kK](?![A-Za-z]))?"
)
WORD = re.compile(r"[A-Za-z]+")
STEPS = {"step", "steps", "iter", "iters", "iteration", "iterations", "it", "batch", "batches", "update", "updates"}
EPOCHS = {"epoch", "epochs", "ep"}
PLAIN = {"ckpt", "ckp", "checkpoint", "chkpt", "cp", "weights", "model", "snapshot", "state", "save", "saved"}
VERSIONS = {"v", "version", "seed", "run", "rank", "gpu", "worker"}  # numbers behind these count nothing
SUFFIX = re.compile(
    r"(\.(index|data-\d+-of-\d+|meta|weights|safetensors|keras|hdf5|h5|onnx|ckpt|tar|pth|pt|bin|pb|tflite|npz|json|gz))+$",
    re.IGNORECASE,
)
LONGEST = 400  # characters of a name that are looked at
LARGEST = 1 << 53


@dataclass(frozen=True)
class Slot:
    """A number in a name: the words before it, and the number as it is written."""

    word: str
    text: str
    thousands: bool

    @property
    def words(self) -> set[str]:
        """The words before it, small, and all of them together."""
        return {*map(str.lower, WORD.findall(self.word)), self.word.strip("_").lower()}

    @property
    def is_whole(self) -> bool:
        return "." not in self.text

    @property
    def number(self) -> int:
        return int(self.text) * (1000 if self.thousands else 1)

    @property
    def measured(self) -> str:
        """What it measures, if the word before it says so: "loss", "val_accuracy"; else ""."""
        return measure(self.word) if any(part in self.word.lower() for part in ("loss", "acc")) else ""


@dataclass(frozen=True)
class Named:
    """What one name says. `bare` is a number of which it does not say what it counts."""

    step: int | None = None
    epoch: int | None = None
    bare: int | None = None
    values: dict[str, float] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, ...] | None:
        """By what it is sorted, None where the name says nothing."""
        told = [number for number in (self.epoch, self.step, self.bare) if number is not None]
        return tuple(told) or None


def measure(name: str) -> str:
    """One name for what frameworks call alike: "train/loss_epoch" and "epoch_loss" are "loss", "Loss/val" is
    "val_loss", "acc" is "accuracy"."""
    words = [word.lower() for word in re.findall(r"[A-Za-z0-9]+", name)]
    if words[:1] == ["evaluation"] and words[-2:] == ["vs", "iterations"]:  # of Keras, batch by batch
        words = ["val", *words[1:-2]]
    held_out = any(word in ("val", "valid", "validation", "eval", "test", "dev") for word in words)
    kept = [
        {"acc": "accuracy", "categorical": "", "sparse": ""}.get(word, word)
        for word in words
        if word
        not in ("val", "valid", "validation", "eval", "test", "dev", "train", "training", "epoch", "scalars", "metrics")
    ]
    told = "_".join(filter(None, kept)) or "_".join(words)
    return f"val_{told}" if held_out and kept else told


def slots(name: str) -> list[Slot]:
    """The numbers in a name without its suffix, in their order."""
    stem = SUFFIX.sub("", name[:LONGEST])
    return [
        Slot(match["word"] or "", match["number"], bool(match["thousands"]))
        for match in NUMBER.finditer(stem)
        if len(match["number"]) < 18
    ]


def template(name: str) -> str:
    """A name with its numbers taken out: alike for the checkpoints that one program has written."""
    return re.sub(r"\d+(\.\d+)?", "#", SUFFIX.sub("", name[:LONGEST]))


def told(names: Sequence[str]) -> list[Named]:
    """What each of these names says."""
    every = [slots(name) for name in names]
    alike: dict[tuple[str, int], list[int]] = {}
    for place, (name, found) in enumerate(zip(names, every, strict=True)):
        alike.setdefault((template(name), len(found)), []).append(place)
    said: list[Named] = [Named()] * len(names)
    for places in alike.values():
        plain = _plain([every[place] for place in places])
        trend = _trend([every[place] for place in places], plain)
        for place in places:
            said[place] = _said(every[place], plain, trend)
    return said


def _said(found: list[Slot], plain: int | None, trend: tuple[int, str] | None) -> Named:
    step = epoch = None
    values = {}
    for place, slot in enumerate(found):
        if slot.measured and (not slot.is_whole or slot.text in ("0", "1")):
            values[slot.measured] = float(slot.text)
        elif slot.is_whole and slot.words & EPOCHS:
            epoch = slot.number
        elif slot.is_whole and slot.words & STEPS:
            step = slot.number
        elif trend and trend[0] == place:
            values[trend[1]] = float(slot.text)
    bare = found[plain].number if plain is not None and step is None and epoch is None else None
    return Named(step, epoch, bare, values)


def _plain(every: list[list[Slot]]) -> int | None:
    """Which of the numbers of names alike counts, where no word says so: one behind "ckpt", "weights" or the like,
    else the last that varies, else the last."""
    whole = [
        place
        for place in range(len(every[0]))
        if all(found[place].is_whole and not found[place].measured for found in every)
        and not every[0][place].words & VERSIONS
    ]
    varies = [place for place in whole if len({found[place].text for found in every}) > 1]
    worded = [place for place in varies or whole if every[0][place].words & PLAIN]
    return next((places[-1] for places in (worded, varies, whole) if places), None)


def _trend(every: list[list[Slot]], plain: int | None) -> tuple[int, str] | None:
    """Which of the numbers with a point is a measurement that no word names, and what it is taken for: what falls is a
    loss; what rises and stays within 1 an accuracy."""
    order = sorted(every, key=lambda found: found[plain].number) if plain is not None else every
    for place in range(len(every[0])):
        if any(found[place].is_whole or found[place].measured for found in every):
            continue
        numbers = [float(found[place].text) for found in order]
        rises = len(numbers) > 1 and numbers[-1] > numbers[0] and max(numbers) <= 1
        return place, "accuracy" if rises else "loss"
    return None
