# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edit the storyboard of a film, and make the film anew of it."""

import bpy

from ..addon.scene import shots
from ..addon.scene.entities import layer_or_block, network_of
from ..addon.scene.storyboard import beats, drafts, writing
from .bases.of_network import ChangesNetwork, RefusedError

FILM = "forward"


class NEUROSCENE_OT_edit_storyboard(ChangesNetwork, bpy.types.Operator):
    """List the beats of the film, so that they can be edited. Replaces what was edited and not applied"""

    bl_idname = "neuroscene.edit_storyboard"
    bl_label = "Edit Storyboard"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        beats.write(network, writing.fitting(network))
        drafts.fill(network)


class NEUROSCENE_OT_new_storyboard(ChangesNetwork, bpy.types.Operator):
    """Write the storyboard anew from the network and its run. Apply then makes the film of it"""

    bl_idname = "neuroscene.new_storyboard"
    bl_label = "Write Storyboard Anew"
    bl_options = {"REGISTER", "UNDO"}

    seconds: bpy.props.FloatProperty(
        name="Seconds",
        default=0.0,
        min=0.0,
        max=writing.LONGEST,
        options={"SKIP_SAVE"},
        description="Set the length of the film. 0 takes the time that it takes to read the words",
    )

    def run(self, context, network):
        beats.write(network, writing.write(network, self.seconds))
        drafts.fill(network)


class NEUROSCENE_OT_apply_storyboard(ChangesNetwork, bpy.types.Operator):
    """Make the film anew as the storyboard says: camera, words and signal. Replaces keyframes of the film"""

    bl_idname = "neuroscene.apply_storyboard"
    bl_label = "Apply Storyboard"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        shots.check(network, FILM)
        board = drafts.taken(network)
        if board is None:
            raise RefusedError("The storyboard is empty: use Edit Storyboard first")
        beats.write(network, board)
        shots.add(network, FILM)
        drafts.fill(network)
        return f"{len(board.beats)} beats in {board.length / beats.RATE:.1f} seconds"


class NEUROSCENE_OT_add_beat(ChangesNetwork, bpy.types.Operator):
    """Add a beat for the active layer or block, after the one that is chosen"""

    bl_idname = "neuroscene.add_beat"
    bl_label = "Add Beat"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        owner = layer_or_block(context.view_layer.objects.active)
        if owner is None or network_of(owner.obj) != network:
            raise RefusedError("Select a layer or a block of the network first")
        if drafts.taken(network) is None:
            raise RefusedError("The storyboard is empty: use Edit Storyboard first")
        about = beats.about(owner)
        said = writing.words_of(network, about)
        if said is None:
            raise RefusedError("It is inside of a closed block: add a beat for the block, or unfold it first")
        drafts.add(network, about, said.heading, said.sentence)


class NEUROSCENE_OT_remove_beat(ChangesNetwork, bpy.types.Operator):
    """Remove the chosen beat from the storyboard"""

    bl_idname = "neuroscene.remove_beat"
    bl_label = "Remove Beat"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        board = drafts.taken(network)
        if board is None or len(board.layers) < 2:
            raise RefusedError("A storyboard keeps at least one layer")
        drafts.remove(network)
