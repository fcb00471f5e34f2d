# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickles of other libraries, by the classes that they name; nothing of them is loaded."""

from __future__ import annotations

import bz2
import io
import lzma
import pickletools
import zlib
from collections.abc import Iterator
from pathlib import Path

from .kind import Kind

LOOKED_AT = 1 << 16  # bytes of a pickle
SKL2ONNX = "convert it to ONNX with skl2onnx"
LIBRARIES = {
    "sklearn": ("scikit-learn", SKL2ONNX),
    "imblearn": ("imbalanced-learn", SKL2ONNX),
    "xgboost": ("XGBoost", "convert it to ONNX with onnxmltools"),
    "lightgbm": ("LightGBM", "convert it to ONNX with onnxmltools"),
    "catboost": ("CatBoost", "export it: model.save_model(path, format='onnx')"),
    "pandas": ("pandas", "open the model's own file"),
    "statsmodels": ("statsmodels", "open the model's own file"),
    "fastai": ("fastai", "save the state_dict of its model: torch.save(learner.model.state_dict(), path)"),
}
TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")


def kind(head: bytes, path: Path) -> Kind | None:
    """The kind of a pickle by the first classes that it names, and of one that joblib has compressed."""
    data = _unpacked(head, path)
    if len(data) < 3 or data[0] != 0x80 or not 2 <= data[1] <= 5:
        return None
    names = list(_names(data))
    of_joblib = any(module.partition(".")[0] == "joblib" for module, _ in names)
    foreign = next(((module, name) for module, name in names if module.partition(".")[0] in LIBRARIES), None)
    if of_joblib:
        library = LIBRARIES[foreign[0].partition(".")[0]] if foreign else None
        what, advice = (
            (f" ({of_library(*foreign)})", library[1]) if foreign and library else ("", "open the model's own file")
        )
        return Kind(f"a file of joblib{what}, not a network", advice)
    first = names[0] if names else ("", "")
    return known(*first) if first == foreign else None


def known(module: str, name: str) -> Kind | None:
    """What a pickled object of this class is; None for a class of no library that is known here."""
    library = LIBRARIES.get(module.partition(".")[0])
    return Kind(f"a pickle of {of_library(module, name)}, not a network", library[1]) if library else None


def of_library(module: str, name: str) -> str:
    """The library of a class, with the class: "scikit-learn: MLPRegressor"."""
    return f"{LIBRARIES[module.partition('.')[0]][0]}: {name.rpartition('.')[2][:60]}"


def _unpacked(head, path) -> bytes:
    """The beginning of a file, unpacked where joblib has compressed it; at most so many bytes."""
    with path.open("rb") as file:
        data = file.read(LOOKED_AT)
    try:
        if head[:2] in (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"):
            return zlib.decompressobj().decompress(data, LOOKED_AT)
        if head[:2] == b"\x1f\x8b":
            return zlib.decompressobj(31).decompress(data, LOOKED_AT)
        if head[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(data, LOOKED_AT)
        if head[:6] == b"\xfd7zXZ\0" or head[:1] == b"\x5d" and head[5:13] == b"\xff" * 8:
            return lzma.LZMADecompressor(memlimit=1 << 27).decompress(data, LOOKED_AT)
    except (zlib.error, OSError, lzma.LZMAError, ValueError):
        return b""
    return data


def _names(data) -> Iterator[tuple[str, str]]:
    """The module and name of every class at the beginning of a pickle, as far as it can be read."""
    texts: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(io.BytesIO(data)):
            if operation.name == "GLOBAL":
                module, _, name = str(argument).partition(" ")
                yield module, name
            elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
                yield texts[-2], texts[-1]
            elif operation.name in TEXTS:
                texts = [*texts[-1:], str(argument)]
    except (ValueError, IndexError, EOFError, OverflowError):  # its end is not here, or numbers lie in between
        return
