// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What is in the GLB, by kind. Objects are known by the facts that the export wrote on them.

import {applyStyle, colourOf} from "./style.js";
import {THREE} from "./three.js";
import {nameOf} from "./words.js";

const FACTS = "neuroscene";

/** Read a GLB. `layers`, `blocks` and `bundles` are {facts, name, node, ...}, in the order of the file, `hidden` layers
 * those that show nothing, as in blocks that are drawn closed, and `books` the covers of those, and heads of attention. */
export async function readModel(buffer) {
  const gltf = await new THREE.GLTFLoader().parseAsync(buffer, "");
  gltf.scene.updateMatrixWorld(true);
  const ofKind = {network: [], block: [], layer: [], connections: [], label: [], bars: [], book: [], heads: [],
                  picture: [], plot: [], histogram: []};
  gltf.scene.traverse((node) => ofKind[facts(node)?.kind]?.push(node));
  ofKind.label.forEach((node) => node.removeFromParent());  // the page writes its own, sharper
  // What stands behind or above a layer is no part of it: it goes where that goes, but it is not in its way.
  const beside = [...ofKind.plot, ...ofKind.histogram].map((node) => ({node, parent: node.parent}));
  beside.forEach(({node}) => gltf.scene.attach(node));
  const layers = ofKind.layer.map(readLayer);
  const model = {scene: gltf.scene, cameras: gltf.cameras, animations: gltf.animations, bars: ofKind.bars,
                 networks: ofKind.network.map(facts), pictures: ofKind.picture.map(facts), layers: layers.filter(isSeen),
                 hidden: layers.filter((layer) => !isSeen(layer)),
                 books: [...ofKind.book, ...ofKind.heads].map(readLayer)};
  model.bundles = ofKind.connections.map((node) => readBundle(node, layers)).filter((bundle) => bundle);
  // Lines follow their ends, wherever these go, not the block that they happen to be in.
  model.bundles.forEach((bundle) => gltf.scene.attach(bundle.node));
  model.blocks = ofKind.block.map((node) => readBlock(node, model)).filter(isSeen);
  beside.forEach(({node, parent}) => parent.attach(node));
  applyStyle(facts(gltf.scene) ?? {}, model.networks[0] ?? {});
  model.blocks.forEach((block) => shade(block, colourOf("--text")));
  ofKind.bars.forEach((node) => layerOf(node, facts(node).layer, layers)?.node.attach(node));
  gltf.scene.updateMatrixWorld(true);
  return model;
}

export function facts(node) {
  return node.userData[FACTS];
}

/** The nearest object with facts that an object is in, or is. */
export function owner(node) {
  while (node && !facts(node)) node = node.parent;
  return node;
}

function readLayer(node) {
  let cells = null;
  node.traverse((one) => {
    if (one.isInstancedMesh && owner(one) === node) cells ??= one;
  });
  const numbers = cells?.geometry.attributes ?? {};
  const {layer, name} = facts(node);
  return {kind: "layer", facts: facts(node), name: layer ?? name, node, cells, numbers, ...atRest(node)};
}

function isSeen({box}) {
  return !box.isEmpty() && box.getSize(new THREE.Vector3()).length() > 1e-6;
}

/** `inside` are the layers of a block that is drawn closed. */
function readBlock(node, {layers, hidden}) {
  const closed = !layers.some((layer) => isIn(layer.node, node));
  const inside = closed ? hidden.filter((layer) => isIn(layer.node, node)) : [];
  return {kind: "block", facts: facts(node), name: nameOf(facts(node), "path"), node, closed,
          inside: inside.sort((a, b) => a.facts.order - b.facts.order), ...atRest(node)};
}

/** Light and edges for trays and boxes: in one flat colour they would have no form. */
function shade({node}, color) {
  node.traverse((mesh) => {
    if (!mesh.isMesh || owner(mesh) !== node) return;
    mesh.material = new THREE.MeshLambertMaterial({vertexColors: true, flatShading: true, side: THREE.DoubleSide});
    const paint = new THREE.LineBasicMaterial({color, transparent: true, opacity: 0.2});
    mesh.add(new THREE.LineSegments(new THREE.EdgesGeometry(mesh.geometry, 20), paint));
  });
}

/** Where a thing is as the file has it, in the world: its box, and what leads from there into its own space. */
function atRest(node) {
  return {box: new THREE.Box3().setFromObject(node, true), inverse: node.matrixWorld.clone().invert()};
}

/** How a thing has moved since, as a matrix of the world. */
export function moveOf({node, inverse}, matrix) {
  return matrix.copy(inverse).premultiply(node.matrixWorld);
}

export function cornersOfBox({min, max}) {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    new THREE.Vector3((i & 1 ? max : min).x, (i & 2 ? max : min).y, (i & 4 ? max : min).z));
}

function isIn(node, ancestor) {
  for (; node; node = node.parent) if (node === ancestor) return true;
  return false;
}

function readBundle(node, layers) {
  const [source, target] = ["source", "target"].map((end) => layerOf(node, facts(node)[end], layers));
  let mesh = null;
  node.traverse((one) => { if (one.isMesh || one.isLine) mesh ??= one; });
  if (!source || !target || !mesh?.geometry.attributes._source) return null;
  return {kind: "bundle", facts: facts(node), node, mesh, source, target, numbers: mesh.geometry.attributes};
}

/** The layer of this name in the network that an object is in: a file may hold several networks. */
export function layerOf(node, name, layers) {
  return layers.find((layer) => layer.facts.layer === name && rootOf(layer.node) === rootOf(node));
}

function rootOf(node) {
  while (node && facts(node)?.kind !== "network") node = node.parent;
  return node;
}

/** Where a cell stood when the file was written, in the world. */
export function cellPlace(layer, index, place) {
  if (!layer.cells) return place.setFromMatrixPosition(layer.node.matrixWorld);
  const matrices = layer.cells.instanceMatrix.array;
  return place.fromArray(matrices, 16 * index + 12).applyMatrix4(layer.cells.matrixWorld);
}
