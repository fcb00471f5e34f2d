# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of a composed network: put in, taken out, repeated, moved, chosen."""

import bpy

from ..addon.composing import SETTINGS, compose, editing
from ..addon.composing.words import WORDS
from ..addon.containers import CheckpointError
from ..addon.layer_fields import follow
from ..addon.scene import selection
from ..addon.scene.camera import picture
from ..addon.scene.composing import changing, choosing, dragging
from ..addon.scene.editing import arranging
from ..addon.scene.entities import Bundle, NetworkScene, network_of
from ..addon.scene.entities import chosen as chosen_network
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.whole import Whole
from .read_cells import UnderMouse

OPERATORS = [(op, *WORDS[op]) for op in SETTINGS]
PLACES = (
    ("AFTER", "After", "Read the chosen layer; who read that reads the new one"),
    ("BEFORE", "Before", "Stand between the chosen layer and what it reads"),
    ("BESIDE", "In Parallel", "Read what the chosen layer reads; both are joined"),
    ("INSTEAD", "Replace With", "Take the place of the chosen layer"),
)


class EditsSpecification(ChangesNetwork):
    """Changes the specification of a composed network; what cannot be is said, and the network stays."""

    def specification(self, network):
        """What the network is written as. Raises `RefusedError` if it is not composed."""
        specification = changing.of_network(network)
        if specification is None:
            raise RefusedError(f"{network.name} is not composed: its layers and weights are those of its file")
        return specification

    def edit(self, network, change) -> bool:
        """Let the network follow a change of its specification; whether it does."""
        why = follow(network, change)
        if why:
            self.report({"WARNING"}, f"{why}; the network stays as it was until that is mended")
        return not why


class EditsLayers(EditsSpecification):
    """Changes the chosen layer, or the one that is named."""

    layer: bpy.props.StringProperty(
        name="Layer", options={"SKIP_SAVE"}, description="Name the layer to work on. If empty, the chosen layer is used"
    )

    def run(self, context, network):
        specification = self.specification(network)
        name = self.layer or choosing.chosen(network, specification).name
        chosen = {}
        self.edit(network, lambda made: self.change(made, name, chosen))
        if chosen:
            choosing.choose(network, chosen["name"])

    def change(self, specification, name, chosen):
        """The specification after the change; `chosen["name"]` is the layer to choose then."""
        raise NotImplementedError


class NEUROSCENE_OT_add_layer(EditsLayers, bpy.types.Operator):
    """Add a layer to the network that is being composed"""

    bl_idname = "neuroscene.add_layer"
    bl_label = "Add Layer"
    bl_options = {"REGISTER", "UNDO"}

    operator: bpy.props.EnumProperty(name="Layer", items=OPERATORS, description="Choose what the layer does")
    place: bpy.props.EnumProperty(name="Place", items=PLACES, description="Choose where the layer goes")

    def change(self, specification, name, chosen):
        layer = editing.new_layer(specification, self.operator)
        chosen["name"] = layer.name
        made = editing.insert(specification, layer, name, self.place.lower())
        if self.place != "BESIDE":
            return made
        try:
            return editing.first_that_fits(editing.with_joins(made), compose)
        except CheckpointError:
            return made


class NEUROSCENE_OT_remove_layer(EditsLayers, bpy.types.Operator):
    """Remove a layer from the network that is being composed. Who read it reads what it read"""

    bl_idname = "neuroscene.remove_layer"
    bl_label = "Remove Layer"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, specification, name, chosen):
        return editing.remove(specification, name)


class NEUROSCENE_OT_duplicate_layer(EditsLayers, bpy.types.Operator):
    """Repeat a layer behind itself"""

    bl_idname = "neuroscene.duplicate_layer"
    bl_label = "Duplicate Layer"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, specification, name, chosen):
        made, copies = editing.duplicate(specification, [name])
        chosen["name"] = copies[-1]
        return made


class NEUROSCENE_OT_move_layer(EditsLayers, bpy.types.Operator):
    """Move a layer one place towards the input or the output"""

    bl_idname = "neuroscene.move_layer"
    bl_label = "Move Layer"
    bl_options = {"REGISTER", "UNDO"}

    direction: bpy.props.EnumProperty(
        name="Direction",
        items=(
            ("INPUT", "To the Input", "Before the layer that it reads"),
            ("OUTPUT", "To the Output", "Behind its reader"),
        ),
        description="Choose which way the layer goes",
    )

    def change(self, specification, name, chosen):
        names = [specification.input, *(layer.name for layer in specification.layers)]
        place = names.index(name) if name in names else 0
        target = place - 2 if self.direction == "INPUT" else place + 1
        if not 0 <= target < len(names) or place == 0:
            raise CheckpointError(specification.name, f"'{name}' is at the end already")
        chosen["name"] = name
        return editing.move(specification, name, names[target])


