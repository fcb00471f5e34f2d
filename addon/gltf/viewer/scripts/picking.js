// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What is under the pointer: a few pixels are drawn once more, with numbers for colours.

import {MOVED, MOVES} from "./lines.js";
import {facts, owner} from "./model.js";
import {THREE} from "./three.js";

const REACH = {mouse: 3, pen: 5, touch: 9};  // pixels round the pointer, for a line is thin
const SIDE = 2 * Math.max(...Object.values(REACH)) + 1;
export const UNNUMBERED = 1;  // three.js's layer for what is seen, but cannot be pointed at
const FAR = 1e4;  // square pixels: plates and trays give way to cells and lines that are near

const NUMBER_VERTEX = `
#include <morphtarget_pars_vertex>
uniform uint first;
flat out uint number;
#ifdef LINES
${MOVES}
#endif
void main() {
  vec3 transformed = position;
  number = first;
#ifdef LINES
  transformed = (${MOVED} * vec4(position, 1.0)).xyz;
  number += uint(gl_VertexID);
#endif
  #include <morphtarget_vertex>
  vec4 place = vec4(transformed, 1.0);
#ifdef USE_INSTANCING
  place = instanceMatrix * place;
#endif
#ifdef CELLS
  number += uint(gl_InstanceID);
#endif
  gl_Position = projectionMatrix * modelViewMatrix * place;
}`;
const NUMBER_FRAGMENT = `
flat in highp uint number;
out highp vec4 bytes;
void main() {
  bytes = vec4(uvec4(number, number >> 8, number >> 16, number >> 24) & 255u) / 255.0;
}`;

/** A function (x, y in pixels of the canvas, pointer's kind, whether to pass over lines) -> what is there, or null:
 * {kind: "cell", layer, index}, {kind: "line", bundle, vertex}, {kind: "layer", layer} or {kind: "block", block}. */
export function makePicking(renderer, scene, view, model) {
  const ranges = numberAll(model);
  const target = new THREE.WebGLRenderTarget(SIDE, SIDE);
  const pixels = new Uint8Array(4 * SIDE * SIDE);

  function draw(x, y) {
    const {camera} = view;
    const {clientWidth, clientHeight} = renderer.domElement;
    camera.layers.disable(UNNUMBERED);
    camera.setViewOffset(clientWidth, clientHeight, x - (SIDE - 1) / 2, y - (SIDE - 1) / 2, SIDE, SIDE);
    renderer.setRenderTarget(target);
    renderer.render(scene, camera);
    renderer.readRenderTargetPixels(target, 0, 0, SIDE, SIDE, pixels);
    renderer.setRenderTarget(null);
    camera.clearViewOffset();
    camera.layers.enable(UNNUMBERED);
  }

  return (x, y, pointer, past = false) => {
    ranges.forEach((range) => { range.mesh.material = range.numbers; });
    draw(Math.floor(x), Math.floor(y));
    ranges.forEach((range) => { range.mesh.material = range.colours; });
    return nearest(new Uint32Array(pixels.buffer), REACH[pointer] ?? REACH.mouse, ranges, past);
  };
}

/** Ranges of numbers for all that can be pointed at, from 1 on. */
function numberAll(model) {
  const found = new Map();
  for (const bundle of model.bundles) {
    found.set(bundle.mesh, {count: bundle.numbers.position.count, near: 0, lines: bundle.moves,
                            hit: (vertex) => ({kind: "line", bundle, vertex})});
  }
  for (const layer of [...model.layers, ...model.books].filter((one) => one.cells)) {
    found.set(layer.cells, {count: layer.cells.count, near: 0, hit: (index) => ({kind: "cell", layer, index})});
  }
  const things = new Map([...model.layers, ...model.blocks].map((thing) => [thing.node, thing]));
  const ranges = [];
  let first = 1;
  model.scene.traverse((mesh) => {
    if (!mesh.isMesh && !mesh.isLine) return;
    const range = found.get(mesh) ?? surfaceOf(mesh, things);
    if (range) ranges.push({...range, mesh, first, colours: mesh.material, numbers: numbersOf(mesh, first, range)});
    else mesh.layers.set(UNNUMBERED);
    first += range?.count ?? 0;
  });
  return ranges;
}

/** The one number of a plate, a tray or whatever else is a part of a thing, but for texts and edges. */
function surfaceOf(mesh, things) {
  let node = owner(mesh);
  if (!mesh.isMesh || facts(node)?.kind === "class") return null;
  while (node && !things.has(node)) node = node.parent;
  const thing = things.get(node);
  return thing && {count: 1, near: FAR, hit: () => ({kind: thing.kind, [thing.kind]: thing})};
}

function numbersOf(mesh, first, {lines, near}) {
  return new THREE.ShaderMaterial({
    glslVersion: THREE.GLSL3, vertexShader: NUMBER_VERTEX, fragmentShader: NUMBER_FRAGMENT, side: mesh.material.side,
    defines: lines ? {LINES: 1} : near ? {} : {CELLS: 1},
    uniforms: {first: {value: first}, ...lines}, blending: THREE.NoBlending,
  });
}

function nearest(numbers, reach, ranges, past) {
  const middle = (SIDE - 1) / 2;
  let [best, least] = [null, Infinity];
  numbers.forEach((number, place) => {
    const [across, up] = [place % SIDE - middle, Math.floor(place / SIDE) - middle];
    const away = across * across + up * up;
    if (!number || away > reach * reach || away >= least) return;
    const range = ranges.findLast((one) => one.first <= number);
    if (past && range.lines || away + range.near >= least) return;
    [best, least] = [range.hit(number - range.first), away + range.near];
  });
  return best;
}
