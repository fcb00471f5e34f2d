# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kind of file that is not read."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 512  # bytes by which a file is told


@dataclass(frozen=True)
class Kind:
    """What people call a file of this kind, with its article, and what to do with it."""

    name: str
    advice: str

    @property
    def is_model(self) -> bool:
        """Whether it is a model, if of another format, and not something beside one."""
        return not self.name.startswith(("not a model", "a text", "a web page", "an answer", "the settings", "a JSON"))


TO_ONNX = "export it as ONNX where it was made"
