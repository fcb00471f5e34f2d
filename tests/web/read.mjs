// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What Khronos's validator and three.js say of GLB files: one line of JSON each. The first argument is the folder that
// has their packages.

import fs from 'node:fs';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

globalThis.self = globalThis;
globalThis.ProgressEvent = class {};
const [folder, ...files] = process.argv.slice(2);
const validator = createRequire(folder + '/')('gltf-validator');
const {GLTFLoader} = await import(pathToFileURL(folder + '/node_modules/three/examples/jsm/loaders/GLTFLoader.js'));

const WARNING = 1, ROUNDS = 5;
for (const file of files) {
  const data = fs.readFileSync(file);
  const {issues, info} = await validator.validateBytes(new Uint8Array(data), {maxIssues: 0});
  const said = {file, bytes: data.length, draws: info.drawCallCount, triangles: info.totalTriangleCount, nodes: {},
    wrong: issues.messages.filter(one => one.severity <= WARNING).map(one => one.code + ' ' + one.pointer)};
  const loads = [], reads = [];
  let gltf;
  for (let round = 0; round < ROUNDS; round++) {
    let begin = performance.now();
    const bytes = fs.readFileSync(file);
    reads.push(performance.now() - begin);
    begin = performance.now();
    gltf = await new GLTFLoader().parseAsync(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), '');
    loads.push(performance.now() - begin);
  }
  said.load = Math.min(...loads);
  said.read = Math.min(...reads);
  gltf.scene.traverse(one => {
    const facts = one.userData.neuroscene;
    if (!facts) return;
    said.nodes[facts.kind] = (said.nodes[facts.kind] || 0) + 1;
    if (one.isInstancedMesh) {
      said.instances = (said.instances || 0) + one.count;
      said.coloured = (said.coloured || 0) + (one.instanceColor?.count || 0);
    }
  });
  said.tracks = gltf.animations.reduce((sum, one) => sum + one.tracks.length, 0);
  console.log(JSON.stringify(said));
}
