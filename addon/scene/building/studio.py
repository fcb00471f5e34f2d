# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The studio round a network: camera, lights, world, glow and view, in a scene or collection of their own."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import hypot, radians, sqrt

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...colormaps import linear
from ...layout import HEIGHT
from ...network import Network
from ...network.planes import has_attention
from ...nodes.tree import TreeBuilder
from ..entities import Floor, Light, NetworkScene, ShotCamera, StudioScene, StudioWorld
from ..output import quality
from ..texts.labels import seen_by_camera

QUALITY = "standard"  # of a new scene
SPREAD = 0.48  # half the length of the rim light of a short network, in its distance
SHORT = 0.01  # metres of the line that a 3D view draws from a light; Blender has its length from a limit that is off
STILL = 48  # frames of a shot in which nothing moves
BACKDROP, AROUND = "Backdrop", "Around"  # the names of the nodes that styles look for
BACKGROUND = ((0.0, "#2a3a5a"), (0.35, "#1c2942"), (0.75, "#101828"), (1.0, "#0a0f1a"))


@dataclass(frozen=True)
class View:
    """How a camera looks at a network: radians from the signal's axis (0 looks along it, a right angle from the side)
    and above it; millimetres of its lens; its f-number, which scales with 1 / HEIGHT and is 0 where all is sharp.
    A `flat` view is orthographic and sharp.
    """

    azimuth: float = radians(60)
    elevation: float = radians(14)
    lens: float = 45.0
    f_stop: float = 1.2
    flat: bool = False

    @property
    def blurs(self) -> bool:
        """Whether what is out of focus is not sharp."""
        return self.f_stop > 0 and not self.flat


SHELF = View(
    azimuth=radians(116), elevation=radians(9), lens=48.0, f_stop=0.0
)  # of books: from where the signal leaves
SHEETS = replace(SHELF, elevation=radians(8), lens=70.0)  # a long row of sheets: the first are not much smaller


def of_shelf(network: Network) -> View:
    """How a camera looks at the books of a network, or at its sheets."""
    return SHEETS if has_attention(network) else SHELF


def make_camera(name: str, shot: str = "hero", view: View | None = None) -> bpy.types.Object:
    """The camera of a shot; `framing.fit` puts it in its place."""
    view = view or View()
    data = bpy.data.cameras.new(name)
    data.lens = view.lens
    data.clip_end = 100 * HEIGHT
    data.type = "ORTHO" if view.flat else "PERSP"
    data.dof.use_dof = view.blurs
    camera = bpy.data.objects.new(name, data)
    camera.hide_select = True
    ShotCamera.make(camera, shot=shot, view=asdict(view))
    return camera


def view_of(camera: bpy.types.Object) -> View:
    """How a camera looks, one of ours as its shot asks for."""
    shot = ShotCamera.of(camera)
    return View(**shot.view) if shot else View()


def camera_of(network: bpy.types.Collection, shot: str = "") -> bpy.types.Object | None:
    """The camera of a network's shot; without a name that which its scene looks through, else that of the hero shot."""
    ours = {camera.shot: camera.obj for camera in NetworkScene(network).members(ShotCamera)}
    scene = NetworkScene(network).scene
    if not shot and scene and scene.camera in ours.values():
        return scene.camera
    return ours.get(shot or "hero") or (None if shot else next(iter(ours.values()), None))


def focus(camera: bpy.types.Object, distance: float) -> None:
    """Let a camera be sharp at a distance in metres."""
    camera.data.dof.focus_distance = distance
    camera.data.dof.aperture_fstop = view_of(camera).f_stop or 1.2


def make_lights(name: str, length: float, heights: list[float]) -> list[bpy.types.Object]:
    """Key, fill and rim for each row of a network: its length along X, and where the rows are along Z.

    Key and rim are as long as the network asks for, and light its middle as brightly: a strip of length l gives at a
    distance d the share l / hypot(l, 2 d) of what an endless one gives. Energies scale with HEIGHT squared; rows share
    them, since each light reaches its neighbours too.
    """
    size = HEIGHT
    longer = max(1.0, length / (3.2 * HEIGHT))
    power = size**2 / 10 * hypot(1.0, SPREAD * longer) / hypot(1.0, SPREAD) / sqrt(len(heights))
    lights = []
    for z in heights:
        middle = (length / 2, 0, z)
        aside = length / 2 / longer
        lights += [
            _area(
                f"{name} Key",
                (middle[0] - 0.4 * aside, -1.9 * size, z + 1.9 * size),
                middle,
                2 * size * longer,
                2 * size,
                780 * power,
                "#ffe9d2",
            ),
            _area(
                f"{name} Fill",
                (-1.6 * size, -0.6 * size, z + 0.2 * size),
                (0.4 * length, 0, z),
                1.6 * size,
                1.6 * size,
                210 * power,
                "#8fb4ff",
            ),
            _area(
                f"{name} Rim",
                (middle[0] + 0.3 * aside, 2 * size, z + 1.5 * size),
                middle,
                2.4 * size * longer,
                size,
                900 * power,
                "#5f9bff",
            ),
        ]
    return lights


