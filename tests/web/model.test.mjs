// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

import assert from "node:assert/strict";
import fs from "node:fs";
import {test} from "node:test";

import {THREE} from "./three.mjs";

const {cellPlace, cornersOfBox, layerOf, moveOf, owner} = await import("../../addon/gltf/viewer/scripts/model.js");
const scripts = new URL("../../addon/gltf/viewer/scripts/", import.meta.url);

function object(facts, ...children) {
  const node = new THREE.Mesh();
  if (facts) node.userData.neuroscene = facts;
  node.add(...children);
  return node;
}

test("three.js has all that the page's scripts use, and nothing else", () => {
  const used = new Set();
  for (const name of fs.readdirSync(scripts).filter((file) => file.endsWith(".js"))) {
    for (const [, part] of fs.readFileSync(new URL(name, scripts), "utf8").matchAll(/\bTHREE\.(\w+)/g)) used.add(part);
  }
  assert.deepEqual(Object.keys(THREE).sort(), [...used].sort());
});

test("the owner of an object is the nearest that has facts, itself first", () => {
  const [inner, plain] = [object(null), object(null)];
  const layer = object({kind: "layer"}, object(null, inner));
  assert.equal(owner(inner), layer);
  assert.equal(owner(layer), layer);
  assert.equal(owner(plain), null);
});

test("layers of one name in two networks are told apart", () => {
  const layers = ["conv", "conv"].map((name) => ({facts: {layer: name}, node: object({kind: "layer", layer: name})}));
  const networks = layers.map(({node}) => object({kind: "network"}, node));
  const bundles = networks.map((network) => network.add(object({kind: "connections"})).children.at(-1));
  assert.deepEqual(bundles.map((bundle) => layerOf(bundle, "conv", layers)), layers);
  assert.equal(layerOf(bundles[0], "gone", layers), undefined);
});

test("a cell stands where its instance and its layer put it", () => {
  const cells = object(null);
  const matrices = [new THREE.Matrix4(), new THREE.Matrix4().makeTranslation(1, 2, 3)];
  cells.instanceMatrix = new THREE.BufferAttribute(new Float32Array(matrices.flatMap((matrix) => matrix.elements)), 16);
  cells.position.set(10, 0, 0);
  cells.rotation.z = Math.PI / 2;
  cells.updateMatrixWorld();
  const place = cellPlace({cells}, 1, new THREE.Vector3());
  [8, 1, 3].forEach((value, i) => assert.ok(Math.abs(place.getComponent(i) - value) < 1e-9, place.toArray().join()));
});

test("a layer without cells stands where its object is", () => {
  const node = object({kind: "layer"});
  node.position.set(1, 2, 3);
  node.updateMatrixWorld();
  assert.deepEqual(cellPlace({node}, 0, new THREE.Vector3()).toArray(), [1, 2, 3]);
});

test("a move leads from where a thing was to where it is", () => {
  const node = object({kind: "layer"});
  node.position.set(1, 2, 3);
  node.updateMatrixWorld();
  const inverse = node.matrixWorld.clone().invert();
  node.position.set(1, 7, 3);
  node.updateMatrixWorld();
  const move = moveOf({node, inverse}, new THREE.Matrix4());
  assert.deepEqual(new THREE.Vector3(4, 4, 4).applyMatrix4(move).toArray(), [4, 9, 4]);
});

test("a box has eight different corners", () => {
  const corners = cornersOfBox(new THREE.Box3(new THREE.Vector3(0, 1, 2), new THREE.Vector3(3, 4, 5)));
  assert.equal(new Set(corners.map((corner) => corner.toArray().join())).size, 8);
  for (const {x, y, z} of corners) assert.ok([0, 3].includes(x) && [1, 4].includes(y) && [2, 5].includes(z));
});
