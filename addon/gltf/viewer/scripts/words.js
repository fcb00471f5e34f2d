// SPDX-FileCopyrightText: 2026 Neuroscene developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Numbers, places of cells and facts, in words.

/** The shortest decimal that is this float32 and no other. */
export function shortest(value) {
  if (isNotFinite(value)) return "not finite (NaN or infinite)";
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

export function isNotFinite(value) {
  return !(Math.abs(value) < LARGEST);
}

/** Three digits with a sign, for the ends of a legend. */
export function rough(value) {
  const text = String(Number(Math.abs(value).toPrecision(3)));
  return value === 0 ? "0" : (value < 0 ? "−" : "+") + text;
}

export function thousands(count) {
  return Number(count).toLocaleString("en");
}

export function shapeWords(shape) {
  return (shape ?? []).map((size) => (Number(size) > 0 ? thousands(size) : "?")).join(" × ") || "1";
}

/** What the label in Blender calls a thing. */
export function nameOf({label, ...rest}, name) {
  return label?.name || rest[name];
}

/** Where a cell is in its layer's tensor; indices count from 0, as in the file. */
export function cellWords(layer, index) {
  const {grid: [units, rows, columns] = [0, 1, 1], shape = [], layers, noun: kind} = layer.facts;
  const [unit, row, column] = ["_UNIT", "_ROW", "_COLUMN"].map((name) => layer.numbers[name]?.getX(index));
  if (unit === undefined) return `cell ${index}`;
  if (kind === "matrix") return `${layers?.[unit] ?? "weights"}: output ${row}, input ${column}`;
  if (rows * columns === 1) return `unit ${unit}`;
  const place = `row ${row}, column ${column}`;
  const noun = kind || (layer.facts.op === "Attention" ? "head" : "channel");
  return units === 1 && shape.length < 3 ? place : `${noun} ${unit}, ${place}`;
}

const MOST = 10;  // layers of a closed block that are named
export const NONE = "none";  // what a value is that says nothing
const NO_WEIGHT = {
  copy: "It carries no weight: it passes its number on.",
  unknown: "What it carries is not known.",
};
const SUM = {
  kernels: "This line is a whole kernel: the number is the sum of its weights.",
  "": "This line is all gates of a unit: the number is the sum of their weights.",
};
const LARGEST = 3.4028234663852886e38;  // stands for a number that is not finite

/** What to say of whatever is pointed at: a heading and rows of [what, which]. */
export function describe(hit) {
  return {cell: describeCell, line: describeLine, layer: describeLayer, block: describeBlock}[hit.kind](hit);
}

function describeCell({layer, index}) {
  const {value_is: meaning = "value", not_finite: wrong} = layer.facts;
  const rows = [["where", cellWords(layer, index)]];
  if (meaning !== NONE) rows.push([meaning, shortest(layer.numbers._VALUE.getX(index)), "number"]);
  const note = meaning === NONE ? "It has no number of its own: run an input to give it one."
    : wrong && `${thousands(wrong)} ${wrong === 1 ? "number of this layer is" : "numbers of this layer are"} not finite.`;
  return {heading: layer.name, rows, note};
}

function describeLine({bundle, vertex}) {
  const {carries, grain, form = ""} = bundle.facts;
  const ends = [["from", bundle.source, "_source"], ["to", bundle.target, "_target"]].map(([word, layer, name]) =>
    [word, `${layer.name}: ${cellWords(layer, bundle.numbers[name].getX(vertex))}`]);
  if (carries && carries !== "weight") return {heading: "line", rows: ends, note: NO_WEIGHT[carries]};
  if (grain === "unknown") return {heading: "line", rows: ends, note: "It says only that these layers are joined."};
  const weight = shortest(bundle.numbers._weight.getX(vertex));
  return {heading: "line", rows: [["weight", weight, "number"], ...ends], note: grain === "unit" ? SUM[form] ?? SUM.kernels : ""};
}

function describeLayer({layer}) {
  const {op, shape, parameters} = layer.facts;
  const rows = [["operator", op ?? "not known"], ["shape", shapeWords(shape)]];
  if (Number(parameters)) rows.push(["parameters", thousands(parameters)]);
  return {heading: layer.name, rows, note: [layer.facts.label?.notes, layer.part.folded && "folded"].filter(Boolean).join("\n")};
}

function describeBlock({block}) {
  const {repeat, parameters} = block.facts;
  const rows = [["block", block.facts.path ?? block.name]];
  if (repeat > 1) rows.push(["stands for", `${repeat} equal blocks`]);
  if (Number(parameters)) rows.push(["parameters", thousands(parameters)]);
  for (const {facts: inner, name} of block.inside.slice(0, MOST)) {
    rows.push([nameOf(inner, "name"), `${inner.op ?? name}, ${shapeWords(inner.shape)}`]);
  }
  const more = block.inside.length - MOST;
  const note = block.closed ? `${more > 0 ? `and ${thousands(more)} more layers. ` : ""}Drawn closed in Blender.` : "";
  return {heading: block.name, rows, note};
}

/** One line on all that is shown. */
export function factsLine({networks, layers, hidden}) {
  const there = [...layers, ...hidden].filter((layer) => layer.facts.op !== "Input").length;
  const count = Math.max(there, networks.reduce((sum, network) => sum + Number(network.layers ?? 0), 0));
  const parameters = networks.reduce((sum, network) => sum + Number(network.parameters ?? 0), 0);
  const said = [`${thousands(parameters)} parameters in ${thousands(count)} ${count === 1 ? "layer" : "layers"}`];
  for (const {input, scores} of networks) {
    if (input) said.push(scores?.length ? `${input} → ${scoreWords(scores[0])}` : input);
  }
  return said.join(" · ");
}

/** How much of the network is drawn, but for inputs that are there as pictures; nothing if all is. Sheets and covers say on
 * them what they show. */
export function drawnLine({layers: all, bundles, pictures = []}) {
  const layers = all.filter(({name, facts}) => !["sheet", "cover"].includes(facts.detail)
    && !pictures.some(({layer}) => layer === (facts.layer ?? name)));
  const sum = (things, count) => things.reduce((total, {facts}) => total + Number(count(facts)), 0);
  const counts = [
    ["cells", sum(layers, ({cells}) => cells), sum(layers, ({grid}) => grid.reduce((a, b) => a * b))],
    ["connections", sum(bundles, ({drawn}) => drawn), sum(bundles, ({drawn, total}) => total || drawn)],
  ];
  const said = counts.filter(([, drawn, all]) => drawn < all)
    .map(([what, drawn, all]) => `${thousands(drawn)} of ${thousands(all)} ${what}`);
  return said.length ? `Drawn: ${said.join(", ")}, the strongest.` : "";
}

function scoreWords({label, score}) {
  return score >= 0 && score <= 1 ? `${label} (${(100 * score).toFixed(1)}%)` : label;
}
