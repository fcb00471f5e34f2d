# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a file, said in one line."""

from pathlib import Path


class CheckpointError(Exception):
    """A file that cannot be used: which one, what is wrong with it, and what to do.

    The message is one line, fit for standard error and for a report in Blender.
    """

    def __init__(self, path: str | Path, problem: str, advice: str = ""):
        self.path, self.problem, self.advice = Path(path), problem, advice
        text = f"{path}: {problem}" + (f"; {advice}" if advice else "")
        super().__init__(" ".join(text.split()))
