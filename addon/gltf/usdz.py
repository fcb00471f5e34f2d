# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A package of USD: the meshes that Blender's exporter writes, and the material that shows their colors, which it does
not write.

The package is an archive without compression whose files begin at multiples of 64 bytes, the layer that opens it first
(Usdz File Format Specification). The material is a UsdPreviewSurface that reads the primvar `displayColor`
(UsdPreviewSurface Specification).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

SUFFIX = ".usdz"
ALIGNED = 64  # bytes
HEADER = 30  # bytes of an archive's header before the name of a file
PADDING = 0x1986  # the kind of an extra field that only fills
ROOT, MESHES = "network.usda", "meshes.usdc"
GLOWING = """float inputs:roughness = 1
                color3f inputs:diffuseColor = (0, 0, 0)
                color3f inputs:emissiveColor.connect = </root/looks/colors/reader.outputs:result>"""
SHADED = """float inputs:roughness = 0.6
                color3f inputs:diffuseColor.connect = </root/looks/colors/reader.outputs:result>"""
LAYER = """#usda 1.0
(
    defaultPrim = "root"
    metersPerUnit = 1
    upAxis = "Z"{times}
    subLayers = [
        @./{meshes}@
    ]
)

over "root" (
    prepend apiSchemas = ["MaterialBindingAPI"]
)
{{
    rel material:binding = </root/looks/colors>

    def Scope "looks"
    {{
        def Material "colors"
        {{
            token outputs:surface.connect = </root/looks/colors/surface.outputs:surface>

            def Shader "surface"
            {{
                uniform token info:id = "UsdPreviewSurface"
                float inputs:metallic = 0
                {colors}
                token outputs:surface
            }}

            def Shader "reader"
            {{
                uniform token info:id = "UsdPrimvarReader_float3"
                string inputs:varname = "displayColor"
                float3 inputs:fallback = (0.18, 0.18, 0.18)
                float3 outputs:result
            }}
        }}
    }}
}}
"""


def pack(meshes: Path, output: Path, lit: bool, frames: tuple[int, int] | None, rate: float) -> None:
    """Write the meshes of a .usdc file as a package. Its colors glow, or the viewer's light shades them if it is `lit`;
    `frames` are the first and the last of what moves, `rate` how many of them a second has. Raises `OSError`."""
    times = ""
    if frames:
        names = {"startTimeCode": frames[0], "endTimeCode": frames[1], "timeCodesPerSecond": rate}
        times = "".join(f"\n    {name} = {number:g}" for name, number in names.items())
    layer = LAYER.format(meshes=MESHES, colors=SHADED if lit else GLOWING, times=times)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED, allowZip64=False) as package:
        for name, data in ((ROOT, layer.encode()), (MESHES, meshes.read_bytes())):
            info = zipfile.ZipInfo(name)
            assert package.fp is not None
            begin = package.fp.tell() + HEADER + len(name)
            fill = -begin % ALIGNED
            if 0 < fill < 4:  # an extra field has a head of four bytes
                fill += ALIGNED
            if fill:
                info.extra = PADDING.to_bytes(2, "little") + (fill - 4).to_bytes(2, "little") + bytes(fill - 4)
            package.writestr(info, data)
