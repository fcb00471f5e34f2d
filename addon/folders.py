# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of the user's."""

from __future__ import annotations

from pathlib import Path

import bpy


def of_user(name: str, create: bool = True) -> Path:
    """A folder of ours; of a copy that is not installed as an extension, beside Blender's own settings.

    Raises `OSError` where there can be none.
    """
    package = __package__.rpartition(".addon")[0]
    try:
        folder = bpy.utils.extension_path_user(package, path=name, create=create)
    except ValueError:
        folder = bpy.utils.user_resource("CONFIG", path=f"neuroscene/{name}", create=create)
    if not folder:
        raise OSError("Blender has no folder for settings")
    return Path(folder)
