# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neuroscene: neural networks as editable 3D scenes."""


def register():
    """Register all classes with Blender."""
    from . import operators, panels  # here: they need Blender, and reading a model does not
    from .addon import preferences, properties
    from .addon.scene.assets import dropped
    from .addon.scene.editing import watching
    from .addon.scene.picking import kept, pointing

    preferences.register()
    properties.register()
    operators.register()
    panels.register()
    watching.register()
    kept.register()
    pointing.register()
    dropped.register()


def unregister():
    """Take all classes back from Blender."""
    from . import operators, panels
    from .addon import preferences, properties
    from .addon.scene.assets import dropped
    from .addon.scene.editing import watching
    from .addon.scene.picking import kept, pointing

    dropped.unregister()
    pointing.unregister()
    kept.unregister()
    watching.unregister()
    panels.unregister()
    operators.unregister()
    properties.unregister()
    preferences.unregister()
