// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Names under layers and over blocks: buttons that fold what they name.

import {cornersOfBox, moveOf} from "./model.js";
import {THREE} from "./three.js";
import {nameOf, shapeWords} from "./words.js";

/** Make the buttons; returns a function that puts them where their things are, before every picture. */
export function makeLabels(model, act) {
  const holder = document.querySelector("#labels");
  const things = [...model.blocks, ...model.layers];
  const labels = things.map((thing) => ({thing, button: labelButton(thing, act), depth: depthOf(thing)}));
  holder.append(...labels.map((label) => label.button));
  const order = [...labels].sort((a, b) => a.depth - b.depth);  // what is further in gives way

  return (camera, width, height) => {
    const taken = ["header", "#legends"].map((name) => {
      const {left, top, right, bottom} = document.querySelector(name).getBoundingClientRect();
      return [left, top, right, bottom];
    });
    labels.forEach((label) => { label.spot = spotOf(label.thing, camera, width, height); });
    for (const {thing, button, spot} of order) {
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
  button.addEventListener("focus", () => act.show({kind: thing.kind, [thing.kind]: thing}, button));
  button.addEventListener("pointerenter", () => act.show({kind: thing.kind, [thing.kind]: thing}, button));
  button.addEventListener("pointerleave", () => act.show(null));
  button.addEventListener("keydown", (event) => act.key(event, thing, button));
  return button;
}

export function line(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function depthOf({node}) {
  let depth = 0;
  for (; node; node = node.parent) depth++;
  return depth;
}

/** Where a thing is in the picture, in pixels: its middle, top and bottom. */
function spotOf(thing, camera, width, height) {
  const spot = {left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity, behind: false};
  const move = moveOf(thing, new THREE.Matrix4());
  for (const corner of cornersOfBox(thing.box)) {
    corner.applyMatrix4(move).project(camera);
    spot.behind ||= corner.z > 1;
    const [x, y] = [(corner.x + 1) / 2 * width, (1 - corner.y) / 2 * height];
    [spot.left, spot.right] = [Math.min(spot.left, x), Math.max(spot.right, x)];
    [spot.top, spot.bottom] = [Math.min(spot.top, y), Math.max(spot.bottom, y)];
  }
  return {...spot, x: (spot.left + spot.right) / 2};
}

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
