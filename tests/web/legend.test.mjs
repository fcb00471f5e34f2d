// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from "node:assert/strict";
import {test} from "node:test";

import {THREE} from "./three.mjs";

const {cellWord, gradient, lineWord, sample} = await import("../../addon/gltf/viewer/scripts/legend.js");
const numbers = (width, ...values) => new THREE.BufferAttribute(new Float32Array(values), width);

test("a ramp has the colors that values have, at their places, and none of what is not finite", () => {
  const ramp = new Array(97);
  const colors = numbers(3, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1);
  sample(numbers(1, -2, 0, 5, NaN), colors, 2, ramp);  // 5 is clipped to the range
  assert.deepEqual(Object.keys(ramp), ["0", "48", "96"]);
  assert.deepEqual([ramp[0], ramp[48], ramp[96]], ["rgb(255,0,0)", "rgb(0,255,0)", "rgb(0,0,255)"]);
});

test("the first layer that has a value decides its color", () => {
  const ramp = new Array(97);
  sample(numbers(1, 1), numbers(3, 1, 0, 0), 1, ramp);
  sample(numbers(1, 1), numbers(3, 0, 0, 1), 1, ramp);
  assert.equal(ramp[96], "rgb(255,0,0)");
});

test("linear colors are shown as screens have them", () => {
  const ramp = new Array(97);
  sample(numbers(1, 1), numbers(3, 0.2140411, 0.2140411, 0.2140411), 1, ramp);  // sRGB 0.5 by IEC 61966-2-1
  assert.match(ramp[96], /^rgb\(12[78],12[78],12[78]\)$/);
});

test("a gradient has a stop where there is a color, and one color is no gradient", () => {
  const ramp = new Array(5);
  [ramp[0], ramp[3]] = ["rgb(1,2,3)", "rgb(4,5,6)"];
  assert.equal(gradient(ramp), "linear-gradient(to right, rgb(1,2,3) 0.0%, rgb(4,5,6) 75.0%)");
  assert.equal(gradient([undefined, "rgb(1,2,3)"]), "rgb(1,2,3)");
  assert.equal(gradient([]), "");
});

test("the legend of cells names what they show, where all show the same", () => {
  const layer = (is) => ({numbers: {_VALUE: 1}, cells: {instanceColor: 1}, facts: {value_is: is, range: 1}});
  const [activation, bias, nothing] = ["activation", "bias", "none"].map(layer);
  assert.equal(cellWord({layers: [activation, activation, nothing]})(null), "cell: activation");
  assert.equal(cellWord({layers: [activation, bias]})(null), "cell: value");
  assert.equal(cellWord({layers: [activation, bias]})(bias), "cell: bias");
});

test("the legend of lines tells weights from sums of weights", () => {
  const bundle = (grain, carries = "weight") => ({numbers: {color: 1}, facts: {grain, carries, range: 1}});
  const [cell, unit, copy] = [bundle("cell"), bundle("unit"), bundle("cell", "copy")];
  assert.equal(lineWord({bundles: [cell, copy]})(null), "line: weight");
  assert.equal(lineWord({bundles: [unit]})(null), "line: sum of its weights");
  assert.equal(lineWord({bundles: [cell, unit]})(null), "line: weight or sum of weights");
  assert.equal(lineWord({bundles: [cell, unit]})(unit), "line: sum of its weights");
});
