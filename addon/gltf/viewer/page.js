/*!
The page of Neuroscene, put together from scripts/. SPDX-License-Identifier: GPL-3.0-or-later
*/
"use strict";
(() => {
  // addon/gltf/viewer/scripts/three.js
  var { THREE } = globalThis;

  // addon/gltf/viewer/scripts/style.js
  var KEPT = { AgX: 0.5 };
  var TEXTS = { label: "--text", dim: "--dim", hot: "--hot" };
  function applyStyle({ background = [], view }, { text = {} }) {
    const kept = KEPT[view] ?? 1;
    const [inner, between = inner] = background;
    const grounds = [inner, between, background.at(-1)].map((colour) => colour?.map((part) => part * kept));
    grounds.forEach((colour, i) => paint(`--ground-${i}`, colour));
    for (const [role, name] of Object.entries(TEXTS)) paint(name, text[role]);
  }
  function paint(name, linear) {
    if (linear) document.documentElement.style.setProperty(name, new THREE.Color(...linear).getStyle());
  }
  function colourOf(name) {
    return new THREE.Color(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  }

  // addon/gltf/viewer/scripts/words.js
  function shortest(value) {
    if (isNotFinite(value)) return "not finite (NaN or infinite)";
    for (let digits = 1; digits < 9; digits++) {
      const text = value.toPrecision(digits);
      if (Math.fround(Number(text)) === value) return String(Number(text));
    }
    return String(Number(value.toPrecision(9)));
  }
  function isNotFinite(value) {
    return !(Math.abs(value) < LARGEST);
  }
  function rough(value) {
    const text = String(Number(Math.abs(value).toPrecision(3)));
    return value === 0 ? "0" : (value < 0 ? "−" : "+") + text;
  }
  function thousands(count) {
    return Number(count).toLocaleString("en");
  }
  function shapeWords(shape) {
    return (shape ?? []).map((size) => Number(size) > 0 ? thousands(size) : "?").join(" × ") || "1";
  }
  function nameOf({ label, ...rest }, name) {
    return label?.name || rest[name];
  }
  function cellWords(layer, index) {
    const { grid: [units, rows, columns] = [0, 1, 1], shape = [], layers, noun: kind } = layer.facts;
    const [unit, row, column] = ["_UNIT", "_ROW", "_COLUMN"].map((name) => layer.numbers[name]?.getX(index));
    if (unit === void 0) return `cell ${index}`;
    if (kind === "matrix") return `${layers?.[unit] ?? "weights"}: output ${row}, input ${column}`;
    if (rows * columns === 1) return `unit ${unit}`;
    const place2 = `row ${row}, column ${column}`;
    const noun = kind || (layer.facts.op === "Attention" ? "head" : "channel");
    return units === 1 && shape.length < 3 ? place2 : `${noun} ${unit}, ${place2}`;
  }
  var MOST = 10;
  var NONE = "none";
  var NO_WEIGHT = {
    copy: "It carries no weight: it passes its number on.",
    unknown: "What it carries is not known."
  };
  var SUM = {
    kernels: "This line is a whole kernel: the number is the sum of its weights.",
    "": "This line is all gates of a unit: the number is the sum of their weights."
  };
  var LARGEST = 34028234663852886e22;
  function describe(hit) {
    return { cell: describeCell, line: describeLine, layer: describeLayer, block: describeBlock }[hit.kind](hit);
  }
  function describeCell({ layer, index }) {
    const { value_is: meaning = "value", not_finite: wrong } = layer.facts;
    const rows = [["where", cellWords(layer, index)]];
    if (meaning !== NONE) rows.push([meaning, shortest(layer.numbers._VALUE.getX(index)), "number"]);
    const note = meaning === NONE ? "It has no number of its own: run an input to give it one." : wrong && `${thousands(wrong)} ${wrong === 1 ? "number of this layer is" : "numbers of this layer are"} not finite.`;
    return { heading: layer.name, rows, note };
  }
  function describeLine({ bundle, vertex }) {
    const { carries, grain, form = "" } = bundle.facts;
    const ends = [["from", bundle.source, "_source"], ["to", bundle.target, "_target"]].map(([word, layer, name]) => [word, `${layer.name}: ${cellWords(layer, bundle.numbers[name].getX(vertex))}`]);
    if (carries && carries !== "weight") return { heading: "line", rows: ends, note: NO_WEIGHT[carries] };
    if (grain === "unknown") return { heading: "line", rows: ends, note: "It says only that these layers are joined." };
    const weight = shortest(bundle.numbers._weight.getX(vertex));
    return { heading: "line", rows: [["weight", weight, "number"], ...ends], note: grain === "unit" ? SUM[form] ?? SUM.kernels : "" };
  }
  function describeLayer({ layer }) {
    const { op, shape, parameters } = layer.facts;
    const rows = [["operator", op ?? "not known"], ["shape", shapeWords(shape)]];
    if (Number(parameters)) rows.push(["parameters", thousands(parameters)]);
    return { heading: layer.name, rows, note: [layer.facts.label?.notes, layer.part.folded && "folded"].filter(Boolean).join("\n") };
  }
  function describeBlock({ block }) {
    const { repeat, parameters } = block.facts;
    const rows = [["block", block.facts.path ?? block.name]];
    if (repeat > 1) rows.push(["stands for", `${repeat} equal blocks`]);
    if (Number(parameters)) rows.push(["parameters", thousands(parameters)]);
    for (const { facts: inner, name } of block.inside.slice(0, MOST)) {
      rows.push([nameOf(inner, "name"), `${inner.op ?? name}, ${shapeWords(inner.shape)}`]);
    }
    const more = block.inside.length - MOST;
    const note = block.closed ? `${more > 0 ? `and ${thousands(more)} more layers. ` : ""}Drawn closed in Blender.` : "";
    return { heading: block.name, rows, note };
  }
  function factsLine({ networks, layers, hidden }) {
    const there = [...layers, ...hidden].filter((layer) => layer.facts.op !== "Input").length;
    const count = Math.max(there, networks.reduce((sum, network) => sum + Number(network.layers ?? 0), 0));
    const parameters = networks.reduce((sum, network) => sum + Number(network.parameters ?? 0), 0);
    const said = [`${thousands(parameters)} parameters in ${thousands(count)} ${count === 1 ? "layer" : "layers"}`];
    for (const { input, scores } of networks) {
      if (input) said.push(scores?.length ? `${input} → ${scoreWords(scores[0])}` : input);
    }
    return said.join(" · ");
  }
  function drawnLine({ layers: all, bundles, pictures = [] }) {
    const layers = all.filter(({ name, facts: facts2 }) => !["sheet", "cover"].includes(facts2.detail) && !pictures.some(({ layer }) => layer === (facts2.layer ?? name)));
    const sum = (things, count) => things.reduce((total, { facts: facts2 }) => total + Number(count(facts2)), 0);
    const counts = [
      ["cells", sum(layers, ({ cells }) => cells), sum(layers, ({ grid }) => grid.reduce((a, b) => a * b))],
      ["connections", sum(bundles, ({ drawn }) => drawn), sum(bundles, ({ drawn, total }) => total || drawn)]
    ];
    const said = counts.filter(([, drawn, all2]) => drawn < all2).map(([what, drawn, all2]) => `${thousands(drawn)} of ${thousands(all2)} ${what}`);
    return said.length ? `Drawn: ${said.join(", ")}, the strongest.` : "";
  }
  function scoreWords({ label, score }) {
    return score >= 0 && score <= 1 ? `${label} (${(100 * score).toFixed(1)}%)` : label;
  }

  // addon/gltf/viewer/scripts/model.js
  var FACTS = "neuroscene";
  async function readModel(buffer) {
    const gltf = await new THREE.GLTFLoader().parseAsync(buffer, "");
    gltf.scene.updateMatrixWorld(true);
    const ofKind = {
      network: [],
      block: [],
      layer: [],
      connections: [],
      label: [],
      bars: [],
      book: [],
      heads: [],
      picture: [],
      plot: [],
      histogram: []
    };
    gltf.scene.traverse((node) => ofKind[facts(node)?.kind]?.push(node));
    ofKind.label.forEach((node) => node.removeFromParent());
    const beside = [...ofKind.plot, ...ofKind.histogram].map((node) => ({ node, parent: node.parent }));
    beside.forEach(({ node }) => gltf.scene.attach(node));
    const layers = ofKind.layer.map(readLayer);
    const model = {
      scene: gltf.scene,
      cameras: gltf.cameras,
      animations: gltf.animations,
      bars: ofKind.bars,
      networks: ofKind.network.map(facts),
      pictures: ofKind.picture.map(facts),
      layers: layers.filter(isSeen),
      hidden: layers.filter((layer) => !isSeen(layer)),
      books: [...ofKind.book, ...ofKind.heads].map(readLayer)
    };
    model.bundles = ofKind.connections.map((node) => readBundle(node, layers)).filter((bundle) => bundle);
    model.bundles.forEach((bundle) => gltf.scene.attach(bundle.node));
    model.blocks = ofKind.block.map((node) => readBlock(node, model)).filter(isSeen);
    beside.forEach(({ node, parent }) => parent.attach(node));
    applyStyle(facts(gltf.scene) ?? {}, model.networks[0] ?? {});
    model.blocks.forEach((block) => shade(block, colourOf("--text")));
    ofKind.bars.forEach((node) => layerOf(node, facts(node).layer, layers)?.node.attach(node));
    gltf.scene.updateMatrixWorld(true);
    return model;
  }
  function facts(node) {
    return node.userData[FACTS];
  }
  function owner(node) {
    while (node && !facts(node)) node = node.parent;
    return node;
  }
  function readLayer(node) {
    let cells = null;
    node.traverse((one) => {
      if (one.isInstancedMesh && owner(one) === node) cells ??= one;
    });
    const numbers = cells?.geometry.attributes ?? {};
    const { layer, name } = facts(node);
    return { kind: "layer", facts: facts(node), name: layer ?? name, node, cells, numbers, ...atRest(node) };
  }
  function isSeen({ box }) {
    return !box.isEmpty() && box.getSize(new THREE.Vector3()).length() > 1e-6;
  }
  function readBlock(node, { layers, hidden }) {
    const closed = !layers.some((layer) => isIn(layer.node, node));
    const inside = closed ? hidden.filter((layer) => isIn(layer.node, node)) : [];
    return {
      kind: "block",
      facts: facts(node),
      name: nameOf(facts(node), "path"),
      node,
      closed,
      inside: inside.sort((a, b) => a.facts.order - b.facts.order),
      ...atRest(node)
    };
  }
  function shade({ node }, color) {
    node.traverse((mesh) => {
      if (!mesh.isMesh || owner(mesh) !== node) return;
      mesh.material = new THREE.MeshLambertMaterial({ vertexColors: true, flatShading: true, side: THREE.DoubleSide });
      const paint2 = new THREE.LineBasicMaterial({ color, transparent: true, opacity: 0.2 });
      mesh.add(new THREE.LineSegments(new THREE.EdgesGeometry(mesh.geometry, 20), paint2));
    });
  }
  function atRest(node) {
    return { box: new THREE.Box3().setFromObject(node, true), inverse: node.matrixWorld.clone().invert() };
  }
  function moveOf({ node, inverse }, matrix) {
    return matrix.copy(inverse).premultiply(node.matrixWorld);
  }
  function cornersOfBox({ min, max }) {
    return [0, 1, 2, 3, 4, 5, 6, 7].map((i) => new THREE.Vector3((i & 1 ? max : min).x, (i & 2 ? max : min).y, (i & 4 ? max : min).z));
  }
  function isIn(node, ancestor) {
    for (; node; node = node.parent) if (node === ancestor) return true;
    return false;
  }
  function readBundle(node, layers) {
    const [source, target] = ["source", "target"].map((end) => layerOf(node, facts(node)[end], layers));
    let mesh = null;
    node.traverse((one) => {
      if (one.isMesh || one.isLine) mesh ??= one;
    });
    if (!source || !target || !mesh?.geometry.attributes._source) return null;
    return { kind: "bundle", facts: facts(node), node, mesh, source, target, numbers: mesh.geometry.attributes };
  }
  function layerOf(node, name, layers) {
    return layers.find((layer) => layer.facts.layer === name && rootOf(layer.node) === rootOf(node));
  }
  function rootOf(node) {
    while (node && facts(node)?.kind !== "network") node = node.parent;
    return node;
  }
  function cellPlace(layer, index, place2) {
    if (!layer.cells) return place2.setFromMatrixPosition(layer.node.matrixWorld);
    const matrices = layer.cells.instanceMatrix.array;
    return place2.fromArray(matrices, 16 * index + 12).applyMatrix4(layer.cells.matrixWorld);
  }

  // addon/gltf/viewer/scripts/labels.js
  function makeLabels(model, act) {
    const holder = document.querySelector("#labels");
    const things = [...model.blocks, ...model.layers];
    const labels = things.map((thing) => ({ thing, button: labelButton(thing, act), depth: depthOf(thing) }));
    holder.append(...labels.map((label) => label.button));
    const order = [...labels].sort((a, b) => a.depth - b.depth);
    return (camera, width, height) => {
      const taken = ["header", "#legends"].map((name) => {
        const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
        return [left, top, right, bottom];
      });
      labels.forEach((label) => {
        label.spot = spotOf(label.thing, camera, width, height);
      });
      for (const { thing, button, spot } of order) {
        button.setAttribute("aria-expanded", String(!thing.part?.folded));
        const [wide, high] = [button.offsetWidth, button.offsetHeight];
        const [left, top] = [spot.x - wide / 2, thing.kind === "block" ? spot.top - high - 4 : spot.bottom + 6];
        const box = [left, top, left + wide, top + high];
        const crowded = spot.behind || taken.some((one) => meet(one, box));
        if (!crowded) taken.push(box);
        button.classList.toggle("crowded", crowded);
        button.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
      }
    };
  }
  function labelButton(thing, act) {
    const button = document.createElement("button");
    button.className = `label ${thing.kind}`;
    button.append(line("name", nameOf(thing.facts, "name")));
    if (thing.kind === "layer") button.append(line("shape", thing.facts.label?.shape ?? shapeWords(thing.facts.shape)));
    button.title = thing.part ? "Click to fold or unfold" : "";
    button.addEventListener("click", () => act.fold(thing));
    button.addEventListener("focus", () => act.show({ kind: thing.kind, [thing.kind]: thing }, button));
    button.addEventListener("pointerenter", () => act.show({ kind: thing.kind, [thing.kind]: thing }, button));
    button.addEventListener("pointerleave", () => act.show(null));
    button.addEventListener("keydown", (event) => act.key(event, thing, button));
    return button;
  }
  function line(name, text) {
    const element = document.createElement("span");
    element.className = name;
    element.textContent = text;
    return element;
  }
  function depthOf({ node }) {
    let depth = 0;
    for (; node; node = node.parent) depth++;
    return depth;
  }
  function spotOf(thing, camera, width, height) {
    const spot = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity, behind: false };
    const move = moveOf(thing, new THREE.Matrix4());
    for (const corner of cornersOfBox(thing.box)) {
      corner.applyMatrix4(move).project(camera);
      spot.behind ||= corner.z > 1;
      const [x, y] = [(corner.x + 1) / 2 * width, (1 - corner.y) / 2 * height];
      [spot.left, spot.right] = [Math.min(spot.left, x), Math.max(spot.right, x)];
      [spot.top, spot.bottom] = [Math.min(spot.top, y), Math.max(spot.bottom, y)];
    }
    return { ...spot, x: (spot.left + spot.right) / 2 };
  }
  function meet(a, b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  // addon/gltf/viewer/scripts/card.js
  function makeCard() {
    const card = document.querySelector("#card");
    function fill({ heading, rows, note }, extra) {
      const title = document.createElement("h2");
      title.textContent = heading;
      const list = document.createElement("dl");
      for (const [what, which, name = ""] of rows) {
        const [term, value] = [document.createElement("dt"), document.createElement("dd")];
        [term.textContent, value.textContent, value.className] = [what, which, name];
        list.append(term, value);
      }
      card.replaceChildren(title, list);
      if (note) card.append(line("note", note));
      if (extra) card.append(extra);
    }
    return {
      /** Show a hit beside a point of the page; `extra` is an element to end with. */
      show(hit, x, y, extra) {
        fill(describe(hit), extra);
        card.hidden = false;
        const [wide, high] = [card.offsetWidth, card.offsetHeight];
        const left = x + 18 + wide > innerWidth ? x - wide - 18 : x + 18;
        const top = Math.min(Math.max(8, y + 14), innerHeight - high - 8);
        card.style.setProperty("--place", `translate(${Math.max(8, left)}px, ${top}px)`);
      },
      hide() {
        card.hidden = true;
      }
    };
  }

  // addon/gltf/viewer/scripts/film.js
  var MOVED_BY = 1e-5;
  function makeFilm(model, view, folding, ask) {
    const [bar, button, time, choice] = ["#film", "#play", "#time", "#shot"].map((one) => document.querySelector(one));
    const mixer = new THREE.AnimationMixer(model.scene);
    model.animations.forEach((clip) => withoutFollowers(clip, model));
    const { frame, rate = 24 } = facts(model.scene) ?? {};
    const shots = model.cameras.map((camera) => readShot(camera, rate, model.animations));
    let [shot, before, action] = [shots.find((one) => one.camera === view.shot), null, null];
    function show(at) {
      time.value = at;
      if (shot.moves && action) {
        action.time = at;
        mixer.update(0);
        folding.refresh();
      }
      view.look(shot.camera, shot.moves);
      ask();
    }
    function play(wanted) {
      before = wanted ? performance.now() : null;
      button.textContent = wanted ? "Pause" : "Play";
      ask();
    }
    function choose(one, at = 0) {
      shot = one;
      mixer.stopAllAction();
      action = shot.clip ? mixer.clipAction(shot.clip).play() : null;
      if (action) action.time = at;
      mixer.update(0);
      folding.refresh();
      [time.min, time.max, time.value] = [0, shot.length, at];
      button.hidden = time.hidden = !shot.moves;
    }
    if (shot) {
      choose(shot, Math.min(Math.max((frame - shot.first) / rate, 0), shot.length));
      view.look(shot.camera, shot.moves);
      choice.append(...shots.map(({ name }, i) => new Option(name, i)));
      choice.hidden = shots.length < 2;
      bar.hidden = choice.hidden && !shots.some((one) => one.moves);
      choice.value = shots.indexOf(shot);
    }
    choice.addEventListener("change", () => {
      choose(shots[choice.value]);
      play(false);
      show(0);
    });
    button.addEventListener("click", () => play(before === null));
    time.addEventListener("input", () => {
      play(false);
      show(Number(time.value));
    });
    view.controls.addEventListener("start", () => play(false));
    return {
      step(now) {
        if (before === null) return false;
        show((Number(time.value) + Math.max(0, now - before) / 1e3) % shot.length);
        before = now;
        return true;
      }
    };
  }
  function readShot(camera, rate, clips) {
    const { shot, frames = [0, 0] } = facts(owner(camera) ?? camera) ?? {};
    const name = shot ?? camera.name;
    const clip = clips.find((one) => one.name === name);
    const length = (frames[1] - frames[0]) / rate;
    return { camera, name, first: frames[0], length, clip, moves: length > 0 && Boolean(clip?.tracks.some(changes)) };
  }
  function changes({ times, values }) {
    const width = values.length / times.length;
    for (let i = width; i < values.length; i++) {
      if (Math.abs(values[i] - values[i % width]) > MOVED_BY) return true;
    }
    return false;
  }
  function withoutFollowers(clip, { scene, bundles, bars }) {
    const names = new Set([...bundles.map(({ node }) => node), ...bars].map((node) => node.name));
    clip.tracks = clip.tracks.filter(({ name }) => {
      const [node, property] = name.split(".");
      return scene.getObjectByName(node) && !(names.has(node) && ["position", "quaternion"].includes(property));
    });
    return clip;
  }

  // addon/gltf/viewer/scripts/picture.js
  var FINE = 2;
  var SAMPLES = 4;
  var screenHeight = { value: 1 };
  var SHEET_VERTEX = `
varying vec2 at;
void main() {
  at = uv;
  gl_Position = vec4(position.xy, 0.0, 1.0);
}`;
  var GROUND_FRAGMENT = `
uniform vec3 ground[3];
varying vec2 at;
void main() {
  float away = length((at - vec2(0.5, 0.55)) / vec2(0.75, 0.85));
  vec3 below = mix(mix(ground[0], ground[1], smoothstep(0.0, 0.5, away)), ground[2], smoothstep(0.3, 1.0, away));
  gl_FragColor = vec4(below, 1.0);
}`;
  var SHEET_FRAGMENT = `
uniform sampler2D drawn;
varying vec2 at;
void main() {
  gl_FragColor = vec4(texture2D(drawn, at).rgb, 1.0);
  #include <colorspace_fragment>
}`;
  function makePicture(renderer) {
    const target = new THREE.WebGLRenderTarget(1, 1, { samples: SAMPLES, colorSpace: THREE.SRGBColorSpace });
    const ground = [0, 1, 2].map(() => new THREE.Color());
    const behind = sheet(GROUND_FRAGMENT, { ground: { value: ground } });
    const screen = sheet(SHEET_FRAGMENT, { drawn: { value: target.texture } });
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
      }
    };
  }
  function sheet(fragmentShader, uniforms) {
    const made = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), new THREE.ShaderMaterial({
      uniforms,
      vertexShader: SHEET_VERTEX,
      fragmentShader,
      depthTest: false,
      depthWrite: false
    }));
    made.frustumCulled = false;
    return made;
  }

  // addon/gltf/viewer/scripts/lines.js
  var LEAST = 0.25;
  function prepareLines(bundle) {
    const { mesh, source, target, numbers } = bundle;
    bundle.moves = { sourceMove: { value: new THREE.Matrix4() }, targetMove: { value: new THREE.Matrix4() } };
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
  function acrossTubes({ index, attributes: { position } }) {
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
  var MOVED = "((1.0 - along) * sourceMove + along * targetMove)";
  var MOVES = "attribute float along; uniform mat4 sourceMove, targetMove;";
  var LINE_HEAD = `${MOVES}
uniform float screenHeight, radius;
varying float covered;
float share(vec4 middle, float wide) {
  float nearness = isOrthographic ? 1.0 : max(-middle.z, 1e-6);
  return clamp(wide * projectionMatrix[1][1] / nearness * 0.5 * screenHeight / ${LEAST}, 0.02, 1.0);
}`;
  var LINE = `vec3 transformed = (${MOVED} * vec4(position, 1.0)).xyz;
covered = share(modelViewMatrix * vec4(transformed, 1.0), radius);`;
  var TUBE_HEAD = `attribute vec3 across;
${LINE_HEAD}`;
  var TUBE = `vec3 wide = mat3(${MOVED}) * across;
vec3 middle = (${MOVED} * vec4(position, 1.0)).xyz - wide;
covered = share(modelViewMatrix * vec4(middle, 1.0), length(wide));
vec3 transformed = middle + wide / covered;`;
  var TUBE_COVER = `ivec2 odd = ivec2(gl_FragCoord.xy) & 1;
float more = (float((odd.x ^ odd.y) * 2 + odd.y) + 0.5) / 4.0;
diffuseColor.a *= floor(covered * ${SAMPLES}.0 + more) / ${SAMPLES}.0;`;
  var LINE_COVER = "diffuseColor.a *= covered;";
  function asLine({ mesh: { isMesh }, moves, facts: { radius = 1 } }, material) {
    const [head, vertex, cover] = isMesh ? [TUBE_HEAD, TUBE, TUBE_COVER] : [LINE_HEAD, LINE, LINE_COVER];
    if (isMesh && !material.transparent) material.alphaToCoverage = true;
    if (!isMesh) Object.assign(material, { transparent: true, depthWrite: false });
    material.onBeforeCompile = (shader) => {
      Object.assign(shader.uniforms, moves, { screenHeight, radius: { value: radius } });
      shader.vertexShader = shader.vertexShader.replace("void main() {", `${head}
void main() {`).replace("#include <begin_vertex>", vertex);
      shader.fragmentShader = `varying float covered;
${shader.fragmentShader}`.replace(
        "#include <color_fragment>",
        `#include <color_fragment>
${cover}`
      );
    };
    material.customProgramCacheKey = () => `line ${isMesh}`;
    return material;
  }
  function followEnds({ mesh, inverse, moves, source, target }) {
    for (const [move, layer] of [[moves.sourceMove, source], [moves.targetMove, target]]) {
      moveOf(layer, move.value).premultiply(inverse).multiply(mesh.matrixWorld);
    }
  }

  // addon/gltf/viewer/scripts/folding.js
  var FOLDED = 0.16;
  var SECONDS = 0.4;
  function makeFolding(model, still2) {
    const parts = [...model.layers, ...model.blocks.filter((block) => !block.closed)].map(makePart);
    model.bundles.forEach(prepareLines);
    function fold(thing, folded) {
      const part = thing.part;
      Object.assign(part, { folded, from: part.amount, since: still2() ? -Infinity : performance.now() });
    }
    function step(now) {
      const moving = parts.filter((part) => part.amount !== Number(part.folded));
      for (const part of moving) {
        const share = Math.min(1, (now - part.since) / 1e3 / SECONDS);
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
    function refresh() {
      for (const part of parts) {
        part.local.compose(part.node.position, part.node.quaternion, part.node.scale);
        place(part);
      }
      follow();
    }
    return { fold, step, refresh };
  }
  function makePart(thing) {
    const node = thing.node;
    const centre = thing.box.getCenter(new THREE.Vector3());
    const back = node.parent.matrixWorld.clone().invert().multiply(new THREE.Matrix4().setPosition(centre));
    const part = { thing, node, folded: false, amount: 0, local: node.matrix.clone(), back, around: back.clone().invert() };
    node.matrixAutoUpdate = false;
    thing.part = part;
    return part;
  }
  function place({ node, local, back, around, amount }) {
    const size = 1 - amount * (1 - FOLDED);
    node.matrix.makeScale(size, size, size).premultiply(back).multiply(around).multiply(local);
  }

  // addon/gltf/viewer/scripts/legend.js
  var STEPS = 48;
  function makeLegend(model) {
    const all = {
      cells: legend("#cells", model.layers.filter(isMeasured), cellWord(model), "layer", cellColours),
      lines: legend("#lines", model.bundles.filter(isWeighted), lineWord(model), "connection", lineColours)
    };
    return (hit) => {
      all.cells(hit?.layer ?? null);
      all.lines(hit?.bundle ?? null);
    };
  }
  function rangeOf(thing) {
    return thing.facts.range ?? 0;
  }
  function isMeasured(layer) {
    return layer.numbers._VALUE && layer.cells.instanceColor && layer.facts.value_is !== NONE && rangeOf(layer) > 0;
  }
  function isWeighted(bundle) {
    return bundle.numbers.color && bundle.facts.carries === "weight" && bundle.facts.grain !== "unknown" && rangeOf(bundle) > 0;
  }
  function cellWord(model) {
    const kinds = new Set(model.layers.filter(isMeasured).map((layer) => layer.facts.value_is));
    const common = kinds.size === 1 ? [...kinds][0] : "value";
    return (layer) => `cell: ${layer?.facts.value_is ?? common}`;
  }
  function lineWord(model) {
    const sums = new Set(model.bundles.filter(isWeighted).map((bundle) => bundle.facts.grain === "unit"));
    const words = (sum) => sum ? "sum of its weights" : "weight";
    const common = sums.size === 1 ? words([...sums][0]) : "weight or sum of weights";
    return (bundle) => `line: ${bundle ? words(bundle.facts.grain === "unit") : common}`;
  }
  function legend(selector, things, word, noun, colours) {
    const element = document.querySelector(selector);
    element.hidden = !things.length;
    if (!things.length) return () => {
    };
    const ramp = new Array(2 * STEPS + 1);
    things.forEach((thing) => colours(thing, ramp));
    const negative = ramp.slice(0, STEPS).some((one) => one);
    element.querySelector(".ramp").style.background = gradient(ramp.slice(negative ? 0 : STEPS));
    const ranges = new Set(things.map(rangeOf));
    const [what, low, zero, high] = [".what", ".low", ".zero", ".high"].map((name) => element.querySelector(name));
    zero.hidden = !negative;
    return (thing) => {
      const mine = things.includes(thing) ? thing : null;
      const one = mine ?? (ranges.size === 1 ? things[0] : null);
      what.textContent = word(mine) + (one ? "" : `, range by ${noun}`);
      low.textContent = !negative ? "0" : one ? rough(-rangeOf(one)) : "negative";
      high.textContent = one ? rough(rangeOf(one)) : negative ? "positive" : "highest";
    };
  }
  function cellColours(layer, ramp) {
    sample(layer.numbers._VALUE, layer.cells.instanceColor, rangeOf(layer), ramp);
  }
  function lineColours(bundle, ramp) {
    sample(bundle.numbers._weight, bundle.numbers.color, rangeOf(bundle), ramp);
  }
  function sample(values, colours, range, ramp) {
    const colour = new THREE.Color();
    for (let i = 0; i < values.count; i++) {
      if (isNotFinite(values.getX(i))) continue;
      const share = Math.min(1, Math.max(-1, values.getX(i) / range));
      const place2 = Math.round((share + 1) * STEPS);
      ramp[place2] ??= colour.fromBufferAttribute(colours, i).getStyle();
    }
  }
  function gradient(ramp) {
    const stops = ramp.flatMap((style, i) => style ? [`${style} ${(100 * i / (ramp.length - 1)).toFixed(1)}%`] : []);
    return stops.length > 1 ? `linear-gradient(to right, ${stops.join(", ")})` : (stops[0] ?? "").replace(/ \S+%$/, "");
  }

  // addon/gltf/viewer/scripts/picking.js
  var REACH = { mouse: 3, pen: 5, touch: 9 };
  var SIDE = 2 * Math.max(...Object.values(REACH)) + 1;
  var UNNUMBERED = 1;
  var FAR = 1e4;
  var NUMBER_VERTEX = `
#include <morphtarget_pars_vertex>
uniform uint first;
flat out uint number;
#ifdef LINES
${MOVES}
#endif
void main() {
  vec3 transformed = position;
  number = first;
#ifdef LINES
  transformed = (${MOVED} * vec4(position, 1.0)).xyz;
  number += uint(gl_VertexID);
#endif
  #include <morphtarget_vertex>
  vec4 place = vec4(transformed, 1.0);
#ifdef USE_INSTANCING
  place = instanceMatrix * place;
#endif
#ifdef CELLS
  number += uint(gl_InstanceID);
#endif
  gl_Position = projectionMatrix * modelViewMatrix * place;
}`;
  var NUMBER_FRAGMENT = `
flat in highp uint number;
out highp vec4 bytes;
void main() {
  bytes = vec4(uvec4(number, number >> 8, number >> 16, number >> 24) & 255u) / 255.0;
}`;
  function makePicking(renderer, scene, view, model) {
    const ranges = numberAll(model);
    const target = new THREE.WebGLRenderTarget(SIDE, SIDE);
    const pixels = new Uint8Array(4 * SIDE * SIDE);
    function draw(x, y) {
      const { camera } = view;
      const { clientWidth, clientHeight } = renderer.domElement;
      camera.layers.disable(UNNUMBERED);
      camera.setViewOffset(clientWidth, clientHeight, x - (SIDE - 1) / 2, y - (SIDE - 1) / 2, SIDE, SIDE);
      renderer.setRenderTarget(target);
      renderer.render(scene, camera);
      renderer.readRenderTargetPixels(target, 0, 0, SIDE, SIDE, pixels);
      renderer.setRenderTarget(null);
      camera.clearViewOffset();
      camera.layers.enable(UNNUMBERED);
    }
    return (x, y, pointer, past = false) => {
      ranges.forEach((range) => {
        range.mesh.material = range.numbers;
      });
      draw(Math.floor(x), Math.floor(y));
      ranges.forEach((range) => {
        range.mesh.material = range.colours;
      });
      return nearest(new Uint32Array(pixels.buffer), REACH[pointer] ?? REACH.mouse, ranges, past);
    };
  }
  function numberAll(model) {
    const found = /* @__PURE__ */ new Map();
    for (const bundle of model.bundles) {
      found.set(bundle.mesh, {
        count: bundle.numbers.position.count,
        near: 0,
        lines: bundle.moves,
        hit: (vertex) => ({ kind: "line", bundle, vertex })
      });
    }
    for (const layer of [...model.layers, ...model.books].filter((one) => one.cells)) {
      found.set(layer.cells, { count: layer.cells.count, near: 0, hit: (index) => ({ kind: "cell", layer, index }) });
    }
    const things = new Map([...model.layers, ...model.blocks].map((thing) => [thing.node, thing]));
    const ranges = [];
    let first = 1;
    model.scene.traverse((mesh) => {
      if (!mesh.isMesh && !mesh.isLine) return;
      const range = found.get(mesh) ?? surfaceOf(mesh, things);
      if (range) ranges.push({ ...range, mesh, first, colours: mesh.material, numbers: numbersOf(mesh, first, range) });
      else mesh.layers.set(UNNUMBERED);
      first += range?.count ?? 0;
    });
    return ranges;
  }
  function surfaceOf(mesh, things) {
    let node = owner(mesh);
    if (!mesh.isMesh || facts(node)?.kind === "class") return null;
    while (node && !things.has(node)) node = node.parent;
    const thing = things.get(node);
    return thing && { count: 1, near: FAR, hit: () => ({ kind: thing.kind, [thing.kind]: thing }) };
  }
  function numbersOf(mesh, first, { lines, near }) {
    return new THREE.ShaderMaterial({
      glslVersion: THREE.GLSL3,
      vertexShader: NUMBER_VERTEX,
      fragmentShader: NUMBER_FRAGMENT,
      side: mesh.material.side,
      defines: lines ? { LINES: 1 } : near ? {} : { CELLS: 1 },
      uniforms: { first: { value: first }, ...lines },
      blending: THREE.NoBlending
    });
  }
  function nearest(numbers, reach, ranges, past) {
    const middle = (SIDE - 1) / 2;
    let [best, least] = [null, Infinity];
    numbers.forEach((number, place2) => {
      const [across, up] = [place2 % SIDE - middle, Math.floor(place2 / SIDE) - middle];
      const away = across * across + up * up;
      if (!number || away > reach * reach || away >= least) return;
      const range = ranges.findLast((one) => one.first <= number);
      if (past && range.lines || away + range.near >= least) return;
      [best, least] = [range.hit(number - range.first), away + range.near];
    });
    return best;
  }

  // addon/gltf/viewer/scripts/marks.js
  function makeMarks() {
    const color = colourOf("--text");
    const edges = new THREE.EdgesGeometry(new THREE.BoxGeometry(1, 1, 1));
    const frames = [0, 1].map(() => onTop(new THREE.LineSegments(edges, new THREE.LineBasicMaterial({ color }))));
    const lines = /* @__PURE__ */ new Map();
    let line2 = null;
    function clear() {
      frames.forEach((frame2) => frame2.removeFromParent());
      line2?.removeFromParent();
    }
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
      line2 = lines.get(bundle) ?? onTop(brightLine(bundle, color));
      lines.set(bundle, line2);
      line2.geometry.setIndex(cornersOf(bundle, vertex));
      bundle.mesh.add(line2);
    }
    return (hit) => {
      clear();
      if (hit?.kind === "cell") frameCell(0, hit.layer, hit.index);
      if (hit?.kind === "layer" || hit?.kind === "block") {
        const thing = hit[hit.kind];
        frame(0, thing.node, thing.box, thing.inverse);
      }
      if (hit?.kind === "line") {
        const { bundle, vertex } = hit;
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
  function brightLine(bundle, color) {
    const { mesh, numbers } = bundle;
    const geometry = new THREE.BufferGeometry();
    for (const name of ["position", "along", "across"]) if (numbers[name]) geometry.setAttribute(name, numbers[name]);
    const { morphAttributes, morphTargetsRelative } = mesh.geometry;
    Object.assign(geometry, { morphAttributes, morphTargetsRelative });
    const paint2 = mesh.isMesh ? new THREE.MeshBasicMaterial({ color }) : new THREE.LineBasicMaterial({ color });
    const line2 = new (mesh.isMesh ? THREE.Mesh : THREE.LineSegments)(geometry, asLine({ ...bundle, facts: {} }, paint2));
    line2.morphTargetInfluences = mesh.morphTargetInfluences;
    return line2;
  }
  function cornersOf({ mesh, numbers }, vertex) {
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

  // addon/gltf/viewer/scripts/view.js
  var NEAREST = 0.01;
  var FARTHEST = 5;
  var UPRIGHT = 0.8;
  var ALONG = 22 * Math.PI / 180;
  var ABOVE = 36 * Math.PI / 180;
  var LONG = 1.8;
  var FREE = { across: 0.92, up: 0.66 };
  function makeView(canvas, model, still2) {
    const whole = new THREE.Box3();
    model.layers.forEach((layer) => whole.union(layer.box));
    const middle = whole.getCenter(new THREE.Vector3());
    const size = whole.getSize(new THREE.Vector3()).length() || 1;
    const controls = new THREE.OrbitControls(new THREE.PerspectiveCamera(), canvas);
    Object.assign(controls, {
      enableDamping: !still2(),
      dampingFactor: 0.08,
      minDistance: NEAREST * size,
      maxDistance: FARTHEST * size,
      zoomToCursor: true,
      keyRotateSpeed: 24
    });
    controls.listenToKeyEvents(canvas);
    let [shot, camera, aspect, moves, lengthwise] = [null, null, 1, false, false];
    function look(from = shot, moving = moves) {
      if (from !== shot) {
        camera = controls.object = from.clone();
        camera.layers.enable(UNNUMBERED);
      }
      [shot, moves] = [from, moving];
      shot.updateWorldMatrix(true, false);
      shot.matrixWorld.decompose(camera.position, camera.quaternion, new THREE.Vector3());
      Object.assign(camera, { near: size / 1e3, far: size * 100, zoom: shot.zoom });
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
      controls,
      look,
      get camera() {
        return camera;
      },
      get shot() {
        return shot;
      },
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
      }
    };
  }
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
  function targetOf(camera, middle, size) {
    const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(camera.quaternion);
    const distance = middle.clone().sub(camera.position).dot(ahead);
    return ahead.multiplyScalar(Math.max(distance, size / 10)).add(camera.position);
  }
  function levelAxes(extent) {
    return extent.x > extent.z ? ["x", "z"] : ["z", "x"];
  }
  function isLong(whole) {
    const extent = whole.getSize(new THREE.Vector3());
    const [along, across] = levelAxes(extent);
    return extent[along] > LONG * Math.max(extent[across], extent.y);
  }
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
      const needed = Math.max(
        Math.abs(corner.dot(right)) / (slope * camera.aspect * FREE.across),
        Math.abs(corner.dot(up)) / (slope * FREE.up)
      );
      distance = Math.max(distance, corner.dot(back) + needed);
    }
    camera.position.copy(back.multiplyScalar(distance)).add(middle);
  }
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

  // addon/gltf/viewer/scripts/main.js
  var CLICK = 5;
  var still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  async function unpack(text) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }
  function say(problem) {
    const message = document.querySelector("#message");
    message.textContent = problem;
    message.hidden = !problem;
  }
  function makeRenderer(canvas) {
    try {
      const renderer = new THREE.WebGLRenderer({ canvas });
      renderer.setClearAlpha(0);
      return renderer;
    } catch {
      return null;
    }
  }
  async function start() {
    const element = document.querySelector("#glb");
    const model = await readModel(await unpack(element.textContent));
    element.remove();
    document.querySelector("#facts").textContent = factsLine(model);
    document.querySelector("#drawn").textContent = drawnLine(model);
    makeLegend(model)(null);
    const canvas = document.querySelector("canvas");
    const renderer = makeRenderer(canvas);
    if (!renderer) {
      say("This page draws in 3D with WebGL 2, and this browser offers none. Switch on hardware acceleration in its settings, or open the page in another browser.");
      return;
    }
    run(model, renderer, canvas);
    say("");
  }
  function run(model, renderer, canvas) {
    const scene = new THREE.Scene();
    scene.add(model.scene, ...lights());
    const view = makeView(canvas, model, still);
    const picture = makePicture(renderer);
    const folding = makeFolding(model, still);
    const pick = makePicking(renderer, scene, view, model);
    const film = makeFilm(model, view, folding, ask);
    const [mark, card, speak] = [makeMarks(), makeCard(), makeLegend(model)];
    let [asked, stale, pointer, down, shown, ratio] = [false, false, null, null, null, 0];
    function draw() {
      asked = false;
      if (devicePixelRatio !== ratio) resize();
      const playing = film.step(performance.now());
      const moving = folding.step(performance.now()) || playing;
      const turning = !playing && view.controls.update();
      if (pointer) point();
      if (stale || moving || turning) {
        stale = false;
        picture.draw(scene, view.camera);
        place2(view.camera, canvas.clientWidth, canvas.clientHeight);
      }
      if (moving || turning) ask();
    }
    function point() {
      const hit = pick(pointer.x, pointer.y, "mouse");
      act.show(hit, pointer);
      canvas.style.cursor = hit ? "pointer" : "";
      pointer = null;
    }
    function wake() {
      if (!asked) requestAnimationFrame(draw);
      asked = true;
    }
    function ask() {
      stale = true;
      wake();
    }
    const act = {
      /** Say what is hit, beside a point or an element; null says no more. */
      show(hit, at, extra) {
        if (hit) card.show(hit, ...placeOf(at), extra);
        else card.hide();
        if (isSame(hit, shown)) return;
        shown = hit;
        mark(hit);
        speak(hit);
        ask();
      },
      fold(thing) {
        if (!thing.part) return;
        folding.fold(thing, !thing.part.folded);
        act.show(null);
        ask();
      },
      key(event, layer, button) {
        const step = steps(layer)[event.key];
        if (!step || !layer.cells) return;
        event.preventDefault();
        layer.chosen = Math.min(Math.max((layer.chosen ?? -step) + step, 0), layer.cells.count - 1);
        act.show({ kind: "cell", layer, index: layer.chosen }, button);
      }
    };
    const place2 = makeLabels(model, act);
    function resize() {
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      ratio = devicePixelRatio;
      picture.resize(width, height);
      view.resize(width, height);
      ask();
    }
    function clicked(event) {
      const touched = event.pointerType === "touch";
      const hit = pick(event.clientX, event.clientY, event.pointerType, !touched);
      const thing = hit && (hit.layer ?? hit.block);
      if (!touched) {
        if (thing) act.fold(thing);
      } else {
        act.show(hit, { x: event.clientX, y: event.clientY }, thing?.part && foldButton(thing));
      }
    }
    function foldButton(thing) {
      const button = document.createElement("button");
      button.textContent = thing.part.folded ? "Unfold" : "Fold";
      button.addEventListener("click", () => {
        act.fold(thing);
        act.show(null);
      });
      return button;
    }
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || event.buttons) return;
      pointer = { x: event.clientX, y: event.clientY };
      wake();
    });
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") act.show(null);
    });
    canvas.addEventListener("pointerdown", (event) => {
      down = { x: event.clientX, y: event.clientY };
    });
    canvas.addEventListener("pointerup", (event) => {
      const away = down ? Math.hypot(event.clientX - down.x, event.clientY - down.y) : Infinity;
      if (event.button === 0 && away < CLICK) clicked(event);
      down = null;
    });
    canvas.addEventListener("keydown", (event) => {
      const factor = { "+": 0.9, "=": 0.9, "-": 1 / 0.9 }[event.key];
      if (factor) view.zoom(factor);
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        document.activeElement.blur();
        act.show(null);
      }
    });
    document.querySelector("#reset").addEventListener("click", () => {
      view.look();
      ask();
    });
    view.controls.addEventListener("change", ask);
    addEventListener("resize", resize);
    resize();
  }
  function isSame(a, b) {
    return a === b || Boolean(a && b) && ["kind", "layer", "index", "bundle", "vertex", "block"].every((name) => a[name] === b[name]);
  }
  function steps(layer) {
    const [, rows, columns] = layer.facts?.grid ?? [0, 1, 1];
    return {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      PageDown: rows * columns,
      PageUp: -rows * columns
    };
  }
  function placeOf(at) {
    if (!(at instanceof Element)) return [at.x, at.y];
    const box = at.getBoundingClientRect();
    return [box.right, box.top];
  }
  function lights() {
    const key = new THREE.DirectionalLight(16777215, 1.6);
    key.position.set(-1.5, 2, 2);
    return [key, new THREE.HemisphereLight(16777215, 9211028, 2.2)];
  }
  start().catch((error) => say(`This page cannot show its network: ${error.message}. Export it again.`));
})();
