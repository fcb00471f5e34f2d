# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How good a picture is to be, chosen with the machine in mind: samples, noise, size, and what computes it."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ... import compat

GPUS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")


@dataclass(frozen=True)
class Quality:
    """Samples a pixel on a processor and on a graphics card, the noise at which a pixel is left alone, and the share of
    the size in percent."""

    about: str
    samples: int
    samples_on_gpu: int
    noise: float
    percentage: int


QUALITIES = {
    "preview": Quality("Quick, half the size", 12, 32, 0.1, 50),
    "standard": Quality("For the screen", 64, 128, 0.04, 100),
    "final": Quality("For film and print", 256, 1024, 0.005, 100),
}


def apply(scene: bpy.types.Scene, name: str) -> str:
    """Set a scene to a quality; says in a line what that is here."""
    chosen = QUALITIES[name]
    gpu = use_gpu(scene)
    samples = sample(scene, name, gpu)
    scene.eevee.taa_render_samples = max(8, chosen.samples // 2)
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.use_denoising = compat.can_denoise() and denoises(scene)
    scene.render.resolution_percentage = chosen.percentage
    return f"{name}: {samples} samples on {'a graphics card' if gpu else 'the processor'}"


def sample(scene: bpy.types.Scene, name: str, gpu: bool = False) -> int:
    """Set the samples of Cycles and the noise at which it leaves a pixel alone; returns the samples."""
    chosen = QUALITIES[name]
    samples = chosen.samples_on_gpu if gpu else chosen.samples
    scene.cycles.samples = samples
    scene.cycles.adaptive_threshold = chosen.noise
    scene.cycles.adaptive_min_samples = samples // 8
    return samples


def denoises(scene: bpy.types.Scene) -> bool:
    """Whether a picture takes denoising: on plain white it smears thin lines and small print."""
    return scene.render.dither_intensity > 0


def use_gpu(scene: bpy.types.Scene) -> bool:
    """Let Cycles compute on the graphics card if the user has chosen one in the preferences, or none but could."""
    cycles = bpy.context.preferences.addons.get("cycles")
    if cycles is None:
        return False
    preferences = cycles.preferences
    if preferences.compute_device_type == "NONE" and bpy.app.background:
        for kind in GPUS:
            if _has(preferences, kind):
                preferences.compute_device_type = kind
                break
    has_gpu = preferences.compute_device_type != "NONE" and _has(preferences, preferences.compute_device_type)
    scene.cycles.device = "GPU" if has_gpu else "CPU"
    return has_gpu


def _has(preferences, kind) -> bool:
    try:
        devices = preferences.get_devices_for_type(kind)
    except (ValueError, TypeError):  # this build knows no such kind
        return False
    return any(device.type == kind for device in devices)
