# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the graph out of an ONNX file and leave the weights where they are.

A `ModelProto` is a protobuf message. Its graph (field 7) holds the initializers (field 5), and these hold nearly all
bytes of a file. The walk below copies everything but their data: a tensor's `raw_data` becomes external data that
points back into the same file. See the ONNX specification, onnx.proto, and the protobuf encoding guide.
"""

import struct

GRAPH, INITIALIZER = 7, 5
DATA_TYPE, FLOAT_DATA, RAW_DATA, DOUBLE_DATA, EXTERNAL_DATA, DATA_LOCATION = 2, 4, 9, 10, 13, 14
# Packed float_data and double_data lie in the file just as raw_data would: data type -> field.
PACKED_AS_RAW = {1: FLOAT_DATA, 11: DOUBLE_DATA}
INLINE = 4096  # bytes; smaller tensors (shapes, biases) stay in the model, where shape inference reads them


def slim(data: memoryview, file_name: str) -> bytes:
    """The bytes of a `ModelProto` without the data of its large initializers.

    `data` is the whole file and `file_name` its name, for the references into it. Raises ValueError where the bytes
    are no protobuf message or end too early.
    """
    parts = []
    for number, start, body, end in fields(data, 0, len(data)):
        if number == GRAPH:
            graph = _slim_graph(data, body, end, file_name)
            parts += [key(GRAPH, 2), varint(len(graph)), graph]
        else:
            parts.append(data[start:end])
    return b"".join(parts)


def _slim_graph(data, start, end, file_name):
    parts = []
    for number, begin, body, stop in fields(data, start, end):
        tensor = _slim_tensor(data, body, stop, file_name) if number == INITIALIZER and stop - body > INLINE else None
        if tensor:
            parts += [key(INITIALIZER, 2), varint(len(tensor)), tensor]
        else:
            parts.append(data[begin:stop])
    return b"".join(parts)


def _slim_tensor(data, start, end, file_name):
    """The tensor with a reference for its data, or None if they are not stored in one plain run."""
    kept = []
    runs = {}
    data_type = 0
    for number, begin, body, stop in fields(data, start, end):
        if number in (RAW_DATA, FLOAT_DATA, DOUBLE_DATA) and stop - body > INLINE // 2:
            runs.setdefault(number, []).append((body, stop))
            continue
        if number == DATA_TYPE:
            data_type, _ = read_varint(data, body, stop)
        kept.append(data[begin:stop])
    number, places = next(iter(runs.items()), (None, []))
    if len(runs) != 1 or len(places) != 1 or number not in (RAW_DATA, PACKED_AS_RAW.get(data_type)):
        return None
    body, stop = places[0]
    for said, value in (("location", file_name), ("offset", str(body)), ("length", str(stop - body))):
        entry = b"".join(key(i, 2) + varint(len(text)) + text for i, text in ((1, said.encode()), (2, value.encode())))
        kept += [key(EXTERNAL_DATA, 2), varint(len(entry)), entry]
    kept += [key(DATA_LOCATION, 0), b"\x01"]
    return b"".join(kept)


def fields(data: memoryview, start: int, end: int):
    """The fields of a message: number, where the field starts, where its content starts, where it ends."""
    at = start
    while at < end:
        key, body = read_varint(data, at, end)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _, stop = read_varint(data, body, end)
        elif kind == 1:
            stop = body + 8
        elif kind == 2:
            length, body = read_varint(data, body, end)
            stop = body + length
        elif kind == 5:
            stop = body + 4
        else:
            raise ValueError(f"byte {at:,} starts no field of a protobuf message")
        if number == 0:
            raise ValueError(f"byte {at:,} starts no field of a protobuf message")
        if stop > end:
            raise ValueError(f"the field at byte {at:,} needs {stop - end:,} bytes more than there are")
        yield number, at, body, stop
        at = stop


def read_varint(data, at, end):
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError(f"a number at byte {at:,} does not end")


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def key(number, kind):
    return struct.pack("B", number << 3 | kind)


# What a field holds: "int" (signed), "fixed" (32 bits), "float", "double", "text", "octets" (bytes that are read as
# text), "span" (where its bytes begin and end), "text_or_int", or the description of a message. Repeated ones stand in
# a list, packed or not; of a map the entries are a dict.
DEEPEST = 64  # messages in messages
MOST_PACKED = 1 << 24  # numbers of a packed field that are unpacked


class Description(dict):
    """The fields of a kind of message: number -> (name, kind). Others are passed over."""


class Many:
    """A repeated field of a kind; text formats know it by its name as well."""

    def __init__(self, kind):
        self.kind = kind


class Map:
    """A map from texts to values of a kind."""

    def __init__(self, kind):
        self.kind = kind


def decode(description: Description, data: memoryview, start: int, end: int, depth: int = 0) -> dict:
    """A message by its description, as a dict by the names of fields; those that are not there have no entry.

    Raises ValueError where the bytes are no such message.
    """
    if depth > DEEPEST:
        raise ValueError("messages stand in one another too deep")
    made: dict = {}
    for number, begin, body, stop in fields(data, start, end):
        if number not in description:
            continue
        name, kind = description[number]
        wire = read_varint(data, begin, body)[0] & 7
        if isinstance(kind, Many):
            made.setdefault(name, []).extend(_several(kind.kind, wire, data, body, stop, depth))
        elif isinstance(kind, Map):
            entry = decode(Description({1: ("key", "text"), 2: ("value", kind.kind)}), data, body, stop, depth + 1)
            made.setdefault(name, {})[entry.get("key", "")] = entry.get("value", {})
        else:
            made[name] = _value(kind, wire, data, body, stop, depth)
    return made


def _several(kind, wire, data, body, stop, depth):
    if wire != 2 or kind in ("text", "octets", "span") or isinstance(kind, dict):
        return [_value(kind, wire, data, body, stop, depth)]
    size = {"float": 4, "fixed": 4, "double": 8}.get(kind)
    if size:
        if (stop - body) % size or (stop - body) // size > MOST_PACKED:
            raise ValueError(f"the packed numbers at byte {body:,} are cut short, or too many")
        how = {"float": "f", "fixed": "I", "double": "d"}[kind]
        return struct.unpack(f"<{(stop - body) // size}{how}", data[body:stop])
    numbers = []
    while body < stop:
        number, body = read_varint(data, body, stop)
        numbers.append(_signed(number))
        if len(numbers) > MOST_PACKED:
            raise ValueError("too many numbers in one field")
    return numbers


def _value(kind, wire, data, body, stop, depth):
    if isinstance(kind, dict):
        _expect(wire == 2, body)
        return decode(kind, data, body, stop, depth + 1)
    if kind == "text_or_int":  # of types that were renumbered, and words for numbers in texts
        kind = "int" if wire == 0 else "text"
    if kind == "int":
        _expect(wire == 0, body)
        return _signed(read_varint(data, body, stop)[0])
    if kind in ("float", "fixed"):
        _expect(wire == 5, body)
        return struct.unpack("<f" if kind == "float" else "<I", data[body:stop])[0]
    if kind == "double":
        _expect(wire == 1, body)
        return struct.unpack("<d", data[body:stop])[0]
    _expect(wire == 2, body)
    if kind == "span":
        return body, stop
    return bytes(data[body:stop]).decode("utf-8", "replace")


def _expect(fits, at):
    if not fits:
        raise ValueError(f"the field at byte {at:,} is of another type")


def _signed(number):
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number
