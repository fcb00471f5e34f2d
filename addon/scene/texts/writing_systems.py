# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in any script, as a text object of Blender needs them: it sets letter after letter from the left, unjoined.

Text from right to left is put in the order of its looks, and Arabic letters take the form that joins them to their
neighbours (Unicode Standard 9.2, and UAX 9 for a line of few directions). What no font of Blender shows becomes a
replacement of plain letters.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

LETTERS = Path(__file__).parent / "fonts" / "Inter.txt"  # all that the font beside it has
RIGHT_TO_LEFT = ("R", "AL", "RLE", "RLO", "RLI")
LEFT_TO_RIGHT = ("L", "EN", "AN")
FORMS = ("isolated", "final", "initial", "medial")
PRESENTATION = (range(0xFB50, 0xFE00), range(0xFE70, 0xFF00))  # blocks of Arabic presentation forms
LIGATURE = {
    ("\u0644", "\u0622"): "\u0644\u0622",
    ("\u0644", "\u0623"): "\u0644\u0623",
    ("\u0644", "\u0625"): "\u0644\u0625",
    ("\u0644", "\u0627"): "\u0644\u0627",
}  # lam with alef is one sign


def is_latin(text: str) -> bool:
    """Whether our own font has all letters of a text."""
    return letters().issuperset(text)


@cache
def letters() -> frozenset[str]:
    """The characters of our own font, and the line break."""
    return frozenset(LETTERS.read_text(encoding="utf-8").replace("\n", "")) | {"\n"}


def visual(text: str) -> str:
    """A text as a text object has to hold it, so that it looks as its readers expect."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(text):
    text = "".join(_replaced(character) for character in text)
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return text
    runs = _runs(text)
    if next(right for right, _ in runs if right is not None):  # a line that begins so is read so
        runs.reverse()
    return "".join(_turned(_joined(run)) if right else run for right, run in runs)


def _replaced(character):
    """Nothing for marks that only steer, a number for what has no picture."""
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category in ("Cc", "Cn", "Co", "Cs"):
        return " " if character in "\t\r" else f"U+{ord(character):04X}"
    return character


def _runs(text):
    """Parts of a line of one direction each, (from right to left, its text); what has none goes with its neighbours if
    these agree, else with the line."""
    kinds = [_direction(character) for character in text]
    first = next(kind for kind in kinds if kind is not None)
    for place, kind in enumerate(kinds):
        if kind is None:
            before = next((other for other in reversed(kinds[:place]) if other is not None), first)
            after = next((_direction(other) for other in text[place:] if _direction(other) is not None), first)
            kinds[place] = before if before == after else first
    runs: list[tuple[bool, str]] = []
    for kind, character in zip(kinds, text, strict=True):
        if runs and runs[-1][0] == kind:
            runs[-1] = kind, runs[-1][1] + character
        else:
            runs.append((kind, character))
    return runs


def _direction(character) -> bool | None:
    kind = unicodedata.bidirectional(character)
    return True if kind in RIGHT_TO_LEFT else False if kind in LEFT_TO_RIGHT else None


def _turned(run):
    """A run in the order in which it stands from the left; marks stay behind their letter, brackets are mirrored."""
    clusters: list[str] = []
    for character in run:
        if clusters and unicodedata.combining(character):
            clusters[-1] += character
        else:
            clusters.append(MIRRORED.get(character, character))
    return "".join(reversed(clusters))


MIRRORED = {pair[side]: pair[1 - side] for pair in ("()", "[]", "{}", "<>", "«»") for side in (0, 1)}


def _joined(run):
    """Arabic letters in the forms that join them."""
    signs: list[str] = []
    for character in run:
        if signs and (signs[-1], character) in LIGATURE:
            signs[-1] = LIGATURE[signs[-1], character]
        else:
            signs.append(character)
    solid = [place for place, sign in enumerate(signs) if not unicodedata.combining(sign[0])]
    joined = list(signs)
    for index, place in enumerate(solid):
        forms = _forms().get(signs[place], {})
        before = _forms().get(signs[solid[index - 1]], {}) if index else {}
        after = _forms().get(signs[solid[index + 1]], {}) if index + 1 < len(solid) else {}
        back = "final" in forms and ("initial" in before or "medial" in before)
        on = "initial" in forms and ("final" in after or "medial" in after)
        wanted = "medial" if back and on else "final" if back else "initial" if on else "isolated"
        joined[place] = forms.get(wanted, signs[place])
    return "".join(joined)


@cache
def _forms() -> dict[str, dict[str, str]]:
    """The presentation forms of Arabic letters, by the letter and the form's name, from Unicode's own data."""
    forms: dict[str, dict[str, str]] = {}
    for block in PRESENTATION:
        for code in block:
            form, *parts = unicodedata.decomposition(chr(code)).split() or [""]
            if form.strip("<>") in FORMS and len(parts) <= 2:
                letter = "".join(chr(int(part, 16)) for part in parts)
                forms.setdefault(letter, {}).setdefault(form.strip("<>"), chr(code))
    return forms
