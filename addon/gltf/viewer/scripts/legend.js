// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The legends: their colours are those of the cells and lines themselves, so they cannot differ from the picture.

import {THREE} from "./three.js";
import {isNotFinite, NONE, rough} from "./words.js";

const STEPS = 48;  // of a legend, from -range to +range

/** Fill in the two legends; returns a function that lets them speak of what is pointed at, or of all. */
export function makeLegend(model) {
  const all = {
    cells: legend("#cells", model.layers.filter(isMeasured), cellWord(model), "layer", cellColours),
    lines: legend("#lines", model.bundles.filter(isWeighted), lineWord(model), "connection", lineColours),
  };
  return (hit) => {
    all.cells(hit?.layer ?? null);
    all.lines(hit?.bundle ?? null);
  };
}

function rangeOf(thing) {
  return thing.facts.range ?? 0;
}

function isMeasured(layer) {
  return layer.numbers._VALUE && layer.cells.instanceColor && layer.facts.value_is !== NONE && rangeOf(layer) > 0;
}

function isWeighted(bundle) {
  return bundle.numbers.color && bundle.facts.carries === "weight" && bundle.facts.grain !== "unknown" && rangeOf(bundle) > 0;
}

export function cellWord(model) {
  const kinds = new Set(model.layers.filter(isMeasured).map((layer) => layer.facts.value_is));
  const common = kinds.size === 1 ? [...kinds][0] : "value";
  return (layer) => `cell: ${layer?.facts.value_is ?? common}`;
}

export function lineWord(model) {
  const sums = new Set(model.bundles.filter(isWeighted).map((bundle) => bundle.facts.grain === "unit"));
  const words = (sum) => sum ? "sum of its weights" : "weight";
  const common = sums.size === 1 ? words([...sums][0]) : "weight or sum of weights";
  return (bundle) => `line: ${bundle ? words(bundle.facts.grain === "unit") : common}`;
}

function legend(selector, things, word, noun, colours) {
  const element = document.querySelector(selector);
  element.hidden = !things.length;
  if (!things.length) return () => {};
  const ramp = new Array(2 * STEPS + 1);
  things.forEach((thing) => colours(thing, ramp));
  const negative = ramp.slice(0, STEPS).some((one) => one);
  element.querySelector(".ramp").style.background = gradient(ramp.slice(negative ? 0 : STEPS));
  const ranges = new Set(things.map(rangeOf));
  const [what, low, zero, high] = [".what", ".low", ".zero", ".high"].map((name) => element.querySelector(name));
  zero.hidden = !negative;
  return (thing) => {
    const mine = things.includes(thing) ? thing : null;
    const one = mine ?? (ranges.size === 1 ? things[0] : null);
    what.textContent = word(mine) + (one ? "" : `, range by ${noun}`);
    low.textContent = !negative ? "0" : one ? rough(-rangeOf(one)) : "negative";
    high.textContent = one ? rough(rangeOf(one)) : negative ? "positive" : "highest";
  };
}

function cellColours(layer, ramp) {
  sample(layer.numbers._VALUE, layer.cells.instanceColor, rangeOf(layer), ramp);
}

function lineColours(bundle, ramp) {
  sample(bundle.numbers._weight, bundle.numbers.color, rangeOf(bundle), ramp);
}

/** Note the colours, sRGB, that values have, at their places in a ramp from -range to range. */
export function sample(values, colours, range, ramp) {
  const colour = new THREE.Color();
  for (let i = 0; i < values.count; i++) {
    if (isNotFinite(values.getX(i))) continue;
    const share = Math.min(1, Math.max(-1, values.getX(i) / range));
    const place = Math.round((share + 1) * STEPS);
    ramp[place] ??= colour.fromBufferAttribute(colours, i).getStyle();
  }
}

export function gradient(ramp) {
  const stops = ramp.flatMap((style, i) => style ? [`${style} ${(100 * i / (ramp.length - 1)).toFixed(1)}%`] : []);
  return stops.length > 1 ? `linear-gradient(to right, ${stops.join(", ")})` : (stops[0] ?? "").replace(/ \S+%$/, "");
}
