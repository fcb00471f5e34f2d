# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of "Neuroscene Opened": one number and what it is made of."""

from ..interface import Interface, Socket, panel

HOWS = ("Sum", "Largest", "Mean", "Softmax")
GATES = ("LSTM", "GRU", "RNN")

CELL = panel(
    "Cell",
    Socket("Unit", "Int", 1, 1, about="Chooses the unit of the cell, counted from 1", first=(0, 0)),
    Socket("Row", "Int", 1, 1, about="Chooses the row of the cell, counted from 1", first=(0, 1)),
    Socket("Column", "Int", 1, 1, about="Chooses the column of the cell, counted from 1", first=(0, 2)),
    Socket(
        "Slide",
        "Float",
        0.0,
        0.0,
        1.0,
        subtype="FACTOR",
        about="Goes over the whole map, cell by cell, or over all units where there is no map. At 0, the "
        "cell is that of Unit, Row and Column",
        first=(1, 0),
    ),
    Socket("First", "Vector", about="Sets the first cell to which it moves", follows=True, hidden=True),
    Socket("Last", "Vector", about="Sets the last cell to which it moves", follows=True, hidden=True),
)

FILLED = Socket("Filled", "Bool", False, about="Shows the map that is made only up to the cell", first=(1, 1))
FILL = Socket(
    "Fill",
    "Float",
    1.0,
    0.0,
    1.0,
    subtype="FACTOR",
    about="Shows the rows one after the other. At 1, all are there",
    first=(1, 2),
)
SOURCE = Socket("Source", "Object", about="Reads the cells of this layer", follows=True)
TARGET = Socket("Target", "Object", about="Reads the result from this layer", follows=True)
TABLE = Socket("Table", "Object", about="Reads the numbers of all cells from this", follows=True)
BARS = (
    Socket("Bars", "Float", 7.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where bars begin"),
    Socket("Length", "Float", 3.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how long all bars are together"),
    Socket("Thickness", "Float", 0.2, 0.0, 1e4, subtype="DISTANCE", about="Sets how thick a bar is"),
)
LOOK = (
    Socket("Range", "Float", 1.0, 0.0, about="Sets the value that has the full color"),
    Socket("Pitch", "Float", 0.1, 0.0, subtype="DISTANCE", about="Sets how wide a cell is that is framed"),
    Socket("Frame", "Float", 0.01, 0.0, subtype="DISTANCE", about="Sets how thick frames are"),
    Socket("Label Size", "Float", 0.1, 0.0, subtype="DISTANCE", about="Sets how large numbers of cells are"),
    Socket("Digits", "Object", about="Makes numbers from the letters of this text", follows=True),
    Socket("Cell Material", "Material", about="Colors cells", follows=True),
    Socket("Term Material", "Material", about="Colors weights and products", follows=True),
    Socket("Number Material", "Material", about="Colors numbers", follows=True),
    Socket("Ink Material", "Material", about="Colors numbers on bright cells", follows=True),
    Socket("Result Material", "Material", about="Colors the result", follows=True),
)

INKS = ("Number Material", "Ink Material", "Result Material")


def _looks(*names: str) -> tuple[Socket, ...]:
    """Some of the sockets of how a panel looks, in their order."""
    return tuple(socket for socket in LOOK if socket.name in names)


OPENED = Interface(
    "Neuroscene Opened",
    (
        *CELL,
        *panel(
            "Terms",
            Socket("How", "Menu", items=HOWS, about="Chooses what is made of the terms", follows=True),
            FILL,
            FILLED,
            SOURCE,
            TARGET,
            TABLE,
            Socket("Ranked", "Bool", False, about="Shows the terms with the largest products one by one", follows=True),
            Socket("Shown", "Int", 8, 0, about="Sets how many terms are shown one by one", follows=True, hidden=True),
            Socket(
                "Source Area",
                "Int",
                0,
                0,
                about="Sets how many cells a map has that is read",
                follows=True,
                hidden=True,
            ),
        ),
        *panel(
            "Layout",
            Socket("Block", "Float", 2.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how far columns are apart"),
            Socket("Sums", "Float", 6.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where sums stand"),
            Socket(
                "Vector Width", "Float", 0.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how wide all terms in a row are"
            ),
            Socket("Vector At", "Vector", about="Sets where the row of all terms begins", follows=True),
            *BARS,
        ),
        *panel(
            "Look",
            *LOOK,
            Socket("Target Range", "Float", 1.0, 0.0, about="Sets the value of the map with the full color"),
            Socket("Target Material", "Material", about="Colors the map", follows=True),
        ),
    ),
)
NORMAL = Interface(
    "Neuroscene Opened Normalization",
    (
        *CELL,
        *panel(
            "Terms",
            TABLE,
            Socket("Count", "Int", 1, 1, about="Sets how many numbers are brought to one scale", follows=True),
            Socket("Centered", "Bool", True, about="Takes the mean away before", follows=True),
            Socket("Epsilon", "Float", 1e-5, 0.0, about="Is added to the variance", follows=True),
        ),
        *panel(
            "Layout",
            Socket("Sums", "Float", 6.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where numbers stand"),
            Socket("Width", "Float", 4.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how wide all numbers are together"),
            Socket("Height", "Float", 1.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how high the largest is"),
        ),
        *panel("Look", *_looks("Frame", "Digits", "Term Material", *INKS)),
    ),
)
ATTENTION = Interface(
    "Neuroscene Opened Attention",
    (
        *CELL,
        *panel(
            "Terms",
            FILL,
            TARGET,
            TABLE,
            Socket("Keys", "Int", 1, 1, about="Sets how many tokens are looked at", follows=True),
            Socket("Size", "Int", 1, 1, about="Sets how many numbers a query has", follows=True),
            Socket("Queries", "Int", 1, 1, about="Sets how many tokens look", follows=True, hidden=True),
            Socket("Features", "Int", 1, 1, about="Sets how many numbers a value has", follows=True, hidden=True),
            Socket("Factor", "Float", 1.0, about="Multiplies what a query and a key come to", follows=True),
            Socket("Own Mask", "Bool", False, about="Reads a mask for each head", follows=True, hidden=True),
            Socket("Ranked", "Bool", False, about="Shows the tokens with the largest shares first", follows=True),
            Socket("Shown", "Int", 12, 1, about="Sets how many tokens are shown one by one", follows=True, hidden=True),
        ),
        *panel(
            "Layout",
            Socket("Block", "Float", 2.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how far columns are apart"),
            Socket("Row Height", "Float", 0.3, 0.0, 1e4, subtype="DISTANCE", about="Sets how far rows are apart"),
            Socket("Sums", "Float", 6.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where sums stand"),
            *BARS,
        ),
        *panel("Look", *_looks("Pitch", "Frame", "Label Size", "Digits", "Term Material", *INKS)),
    ),
)
RECURRENT = Interface(
    "Neuroscene Opened Gates",
    (
        *CELL,
        *panel(
            "Terms",
            Socket("Kind", "Menu", items=GATES, about="Chooses what is made of the gates", follows=True),
            FILL,
            SOURCE,
            TABLE,
            Socket("Inputs", "Int", 1, 1, about="Sets how many numbers a step reads", follows=True, hidden=True),
            Socket("Hidden", "Int", 1, 1, about="Sets how many units there are", follows=True, hidden=True),
            Socket(
                "Reset After",
                "Bool",
                False,
                about="Lets the reset gate act behind the weights",
                follows=True,
                hidden=True,
            ),
        ),
        *panel(
            "Layout",
            Socket("Block", "Float", 2.0, 0.0, 1e4, subtype="DISTANCE", about="Sets how far columns are apart"),
            Socket("Sums", "Float", 6.0, 0.0, 1e4, subtype="DISTANCE", about="Sets where numbers stand"),
        ),
        *panel("Look", *_looks("Pitch", "Frame", "Digits", *INKS)),
    ),
)
