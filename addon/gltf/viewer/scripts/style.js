// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The colours of the page are those of the style in Blender: its ground and its texts.

import {THREE} from "./three.js";

const KEPT = {AgX: 0.5};  // what a view of Blender leaves of the light of a dark ground; others leave all
const TEXTS = {label: "--text", dim: "--dim", hot: "--hot"};

/** Give the page the colours of a picture and a network, by their facts. */
export function applyStyle({background = [], view}, {text = {}}) {
  const kept = KEPT[view] ?? 1;
  const [inner, between = inner] = background;
  const grounds = [inner, between, background.at(-1)].map((colour) => colour?.map((part) => part * kept));
  grounds.forEach((colour, i) => paint(`--ground-${i}`, colour));
  for (const [role, name] of Object.entries(TEXTS)) paint(name, text[role]);
}

function paint(name, linear) {
  if (linear) document.documentElement.style.setProperty(name, new THREE.Color(...linear).getStyle());
}

/** A colour of the page, as the text of its style sheet or of the network has it. */
export function colourOf(name) {
  return new THREE.Color(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
}
