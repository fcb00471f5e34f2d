# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension comes and goes without a trace."""

import json

import bpy
import pytest

import neuroscene
from neuroscene.addon import cli
from scene import look

OPERATORS = {
    "add_beat",
    "add_text",
    "leave_view",
    "pin_largest",
    "apply_asset",
    "apply_preset",
    "drag_socket",
    "install_library",
    "add_shot",
    "apply_storyboard",
    "edit_storyboard",
    "new_storyboard",
    "remove_beat",
    "compose_network",
    "edit_copy",
    "add_layer",
    "remove_layer",
    "drag_layer",
    "duplicate_layer",
    "move_layer",
    "choose_layer",
    "randomize_weights",
    "discard_draft",
    "train_network",
    "pause_training",
    "stop_training",
    "apply_style",
    "arrange_network",
    "attach_architecture",
    "attach_gltf",
    "back_to_arrangement",
    "bundle_lines",
    "check_pruning",
    "prove_pruning",
    "hide_proof",
    "close_cell",
    "open_cell",
    "compare_checkpoints",
    "copy_look",
    "edit_cells",
    "explain_answer",
    "freeze_layers",
    "hide_evidence",
    "hide_plot",
    "show_tensor",
    "export_gltf",
    "export_onnx",
    "find_layers",
    "fold_blocks",
    "load_look",
    "save_look",
    "frame_layers",
    "frame_network",
    "import_network",
    "import_series",
    "delete_layers",
    "hide_layers",
    "toggle_layer",
    "insert_here",
    "insert_under_mouse",
    "isolate_layers",
    "duplicate_layers",
    "duplicate_and_move",
    "rename_layer",
    "pin_reading",
    "open_sample",
    "slide_cell",
    "add_window",
    "select_object",
    "show_network",
    "read_cells",
    "select_under_mouse",
    "play_series",
    "remove_series",
    "sort_samples",
    "step_series",
    "stop_watching",
    "watch_folder",
    "put_back",
    "reorder_by_place",
    "reload_checkpoint",
    "remove_shot",
    "render_film",
    "render_quality",
    "run_input",
    "save_style",
    "select_block",
    "select_related",
    "set_colors",
    "set_detail",
    "set_network_detail",
    "set_map",
    "set_shot",
    "show_histograms",
    "show_plot",
    "show_input",
    "show_kernels",
    "store_expansion",
}


def draws(menu) -> list[str]:
    return [f"{one.__module__}.{one.__name__}" for one in getattr(menu.draw, "_draw_funcs", [menu.draw])]


def state() -> dict:
    """Everything in Blender that an extension adds to."""
    handlers = {
        name: list(found)
        for name in dir(bpy.app.handlers)
        if isinstance(found := getattr(bpy.app.handlers, name), list)
    }
    return {
        "types": set(dir(bpy.types)),
        "operators": set(dir(bpy.ops.neuroscene)),
        "handlers": handlers,
        "menus": {
            name: draws(getattr(bpy.types, name))
            for name in dir(bpy.types)
            if hasattr(getattr(bpy.types, name), "draw")
        },
        "properties": {one.__name__: set(one.bl_rna.properties.keys()) for one in bpy.types.ID.__subclasses__()},
    }


def is_command(capfd) -> bool:
    """Whether `blender --command neuroscene` is taken: Blender warns of a second command of the same name."""
    capfd.readouterr()
    handle = bpy.utils.register_cli_command("neuroscene", lambda _: 0)
    bpy.utils.unregister_cli_command(handle)
    warned = capfd.readouterr()
    return "duplicate command" in warned.out + warned.err


def test_nothing_is_left(blank, capfd):
    before = state()
    assert not is_command(capfd)
    for _ in range(2):
        neuroscene.register()
        during, command = state(), is_command(capfd)
        neuroscene.unregister()
        assert command and during["operators"] == OPERATORS
        assert {name.split("_")[1] for name in during["types"] - before["types"]} == {"OT", "FH", "PT", "UL", "MT"}
        assert during["properties"]["Collection"] - before["properties"]["Collection"] == {
            "neuroscene_state",
            "neuroscene_layer",
        }
        added = {name for name in during["handlers"] if during["handlers"][name] != before["handlers"][name]}
        assert added == {"depsgraph_update_post", "undo_post", "redo_post", "load_post"}
        for menu in ("TOPBAR_MT_file_import", "TOPBAR_MT_file_export", "VIEW3D_MT_select_object", "VIEW3D_MT_object"):
            assert len(during["menus"][menu]) == len(before["menus"][menu]) + 1
        assert state() == before
        assert not is_command(capfd)


def test_a_scene_outlives_the_extension(blank):
    neuroscene.register()
    bpy.ops.neuroscene.import_network(filepath=str(look.MLP), input=str(look.DIGIT))
    network = bpy.data.collections["digits_mlp"]
    before = look.geometry(network)
    neuroscene.unregister()
    after = look.geometry(network)
    assert before.keys() == after.keys()
    assert all((before[name] == after[name]).all() for name in before)


def test_command_of_blender_returns_a_status(registered, capfd):
    """`blender --command neuroscene ...` wants a number back and no exception."""
    assert cli.command_of_blender(["inspect", str(look.MLP), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["parameters"] == 52_650
    for wrong in (["inspect"], ["inspect", "missing.onnx"], []):
        assert cli.command_of_blender(wrong) == 2
        assert "Traceback" not in capfd.readouterr().err


def test_operators_say_what_they_do(registered):
    for name in OPERATORS:
        operator = getattr(bpy.ops.neuroscene, name).get_rna_type()
        assert operator.name and len(operator.description) > 20
        for setting in operator.properties:
            hidden = setting.is_hidden or setting.identifier == "rna_type"
            assert hidden or setting.name, (name, setting.identifier)


WITHOUT_NETWORK = {
    "import_network",
    "import_series",
    "watch_folder",
    "attach_gltf",
    "compose_network",
    "open_sample",
    "add_window",
    "install_library",
}


@pytest.mark.parametrize("name", sorted(OPERATORS - WITHOUT_NETWORK))
def test_operators_wait_for_a_network(registered, name):
    assert not getattr(bpy.ops.neuroscene, name).poll()
