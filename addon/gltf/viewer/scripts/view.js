// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The view: the shot's camera to begin with, then wherever the reader turns it.

import {cornersOfBox, facts} from "./model.js";
import {UNNUMBERED} from "./picking.js";
import {THREE} from "./three.js";

const NEAREST = 0.01, FARTHEST = 5;  // how near and far one may go, to the size of the network
const UPRIGHT = 0.8;  // width to height of a page on which a long network is looked at along its length
const ALONG = 22 * Math.PI / 180, ABOVE = 36 * Math.PI / 180;  // from where, then
const LONG = 1.8;  // length of such a network, to its width and height
const FREE = {across: 0.92, up: 0.66};  // shares of such a page that it may fill

export function makeView(canvas, model, still) {
  const whole = new THREE.Box3();
  model.layers.forEach((layer) => whole.union(layer.box));
  const middle = whole.getCenter(new THREE.Vector3());
  const size = whole.getSize(new THREE.Vector3()).length() || 1;
  const controls = new THREE.OrbitControls(new THREE.PerspectiveCamera(), canvas);
  Object.assign(controls, {enableDamping: !still(), dampingFactor: 0.08, minDistance: NEAREST * size,
                           maxDistance: FARTHEST * size, zoomToCursor: true, keyRotateSpeed: 24});
  controls.listenToKeyEvents(canvas);
  let [shot, camera, aspect, moves, lengthwise] = [null, null, 1, false, false];

  /** Stand where a camera of the file stands now; `moving` is whether it or what it sees moves. */
  function look(from = shot, moving = moves) {
    if (from !== shot) {
      camera = controls.object = from.clone();
      camera.layers.enable(UNNUMBERED);
    }
    [shot, moves] = [from, moving];
    shot.updateWorldMatrix(true, false);
    shot.matrixWorld.decompose(camera.position, camera.quaternion, new THREE.Vector3());
    Object.assign(camera, {near: size / 1000, far: size * 100, zoom: shot.zoom});
    controls.target.copy(targetOf(camera, middle, size));
    lengthwise = aspect < UPRIGHT && !moves && Boolean(camera.isPerspectiveCamera) && isLong(whole);
    fit();
    if (lengthwise) {
      standAlong(camera, whole);
      controls.target.copy(middle);
    }
    controls.update();
  }

  function fit() {
    showAll(camera, shot, aspect, lengthwise);
  }

  look(startingShot(model));
  return {
    controls, look,
    get camera() { return camera; },
    get shot() { return shot; },
    /** Show at least what the shot shows, however wide or high the page is. */
    resize(width, height) {
      const upright = aspect < UPRIGHT;
      aspect = width / height;
      if (upright === aspect < UPRIGHT) fit();
      else look();
    },
    zoom(factor) {
      if (factor < 1) controls.dollyIn(1 / factor);
      else controls.dollyOut(factor);
    },
  };
}

/** The camera of the active shot, else the first, else one that looks at everything. */
function startingShot(model) {
  const active = facts(model.scene)?.camera;
  const found = model.cameras.find((one) => [one, one.parent].some((node) => node?.userData.name === active));
  return found ?? model.cameras[0] ?? lookingAtAll(model);
}

function lookingAtAll(model) {
  const box = new THREE.Box3().setFromObject(model.scene);
  const [centre, size] = [box.getCenter(new THREE.Vector3()), box.getSize(new THREE.Vector3()).length()];
  const camera = new THREE.PerspectiveCamera(35, 16 / 9);
  camera.position.set(0.5, 0.4, 1).normalize().multiplyScalar(1.5 * size).add(centre);
  camera.lookAt(centre);
  return camera;
}

/** The point on the line of sight that is nearest to the middle of the network: what one turns round. */
function targetOf(camera, middle, size) {
  const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(camera.quaternion);
  const distance = middle.clone().sub(camera.position).dot(ahead);
  return ahead.multiplyScalar(Math.max(distance, size / 10)).add(camera.position);
}

/** The two level axes of a box, the longer first. */
function levelAxes(extent) {
  return extent.x > extent.z ? ["x", "z"] : ["z", "x"];
}

function isLong(whole) {
  const extent = whole.getSize(new THREE.Vector3());
  const [along, across] = levelAxes(extent);
  return extent[along] > LONG * Math.max(extent[across], extent.y);
}

/** Look along a long network from above, from the side that the camera is on and as far away as it takes. */
function standAlong(camera, whole) {
  const [middle, extent] = [whole.getCenter(new THREE.Vector3()), whole.getSize(new THREE.Vector3())];
  const [along, across] = levelAxes(extent);
  const [towards, level] = [camera.position.clone().sub(middle), Math.cos(ABOVE)];
  const back = new THREE.Vector3(0, Math.sin(ABOVE), 0);
  back[along] = (Math.sign(towards[along]) || 1) * Math.cos(ALONG) * level;
  back[across] = (Math.sign(towards[across]) || 1) * Math.sin(ALONG) * level;
  camera.position.copy(middle).add(back);
  camera.lookAt(middle);
  const [right, up] = [[1, 0, 0], [0, 1, 0]].map((axis) => new THREE.Vector3(...axis).applyQuaternion(camera.quaternion));
  const slope = Math.tan(camera.fov * Math.PI / 360);
  let distance = 0;
  for (const corner of cornersOfBox(whole)) {
    corner.sub(middle);
    const needed = Math.max(Math.abs(corner.dot(right)) / (slope * camera.aspect * FREE.across),
                            Math.abs(corner.dot(up)) / (slope * FREE.up));
    distance = Math.max(distance, corner.dot(back) + needed);
  }
  camera.position.copy(back.multiplyScalar(distance)).add(middle);
}

/** Let a camera see at least what the shot sees; lengthwise, with its lens as it is. */
function showAll(camera, shot, aspect, lengthwise) {
  if (camera.isOrthographicCamera) {
    const [right, top] = [shot.right, shot.top];
    const grow = aspect / (right / top);
    [camera.right, camera.top] = grow > 1 ? [right * grow, top] : [right, top / grow];
    [camera.left, camera.bottom] = [-camera.right, -camera.top];
  } else {
    const slope = Math.tan(shot.fov * Math.PI / 360);
    camera.fov = Math.atan(slope * Math.max(1, lengthwise ? 1 : shot.aspect / aspect)) * 360 / Math.PI;
    camera.aspect = aspect;
  }
  camera.updateProjectionMatrix();
}
