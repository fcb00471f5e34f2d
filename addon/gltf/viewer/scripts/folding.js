// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Folding: a layer or block shrinks about its own centre, and the lines follow their ends.

const FOLDED = 0.16;  // size of what is folded, to its size before
const SECONDS = 0.4;

/** Make layers and open blocks foldable. `fold(thing, folded)` starts it; `step(now)` draws on, true while it moves. */
function makeFolding(model, still) {
  const parts = [...model.layers, ...model.blocks.filter((block) => !block.closed)].map(makePart);
  model.bundles.forEach(prepareLines);

  function fold(thing, folded) {
    const part = thing.part;
    Object.assign(part, {folded, from: part.amount, since: still() ? -Infinity : performance.now()});
  }

  function step(now) {
    const moving = parts.filter((part) => part.amount !== Number(part.folded));
    for (const part of moving) {
      const share = Math.min(1, (now - part.since) / 1000 / SECONDS);
      const eased = share * share * (3 - 2 * share);
      part.amount = share === 1 ? Number(part.folded) : part.from + (Number(part.folded) - part.from) * eased;
      place(part);
    }
    if (moving.length) {
      model.scene.updateMatrixWorld(true);
      model.bundles.forEach(followEnds);
    }
    return moving.length > 0;
  }

  return {fold, step};
}

/** `around` and `back` lead from the parent's space to axes round the centre and back, as the file has them. */
function makePart(thing) {
  const node = thing.node;
  const centre = thing.box.getCenter(new THREE.Vector3());
  const back = node.parent.matrixWorld.clone().invert().multiply(new THREE.Matrix4().setPosition(centre));
  const part = {thing, node, folded: false, amount: 0, local: node.matrix.clone(), back, around: back.clone().invert()};
  node.matrixAutoUpdate = false;
  thing.part = part;
  return part;
}

function place({node, local, back, around, amount}) {
  const size = 1 - amount * (1 - FOLDED);
  node.matrix.makeScale(size, size, size).premultiply(back).multiply(around).multiply(local);
}

/** Give each vertex its way along its line, 0 to 1, and each line the movements of its two ends. */
function prepareLines(bundle) {
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
  mesh.frustumCulled = false;
  mesh.material = movedByEnds(mesh.material.clone(), bundle.moves);
}

// A vertex goes with both ends, more with the nearer: linear blend skinning with two bones.
const MOVED = "((1.0 - along) * sourceMove + along * targetMove)";
const MOVES = "attribute float along; uniform mat4 sourceMove, targetMove;";

function movedByEnds(material, moves) {
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, moves);
    shader.vertexShader = `${MOVES}\n${shader.vertexShader}`.replace(
      "#include <begin_vertex>", `vec3 transformed = (${MOVED} * vec4(position, 1.0)).xyz;`);
  };
  return material;
}

function followEnds({mesh, inverse, moves, source, target}) {
  for (const [move, layer] of [[moves.sourceMove, source], [moves.targetMove, target]]) {
    moveOf(layer, move.value).premultiply(inverse).multiply(mesh.matrixWorld);
  }
}
