# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open one number of a network, let it go over its map, and close it again."""

import bpy

from ..addon.scene.entities import LayerObject, network_of
from ..addon.scene.explanation import opening, sliding
from ..addon.scene.transaction import Made
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.stepwise import Stepwise


class NEUROSCENE_OT_open_cell(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show what one cell of the active layer is made of: the cells that it reads, their weights, products and sums.
    Works for convolutions, poolings, dense layers, softmax, normalizations, attention and recurrent layers"""

    bl_idname = "neuroscene.open_cell"
    bl_label = "Open Cell"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Opening"

    unit: bpy.props.IntProperty(
        name="Unit",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
        description="Count the unit from 1. 0 takes the largest cell",
    )
    row: bpy.props.IntProperty(name="Row", default=1, min=1, options={"SKIP_SAVE"}, description="Count the row from 1")
    column: bpy.props.IntProperty(
        name="Column", default=1, min=1, options={"SKIP_SAVE"}, description="Count the column from 1"
    )

    def run(self, context, network):
        layer = LayerObject.of(context.view_layer.objects.active)
        if layer is None or network_of(layer.obj) != network:
            raise RefusedError("Select a layer of the network first")
        self._made = Made()
        cell = (self.unit - 1, self.row - 1, self.column - 1) if self.unit else None
        return self.start(context, opening.steps(network, layer.name, cell))

    def done(self, context, terms):
        unit, row, column = (at + 1 for at in terms.cell)
        self.report({"INFO"}, f"{terms.layer}, unit {unit}, row {row}, column {column}: {terms.result:.6g}")

    def undone(self, context):
        self._made.remove()


class NEUROSCENE_OT_slide_cell(ChangesNetwork, bpy.types.Operator):
    """Keyframe the opened cell so that its rows come one by one and it goes over its whole map, from the current frame
    on. In the shot of opened cells it takes the time of the shot"""

    bl_idname = "neuroscene.slide_cell"
    bl_label = "Slide over Map"
    bl_options = {"REGISTER", "UNDO"}

    seconds: bpy.props.FloatProperty(
        name="Seconds",
        default=8.0,
        min=0.1,
        soft_max=60.0,
        description="Set how long it takes. Without effect in the shot of opened cells",
    )

    rows_first: bpy.props.BoolProperty(
        name="Rows First",
        default=True,
        description="Show the rows one after the other in the first quarter of the time",
    )

    def run(self, context, network):
        return f"It goes over {sliding.slide(network, self.seconds, self.rows_first):,} cells"


class NEUROSCENE_OT_close_cell(ChangesNetwork, bpy.types.Operator):
    """Remove what was opened with Open Cell"""

    bl_idname = "neuroscene.close_cell"
    bl_label = "Close Cell"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        if not opening.close(network):
            raise RefusedError("Nothing is open: use Open Cell first")
