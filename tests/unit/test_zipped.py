# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zip archives: where members lie, and archives that lie."""

import struct
import zipfile

import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.zip_archive import archive


def zipped(folder, members, compression=zipfile.ZIP_STORED):
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def refused(path, *reading) -> str:
    with pytest.raises(CheckpointError) as caught:
        opened = archive(path)
        for name in reading:
            opened.read(name, 1 << 20)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_members_lie_where_it_says(tmp_path):
    data = {"model/data.pkl": b"pickle" * 7, "model/data/0": bytes(range(200))}
    path = zipped(tmp_path, data)
    whole, opened = path.read_bytes(), archive(path)
    for name, content in data.items():
        member = opened.members[name]
        assert whole[member.offset : member.offset + member.size] == content == opened.read(name, 1 << 10)


def test_compressed_members_have_no_place(tmp_path):
    opened = archive(zipped(tmp_path, {"a": b"x" * 5000}, zipfile.ZIP_DEFLATED))
    assert opened.members["a"].offset is None and opened.read("a", 5000) == b"x" * 5000


@pytest.mark.parametrize("name", ["../a", "b/../../a", "/etc/passwd", "c:/a", "..\\a"])
def test_names_that_lead_outside(name, tmp_path):
    assert "leads outside" in refused(zipped(tmp_path, {name: b"x"}))


def test_a_member_of_another_name_at_its_place(tmp_path):
    """The name before the data is not that of the directory, and no text at all."""
    path = zipped(tmp_path, {"caché": b"data"})
    data = bytearray(path.read_bytes())
    at = data.index("caché".encode())
    data[at : at + 6] = b"\xff\xfe\xfd\xfc\xfb\xfa"
    path.write_bytes(data)
    assert "damaged" in refused(path, "caché")


def test_bombs_are_not_unpacked(tmp_path):
    path = zipped(tmp_path, {"a": bytes(50 << 20)}, zipfile.ZIP_DEFLATED)
    assert "more than" in refused(path, "a")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 3 << 30)  # the size in the directory
    path.write_bytes(data)
    assert "would unpack to" in refused(path)


def test_two_files_of_one_name(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file, pytest.warns(UserWarning):
        file.writestr("a", b"1")
        file.writestr("a", b"2")
    assert "one name" in refused(path)


def test_encrypted_members(tmp_path):
    path = zipped(tmp_path, {"a": b"x" * 40})
    data = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path)


def test_cut_short_anywhere(tmp_path):
    path = zipped(tmp_path, {"a": b"x" * 300, "b": b"y" * 300}, zipfile.ZIP_DEFLATED)
    whole = path.read_bytes()
    for end in range(4, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        refused(path, "a", "b")
