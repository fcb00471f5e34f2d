# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The detectors of Ultralytics: YOLOv5 (of 2022, and with the newer head), YOLOv8, YOLO11.

In a bottleneck a sum is no module, so that the models, which say where they have it, pass it down as `shortcut`.
"""

from ..wiring import Wiring

V5 = """
    c4 = self[4](self[3](self[2](self[1](self[0](x)), True)), True)
    c6 = self[6](self[5](c4), True)
    p5 = self[10](self[9](self[8](self[7](c6), True)))
    p4 = self[14](self[13](Cat(p5, c6)))
    n3 = self[17](Cat(p4, c4))
    n4 = self[20](Cat(self[18](n3), p4))
    n5 = self[23](Cat(self[21](n4), p5))
    self[24]([n3, n4, n5])
"""
V8 = """
    c4 = self[4](self[3](self[2](self[1](self[0](x)), True)), True)
    c6 = self[6](self[5](c4), True)
    p5 = self[9](self[8](self[7](c6), True))
    p4 = self[12](Cat(p5, c6))
    n3 = self[15](Cat(p4, c4))
    n4 = self[18](Cat(self[16](n3), p4))
    n5 = self[21](Cat(self[19](n4), p5))
    self[22]([n3, n4, n5])
"""
V11 = """
    c4 = self[4](self[3](self[2](self[1](self[0](x)), True)), True)
    c6 = self[6](self[5](c4), True)
    p5 = self[10](self[9](self[8](self[7](c6), True)))
    p4 = self[13](Cat(p5, c6), True)
    n3 = self[16](Cat(p4, c4), True)
    n4 = self[19](Cat(self[17](n3), p4), True)
    n5 = self[22](Cat(self[20](n4), p5), True)
    self[23]([n3, n4, n5])
"""
DETECT = """
    boxes = []
    scores = []
    for feature, box, score in Zip(x, cv2, cv3):
        boxes += [box(feature)]
        scores += [score(feature)]
    Ends(scores)
    dfl(Mixed(16, boxes)) if dfl else boxes
"""
WIRINGS = (
    Wiring("YOLOv8", "22.cv2 22.cv3 2.m 9.cv1 12.m 21.m", V8, lacks="23 10"),
    Wiring("YOLO11", "23.cv2 23.cv3 2.m 9.cv1 10.m 13.m 22.m", V11, lacks="24 11"),
    Wiring("YOLOv5", "24 2.cv3 9.cv1 10.conv 13.cv3 23.cv3", V5, lacks="25 11"),
    Wiring("YOLO", "cv2.0.0 cv3.0.0 cv2.2", DETECT),
    Wiring(
        "YOLOv5",
        "m.0 m.1 m.2",
        """
        for feature, head in Zip(x, m): Ends(head(feature))
        """,
        name="24",
        kinds="m.0:conv m.1:conv m.2:conv",
    ),
    Wiring(
        "YOLO",
        "cv1.conv cv2.conv m.0.attn m.0.ffn",
        """
        a, b = Split(cv1(x), 2)
        for block in m: b = block(b)
        cv2(Cat(a, b))
        """,
    ),
    Wiring("YOLO", "attn.qkv attn.proj attn.pe ffn.0", "x = x + attn(x); x + ffn(x)"),
    Wiring("YOLO", "qkv.conv proj.conv pe.conv", "h = qkv(x); proj(Mixed(x, h) + pe(Mixed(x, h)))", alone=True),
    Wiring(
        "YOLO",
        "cv1.conv cv2.conv cv3.conv m.0",
        """
        h = cv1(x)
        for block in m: h = block(h, shortcut)
        cv3(Cat(h, cv2(x)))
        """,
        arguments="shortcut",
    ),
    Wiring(
        "YOLO",
        "cv1.conv cv2.conv m.0",
        """
        a, b = Split(cv1(x), 2)
        parts = [a, b]
        for block in m:
            b = block(b, shortcut)
            parts += [b]
        cv2(Cat(parts))
        """,
        lacks="cv3",
        arguments="shortcut",
    ),
    Wiring(
        "YOLO",
        "cv1.conv cv2.conv",
        """
        h = cv1(x)
        if Reads(cv2, h, h, h, h): cv2(Cat(h, h, h, h))
        else: x + cv2(h) if shortcut else cv2(h)
        """,
        lacks="cv3 m",
        arguments="shortcut",
        alone=True,
    ),
)
