// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from "node:assert/strict";
import {test} from "node:test";

import {cellWords, describe, drawnLine, factsLine, rough, shapeWords, shortest} from "../../addon/gltf/viewer/scripts/words.js";

const at = (...values) => ({getX: (i) => values[i]});

test("every float32 is said by a decimal that leads back to it", () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  let state = 1;
  for (let i = 0; i < 20_000; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;  // Numerical Recipes, chapter 7.1
    bits[0] = state;
    if (!Number.isFinite(float[0])) continue;
    assert.equal(Math.fround(Number(shortest(float[0]))), float[0]);
  }
});

test("no shorter decimal would do", () => {
  assert.equal(shortest(Math.fround(0.1)), "0.1");
  assert.equal(shortest(Math.fround(1 / 3)), "0.33333334");
  assert.equal(shortest(-2), "-2");
  assert.equal(shortest(16777216), "16777216");
});

test("NaN, infinity and the number that stands for them are not given as numbers", () => {
  for (const value of [NaN, Infinity, -Infinity, 3.4028234663852886e38, -3.4028234663852886e38]) {
    assert.equal(shortest(value), "not finite (NaN or infinite)");
  }
  assert.notEqual(shortest(3.4028232635611926e38), "not finite (NaN or infinite)");  // the next smaller float32
});

test("the ends of a legend have three digits and a sign", () => {
  assert.deepEqual([0, 0.123456, -1234.5, 2].map(rough), ["0", "+0.123", "−1230", "+2"]);
});

test("a size that is not known is a question mark", () => {
  assert.equal(shapeWords([64, null, "1200"]), "64 × ? × 1,200");
  assert.equal(shapeWords([]), "1");
  assert.equal(shapeWords(undefined), "1");
});

test("a cell is named by its place in the tensor, counted from 0", () => {
  const numbers = {_UNIT: at(4), _ROW: at(2), _COLUMN: at(7)};
  const words = (grid, shape, op) => cellWords({facts: {grid, shape, op}, numbers}, 0);
  assert.equal(words([10, 1, 1], [10]), "unit 4");
  assert.equal(words([8, 28, 28], [8, 28, 28]), "channel 4, row 2, column 7");
  assert.equal(words([8, 28, 28], [28, 8], "Attention"), "head 4, row 2, column 7");
  assert.equal(words([1, 28, 28], [28, 28]), "row 2, column 7");
  assert.equal(cellWords({facts: {}, numbers: {}}, 3), "cell 3");
  const named = (facts) => cellWords({facts: {grid: [8, 28, 28], ...facts}, numbers}, 0);
  assert.equal(named({noun: "map"}), "map 4, row 2, column 7");
  assert.equal(named({noun: "matrix", layers: ["a", "b", "c", "d", "e"]}), "e: output 2, input 7");
});

test("a line says its weight, that it sums several, or that it has none", () => {
  const layer = (name) => ({name, facts: {grid: [10, 1, 1]}, numbers: {_UNIT: at(0, 1, 2), _ROW: at(0), _COLUMN: at(0)}});
  const numbers = {_weight: at(-0.5), _source: at(1), _target: at(2)};
  const said = (facts) => describe({kind: "line", vertex: 0, bundle: {facts, numbers, source: layer("a"), target: layer("b")}});
  const ends = [["from", "a: unit 1"], ["to", "b: unit 2"]];
  assert.deepEqual(said({carries: "weight", grain: "cell"}).rows, [["weight", "-0.5", "number"], ...ends]);
  assert.match(said({carries: "weight", grain: "unit", form: "kernels"}).note, /sum of its weights/);
  assert.deepEqual(said({carries: "copy"}).rows, ends);
  assert.match(said({carries: "unknown"}).note, /not known/);
  assert.deepEqual(said({carries: "weight", grain: "unknown"}).rows, ends);
});

test("the facts count every layer but the inputs, closed ones too", () => {
  const layer = (op) => ({facts: {op}});
  const model = {layers: [layer("Input"), layer("Conv")], hidden: [layer("Gemm")],
                 networks: [{parameters: "29066", input: "digit_7.png", scores: [{label: "7", score: 0.99851}]}]};
  assert.equal(factsLine(model), "29,066 parameters in 2 layers · digit_7.png → 7 (99.9%)");
});

test("the facts count layers that a closed block has without showing them", () => {
  const model = {layers: [{facts: {op: "Conv"}}], hidden: [], networks: [{parameters: "5", layers: 39}]};
  assert.equal(factsLine(model), "5 parameters in 39 layers");
});

test("an input that is there as a picture lacks no cells", () => {
  const layers = [{name: "image", facts: {layer: "image", cells: 0, grid: [3, 128, 128]}}];
  assert.equal(drawnLine({layers, bundles: [], pictures: [{layer: "image"}]}), "");
  assert.equal(drawnLine({layers, bundles: []}), "Drawn: 0 of 49,152 cells, the strongest.");
});

test("what is left out is told, and nothing where all is drawn", () => {
  const layers = [{facts: {cells: 60, grid: [1, 10, 10]}}];
  const bundle = (drawn, total) => ({facts: {drawn, total}});
  assert.equal(drawnLine({layers, bundles: [bundle(5, 5)]}), "Drawn: 60 of 100 cells, the strongest.");
  assert.equal(drawnLine({layers: [], bundles: [bundle(5, 0), bundle(2, 4000)]}),
    "Drawn: 7 of 4,005 connections, the strongest.");
  assert.equal(drawnLine({layers: [], bundles: [bundle(5, 0)]}), "");
});
