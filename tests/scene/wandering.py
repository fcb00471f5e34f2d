# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person who tries everything in any order: operators of ours and of Blender, by a seed, in a process of its own.

Run by `test_wandering.py`; for one walk: python tests/scene/wandering.py MODEL SEED STEPS. The last line that is
printed names the step that failed.
"""

from __future__ import annotations

import faulthandler
import random
import sys
import tempfile
import traceback
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import conftest  # noqa: F401 - loads the package from this tree

import bpy

import neuroscene
import neuroscene.operators
from neuroscene.addon import compat
from neuroscene.addon.scene import entities, shots
from neuroscene.addon.scene.looks import saved_styles
from scene import look

WITHOUT_WINDOW = (
    "train_network",  # takes a while, and pushes its own step of undo
    "pause_training",
    "stop_training",
    "open_sample",  # the import that it starts is what is undone
    "frame_layers",
)  # looks at a 3D view
SLOW = (
    "import_series",
    "compare_checkpoints",
    "attach_gltf",
    "export_gltf",
    "render_film",
    "import_network",
    "reload_checkpoint",
)
HANGS = 120  # seconds: a step that takes so long is stopped, and says where it was
CHECKED = 0.3  # share of our steps whose undo and redo are checked


class Walk:
    """A walk of so many steps through a network's scene."""

    def __init__(self, model: Path, seed: int, folder: Path):
        self.random, self.folder, self.model = random.Random(f"{model.name} {seed}"), folder, model
        self.given = str(look.DIGIT) if model == look.CNN else ""
        self.saved = folder / "walk.blend"
        ours = {
            one.bl_idname.partition(".")[2]
            for one in neuroscene.operators.CLASSES
            if issubclass(one, bpy.types.Operator)
        }
        self.ours = sorted(ours - set(WITHOUT_WINDOW))
        self.begin()

    def begin(self):
        look.fresh()
        bpy.context.preferences.edit.undo_steps = 32
        call(
            bpy.ops.neuroscene.import_network,
            filepath=str(self.model),
            input=self.given,
            max_cells=600,
            max_connections=150,
            lines_a_pair=15,
            new_scene=self.random.random() < 0.7,
        )
        bpy.ops.ed.undo_push(message="begin")

    def step(self, number: int) -> None:
        if not entities.networks() and self.random.random() < 0.5:
            self.say(number, "begin anew")
            self.begin()
            return
        if self.random.random() < 0.5:
            name = self.random.choices(self.ours, [0.12 if one in SLOW else 1.0 for one in self.ours])[0]
            options = getattr(self, f"for_{name}", dict)()
            self.select()
            self.say(number, f"neuroscene.{name}", options)
            before = picture_of_file()
            if not call(getattr(bpy.ops.neuroscene, name), **options):
                same(before, picture_of_file(), "cancelled")
                return
            undoes = "UNDO" in getattr(getattr(bpy.types, f"NEUROSCENE_OT_{name}"), "bl_options", ())
            if not undoes:
                same(before, picture_of_file(), "what cannot be undone")
            elif self.random.random() < CHECKED:
                check_one_step(before)
        else:
            name = self.random.choice([one for one in dir(self) if one.startswith("do_")])
            self.say(number, name)
            getattr(self, name)()

    def say(self, number, name, options=None):
        print(f"step {number} {name} {options or ''}", flush=True)

    # what operators of ours are given

    def for_import_network(self):
        return {
            "filepath": str(self.model),
            "input": self.given,
            "update": self.coin(0.8),
            "max_cells": 400,
            "max_connections": 100,
            "new_scene": self.coin(),
        }

    def for_import_series(self):
        run = look.ROOT / "tests" / "data" / "series" / "run"
        given = self.random.choice(["", str(look.DIGIT)])
        return {"directory": str(run), "input": given, "max_cells": 500} if self.random.random() < 0.8 else {}

    def for_play_series(self):
        return {"way": self.random.choice(["EASED", "STEPS", "SECONDS"])}

    def for_reload_checkpoint(self):
        return {"filepath": str(self.random.choice([self.model, self.model, "", look.MLP]))}

    def for_attach_architecture(self):
        return {"filepath": str(self.random.choice([self.model, look.CNN, look.MLP]))}

    def for_attach_gltf(self):
        glb = self.folder / "walk.glb"
        return {"filepath": str(glb), "checkpoint": str(self.random.choice([self.model, self.model, look.MLP]))}

    def for_run_input(self):
        return {"filepath": str(self.random.choice([look.DIGIT, look.OTHER_DIGIT, self.folder / "none.png"]))}

    def for_explain_answer(self):
        methods = ("integrated", "gradient", "gradcam", "occlusion")
        count = self.random.randint(1, 2)
        return {"methods": set(self.random.sample(methods, count)), "index": self.random.choice((-1, 0, 99))}

    def for_show_tensor(self):
        return {"part": str(self.random.randint(0, 1))}

    def for_add_shot(self):
        return {"shot": self.random.choice(list(shots.KINDS))}

    def for_set_shot(self):
        return {"shot": self.shot()}

    def for_remove_shot(self):
        return {"shot": self.shot()}

    def for_compare_checkpoints(self):
        return {"filepath": str(self.random.choice([self.model, look.MLP]))}

    def for_render_quality(self):
        return {"quality": self.random.choice(["preview", "standard", "final"])}

    def for_render_film(self):
        scene = bpy.context.scene
        scene.frame_end = scene.frame_start
        scene.render.engine, scene.cycles.samples = "CYCLES", 1
        scene.render.resolution_x, scene.render.resolution_y, scene.render.use_compositing = 16, 16, False
        return {"filepath": str(self.folder / "film.png")}

    def for_arrange_network(self):
        return {
            "direction": self.random.choice(["X", "-X", "Y", "Z"]),
            "reset": self.coin(),
            "frame": self.coin(),
            "wrap": self.coin(),
        }

    def for_fold_blocks(self):
        return {
            "which": self.random.choice(["SELECTED", "REPEATS", "GROUPS", "ALL"]),
            "fold": self.coin(),
            "arrange": self.coin(),
        }

    def for_set_detail(self):
        return {
            "detail": self.random.choice(["AUTO", "BOX", "MAPS", "CELLS"]),
            "cells": self.random.choice([0, 1, 60]),
            "lines": self.random.choice([0, 3, 40]),
            "arrange": self.coin(),
        }

    def for_back_to_arrangement(self):
        return {"reset": self.coin()}

    def for_bundle_lines(self):
        return {"which": self.random.choice(["SELECTED", "ALL"]), "iterations": 2}

    def for_store_expansion(self):
        return {"which": self.random.choice(["SELECTED", "ALL"])}

    def for_find_layers(self):
        return {"text": self.random.choice(["", "conv", "1", "nothing has this"]), "extend": self.coin()}

    def for_select_related(self):
        return {"relation": self.random.choice(["INPUTS", "OUTPUTS", "UPSTREAM", "DOWNSTREAM", "BLOCK"])}

    def for_apply_style(self):
        return {"style": self.random.choice(list(saved_styles.every()[0])), "part": self.part(), "ramps": self.coin()}

    def for_save_style(self):
        return {"style": self.random.choice(["Mine", "", "a/b"]), "part": self.part()}

    def for_set_map(self):
        return {"part": self.part(), "shown": self.random.choice(["CELLS", "LINES"])}

    def for_set_colors(self):
        return {
            "part": self.part(),
            "shown": self.random.choice(["CELLS", "LINES", "BOTH"]),
            "source": self.random.choice(["OWN", "LAYER", "BLOCK", "NETWORK"]),
            "symmetric": self.coin(),
        }

    def for_export_gltf(self):
        return {
            "filepath": str(self.folder / f"walk.{self.random.choice(['glb', 'glb', 'html', 'obj'])}"),
            "realise": self.coin(),
            "poses": self.random.choice([0, 0, 2]),
            "small": self.coin(),
        }

    def part(self):
        return self.random.choice(["NETWORK", "BLOCK", "SELECTED"])

    def shot(self):
        every = [name for one in entities.networks() for name in shots.shots(one)]
        return self.random.choice([*every, "nowhere"])

    def coin(self, chance=0.5):
        return self.random.random() < chance

    # what Blender does of itself, and a person by hand

    def do_delete(self):
        self.select()
        call(bpy.ops.object.delete, use_global=self.coin())

    def do_delete_of_a_kind(self):
        """All labels, or all bundles ...: what is there once most of all."""
        kinds = sorted({entities.kind(one) for one in self.things()} - {""})
        wanted = self.random.choice(kinds or [""])
        chosen = [one for one in self.things() if entities.kind(one) == wanted]
        self.choose(chosen[:1] if self.coin(0.8) else chosen)
        print("   ", wanted, flush=True)
        call(bpy.ops.object.delete)

    def do_duplicate(self):
        self.select()
        call(bpy.ops.object.duplicate, linked=self.coin())

    def do_move(self):
        for one in self.select():
            one.location.x += self.random.uniform(-3, 3)
        self.push("move")

    def do_rename(self):
        for one in self.select():
            one.name = self.random.choice(["Mine", "a name that is rather long " * 3, "x", one.name[::-1] or "y"])
        self.push("rename")

    def do_rename_collection(self):
        if bpy.data.collections:
            self.random.choice(list(bpy.data.collections)).name = self.random.choice(["Mine", "other"])
        self.push("rename")

    def do_parent(self):
        self.select(2)
        if self.coin():
            call(bpy.ops.object.parent_set, type="OBJECT", keep_transform=self.coin())
        else:
            call(bpy.ops.object.parent_clear, type=self.random.choice(["CLEAR", "CLEAR_KEEP_TRANSFORM"]))

    def do_hide(self):
        for one in self.select():
            how = self.random.choice(["hide_viewport", "hide_render", "hide_select"])
            setattr(one, how, not getattr(one, how))
        self.push("hide")

    def do_hide_collection(self):
        holders = bpy.context.view_layer.layer_collection.children
        if holders and self.coin():
            one = self.random.choice([*holders, *(inner for outer in holders for inner in outer.children)])
            how = self.random.choice(["exclude", "hide_viewport"])
            setattr(one, how, not getattr(one, how))
        elif bpy.data.collections:
            one = self.random.choice(list(bpy.data.collections))
            how = self.random.choice(["hide_viewport", "hide_render"])
            setattr(one, how, not getattr(one, how))
        self.push("hide collection")

    def do_move_to_collection(self):
        into = self.random.choice([*bpy.data.collections, bpy.context.scene.collection])
        for one in self.select():
            for holder in list(one.users_collection):
                holder.objects.unlink(one)
            into.objects.link(one)
        self.push("move to collection")

    def do_unlink(self):
        for one in self.select():
            for holder in list(one.users_collection):
                holder.objects.unlink(one)
        self.push("unlink")

    def do_remove_collection(self):
        if bpy.data.collections and self.coin(0.3):
            gone = self.random.choice(list(bpy.data.collections))
            print("   ", gone.name, flush=True)
            bpy.data.collections.remove(gone)
        self.push("remove collection")

    def do_remove_scene(self):
        if len(bpy.data.scenes) > 1 and self.coin(0.3):
            call(bpy.ops.scene.delete)

    def do_other_scene(self):
        bpy.context.window.scene = self.random.choice(list(bpy.data.scenes))
        self.push("scene")

    def do_copy_scene(self):
        if len(bpy.data.scenes) < 3 and self.coin(0.4):
            call(bpy.ops.scene.new, type=self.random.choice(["NEW", "EMPTY", "LINK_COPY", "FULL_COPY"]))

    def do_remove_modifier(self):
        for one in self.select():
            if one.modifiers and self.coin(0.4):
                one.modifiers.clear()
        self.push("remove modifier")

    def do_apply(self):
        self.select()
        if self.coin(0.3):
            call(bpy.ops.object.convert, target="MESH")

    def do_remove_data(self):
        """A mesh, a material, a node group ... taken away in the Outliner."""
        kind = self.random.choice(["meshes", "hair_curves", "curves", "cameras", "materials", "node_groups", "actions"])
        every = list(getattr(bpy.data, kind))
        if every and self.coin(0.3):
            gone = self.random.choice(every)
            print("   ", kind, gone.name, flush=True)
            getattr(bpy.data, kind).remove(gone)
        self.push("remove data")

    def do_remove_property(self):
        for one in self.select():
            if look.KEY in one and self.coin(0.3):
                del one[look.KEY]
        self.push("remove property")

    def do_purge(self):
        if self.coin(0.3):
            call(bpy.ops.outliner.orphans_purge, do_recursive=True)

    def do_keyframe(self):
        for one in self.select():
            one.keyframe_insert("location", frame=self.random.randint(1, 200))
        self.push("keyframe")

    def do_frame(self):
        bpy.context.scene.frame_set(self.random.randint(1, 300))

    def do_edit(self):
        things = [one for one in self.things() if one.type == "MESH" and one.data.vertices]
        self.choose([self.random.choice(things)] if things else [])
        if things and call(bpy.ops.object.mode_set, mode="EDIT"):
            call(bpy.ops.mesh.select_all, action="SELECT")
            if self.coin():
                call(bpy.ops.mesh.delete, type="VERT")
            if self.coin(0.8):
                call(bpy.ops.object.mode_set, mode="OBJECT")

    def do_object_mode(self):
        call(bpy.ops.object.mode_set, mode="OBJECT")

    def do_undo(self):
        for _ in range(self.random.randint(1, 4)):
            call(bpy.ops.ed.undo)

    def do_redo(self):
        for _ in range(self.random.randint(1, 4)):
            call(bpy.ops.ed.redo)

    do_undo_again = do_undo

    def do_save_and_load(self):
        if self.coin(0.4):
            call(bpy.ops.wm.save_as_mainfile, filepath=str(self.saved))
            call(bpy.ops.wm.open_mainfile, filepath=str(self.saved))
            bpy.ops.ed.undo_push(message="loaded")

    def do_load(self):
        if self.saved.exists() and self.coin(0.2):
            call(bpy.ops.wm.open_mainfile, filepath=str(self.saved))
            bpy.ops.ed.undo_push(message="loaded")

    def things(self) -> list[bpy.types.Object]:
        """What can be selected."""
        return list(bpy.context.view_layer.objects)

    def select(self, most=3) -> list[bpy.types.Object]:
        """Select some objects: of ours more often than by their number."""
        every = self.things()
        kind = self.random.choice(["layer", "layer", "connections", "block", "label", "", "root", "kernels"])
        wanted = [one for one in every if entities.kind(one) == kind] if kind else every
        chosen = self.random.sample(wanted, min(len(wanted), self.random.randint(0, most)))
        self.choose(chosen)
        return chosen

    def choose(self, chosen):
        if bpy.context.mode != "OBJECT":
            return
        for one in self.things():
            one.select_set(one in chosen)
        if chosen or self.coin(0.2):
            bpy.context.view_layer.objects.active = chosen[0] if chosen else None

    def push(self, message):
        bpy.ops.ed.undo_push(message=message)


