// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// three.js, which the page's first script has put there: `.ci/web/three.js` tells which parts.

export const {THREE} = globalThis;
