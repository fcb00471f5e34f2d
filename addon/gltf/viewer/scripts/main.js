// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Puts the page together.

import {makeCard} from "./card.js";
import {makeFilm} from "./film.js";
import {makeFolding} from "./folding.js";
import {makeLabels} from "./labels.js";
import {makeLegend} from "./legend.js";
import {makeMarks} from "./marks.js";
import {readModel} from "./model.js";
import {makePicking} from "./picking.js";
import {makePicture} from "./picture.js";
import {THREE} from "./three.js";
import {makeView} from "./view.js";
import {drawnLine, factsLine} from "./words.js";

const CLICK = 5;  // pixels that a pointer may move between down and up and still be a click

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

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
    const renderer = new THREE.WebGLRenderer({canvas});
    renderer.setClearAlpha(0);  // nothing is nothing: no ground, and no number
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
    say("This page draws in 3D with WebGL 2, and this browser offers none. Switch on hardware acceleration in its " +
        "settings, or open the page in another browser.");
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
    if (devicePixelRatio !== ratio) resize();  // a window was taken to another screen
    const playing = film.step(performance.now());
    const moving = folding.step(performance.now()) || playing;
    const turning = !playing && view.controls.update();
    if (pointer) point();
    if (stale || moving || turning) {
      stale = false;
      picture.draw(scene, view.camera);
      place(view.camera, canvas.clientWidth, canvas.clientHeight);
    }
    if (moving || turning) ask();
  }

  function point() {
    const hit = pick(pointer.x, pointer.y, "mouse");
    act.show(hit, pointer);
    canvas.style.cursor = hit ? "pointer" : "";
    pointer = null;
  }

  /** Wake up for the next picture; it is drawn only if something is `stale`. */
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
      act.show({kind: "cell", layer, index: layer.chosen}, button);
    },
  };
  const place = makeLabels(model, act);

  function resize() {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    ratio = devicePixelRatio;
    picture.resize(width, height);
    view.resize(width, height);
    ask();
  }

  function clicked(event) {
    const touched = event.pointerType === "touch";
    const hit = pick(event.clientX, event.clientY, event.pointerType, !touched);  // a mouse folds what is behind lines
    const thing = hit && (hit.layer ?? hit.block);
    if (!touched) {
      if (thing) act.fold(thing);
    } else {
      act.show(hit, {x: event.clientX, y: event.clientY}, thing?.part && foldButton(thing));
    }
  }

  function foldButton(thing) {
    const button = document.createElement("button");
    button.textContent = thing.part.folded ? "Unfold" : "Fold";
    button.addEventListener("click", () => { act.fold(thing); act.show(null); });
    return button;
  }

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || event.buttons) return;
    pointer = {x: event.clientX, y: event.clientY};
    wake();
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") act.show(null);  // a finger that is lifted leaves, too
  });
  canvas.addEventListener("pointerdown", (event) => { down = {x: event.clientX, y: event.clientY}; });
  canvas.addEventListener("pointerup", (event) => {
    const away = down ? Math.hypot(event.clientX - down.x, event.clientY - down.y) : Infinity;
    if (event.button === 0 && away < CLICK) clicked(event);
    down = null;
  });
  canvas.addEventListener("keydown", (event) => {
    const factor = {"+": 0.9, "=": 0.9, "-": 1 / 0.9}[event.key];
    if (factor) view.zoom(factor);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.activeElement.blur();
      act.show(null);
    }
  });
  document.querySelector("#reset").addEventListener("click", () => { view.look(); ask(); });
  view.controls.addEventListener("change", ask);
  addEventListener("resize", resize);
  resize();
}

function isSame(a, b) {
  return a === b || Boolean(a && b) && ["kind", "layer", "index", "bundle", "vertex", "block"].every((name) =>
    a[name] === b[name]);
}

/** How far each key leads among the cells of a layer. */
function steps(layer) {
  const [, rows, columns] = layer.facts?.grid ?? [0, 1, 1];
  return {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
          PageDown: rows * columns, PageUp: -rows * columns};
}

function placeOf(at) {
  if (!(at instanceof Element)) return [at.x, at.y];
  const box = at.getBoundingClientRect();
  return [box.right, box.top];
}

/** Light for blocks and for materials of lit styles; others do not heed it. */
function lights() {
  const key = new THREE.DirectionalLight(0xffffff, 1.6);
  key.position.set(-1.5, 2, 2);
  return [key, new THREE.HemisphereLight(0xffffff, 0x8c8c94, 2.2)];
}

start().catch((error) => say(`This page cannot show its network: ${error.message}. Export it again.`));
