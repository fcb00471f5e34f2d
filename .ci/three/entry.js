// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What the page of `export --html` uses of three.js, and nothing else of it.
export {
  BoxGeometry, BufferAttribute, BufferGeometry, Color, EdgesGeometry, GLSL3, LineBasicMaterial, LineSegments,
  Matrix4, Mesh, MeshBasicMaterial, NoBlending, PerspectiveCamera, Quaternion, Scene, ShaderMaterial, Vector3,
  WebGLRenderTarget, WebGLRenderer, Box3, HemisphereLight, DirectionalLight,
} from "three";
export {OrbitControls} from "three/examples/jsm/controls/OrbitControls.js";
export {GLTFLoader} from "three/examples/jsm/loaders/GLTFLoader.js";
