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
  const clip = model.animations[0] && withoutFollowers(model.animations[0], model);
  const action = clip && mixer.clipAction(clip).play();
  const {frame, first = 1, rate = 24} = facts(model.scene) ?? {};
  const seconds = (one) => (one - first) / rate;
  const shots = model.cameras.map((camera) => readShot(camera, seconds, clip));
  let [shot, before] = [shots.find((one) => one.camera === view.shot), null];

  function show(at) {
    time.value = at;
    if (shot.moves) {
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

  function choose(one, at = one.begin) {
    shot = one;
    [time.min, time.max, time.value] = [shot.begin, shot.end, at];
    button.hidden = time.hidden = !shot.moves;
  }

  if (shot) {
    choose(shot, seconds(frame));  // the file is as it was at this frame
    view.look(shot.camera, shot.moves);
    choice.append(...shots.map(({name}, i) => new Option(name, i)));
    choice.hidden = shots.length < 2;
    bar.hidden = choice.hidden && !shots.some((one) => one.moves);
    choice.value = shots.indexOf(shot);
  }
  choice.addEventListener("change", () => {
    choose(shots[choice.value]);
    play(false);
    show(shot.begin);
  });
  button.addEventListener("click", () => play(before === null));
  time.addEventListener("input", () => { play(false); show(Number(time.value)); });
  view.controls.addEventListener("start", () => play(false));

  return {
    step(now) {
      if (before === null) return false;
      const length = shot.end - shot.begin;
      show(shot.begin + (Number(time.value) - shot.begin + Math.max(0, now - before) / 1000) % length);
      before = now;
      return true;
    },
  };
}

/** When a shot begins and ends, in seconds of the clip, and whether anything moves meanwhile. */
function readShot(camera, seconds, clip) {
  const {shot, frames = [0, 0]} = facts(owner(camera) ?? camera) ?? {};
  const [begin, end] = frames.map(seconds);
  const moves = end > begin && Boolean(clip?.tracks.some((track) => changes(track, begin, end)));
  return {camera, name: shot ?? camera.name, begin, end, moves};
}

function changes({times, values}, begin, end) {
  const width = values.length / times.length;
  const inside = [...times.keys()].filter((i) => times[i] >= begin - 1e-6 && times[i] <= end + 1e-6);
  return inside.some((i) => {
    for (let k = 0; k < width; k++) {
      if (Math.abs(values[i * width + k] - values[inside[0] * width + k]) > MOVED_BY) return true;
    }
    return false;
  });
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
