// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The view: the shot's camera to begin with, then wherever the reader turns it.

const NEAREST = 0.02, FARTHEST = 6;  // how near and far one may go, to the distance at the beginning

function makeView(canvas, model, still) {
  const shot = startingShot(model);
  const camera = shot.clone();
  shot.updateWorldMatrix(true, false);
  shot.matrixWorld.decompose(camera.position, camera.quaternion, new THREE.Vector3());
  const begin = {position: camera.position.clone(), target: targetOf(camera, model), zoom: camera.zoom};
  const distance = begin.position.distanceTo(begin.target);
  Object.assign(camera, {near: distance / 1000, far: distance * 100});
  const controls = new THREE.OrbitControls(camera, canvas);
  Object.assign(controls, {enableDamping: !still(), dampingFactor: 0.08, minDistance: NEAREST * distance,
                           maxDistance: FARTHEST * distance, zoomToCursor: true, keyRotateSpeed: 24});
  controls.listenToKeyEvents(canvas);
  controls.target.copy(begin.target);
  controls.update();

  return {
    camera, controls,
    /** Show at least what the shot shows, however wide or high the page is. */
    resize(width, height) {
      showAll(camera, shot, width / height);
    },
    reset() {
      camera.position.copy(begin.position);
      controls.target.copy(begin.target);
      camera.zoom = begin.zoom;
      camera.updateProjectionMatrix();
      controls.update();
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
function targetOf(camera, model) {
  const box = new THREE.Box3();
  model.layers.forEach((layer) => box.union(layer.box));
  const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(camera.quaternion);
  const distance = box.getCenter(new THREE.Vector3()).sub(camera.position).dot(ahead);
  return ahead.multiplyScalar(Math.max(distance, 1e-3)).add(camera.position);
}

function showAll(camera, shot, aspect) {
  if (camera.isOrthographicCamera) {
    const [right, top] = [shot.right, shot.top];
    const grow = aspect / (right / top);
    [camera.right, camera.top] = grow > 1 ? [right * grow, top] : [right, top / grow];
    [camera.left, camera.bottom] = [-camera.right, -camera.top];
  } else {
    const slope = Math.tan(shot.fov * Math.PI / 360);
    camera.fov = Math.atan(slope * Math.max(1, shot.aspect / aspect)) * 360 / Math.PI;
    camera.aspect = aspect;
  }
  camera.updateProjectionMatrix();
}
