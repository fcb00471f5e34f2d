# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Layer"."""

from ..interface import Interface, Socket, panel
from .ranges import of_range

ARRANGEMENTS = ("line", "circle", "grid", "sphere", "spiral", "arc")
GRID = ARRANGEMENTS.index("grid")
SHAPES = ("Tile", "Box", "Sphere", "Disc", "Own")
ORDERS = ("Index", "Value", "Importance")

LAYER = Interface("Neuroscene Layer", (
    *panel(
        "Arrangement",
        Socket("Units", "Int", 1, 1, about="Units that are drawn", extent=True, follows=True),
        Socket("Rows", "Int", 1, 1, about="Rows of a unit's map that are drawn", extent=True, follows=True),
        Socket("Columns", "Int", 1, 1, about="Columns of a unit's map that are drawn", extent=True, follows=True),
        Socket("Arrangement", "Float", float(GRID), 0.0, float(len(ARRANGEMENTS) - 1), subtype="FACTOR",
               about=", ".join(f"{number} {name}" for number, name in enumerate(ARRANGEMENTS))
                     + "; between two, a mixture", extent=True, look=True, first=(1, 1)),
        Socket("Unit Columns", "Int", 1, 1, about="Units side by side in a grid before a new row of them begins",
               extent=True, follows=True),
        Socket("Line Axis", "Float", 0.0, 0.0, 2.0, subtype="FACTOR",
               about="Direction of a line: 0 along the signal, 1 upwards, 2 to the side", extent=True, look=True,
               follows=True, first=(1, 2)),
        Socket("Arc Angle", "Float", 120.0, 0.0, 360.0, about="Degrees of an arc; at 0 it is a line", extent=True,
               look=True),
        Socket("Radius", "Float", 1.0, 0.0, 10.0,
               about="Factor of the radius of a circle, sphere or spiral; at 1 units do not touch", extent=True,
               look=True, first=(1, 3)),
        Socket("Pitch", "Float", 0.1, 0.0, about="Distance of neighbouring cells", subtype="DISTANCE", extent=True,
               follows=True),
        Socket("Unit Gap", "Float", 0.0, 0.0, about="Empty space between units, in pitches", extent=True,
               follows=True),
        Socket("Spacing", "Float", 1.0, 0.0, 10.0, about="Distance of units, as a share of what they need",
               extent=True, look=True, first=(1, 4)),
        Socket("Spread", "Float", 1.0, 0.0, 10.0, about="Distance of cells in a unit, in pitches", extent=True,
               look=True, first=(1, 5)),
        Socket("Offset", "Float", 0.0, -1e4, 1e4, about="How far the layer is moved along the signal",
               subtype="DISTANCE", extent=True, look=True),
        Socket("Cell Size", "Vector", (1.0, 1.0, 1.0), 0.0, about="Depth, width and height of a cell, in pitches",
               extent=True, follows=True)),
    *panel(
        "Cells",
        Socket("Shape", "Menu", items=SHAPES, about="Tile and Own show the object in Cell; a sphere is scaled evenly",
               extent=True, look=True, follows=True, first=(2, 1)),
        Socket("Cell", "Object", about="The object shown for each cell, one metre wide, growing along -X",
               extent=True, look=True, follows=True),
        Socket("Size", "Float", 0.95, 0.0, 2.0, about="Width of a cell, in pitches", extent=True, look=True, boxed=True,
               follows=True, first=(2, 2)),
        Socket("Size by Value", "Float", 0.0, 0.0, 1.0, about="How much of the width a cell of value 0 lacks",
               subtype="FACTOR", look=True, follows=True),
        Socket("Thickness", "Float", 0.3, 0.0, 10.0, about="Depth of a cell of value 0, in pitches", extent=True,
               look=True, boxed=True, follows=True),
        Socket("Relief", "Float", 1.3, 0.0, 10.0, about="How far a cell of full value stands out, in pitches",
               extent=True, look=True, boxed=True, follows=True, first=(2, 3)),
        Socket("Material", "Material", about="Colours cells by the attribute 'shade' (value / Range)", look=True,
               paint="cells")),
    *panel(
        "Fold",
        Socket("Fold", "Float", 0.0, 0.0, 1.0, about="1 closes the layer to one slab", subtype="FACTOR", extent=True,
               moves=True, first=(3, 1)),
        Socket("Slab", "Float", 0.6, 0.0, 100.0, about="Thickness of the folded layer, in pitches", extent=True,
               look=True),
        Socket("Block", "Object", about="The block that the layer folds into with it", moves=True, follows=True)),
    *panel(
        "Reveal",
        Socket("Reveal", "Float", 1.0, 0.0, 1.0, about="The share of cells that has appeared", subtype="FACTOR",
               look=True, first=(3, 3)),
        Socket("Reveal By", "Menu", items=ORDERS, look=True,
               about="What appears first: by index, the strongest, or the most important"),
        Socket("Softness", "Float", 0.1, 0.0, 1.0, about="The share of Reveal over which one cell grows",
               subtype="FACTOR", look=True),
        Socket("Threshold", "Float", 0.0, 0.0, 1.0, about="Cells below this share of the range vanish",
               subtype="FACTOR", look=True),
        Socket("Prune", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", look=True,
               about="Hides this share of the units, the least important first; the network's own may hide more"),
        Socket("Explode", "Float", 0.0, 0.0, 10.0, extent=True, look=True, moves=True, first=(3, 2),
               about="Moves cells away from the layer's middle, and every other unit along the signal"),
        Socket("Shown Units", "Int", 0, 0, extent=True, look=True, first=(3, 4),
               about="So many units are drawn, the strongest; each other one is a small square. 0 draws all"),
        Socket("Number Material", "Material", about="Of the number of units that are small squares", look=True)),
    *panel(
        "Hand",
        Socket("By Hand", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", extent=True, moves=True,
               about="0 is the arrangement, 1 the places of the mesh's own vertices, as edited by hand")),
    *panel(
        "Range",
        Socket("Network", "Object", about="The object with the sliders of the whole network", follows=True),
        *of_range("Range", "The value that has the full colour and relief")),
    *panel(
        "Backing",
        Socket("Backing", "Float", 0.0, 0.0, about="Thickness of the plate behind the cells; 0 for none",
               subtype="DISTANCE", extent=True, follows=True),
        Socket("Margin", "Float", 1.0, 0.0, about="How far the plate stands out, in cells", extent=True, look=True),
        Socket("Backing Material", "Material", about="Of the plate behind the cells", look=True, paint="plate")),
))
