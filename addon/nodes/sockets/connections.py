# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Connections", and of the group in it that opens lines."""

from ..interface import Interface, Socket, panel
from .ranges import of_range

DETAILS = ("Chosen", "Expansion")
MEANS = ("None", "Cells", "Window")  # as `network.expand.Sliding.mean`, "" being None
PER = ("Layer", "Unit")
RANKS = ("Magnitude", "Weight", "Importance", "Weight x Activation")
COLOURS = ("Weight", "Weight x Activation")
AXES = ("Row", "Column")
EVEN = 1 / 3  # handles of a Bezier curve so long that its points stand evenly
LARGEST = 1_000_000  # of what counts cells
WINDOW = tuple(Socket(name, "Vector", (default, default, 0.0), 0.0, float(LARGEST), follows=True,
                      about=f"{about}: X rows, Y columns") for name, default, about in (
    ("Kernel", 1.0, "Size of the kernel"),
    ("Stride", 1.0, "Cells of the source from one position to the next"),
    ("Padding", 0.0, "Empty cells before the source's map"),
    ("Padding End", 0.0, "Empty cells behind the source's map"),
    ("Dilation", 1.0, "Cells of the source from one tap to the next"),
    ("Source Map", 1.0, "Size of the source's map, drawn or not"),
    ("Target Map", 1.0, "Size of the target's map, drawn or not"),
    ("Source Step", 1.0, "Every how manieth cell of the source is drawn"),
    ("Target Step", 1.0, "Every how manieth cell of the target is drawn"),
))

