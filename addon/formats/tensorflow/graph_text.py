# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages as text (.pbtxt): name: value, name { ... } - as dicts, by the same descriptions as binary ones.

The format: protobuf's "Text Format Language Specification".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...containers import stopping
from ...containers.protobuf import DEEPEST, Description, Many, Map
from .messages import TYPE_NAMES

TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*(?:(?P<name>[A-Za-z_][\w.]*)|(?P<number>-?(?:0x[0-9a-fA-F]+|[\d.]+(?:[eE][-+]?\d+)?f?|inf|nan))"""
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>[:{}<>\[\],;]))""",
    re.DOTALL,
)
ESCAPES = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
PLAIN = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
OPEN, CLOSE = {"{": "}", "<": ">"}, ("}", ">")


class Text:
    """Where bytes that a text holds are put, so that places in it stand for them as those in a file do."""

    def __init__(self):
        self.data = bytearray()

    def put(self, piece: bytes) -> tuple[int, int]:
        begin = len(self.data)
        self.data += piece
        return begin, len(self.data)


def parse(text: str, description: Description, held: Text) -> dict:
    """The message. Raises ValueError."""
    tokens = _tokens(text)
    made = _message(tokens, description, held, "", 0)
    return made


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None or match.end() == at:
            if not text[at:end].strip() or all(
                line.lstrip().startswith("#") for line in text[at:end].split("\n") if line.strip()
            ):
                return
            raise ValueError(f"the text at character {at:,} is no message")
        at = match.end()
        kind = match.lastgroup or "mark"
        yield kind, match[kind]


def _message(tokens, description, held, closing, depth) -> dict:
    if depth > DEEPEST:
        raise ValueError("messages stand in one another too deep")
    by_name = {name: kind for name, kind in description.values()}
    made: dict = {}
    for kind, token in tokens:
        stopping.check()
        if kind == "mark":
            if token == closing:
                return made
            if token in ",;":
                continue
            raise ValueError(f"'{token}' where a name should be")
        if kind != "name":
            raise ValueError(f"{token[:40]} where a name should be")
        inner = by_name.get(token)
        _field(tokens, token, inner, made, held, depth)
    if closing:
        raise ValueError("it ends too early")
    return made


def _next(tokens) -> tuple[str, str]:
    try:
        return next(tokens)
    except StopIteration as error:
        raise ValueError("it ends too early") from error


def _field(tokens, name, kind, made, held, depth):
    token = _next(tokens)
    if token == ("mark", ":"):
        token = _next(tokens)
    if token == ("mark", "["):
        token = _next(tokens)
        while token != ("mark", "]"):
            if token != ("mark", ","):
                _enter(made, name, kind, _value(tokens, token, kind, held, depth))
            token = _next(tokens)
        return
    value = _value(tokens, token, kind, held, depth)
    _enter(made, name, kind, value)


def _enter(made, name, kind, value):
    if kind is None:
        return
    if isinstance(kind, Many):
        made.setdefault(name, []).append(value)
    elif isinstance(kind, Map):
        made.setdefault(name, {})[value.get("key", "")] = value.get("value", {})
    else:
        made[name] = value


def _value(tokens, token, kind, held, depth):
    if isinstance(kind, Many):
        kind = kind.kind
    if isinstance(kind, Map):
        kind = Description({1: ("key", "text"), 2: ("value", kind.kind)})
    which, text = token
    if which == "mark" and text in OPEN:
        inner = kind if isinstance(kind, dict) else Description()
        return _message(tokens, inner, held, OPEN[text], depth + 1)
    if which == "mark" or isinstance(kind, dict):
        raise ValueError(f"'{text[:40]}' where a value should be")
    if which == "text":
        raw = _unescaped(text[1:-1])
        return held.put(raw) if kind == "span" else raw.decode("utf-8", "replace")
    if which == "name":
        if text in ("true", "false"):
            return int(text == "true")
        if text in TYPE_NAMES:
            return TYPE_NAMES[text]
        if text.removesuffix("_REF") in TYPE_NAMES:
            return TYPE_NAMES[text.removesuffix("_REF")] + 100
        if text.lower() in ("inf", "infinity", "nan"):
            return float(text)
        return 0 if kind == "int" else text
    number = text.rstrip("f") if not text.startswith("0x") and text not in ("inf", "-inf") else text
    if kind in ("float", "double"):
        return float(number)
    return int(number, 0) if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d{1,40})", number) else float(number)


def _unescaped(text: str) -> bytes:
    def single(match) -> bytes:
        octal, hexadecimal, plain = match.groups()
        if octal:
            return bytes([int(octal, 8) & 0xFF])
        if hexadecimal:
            return bytes([int(hexadecimal, 16)])
        return PLAIN.get(plain, plain)

    return ESCAPES.sub(single, text.encode("utf-8", "replace"))
