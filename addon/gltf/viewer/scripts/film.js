// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The shots of the file: a choice where there are several cameras, and a time line where something moves.

import {facts, owner} from "./model.js";
import {THREE} from "./three.js";

const MOVED_BY = 1e-5;

/** Fill in the choice and the time line. `step(now)` goes on with what is played, true while it is. */
export function makeFilm(model, view, folding, ask) {
  const [bar, button, time, choice] = ["#film", "#play", "#time", "#shot"].map((one) => document.querySelector(one));
  const mixer = new THREE.AnimationMixer(model.scene);
  model.animations.forEach((clip) => withoutFollowers(clip, model));
  const {frame, rate = 24} = facts(model.scene) ?? {};
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
    mixer.stopAllAction();  // what another shot has moved goes back
    action = shot.clip ? mixer.clipAction(shot.clip).play() : null;
    if (action) action.time = at;
    mixer.update(0);
    folding.refresh();
    [time.min, time.max, time.value] = [0, shot.length, at];
    button.hidden = time.hidden = !shot.moves;
  }

  if (shot) {
    choose(shot, Math.min(Math.max((frame - shot.first) / rate, 0), shot.length));  // the file is as it was then
    view.look(shot.camera, shot.moves);
    choice.append(...shots.map(({name}, i) => new Option(name, i)));
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
  time.addEventListener("input", () => { play(false); show(Number(time.value)); });
  view.controls.addEventListener("start", () => play(false));

  return {
    step(now) {
      if (before === null) return false;
      show((Number(time.value) + Math.max(0, now - before) / 1000) % shot.length);
      before = now;
      return true;
    },
  };
}

/** A shot of a camera: its clip, if anything changes in it, its length in seconds, and whether it is to be played. */
function readShot(camera, rate, clips) {
  const {shot, frames = [0, 0]} = facts(owner(camera) ?? camera) ?? {};
  const name = shot ?? camera.name;
  const clip = clips.find((one) => one.name === name);
  const length = (frames[1] - frames[0]) / rate;
  return {camera, name, first: frames[0], length, clip, moves: length > 0 && Boolean(clip?.tracks.some(changes))};
}

function changes({times, values}) {
  const width = values.length / times.length;
  for (let i = width; i < values.length; i++) {
    if (Math.abs(values[i] - values[i % width]) > MOVED_BY) return true;
  }
  return false;
}

/** A clip without the ways of what goes with layers here, their lines and bars, and without the texts that are gone. */
function withoutFollowers(clip, {scene, bundles, bars}) {
  const names = new Set([...bundles.map(({node}) => node), ...bars].map((node) => node.name));
  clip.tracks = clip.tracks.filter(({name}) => {
    const [node, property] = name.split(".");
    return scene.getObjectByName(node) && !(names.has(node) && ["position", "quaternion"].includes(property));
  });
  return clip;
}
