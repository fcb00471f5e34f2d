# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators on one network share."""

import bpy

from ..addon.scene import tags


class OfNetwork:
    """The network with a uuid; without one, that of the active object, else the first of the file."""

    uuid: bpy.props.StringProperty(options={"HIDDEN"}, description="Which network; the active or first one if empty")

    @classmethod
    def poll(cls, context):
        return bool(tags.networks())

    def network(self, context) -> bpy.types.Collection | None:
        found = tags.chosen(context, self.uuid)
        if found is None:
            self.report({"ERROR"}, "No such network in this file")
        return found
