// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// The card that says what is pointed at.

import {line} from "./labels.js";
import {describe} from "./words.js";

export function makeCard() {
  const card = document.querySelector("#card");

  function fill({heading, rows, note}, extra) {
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
    },
  };
}