class NEUROSCENE_OT_reorder_by_place(EditsSpecification, bpy.types.Operator):
    """Put layers that you have moved where they stand now: on the nearest connection, or behind the last layer"""

    bl_idname = "neuroscene.reorder_by_place"
    bl_label = "Reorder by Place"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        every = dragging.moved(network, self.specification(network))
        chosen = set(selection.selected(context, network))
        names = [name for name in every if name in chosen] or every
        if not names:
            raise RefusedError("Move a layer first")
        done = []
        for name in names:
            before = self.specification(network)
            if dragging.reordered(network, before, name) == before:
                continue
            self.edit(network, lambda made, name=name: dragging.reordered(network, made, name))
            done.append(name)
        back = [layer.obj for name, layer in NetworkScene(network).layers().items() if name in done]
        if not back:
            return f"{', '.join(names)}: no place past another layer, so the order stays"
        arranging.rearrange(network, arranging.settings_of(network), back)
        picture.follow(network)
        choosing.choose(network, done[0])
        return f"{', '.join(done)} moved in the order"


class NEUROSCENE_OT_drag_layer(Whole, bpy.types.Macro):
    """Drag the selected layer past others: where you let go it stands in the order, too"""

    bl_idname = "neuroscene.drag_layer"
    bl_label = "Drag in Order"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        network = chosen_network(context)
        if context.mode == "OBJECT" and network is not None and NetworkScene(network).specification:
            return True
        cls.poll_message_set("Works on a network that is composed, in Object Mode")
        return False


def define() -> None:
    """Say what the macro is made of; it has to be registered."""
    NEUROSCENE_OT_drag_layer.define("TRANSFORM_OT_translate")
    NEUROSCENE_OT_drag_layer.define("NEUROSCENE_OT_reorder_by_place")


class NEUROSCENE_OT_insert_here(EditsSpecification, bpy.types.Operator):
    """Put a layer on the connection whose lines these are"""

    bl_idname = "neuroscene.insert_here"
    bl_label = "Insert Here"
    bl_options = {"REGISTER", "UNDO"}

    operator: bpy.props.EnumProperty(name="Layer", items=OPERATORS, description="Choose what the layer does")
    bundle: bpy.props.StringProperty(
        name="Lines",
        options={"SKIP_SAVE"},
        description="Name the object of the lines. If empty, the active object is used",
    )

    def run(self, context, network):
        specification = self.specification(network)
        obj = context.view_layer.objects.get(self.bundle) if self.bundle else context.view_layer.objects.active
        bundle = Bundle.of(obj)
        if bundle is None or network_of(obj) != network:
            raise RefusedError("Choose the lines between two layers")
        source, target = dragging.ends(network, specification, bundle)
        layer = editing.new_layer(specification, self.operator)
        self.edit(network, lambda made: editing.between(made, layer, source, target))
        choosing.choose(network, layer.name)


class NEUROSCENE_OT_insert_under_mouse(UnderMouse, bpy.types.Operator):
    """Choose a layer to put on the connection whose lines are under the mouse"""

    bl_idname = "neuroscene.insert_under_mouse"
    bl_label = "Insert Under Mouse"
    bl_options = {"UNDO"}

    def execute(self, context):
        hit = self.hit(context)
        obj = hit.target_obj if hit else None
        network = network_of(obj) if Bundle.is_one(obj) else None
        if network is None or changing.of_network(network) is None:
            return {"PASS_THROUGH"}
        if not selection.select(context, [obj]):
            return {"PASS_THROUGH"}
        bpy.ops.wm.call_menu(name="NEUROSCENE_MT_insert_here")
        return {"FINISHED"}


class NEUROSCENE_OT_choose_layer(ChangesNetwork, bpy.types.Operator):
    """Choose the layer whose settings are shown"""

    bl_idname = "neuroscene.choose_layer"
    bl_label = "Choose Layer"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    layer: bpy.props.StringProperty(name="Layer", description="Name the layer")

    def run(self, context, network):
        choosing.choose(network, self.layer)


class NEUROSCENE_OT_randomize_weights(EditsSpecification, bpy.types.Operator):
    """Give the network other random weights. What it has learned is lost"""

    bl_idname = "neuroscene.randomize_weights"
    bl_label = "Randomize"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        seed = self.specification(network).seed + 1
        if not self.edit(network, lambda made: changing.with_seed(made, seed)):
            return None
        return f"Weights of seed {seed}"


class NEUROSCENE_OT_discard_draft(ChangesNetwork, bpy.types.Operator):
    """Go back to the last network that could be built"""

    bl_idname = "neuroscene.discard_draft"
    bl_label = "Back to What Works"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        changing.discard(network)
