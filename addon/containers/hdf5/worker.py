# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an HDF5 file with h5py, in a process of its own: libhdf5 hangs and crashes on damaged files.

It is run as a script and imports nothing of ours. Arguments: the file, where the HDF5 part of it begins and how many
bytes it has, how many bytes of memory may be taken, and the folders of h5py and NumPy. Requests come as lines of JSON
on standard input: {"list": pattern of attributes' names} or {"read": path of a dataset}. Each is answered with a line
of JSON, {"size": bytes} or {"error": text}, and so many bytes: a tree in JSON, or numbers in C order, little-endian.
"""

import io
import json
import re
import sys

MOST_OBJECTS, DEEPEST, LONGEST_TEXT = 200_000, 64, 1 << 26
PACKED = "compressed in a way that h5py does not know"


class Part(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, path, begin, size):
        self._file = open(path, "rb")
        self._begin, self._size, self._at = begin, size, 0

    def readinto(self, buffer):
        """Fill a buffer; returns how many bytes there were."""
        self._file.seek(self._begin + self._at)
        count = max(0, min(len(buffer), self._size - self._at))
        count = self._file.readinto(memoryview(buffer)[:count])
        self._at += count
        return count

    def seek(self, place, whence=0):
        """Go to a place; returns it."""
        self._at = place + (0, self._at, self._size)[whence]
        return self._at

    def tell(self):
        """The place in the part."""
        return self._at

    def readable(self):
        """It can be read."""
        return True

    def seekable(self):
        """Any place of it can be read."""
        return True


def limit(memory):
    """Take no more memory than this, where the system can hold a process to it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def tree(file, pattern):
    """The groups of a file with their attributes and datasets, as plain data."""
    import h5py  # behind the limit of memory

    wanted = re.compile(pattern)
    seen = set()
    texts = [0]

    def text(value):
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str):
            texts[0] += len(value)
            if texts[0] > LONGEST_TEXT:
                raise ValueError("its attributes are too long")
            return value.rstrip("\0")
        return None

    def attributes(obj):
        held = {}
        for name in obj.attrs:
            if not wanted.fullmatch(name):
                continue
            value = obj.attrs[name]
            value = [text(part) for part in value.ravel()] if hasattr(value, "ravel") else text(value)
            if value is not None and (isinstance(value, str) or None not in value):
                held[name] = value
        return held

    def group(holder, depth):
        if depth > DEEPEST:
            raise ValueError("groups without end")
        made = {"address": address(holder), "attributes": attributes(holder), "groups": {}, "tensors": {}}
        for name in holder:
            link = holder.get(name, getlink=True)
            if type(link).__name__ != "HardLink":
                raise ValueError("a link that leads elsewhere")
            inner = holder[name]
            if address(inner) in seen or len(seen) > MOST_OBJECTS:
                raise ValueError("objects that hold one another")
            seen.add(address(inner))
            if hasattr(inner, "keys"):
                made["groups"][name] = group(inner, depth + 1)
            elif hasattr(inner, "dtype") and (held := dataset(inner)):
                made["tensors"][name] = held
        return made

    def dataset(held):
        if held.external or held.is_virtual:
            raise ValueError(f"the numbers of '{held.name}' are in another file")
        if held.shape is None or held.dtype.kind in "OSU":
            return None
        for code in filters(held):
            if not h5py.h5z.filter_avail(code):
                raise ValueError(f"'{held.name}' is {PACKED} (filter {code})")
        plain = held.chunks is None and held.dtype.str[:1] in "<|"
        return {
            "shape": held.shape,
            "dtype": held.dtype.str if held.dtype.names is None else "",
            "named": attributes(held).get("dtype", ""),
            "offset": held.id.get_offset() if plain else None,
            "stored": held.id.get_storage_size(),
        }

    def filters(held):
        settings = held.id.get_create_plist()
        return [settings.get_filter(place)[0] for place in range(settings.get_nfilters())]

    def address(obj):
        return h5py.h5o.get_info(obj.id).addr

    return json.dumps(group(file, 0)).encode()


def numbers(file, path):
    """The bytes of a dataset, in C order and little-endian."""
    import numpy

    array = file[path][()]
    if array.dtype.byteorder == ">" or array.dtype.byteorder == "=" and sys.byteorder == "big":
        array = array.astype(array.dtype.newbyteorder("<"))
    return numpy.ascontiguousarray(array).tobytes()


def main(path, begin, size, memory, *folders):
    """Answer requests until there are no more."""
    sys.path[:0] = folders
    limit(int(memory))
    import h5py

    answers = sys.stdout.buffer
    with h5py.File(Part(path, int(begin), int(size)), "r") as file:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                data = tree(file, request["list"]) if "list" in request else numbers(file, request["read"])
            except Exception as error:  # whatever h5py raises is said to whoever has asked
                answers.write(json.dumps({"error": " ".join(str(error).split())[:300]}).encode() + b"\n")
            else:
                answers.write(json.dumps({"size": len(data)}).encode() + b"\n")
                answers.write(data)
            answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
