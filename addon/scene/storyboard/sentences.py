# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What films say of layers and blocks: a heading and one or two short sentences, each true of this layer and this run.

Numbers are those of `run_facts`. Of several things that could be said, the one that was said least is next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...network.recognise import RECURRENT
from ..texts.words import count_text
from . import run_facts
from .run_facts import Run, Told

SHARE = 0.05  # of the cells that are 0, at least, for them to be worth a sentence


@dataclass(frozen=True)
class Said:
    """Words of a beat: a heading, a sentence, and the unit that it speaks of, -1 for none."""

    heading: str
    sentence: str
    unit: int = -1


class Teller:
    """Says something of one layer after the other, and does not always say the same."""

    def __init__(self, run: Run):
        self.run = run
        self.said: Counter[str] = Counter()

    def layer(self, name: str, called: str, last: bool = False) -> Said:
        """What to say of a layer that people call so; `last`: of its numbers the answer is made."""
        told = self.run.layers.get(name)
        if told is None:
            return Said(called, "")
        if told.op == "Input":
            return self._input(told)
        if last and self.run.answer and not told.is_map and told.units > 1:
            return Said(f"{told.units:,} scores", self._score(), self.run.wins)
        heading, sentence = self._how(told, called)
        more, unit = self._result(told)
        return Said(heading, " ".join(filter(None, (sentence, more))), unit)

    def block(self, heading: str, layers: list[str], parameters: int) -> Said:
        """What to say of a block by the layers in it."""
        last = self.run.layers.get(layers[-1]) if layers else None
        count = f"{len(layers):,} layer{'s' * (len(layers) != 1)}"
        learned = f", {count_text(parameters)} learned numbers" if parameters else ""
        if last is None:
            return Said(heading, f"{count}{learned}.")
        gives = self._gives(last)
        more, unit = self._result(last, True)
        if self.said["block"] % 2 and learned:
            sentence = f"{count}{learned}."
        else:
            sentence = f"{count}. {gives[:1].upper()}{gives[1:]} come out."
        self.said["block"] += 1
        return Said(heading, " ".join(filter(None, (sentence, more))), unit)

    def title(self, name: str, layers: int, parameters: int) -> Said:
        """What to say before the first layer."""
        goes_in = "One picture" if self.run.picture else "One input"
        learned = f", {count_text(parameters)} learned numbers" if parameters else ""
        return Said(f"Inside {name}", f"{goes_in}, {layers:,} layer{'s' * (layers != 1)}{learned}.")

    def end(self, parameters: int) -> Said:
        """What to say after the last layer."""
        learned = f"{count_text(parameters)} learned numbers decided it, in one pass." if parameters else ""
        if self.run.answer:
            sure = f"{percent(self.run.score).capitalize()} sure." if self.run.sure else ""
            return Said(f"It says {self.run.answer}.", " ".join(filter(None, (sure, learned))))
        last = list(self.run.layers.values())[-1] if self.run.layers else None
        gives = self._gives(last) if last else "the output"
        passed = f"{count_text(parameters)} learned numbers, in one pass." if parameters else ""
        return Said("What comes out", f"{gives[:1].upper()}{gives[1:]}. {passed}".strip())

    def _score(self) -> str:
        score = self.run.score
        if self.run.sure:
            return f"{self.run.answer} gets {percent(score)}."
        return f"{self.run.answer} has the most: {score:.3g}."

    def _input(self, told: Told) -> Said:
        numbers = f"{told.size:,} number{'s' * (told.size != 1)}"
        if self.run.picture and told.is_map and told.rows > 1 and told.units in (1, 3):
            how = ", dark to bright." if told.units == 1 else " of red, green and blue."
            return Said("The picture", numbers + how)
        return Said("The input", f"{numbers} go in." if told.size != 1 else "One number goes in.")

    def _gives(self, told: Told) -> str:
        if told.is_map and told.units > 1:
            return f"{told.units:,} maps of {told.rows:,} × {told.columns:,}"
        if told.is_map:
            return f"{told.rows:,} × {told.columns:,} numbers"
        return f"{told.units:,} number{'s' * (told.units != 1)}"

    def _how(self, told: Told, called: str) -> tuple[str, str]:
        """A heading, and how a layer reads what is before it."""
        how = told.how
        window = " × ".join(f"{size:,}" for size in told.window)
        if how == run_facts.FILTERS:
            heading = f"{told.units:,} filter{'s' * (told.units != 1)}"
            if told.of == 1:
                return heading, "Each makes a map of the picture." if self._reads_picture(told) else "Each makes a map."
            if told.reads == 1:
                return heading, "Each reads one map."
            if told.reads < told.of:
                return heading, f"Each reads {told.reads:,} of the {told.of:,} maps."
            colors = self._reads_picture(told) and told.of == 3
            return heading, "Each reads red, green and blue." if colors else f"Each reads all {told.of:,} maps."
        if how == run_facts.ENLARGES:
            return f"{told.units:,} larger maps" if max(told.strides) > 1 else f"{told.units:,} maps", (
                f"Each cell spreads over {window}."
            )
        if how in (run_facts.LARGEST, run_facts.MEAN):
            heading = f"{told.rows:,} × {told.columns:,}"
            if told.strides and set(told.strides) == {2}:
                heading = "Half again" if self.said["half"] else "Half the size"
                self.said["half"] += 1
            if how == run_facts.LARGEST and told.window == told.strides and not told.padded:
                return heading, f"Of every {window} cells the largest stays."
            if how == run_facts.LARGEST:
                return heading, f"Each cell is the largest of {window}."
            return heading, f"Each cell is the mean of {window}."
        if how in (run_facts.WHOLE_MEAN, run_facts.WHOLE_LARGEST):
            what = "mean" if how == run_facts.WHOLE_MEAN else "largest number"
            return "One number a map", f"Each of the {told.units:,} is the {what} of a whole map."
        if how == run_facts.DENSE:
            return f"{told.units:,} neuron{'s' * (told.units != 1)}", f"Each reads all {told.reads:,} numbers."
        if how == run_facts.ROWS:
            each = told.columns if told.units == 1 else told.units
            return f"{each:,} numbers a row", f"Each reads the {told.reads:,} of its own row."
        if told.op == "Attention":
            return (
                f"{told.units:,} head{'s' * (told.units != 1)} of attention",
                f"Each has {told.rows:,} × {told.columns:,} weights, a row for each token.",
            )
        if told.op in RECURRENT:
            return called, "It reads one step after the other."
        if told.op in ("Add", "Sum") and told.sources > 1:
            return "A sum", f"It adds {told.sources} layers, number by number."
        if told.op == "Concat" and told.sources > 1:
            return "Side by side", f"It joins {told.sources} layers: {self._gives(told)}."
        return called, f"{self._gives(told)} come out."

    def _reads_picture(self, told: Told) -> bool:
        source = self.run.layers.get(told.source)
        return self.run.picture and source is not None and source.op == "Input"

    def _result(self, told: Told, of_block: bool = False) -> tuple[str, int]:
        """What this run gave, and the unit that the sentence speaks of."""
        if told.op == "Attention":  # its rows have the sum of 1, so that no head is brighter
            return "", -1
        choices: list[tuple[str, str, int]] = []
        if told.is_map and told.units > 1 and (told.bright or 0) >= 0 and told.bright is not None:
            bright = told.least is not None and told.least >= 0
            most = "brightest" if bright else "largest on average"
            if not bright and of_block:
                most = "on average largest"
            choices.append(("bright", f"The {most} {'map ' * of_block}is no. {told.bright + 1:,}.", told.bright))
        if not told.is_map and told.units > 1 and told.on is not None and told.least == 0 and told.on < told.units:
            choices.append(("on", f"{told.on:,} {'is' if told.on == 1 else 'are'} on.", -1))
        if told.is_map and told.off is not None and told.least == 0 and SHARE <= told.off < 1:
            what = "of what comes out is 0" if of_block else "of its cells are at 0"
            choices.append(("off", f"{told.off:.0%} {what}.".replace("%", " %"), -1))
        if told.how in (run_facts.LARGEST, run_facts.MEAN) and told.is_map:
            choices = []  # how it reads says enough
        if not choices and not told.is_map and told.units > 1 and told.most is not None and told.how:
            choices.append(("most", f"The largest is {told.most:.3g}.", -1))
        if not choices:
            return "", -1
        kind, sentence, unit = min(choices, key=lambda choice: self.said[choice[0]])
        self.said[kind] += 1
        return sentence, unit


def percent(share: float) -> str:
    """A share as words have it: "99.9 %"; what is not whole is never called 100 %."""
    text = f"{share:.1%}"
    if text == "100.0%":
        text = "100%" if share == 1 else "over 99.9%"
    return text.replace("%", " %")
