# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes of an HDF5 file: where objects are, and the messages that describe them.

libhdf5 hangs and crashes on damaged files, and Blender with it, so this reads the part of the format that h5py writes
unless told otherwise. Every place is checked before it is read, and nothing is walked twice. Source: HDF5 File Format
Specification 3.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, unpack_from

MAGIC, NOWHERE = b"\x89HDF\r\n\x1a\n", 0xFFFF_FFFF_FFFF_FFFF
MOST_OBJECTS, MOST_MESSAGES, DEEPEST = 200_000, 20_000, 64
# Kinds of messages in the header of an object.
SPACE, LINKS, TYPE, LINK, OUTSIDE, LAYOUT, FILTERS, ATTRIBUTE, CONTINUED, TABLE, ATTRIBUTES = (
    0x01,
    0x02,
    0x03,
    0x06,
    0x07,
    0x08,
    0x0B,
    0x0C,
    0x10,
    0x11,
    0x15,
)
SHARED = 0x02  # a flag of messages that lie elsewhere
PAIR = Struct("<QQ")


class Damaged(ValueError):  # noqa: N818 - of the file
    """What is wrong with the file."""


class Foreign(Damaged):
    """A part of the format that h5py does not write unless it is told to."""


@dataclass(frozen=True)
class Message:
    """A message in the header of an object: its kind, and its content."""

    kind: int
    data: memoryview