def _area(name, location, at, width, height, energy, colour):
    light = bpy.data.lights.new(name, "AREA")
    light.energy = energy
    light.color = linear(colour)[:3]
    light.shape = "RECTANGLE"
    light.size = width
    light.size_y = height
    light.cutoff_distance = SHORT
    obj = bpy.data.objects.new(name, light)
    obj.location = location
    obj.rotation_euler = (Vector(at) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    obj.visible_camera = False
    obj.hide_select = True  # a click in the view is meant for what it lights
    Light.make(obj, role=name.rpartition(" ")[2], share=1.0)
    return obj


def make_floor(name: str, material: bpy.types.Material) -> bpy.types.Object:
    """The floor under a network; `ground` puts it in its place."""
    mesh = bpy.data.meshes.new(f"{name} Floor")
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    obj = bpy.data.objects.new(f"{name} Floor", mesh)
    obj.display_type = "WIRE"
    obj.hide_select = True
    seen_by_camera(obj)  # light from the floor would hardly show, and what is half clear costs most in shadows
    Floor.make(obj)
    return obj


def ground(floor: bpy.types.Object, points: np.ndarray) -> None:
    """Lay the floor under what has these corners (n, 3), so wide that it ends out of sight."""
    low = points.min(0)
    high = points.max(0)
    floor.location = (*(low + high)[:2] / 2, low[2] - 0.03 * HEIGHT)
    floor.scale = (*((high - low)[:2] / 2 + 2.2 * HEIGHT), 1.0)


def make_world(name: str) -> bpy.types.World:
    """A dark backdrop for the camera, graded over the window; an even blue for everything else."""
    world = bpy.data.worlds.new(name)
    tree = TreeBuilder(compat.use_nodes(world))
    output = tree.node("ShaderNodeOutputWorld")
    x, y, _ = tree.separate(tree.call("ShaderNodeTexCoord", {}, "Window"))
    across = tree.math("MULTIPLY", tree.math("SUBTRACT", x, 0.5), 1.25)
    along = tree.math("MULTIPLY", tree.math("SUBTRACT", y, 0.56), 1.5)
    radius = tree.math("SQRT", tree.math("MULTIPLY_ADD", across, across, tree.math("MULTIPLY", along, along)))
    ramp = tree.node("ShaderNodeValToRGB", name=BACKDROP)
    while len(ramp.color_ramp.elements) < len(BACKGROUND):
        ramp.color_ramp.elements.new(0.5)
    for element, (position, colour) in zip(ramp.color_ramp.elements, BACKGROUND, strict=True):
        element.position = position
        element.color = linear(colour)
    tree.put(ramp.inputs[0], radius)
    backdrop, around, mix = (
        tree.node("ShaderNodeBackground"),
        tree.node("ShaderNodeBackground"),
        tree.node("ShaderNodeMixShader"),
    )
    tree.put(backdrop.inputs["Color"], ramp.outputs["Color"])
    around.inputs["Color"].default_value = linear("#1b2740")
    around.inputs["Strength"].default_value = 0.35
    around.name = AROUND
    tree.put(mix.inputs[0], tree.call("ShaderNodeLightPath", {}, "Is Camera Ray"))
    tree.put(mix.inputs[1], around.outputs[0])
    tree.put(mix.inputs[2], backdrop.outputs[0])
    tree.put(output.inputs["Surface"], mix.outputs[0])
    tree.arrange()
    world.color = linear(BACKGROUND[2][1])[:3]  # behind what Solid shading shows
    StudioWorld.make(world)
    return world


def set_up(scene: bpy.types.Scene, name: str, camera: bpy.types.Object) -> None:
    """Camera, world, glow, colour management and render settings of a scene that is ours."""
    scene.camera = camera
    scene.world = make_world(name)
    scene.frame_end = STILL
    StudioScene.make(scene)
    compat.glow(scene, f"{name} Glow", threshold=1.0, strength=0.35, size=0.55)
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 1600, 900, 100
    compat.still(render)
    render.use_stamp_filename = False  # a picture need not tell where its maker keeps files
    render.engine = "CYCLES"
    render.use_persistent_data = True
    render.hair_type = "STRIP"
    render.hair_subdiv = 2
    scene.eevee.taa_render_samples = 32
    cycles = scene.cycles
    quality.sample(scene, QUALITY)
    cycles.use_light_tree = False  # a few large lights: asking each costs less than choosing one
    cycles.max_bounces = 2  # what light does after that cannot be seen here
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 3.0
    cycles.use_denoising = compat.can_denoise()
    cycles.denoising_prefilter = "FAST"  # others smear small print
    scene.cycles_curves.shape = "THICK"
