// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Lines: their ends go with their layers, and none is drawn thinner than a pixel, but fainter instead.

import {cellPlace, moveOf} from "./model.js";
import {SAMPLES, screenHeight} from "./picture.js";
import {THREE} from "./three.js";

const LEAST = 0.25;  // pixels, the radius of the thinnest tube: half a pixel of what is drawn

/** Give each vertex its way along its line, 0 to 1, and each line the movements of its two ends. */
export function prepareLines(bundle) {
  const {mesh, source, target, numbers} = bundle;
  bundle.moves = {sourceMove: {value: new THREE.Matrix4()}, targetMove: {value: new THREE.Matrix4()}};
  bundle.inverse = mesh.matrixWorld.clone().invert();
  const along = new Float32Array(numbers.position.count);
  const [from, to, here] = [new THREE.Vector3(), new THREE.Vector3(), new THREE.Vector3()];
  for (let i = 0; i < along.length; i++) {
    cellPlace(source, numbers._source.getX(i), from);
    cellPlace(target, numbers._target.getX(i), to).sub(from);
    here.fromBufferAttribute(numbers.position, i).applyMatrix4(mesh.matrixWorld).sub(from);
    along[i] = Math.min(1, Math.max(0, here.dot(to) / (to.lengthSq() || 1)));
  }
  mesh.geometry.setAttribute("along", new THREE.BufferAttribute(along, 1));
  if (mesh.isMesh) mesh.geometry.setAttribute("across", new THREE.BufferAttribute(acrossTubes(mesh.geometry), 3));
  mesh.frustumCulled = false;
  mesh.material = asLine(bundle, mesh.material.clone());
}

/** What leads from the middle of a tube to each vertex. Vertices stand in rings, and the first triangle of a tube has
 * two corners in one ring and the third in the next, by which one knows how many a ring has. */
function acrossTubes({index, attributes: {position}}) {
  const sides = index.getX(2) - index.getX(1);
  const [points, across] = [position.array, new Float32Array(position.array.length)];
  for (let ring = 0; ring < points.length; ring += 3 * sides) {
    for (let axis = 0; axis < 3; axis++) {
      let middle = 0;
      for (let side = 0; side < sides; side++) middle += points[ring + 3 * side + axis] / sides;
      for (let i = ring + axis; i < ring + 3 * sides; i += 3) across[i] = points[i] - middle;
    }
  }
  return across;
}

// A vertex goes with both ends, more with the nearer: linear blend skinning with two bones.
export const MOVED = "((1.0 - along) * sourceMove + along * targetMove)";
export const MOVES = "attribute float along; uniform mat4 sourceMove, targetMove;";
// What is thinner than can be drawn is drawn as wide as can be, and covers as much less of what is behind.
const LINE_HEAD = `${MOVES}
uniform float screenHeight, radius;
varying float covered;
float share(vec4 middle, float wide) {
  float nearness = isOrthographic ? 1.0 : max(-middle.z, 1e-6);
  return clamp(wide * projectionMatrix[1][1] / nearness * 0.5 * screenHeight / ${LEAST}, 0.02, 1.0);
}`;
const LINE = `vec3 transformed = (${MOVED} * vec4(position, 1.0)).xyz;
covered = share(modelViewMatrix * vec4(transformed, 1.0), radius);`;
const TUBE_HEAD = `attribute vec3 across;
${LINE_HEAD}`;
const TUBE = `vec3 wide = mat3(${MOVED}) * across;
vec3 middle = (${MOVED} * vec4(position, 1.0)).xyz - wide;
covered = share(modelViewMatrix * vec4(middle, 1.0), length(wide));
vec3 transformed = middle + wide / covered;`;
// Samples of a tube's pixel are taken or left: what lies between is left to a pattern of two by two drawn pixels.
const TUBE_COVER = `ivec2 odd = ivec2(gl_FragCoord.xy) & 1;
float more = (float((odd.x ^ odd.y) * 2 + odd.y) + 0.5) / 4.0;
diffuseColor.a *= floor(covered * ${SAMPLES}.0 + more) / ${SAMPLES}.0;`;
const LINE_COVER = "diffuseColor.a *= covered;";

/** Let a material draw the lines of a bundle. */
export function asLine({mesh: {isMesh}, moves, facts: {radius = 1}}, material) {
  const [head, vertex, cover] = isMesh ? [TUBE_HEAD, TUBE, TUBE_COVER] : [LINE_HEAD, LINE, LINE_COVER];
  if (isMesh && !material.transparent) material.alphaToCoverage = true;
  if (!isMesh) Object.assign(material, {transparent: true, depthWrite: false});
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, moves, {screenHeight, radius: {value: radius}});
    shader.vertexShader = shader.vertexShader.replace("void main() {", `${head}\nvoid main() {`)
      .replace("#include <begin_vertex>", vertex);
    shader.fragmentShader = `varying float covered;\n${shader.fragmentShader}`.replace(
      "#include <color_fragment>", `#include <color_fragment>\n${cover}`);
  };
  material.customProgramCacheKey = () => `line ${isMesh}`;
  return material;
}

export function followEnds({mesh, inverse, moves, source, target}) {
  for (const [move, layer] of [[moves.sourceMove, source], [moves.targetMove, target]]) {
    moveOf(layer, move.value).premultiply(inverse).multiply(mesh.matrixWorld);
  }
}
