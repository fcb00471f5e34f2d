// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What the page of `export --html` uses of three.js, and nothing else of it.
export {
  AnimationMixer, Box3, BoxGeometry, BufferAttribute, BufferGeometry, Color, DirectionalLight, DoubleSide,
  EdgesGeometry, GLSL3, HemisphereLight, LineBasicMaterial, LineSegments, Matrix4, Mesh, MeshBasicMaterial,
  MeshLambertMaterial, NoBlending, PerspectiveCamera, PlaneGeometry, Scene, ShaderMaterial, SRGBColorSpace,
  Vector3, WebGLRenderTarget, WebGLRenderer,
} from "three";
export {OrbitControls} from "three/examples/jsm/controls/OrbitControls.js";
export {GLTFLoader} from "three/examples/jsm/loaders/GLTFLoader.js";