def call(operator, **options) -> bool:
    """Run an operator as from a menu; whether it has finished. A report of it is fine, a traceback is not."""
    try:
        return "FINISHED" in operator("EXEC_DEFAULT", True, **options)
    except RuntimeError as error:
        if "Traceback" in str(error):
            raise
        print("   ", str(error).strip().splitlines()[0][:150], flush=True)
        return False


def picture_of_file() -> dict:
    """What there is, and where it stands."""
    found = {
        (type(one).__name__, one.name)
        for name in (
            "objects",
            "collections",
            "scenes",
            "materials",
            "meshes",
            "curves",
            "hair_curves",
            "cameras",
            "node_groups",
        )
        for one in getattr(bpy.data, name)
    }
    places = {
        one.name: [round(value, 4) for row in one.matrix_basis for value in row]
        for one in bpy.data.objects
        if one.animation_data is None
    }
    told = {  # but for what the extension notes of names while somebody edits, whenever it sees them
        one.name: str({name: fact for name, fact in look.facts(one).items() if name != "called"})
        for one in (*bpy.data.objects, *bpy.data.collections)
    }
    return {"names": found, "places": places, "facts": told}


def check_one_step(before) -> None:
    """One undo gives what was before, one redo what there is now."""
    after = picture_of_file()
    bpy.ops.ed.undo()
    same(before, picture_of_file(), "undo")
    bpy.ops.ed.redo()
    same(after, picture_of_file(), "redo")


