// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Folding: a layer or block shrinks about its own centre, and the lines follow their ends.

import {followEnds, prepareLines} from "./lines.js";
import {THREE} from "./three.js";

const FOLDED = 0.16;  // size of what is folded, to its size before
const SECONDS = 0.4;

/** Make layers and open blocks foldable. `fold(thing, folded)` starts it; `step(now)` draws on, true while it moves;
 * `refresh()` follows an animation. */
export function makeFolding(model, still) {
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
    if (moving.length) follow();
    return moving.length > 0;
  }

  function follow() {
    model.scene.updateMatrixWorld(true);
    model.bundles.forEach(followEnds);
  }

  /** Let things stand where an animation has put them, folded or not. */
  function refresh() {
    for (const part of parts) {
      part.local.compose(part.node.position, part.node.quaternion, part.node.scale);
      place(part);
    }
    follow();
  }

  return {fold, step, refresh};
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
