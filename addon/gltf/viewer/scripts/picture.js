// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The picture: drawn finer than the page, ground and all, and averaged in linear light, as Blender does. Averaged as
// screens have their colours, lines that are thinner than a pixel would be too dark.

import {colourOf} from "./style.js";
import {THREE} from "./three.js";

const FINE = 2;  // drawn pixels a pixel of a coarse screen, each way
export const SAMPLES = 4;  // of each drawn pixel
export const screenHeight = {value: 1};  // of the page, in pixels

const SHEET_VERTEX = `
varying vec2 at;
void main() {
  at = uv;
  gl_Position = vec4(position.xy, 0.0, 1.0);
}`;
const GROUND_FRAGMENT = `
uniform vec3 ground[3];
varying vec2 at;
void main() {
  float away = length((at - vec2(0.5, 0.55)) / vec2(0.75, 0.85));
  vec3 below = mix(mix(ground[0], ground[1], smoothstep(0.0, 0.5, away)), ground[2], smoothstep(0.3, 1.0, away));
  gl_FragColor = vec4(below, 1.0);
}`;
const SHEET_FRAGMENT = `
uniform sampler2D drawn;
varying vec2 at;
void main() {
  gl_FragColor = vec4(texture2D(drawn, at).rgb, 1.0);
  #include <colorspace_fragment>
}`;

/** {draw(scene, camera), resize(width, height)}; the ground is that of the page's style, from its middle outwards. */
export function makePicture(renderer) {
  const target = new THREE.WebGLRenderTarget(1, 1, {samples: SAMPLES, colorSpace: THREE.SRGBColorSpace});
  const ground = [0, 1, 2].map(() => new THREE.Color());
  const behind = sheet(GROUND_FRAGMENT, {ground: {value: ground}});
  const screen = sheet(SHEET_FRAGMENT, {drawn: {value: target.texture}});

  return {
    draw(scene, camera) {
      renderer.setRenderTarget(target);
      renderer.render(behind, camera);
      renderer.autoClear = false;
      renderer.render(scene, camera);
      renderer.autoClear = true;
      renderer.setRenderTarget(null);
      renderer.render(screen, camera);
    },
    resize(width, height) {
      const ratio = Math.min(devicePixelRatio, FINE);
      const fine = ratio < FINE ? FINE : 1;
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
      target.setSize(fine * renderer.domElement.width, fine * renderer.domElement.height);
      screenHeight.value = height;
      ground.forEach((colour, i) => colour.copy(colourOf(`--ground-${i}`)));
    },
  };
}

/** A sheet that fills whatever is drawn on. */
function sheet(fragmentShader, uniforms) {
  const made = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), new THREE.ShaderMaterial({
    uniforms, vertexShader: SHEET_VERTEX, fragmentShader, depthTest: false, depthWrite: false,
  }));
  made.frustumCulled = false;
  return made;
}