def same(one, other, when):
    for part in one:
        if one[part] == other[part]:
            continue
        if isinstance(one[part], set):
            raise AssertionError(f"{when}: {part} {list(one[part] ^ other[part])[:6]}")
        keys = [key for key in one[part].keys() | other[part].keys() if one[part].get(key) != other[part].get(key)]
        raise AssertionError(f"{when}: {part} {[(key, one[part].get(key), other[part].get(key)) for key in keys[:3]]}")


def check() -> None:
    """What holds of every file of ours."""
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            layer.update()
    living = {one.as_pointer() for one in bpy.data.objects}
    for one in bpy.data.objects:
        modifier = entities.nodes(one)
        for item in modifier.node_group.interface.items_tree if modifier and entities.kind(one) else ():
            if item.item_type == "SOCKET" and item.socket_type == "NodeSocketObject":
                held = compat.get_input(modifier, item.name)
                assert held is None or held.as_pointer() in living, (one.name, item.name)
    for network in entities.networks():
        layers = [layer.obj for layer in entities.NetworkScene(network).members(entities.LayerObject)]
        assert all(layer.as_pointer() in living for layer in layers), network.name


def main(model: Path, seed: int, steps: int) -> None:
    faulthandler.enable()
    neuroscene.register()
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(model, seed, Path(folder))
        for number in range(steps):
            faulthandler.dump_traceback_later(HANGS, exit=True)
            try:
                walk.step(number)
                check()
            except Exception:
                traceback.print_exc()
                print(f"FAILED {model.name} seed {seed} step {number}", flush=True)
                neuroscene.unregister()
                sys.exit(1)
    neuroscene.unregister()
    print("WALKED", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]))