class File:
    """The file as bytes; addresses count from its beginning."""

    def __init__(self, data: memoryview):
        self.data = data
        self.count = 0
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def at(self, address: int, size: int) -> memoryview:
        """So many bytes from an address on. Raises `Damaged`."""
        if address < 0 or size < 0 or address + size > len(self.data):
            raise Damaged(f"it ends before byte {address + size:,}")
        return self.data[address : address + size]

    def number(self, address: int, size: int) -> int:
        """An unsigned integer of so many bytes. Raises `Damaged`."""
        return int.from_bytes(self.at(address, size), "little")

    def expect(self, address: int, magic: bytes) -> None:
        """Raise `Damaged` unless these bytes stand at an address."""
        if bytes(self.at(address, len(magic))) != magic:
            raise Damaged(f"no {magic.decode('latin-1')} at byte {address:,}")

    def step(self) -> None:
        """Count one more object, node or message."""
        self.count += 1
        if self.count > 10 * MOST_OBJECTS:
            raise Damaged("it has no end")

    @property
    def root(self) -> int:
        """The address of the root group's header."""
        self.expect(0, MAGIC)
        version = self.number(8, 1)
        sizes, base, root = {0: (13, 24, 64), 1: (13, 28, 68), 2: (9, 12, 36), 3: (9, 12, 36)}.get(version, (0, 0, 0))
        if not sizes or self.number(sizes, 1) != 8 or self.number(sizes + 1, 1) != 8 or self.number(base, 8):
            raise Foreign(f"its superblock, version {version}, is of a kind that is not known")
        return self.number(root, 8)

    def messages(self, address: int) -> list[Message]:
        """What the header of an object holds."""
        new = bytes(self.at(address, 4)) == b"OHDR"
        blocks = [self._first_block(address, new)]
        ordered = new and bool(self.number(address + 5, 1) & 0x04)
        held: list[Message] = []
        for start, size in blocks:  # grows as continuations are met
            for message in self._block(start, size, new, ordered):
                if message.kind == CONTINUED:
                    place, length = PAIR.unpack(self._part(message.data, 16))
                    if new:
                        self.expect(place, b"OCHK")
                        place, length = place + 4, length - 8  # without the signature and the checksum
                    blocks.append((place, length))
                held.append(message)
            if len(blocks) > MOST_MESSAGES or len(held) > MOST_MESSAGES:
                raise Damaged("an object without end")
        return held

    def _first_block(self, address, new):
        if not new:
            if self.number(address, 1) != 1:
                raise Damaged(f"no object at byte {address:,}")
            return address + 16, self.number(address + 8, 4)
        flags = self.number(address + 5, 1)
        start = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        return start + width, self.number(start, width)

    def _block(self, start, size, new, ordered) -> Iterator[Message]:
        self.at(start, size)
        head = 4 + 2 * ordered if new else 8
        end = start + size
        while start + head <= end:
            self.step()
            if new:
                kind, length, flags = unpack_from("<BHB", self.data, start)
            else:
                kind, length, flags = unpack_from("<HHB", self.data, start)
            start += head
            if start + length > end:
                raise Damaged(f"a message at byte {start:,} is longer than its object")
            if flags & SHARED and kind in (SPACE, TYPE, LAYOUT, FILTERS, ATTRIBUTE):
                raise Foreign("it has types that objects share")
            yield Message(kind, self.data[start : start + length])
            start += length

    @staticmethod
    def _part(data, size):
        if len(data) < size:
            raise Damaged("a message that is too short")
        return data[:size]

    # groups

    def links(self, messages: list[Message]) -> Iterator[tuple[str, int]]:
        """Names and addresses of what a group holds."""
        for message in messages:
            if message.kind == TABLE:
                tree, heap = PAIR.unpack(self._part(message.data, 16))
                self.expect(heap, b"HEAP")
                names = self.at(self.number(heap + 24, 8), self.number(heap + 8, 8))
                for leaf in self._leaves(tree, 0, 8):
                    yield from self._symbols(leaf, names)
            elif message.kind == LINK:
                yield self._link(message.data)
            elif message.kind == LINKS:
                if _heap_of(message.data, 8) != NOWHERE:
                    raise Foreign("it has groups in the newest layout")

    def _leaves(self, tree, kind, key):
        """The addresses at the ends of a B-tree; `key` is the size of its keys."""
        return (child for child, _ in self.tree(tree, kind, key))

    def tree(self, address: int, kind: int, key: int) -> Iterator[tuple[int, memoryview]]:
        """What hangs in a B-tree of version 1, with the keys before it."""
        seen = set()
        open_nodes = [(address, DEEPEST)]
        while open_nodes:
            address, most = open_nodes.pop()
            self.step()
            self.expect(address, b"TREE")
            node_kind, level, entries = unpack_from("<BBH", self.at(address, 24), 4)
            if address in seen or node_kind != kind or level >= most:
                raise Damaged("a B-tree that is not one")
            seen.add(address)
            places = [address + 24 + index * (key + 8) for index in range(entries)]
            if level:
                open_nodes += [(self.number(place + key, 8), level) for place in reversed(places)]
                continue
            for place in places:
                self.step()
                yield self.number(place + key, 8), self.at(place, key)

    def _symbols(self, address, names):
        self.expect(address, b"SNOD")
        for index in range(self.number(address + 6, 2)):
            self.step()
            name, header, kind = unpack_from("<QQI", self.at(address + 8 + 40 * index, 40))
            if kind == 2:
                raise Damaged("a link that leads elsewhere")
            yield _text(names[name:]), header

    def _link(self, data):
        data = bytes(data)
        flags = self._part(data, 2)[1]
        place = 2
        kind = 0
        if flags & 0x08:
            kind, place = data[place], place + 1
        place += (8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(data[place : place + width], "little")
        name = data[place + width : place + width + length]
        if kind:
            raise Damaged("a link that leads elsewhere")
        address = self._part(data[place + width + length :], 8)
        return name.decode("utf-8", "replace"), int.from_bytes(address, "little")

    # texts of any length

    def heap(self, address: int, index: int) -> memoryview:
        """An object of a global heap."""
        if address not in self._heaps:
            self.expect(address, b"GCOL")
            end = address + self.number(address + 8, 8)
            place = address + 16
            objects = {}
            self.at(address, end - address)
            while place + 16 <= end:
                self.step()
                number, size = self.number(place, 2), self.number(place + 8, 8)
                if not number:  # the rest is free
                    break
                objects[number] = place + 16, size
                place += 16 + -(-size // 8) * 8
            self._heaps[address] = objects
        if index not in self._heaps[address]:
            raise Damaged(f"no text {index} at byte {address:,}")
        return self.at(*self._heaps[address][index])


def _heap_of(data, width):
    """The heap of links or attributes that are too many for a header, from the message that says so."""
    flags = data[1] if len(data) > 1 else 0
    start = 2 + (width if flags & 1 else 0)
    return int.from_bytes(data[start : start + 8], "little") if len(data) >= start + 8 else NOWHERE


def dense_attributes(data: memoryview) -> bool:
    """Whether the attributes of an object lie in a heap of their own."""
    return _heap_of(data, 2) != NOWHERE


def _text(data) -> str:
    """A text that ends with a zero."""
    return bytes(data[:4096]).partition(b"\0")[0].decode("utf-8", "replace")