CONNECTIONS = Interface("Neuroscene Connections", (
    *panel(
        "Ends",
        Socket("Source", "Object", about="The layer whose cells the lines leave", follows=True),
        Socket("Target", "Object", about="The layer whose cells the lines enter", follows=True),
        Socket("Network", "Object", about="The network's root, whose sliders hold for all its lines", follows=True)),
    *panel(
        "Detail",
        Socket("Detail", "Menu", items=DETAILS, first=(1, 1), brief=True,
               about="Chosen shows the strongest lines, Expansion opens them step by step"),
        Socket("Expansion", "Float", 1.0, 0.0, 3.0, subtype="FACTOR", first=(1, 2), brief=True,
               about="0 bundled, 1 unit to unit, 2 every weight at one position, 3 at all positions"),
        Socket("Position Row", "Int", 0, 0, LARGEST, about="Row of the position whose taps are shown", look=True,
               follows=True, first=(1, 3)),
        Socket("Position Column", "Int", 0, 0, LARGEST, about="Column of the position whose taps are shown",
               look=True, follows=True, first=(1, 4)),
        Socket("Most Lines", "Int", 8_000, 1, 1_000_000, look=True,
               about="At all positions at most so many lines; with more, positions are left out evenly"),
        Socket("Taps", "Object", about="Holds the lines of Expansion 1 to 3", follows=True)),
    *panel(
        "Window",
        *WINDOW,
        Socket("Transposed", "Bool", False, about="A transposed convolution: the target is the larger map",
               follows=True),
        Socket("Mean", "Menu", items=MEANS, follows=True,
               about="Each tap is one part of a mean: of the cells, or of the window with its padding")),
    *panel(
        "Lines",
        Socket("Ease", "Float", 0.75, 0.0, 1.0, about="0 is a straight line, 1 a full S-curve", subtype="FACTOR",
               look=True, first=(1, 6)),
        Socket("Tangent", "Float", EVEN, 0.0, 1.0, subtype="FACTOR", look=True,
               about="How long lines keep to the signal's direction at their ends; a third is even"),
        Socket("Arc", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", look=True, first=(1, 7),
               about="Bow upwards, 1 is half as high as the line is long"),
        Socket("Lift", "Vector", (0.0, 0.0, 0.0), -1e4, 1e4, subtype="TRANSLATION", follows=True,
               about="How far the middle is led round what the lines skip: X along the signal, Z upwards"),
        Socket("Trim Start", "Float", 0.0, 0.0, 1.0, about="Where on its way a line begins", subtype="FACTOR",
               look=True),
        Socket("Trim End", "Float", 1.0, 0.0, 1.0, about="Where on its way a line ends", subtype="FACTOR", look=True),
        Socket("Material", "Material", look=True,
               about="Colours lines by 'shade' (weight / Weight Range), 'strength' and 'pulse'")),
    *panel(
        "Width",
        Socket("Radius", "Float", 0.008, 0.0, 10.0, about="Radius of the most important line", subtype="DISTANCE",
               look=True, first=(1, 5)),
        Socket("Thin End", "Float", 0.35, 0.0, 1.0, about="Radius of the least important line, as a share",
               subtype="FACTOR", look=True),
        Socket("Width Power", "Float", 1.5, 0.1, 8.0, about="How fast lines thin out with importance", look=True),
        Socket("Crowd", "Int", 1500, 1, 1_000_000, look=True,
               about="With more lines than this all are thinner, by the root of how many more"),
        Socket("Start Width", "Float", 1.0, 0.0, 4.0, about="Width at the source, as a share", subtype="FACTOR",
               look=True),
        Socket("End Width", "Float", 1.0, 0.0, 4.0, about="Width at the target, as a share", subtype="FACTOR",
               look=True),
        Socket("Waist", "Float", 1.0, 0.0, 4.0, about="Width half-way, as a share of that of a straight taper",
               subtype="FACTOR", look=True)),
    *panel(
        "Bundle",
        Socket("Bundle", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", look=True, first=(1, 8), brief=True,
               about="Draws all lines together to one point; at 1 each cell has one line to or from it"),
        Socket("Bundle Place", "Float", 0.5, 0.0, 1.0, about="Where that point is: 0 at the source, 1 at the target",
               subtype="FACTOR", look=True),
        Socket("Density", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", look=True, first=(1, 9), brief=True,
               about="Draws lines together where many run, as Bundle Lines has worked it out"),
        Socket("Iterations", "Float", 0.0, 0.0, 64.0, about="After how many rounds of bundling; 0 for none",
               look=True, first=(1, 10)),
        Socket("Rest Length", "Float", 1.0, 0.0, 1e6, subtype="DISTANCE", look=True,
               about="Mean length of the lines when they were bundled"),
        *(socket for end in ("Source", "Target") for socket in (
            Socket(f"Rest {end} Rotation", "Vector", (0.0, 0.0, 0.0), -1e3, 1e3, subtype="EULER", look=True,
                   about="Of the layer when the lines were bundled, as seen from them"),
            Socket(f"Rest {end} Scale", "Vector", (1.0, 1.0, 1.0), -1e6, 1e6, subtype="XYZ", look=True,
                   about="Of the layer when the lines were bundled, as seen from them")))),
    *panel(
        "Choice",
        Socket("Most", "Int", 0, 0, 1_000_000, about="At most so many lines, the strongest; 0 shows all", look=True,
               first=(1, 11)),
        Socket("Per", "Menu", items=PER, look=True,
               about="Most counts the lines of the whole bundle, or those into each cell of the target"),
        Socket("Threshold", "Float", 0.0, 0.0, 1.0, subtype="FACTOR", look=True, first=(1, 12),
               about="Lines below this share of the range are not shown"),
        Socket("Rank By", "Menu", items=RANKS, look=True,
               about="What makes a line strong; Weight is signed, the largest comes first"),
        Socket("Colour By", "Menu", items=COLOURS, look=True,
               about="Weight x Activation is of the activation that the source shows")),
    *panel(
        "Pulse",
        Socket("Pulse", "Float", 0.0, 0.0, 1.0, about="Where on the way the pulse is: 0 source, 1 target",
               subtype="FACTOR", look=True, first=(1, 13)),
        Socket("Pulse Strength", "Float", 0.0, 0.0, 10.0, about="How much light and width it adds; 0 for no pulse",
               look=True, first=(1, 14)),
        Socket("Pulse Width", "Float", 0.12, 0.001, 1.0, about="How long the pulse is, as a share of the way",
               look=True)),
    *panel(
        "Range",
        *of_range("Weight Range", "The weight that has the full colour"),
        Socket("Importance Range", "Float", 1.0, 0.0, follows=True,
               about="The importance that has the full width and brightness")),
))

HANDED_ON = ("Position Row", "Position Column", "Most Lines", "Transposed", *(socket.name for socket in WINDOW))
EXPANSION = Interface("Neuroscene Expansion", (
    Socket("Expansion", "Float", 1.0, 0.0, 3.0, about="As that of the bundle"),
    Socket("Mean", "Int", 0, 0, 2, about="0 none, 1 of the cells, 2 of the window"),
    *(Socket(name, "Int", 1, 0) for name in ("Position Row", "Position Column", "Most Lines")),
    Socket("Transposed", "Bool", False),
    *WINDOW,
))
