// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// A frame round the cell that is pointed at, in the colour of the text; a line in it, with frames round its ends.

import {asLine} from "./lines.js";
import {UNNUMBERED} from "./picking.js";
import {colourOf} from "./style.js";
import {THREE} from "./three.js";

export function makeMarks() {
  const color = colourOf("--text");
  const edges = new THREE.EdgesGeometry(new THREE.BoxGeometry(1, 1, 1));
  const frames = [0, 1].map(() => onTop(new THREE.LineSegments(edges, new THREE.LineBasicMaterial({color}))));
  const lines = new Map();
  let line = null;

  function clear() {
    frames.forEach((frame) => frame.removeFromParent());
    line?.removeFromParent();
  }

  /** Frame a box in the space of an object, `matrix` in between. */
  function frame(which, parent, box, matrix) {
    const [size, centre] = [box.getSize(new THREE.Vector3()), box.getCenter(new THREE.Vector3())];
    frames[which].matrix.makeScale(...size.multiplyScalar(1.02)).setPosition(centre).premultiply(matrix);
    parent.add(frames[which]);
  }

  function frameCell(which, layer, index) {
    if (!layer.cells) return;
    layer.cells.geometry.boundingBox ?? layer.cells.geometry.computeBoundingBox();
    const matrix = new THREE.Matrix4();
    layer.cells.getMatrixAt(index, matrix);
    frame(which, layer.cells, layer.cells.geometry.boundingBox, matrix);
  }

  function brighten(bundle, vertex) {
    line = lines.get(bundle) ?? onTop(brightLine(bundle, color));
    lines.set(bundle, line);
    line.geometry.setIndex(cornersOf(bundle, vertex));
    bundle.mesh.add(line);
  }

  return (hit) => {
    clear();
    if (hit?.kind === "cell") frameCell(0, hit.layer, hit.index);
    if (hit?.kind === "layer" || hit?.kind === "block") {
      const thing = hit[hit.kind];
      frame(0, thing.node, thing.box, thing.inverse);
    }
    if (hit?.kind === "line") {
      const {bundle, vertex} = hit;
      brighten(bundle, vertex);
      frameCell(0, bundle.source, bundle.numbers._source.getX(vertex));
      frameCell(1, bundle.target, bundle.numbers._target.getX(vertex));
    }
  };
}

function onTop(thing) {
  thing.material.depthTest = false;
  thing.renderOrder = 1;
  thing.layers.set(UNNUMBERED);
  thing.frustumCulled = thing.matrixAutoUpdate = false;
  return thing;
}

/** A line of a bundle, over it, that has no corners yet. */
function brightLine(bundle, color) {
  const {mesh, numbers} = bundle;
  const geometry = new THREE.BufferGeometry();
  for (const name of ["position", "along", "across"]) if (numbers[name]) geometry.setAttribute(name, numbers[name]);
  const {morphAttributes, morphTargetsRelative} = mesh.geometry;
  Object.assign(geometry, {morphAttributes, morphTargetsRelative});
  const paint = mesh.isMesh ? new THREE.MeshBasicMaterial({color}) : new THREE.LineBasicMaterial({color});
  const line = new (mesh.isMesh ? THREE.Mesh : THREE.LineSegments)(geometry, asLine({...bundle, facts: {}}, paint));
  line.morphTargetInfluences = mesh.morphTargetInfluences;
  return line;
}

/** The corners of all triangles, or pieces, of lines with the same ends as that of a vertex. */
function cornersOf({mesh, numbers}, vertex) {
  const [sources, targets] = [numbers._source.array, numbers._target.array];
  const [index, size] = [mesh.geometry.index.array, mesh.isMesh ? 3 : 2];
  const found = [];
  for (let i = 0; i < index.length; i += size) {
    if (sources[index[i]] === sources[vertex] && targets[index[i]] === targets[vertex]) {
      found.push(...index.subarray(i, i + size));
    }
  }
  return found;
}
