// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The committed bundle of three.js as the page's first script leaves it. Import it before a script of the page.

import fs from "node:fs";
import vm from "node:vm";

vm.runInThisContext(fs.readFileSync(new URL("../../addon/gltf/viewer/three.min.js", import.meta.url), "utf8"));
export const {THREE} = globalThis;
