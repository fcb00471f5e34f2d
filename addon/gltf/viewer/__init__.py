# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GLB as one HTML page that shows it, with all it needs inside: nothing is loaded from anywhere.

`.ci/web/build` makes the page's own script, `page.js`, of the modules in `scripts/`, and `three.min.js` of the npm
package. The policy names both by their hashes, so no other script can run, whatever a checkpoint is called.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
from pathlib import Path
from string import Template

HERE = Path(__file__).parent


def write(glb: bytes | Path, output: Path, title: str) -> None:
    """Write the page of a GLB, given as its bytes or its path. Raises `OSError`."""
    data = glb if isinstance(glb, bytes) else Path(glb).read_bytes()
    style, three, viewer = _text("page.css"), _text("three.min.js"), _text("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(three)} {_hash(viewer)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    packed = base64.b64encode(gzip.compress(data, mtime=0)).decode()  # a quarter of its size, mostly
    page = Template(_text("page.html")).substitute(
        policy=policy, title=html.escape(title), style=style, three=three, viewer=viewer, glb=packed
    )
    output.write_text(page, encoding="utf-8", newline="\n")


def _text(name):
    return (HERE / name).read_text(encoding="utf-8")


def _hash(script):
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
