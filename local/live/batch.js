// Chapter 2: a batch whose numbers can be dragged, and what normalization makes of it.
import { compose } from "./frame.js";
import {
  asPower,
  choice,
  clamp,
  draggable,
  entry,
  fill,
  line,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  ticks,
  trait,
  valuesOf,
} from "./kit.js";
import { scaleAndShift, standardize, transpose } from "./norm.js";

const TOP = { from: 48, to: 188 }; // pixels of the two panels
const BOTTOM = { from: 244, to: 410 };
const OUTPUT = [-6, 6];
const STEPS = 160; // along the ruler of a feature
const MARGIN = 39; // left of a column, for the numbers on its ruler
const TRAITS = ["x", "gamma", "beta", "epsilon", "over", "chosen"];

// Means and s of what a number is compared with, and x_hat and y for the whole table.
function normalize(x, { gamma, beta, epsilon, over }) {
  const [n, d] = [x.length, x[0].length];
  const table = Float64Array.from(x.flat());
  if (over === "batch") {
    const { mean, s, xHat } = standardize(table, n, d, epsilon);
    return { mean, s, xHat, y: scaleAndShift(xHat, gamma, beta) };
  }
  const { mean, s, xHat } = standardize(transpose(table, n, d), d, n, epsilon);
  const upright = transpose(xHat, d, n);
  return { mean, s, xHat: upright, y: scaleAndShift(upright, gamma, beta) };
}

// The table as it came: its size, its cells [i, j], and a ruler for every column, which is twice as
// long as what lies on it.
function tableOf(x) {
  const [n, d] = [x.length, x[0].length];
  const cells = Array.from({ length: n * d }, (_, k) => [Math.floor(k / d), k % d]);
  const rulers = x[0].map((_, j) => {
    const column = x.map((row) => row[j]);
    const [low, high] = [Math.min(...column), Math.max(...column)];
    const margin = (high - low || 1) / 2;
    return [low - margin, high + margin];
  });
  return { n, d, cells, rulers };
}

// All that the figure shows: its traits and what follows from them.
function stateOf(model) {
  const { x, chosen, ...traits } = valuesOf(model, TRAITS);
  const isChosen = (i, j) => String(chosen) === String([i, j]);
  return { x, chosen, isChosen, byColumn: traits.over === "batch", ...normalize(x, traits) };
}

function sentences({ x, chosen: [i, j], byColumn, mean, s, xHat, y }) {
  const [k, where] = byColumn
    ? [j, `Feature ${j + 1} over the batch`]
    : [i, `Example ${i + 1} over its features`];
  const at = i * x[0].length + j;
  return (
    `${where}: μ = ${short(mean[k])}, s = ${short(s[k])}. Example ${i + 1}, ` +
    `feature ${j + 1}: x = ${short(x[i][j])}, x̂ = ${number(xHat[at])}, y = ${number(y[at])}.`
  );
}

// --- On the stage: above, the batch; below, the output; columns are features ---

// Where things lie on a stage of this width: column j, example i within it, and values on rulers.
function geometry({ n, d, rulers }, width) {
  const column = width / d;
  return {
    left: (j) => column * j + MARGIN,
    wide: column - MARGIN - 7,
    across: (i, j) => column * j + MARGIN + 7 + ((column - MARGIN - 19) * (i + 0.5)) / n,
    input: (j) => scale(rulers[j], [TOP.to, TOP.from]),
    output: scale(OUTPUT, [BOTTOM.to, BOTTOM.from]),
  };
}

// The two rulers of a column, and its name.
function axes(place, j, ruler) {
  const left = place.left(j);
  const one = (panel, map, values) => [
    svg("path", { class: "axis", d: `M${left - 1} ${panel.from}V${panel.to}` }),
    ...values.map((v) => note(left - 5, map(v) + 4, short(v), "soft", "end")),
  ];
  return [
    note(left + place.wide / 2, TOP.from - 14, `feature ${j + 1}`, "", "middle"),
    ...one(TOP, place.input(j), ticks(...ruler, 4)),
    ...one(BOTTOM, place.output, ticks(...OUTPUT, 4)),
  ];
}

// What a column is compared with: its frames, and above its mean and one deviation around it.
function frames(place, j, mean, s) {
  const [x, width] = [place.left(j), place.wide];
  const level = (value) => clamp(place.input(j)(value), TOP.from, TOP.to);
  const frame = ({ from, to }) =>
    svg("rect", { class: "line", x, y: from - 8, width, height: to - from + 16, rx: 3 });
  const high = level(mean + s);
  return [
    svg("rect", { class: "area", x, y: high, width, height: level(mean - s) - high }),
    svg("path", { class: "line", d: `M${x} ${level(mean)}h${width}` }),
    frame(TOP),
    frame(BOTTOM),
  ];
}

const circle = (i, reach) => [
  ...(reach ? [svg("circle", { class: "reach", r: reach })] : []),
  svg("circle", { class: "point", r: 9 }),
  note(0, 4, i + 1, "", "middle"),
];

// A line through the numbers of each example, at the given heights. Where columns are normalized,
// only that of the chosen example stands out.
function threads({ n, rulers }, { byColumn, chosen }, place, height) {
  return Array.from({ length: n }, (_, i) => {
    const role = !byColumn ? "line" : i === chosen[0] ? "curve" : "grid";
    const points = rulers.map((_, j) => [place.across(i, j), height(i, j)]);
    return svg("path", { class: role, d: line(points) });
  });
}

function output({ y, isChosen }, place, [i, j], k) {
  const transform = `translate(${place.across(i, j)} ${place.output(y[k])})`;
  const role = isChosen(i, j) ? "chosen" : "";
  return svg("g", { class: role, transform, "data-y": y[k] }, ...circle(i));
}

// All but the handles, which are moved and not drawn anew.
function background(table, state, place) {
  const { d, cells, rulers } = table;
  const { x, y, byColumn } = state;
  const title = `The output y: μ and s of each ${byColumn ? "column" : "row"}`;
  return [
    note(0, 14, "The batch x: drag a number"),
    note(0, BOTTOM.from - 20, title, "named"),
    ...rulers.flatMap((ruler, j) => axes(place, j, ruler)),
    ...(byColumn ? rulers.flatMap((_, j) => frames(place, j, state.mean[j], state.s[j])) : []),
    ...threads(table, state, place, (i, j) => place.input(j)(x[i][j])),
    ...threads(table, state, place, (i, j) => place.output(y[i * d + j])),
    ...cells.map((cell, k) => output(state, place, cell, k)),
  ];
}

// The number in row i and column j, to be dragged; `focus(by)` goes to another handle.
function handleOf(model, [i, j], [min, max], { under, focus }) {
  const node = svg("g", {}, ...circle(i, 16));
  const { read, write } = entry(model, "x", () => i);
  const update = draggable(node, {
    label: () => `x, example ${i + 1}, feature ${j + 1}`,
    ...{ min, max, step: (max - min) / STEPS, show: short, under },
    read: () => read()[j],
    write: (value) => write(read().with(j, value)),
    keys: { ArrowLeft: () => focus(-1), ArrowRight: () => focus(1) },
  });
  node.addEventListener("focus", () => trait(model, "chosen").write([i, j]));
  return { node, update };
}

function move({ node, update }, { x, isChosen }, place, [i, j]) {
  fill(node, {
    transform: `translate(${place.across(i, j)} ${place.input(j)(x[i][j])})`,
    class: isChosen(i, j) ? "handle chosen" : "handle",
    tabindex: isChosen(i, j) ? 0 : -1,
  });
  update();
}

function render({ model, el }) {
  const table = tableOf(model.get("x"));
  let place;
  let state;
  const handles = table.cells.map(([i, j], k) =>
    handleOf(model, [i, j], table.rulers[j], {
      under: (_, y) => place.input(j).back(y),
      focus: (by) => handles.at((k + by) % handles.length).node.focus(),
    }),
  );
  const back = svg("g");
  const label = "A batch and its output";
  const nodes = handles.map(({ node }) => node);
  const stage = svg("svg", { role: "group", "aria-label": label }, back, ...nodes);

  function draw(width) {
    state = stateOf(model);
    place = geometry(table, width);
    fill(stage, { class: state.byColumn ? "with" : "layer" });
    back.replaceChildren(...background(table, state, place));
    handles.forEach((handle, k) => move(handle, state, place, table.cells[k]));
  }
  const controls = controlsOf(model, table);
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(state) });
}

function controlsOf(model, { rulers }) {
  const chosen = () => model.get("chosen");
  const feature = () => chosen()[1];
  const over = { ...trait(model, "over"), options: { batch: "of a column", layer: "of a row" } };
  const epsilon = { ...asPower(trait(model, "epsilon")), show: (power) => short(10 ** power, 2) };
  const parameter = (letter, name) =>
    slider({
      label: () => `${letter} of feature ${feature() + 1}`,
      ...entry(model, name, feature),
      ...{ min: -2, max: 2, step: 0.05 },
    });
  return [
    slider({ label: "The chosen number x", ...alongRuler(model, chosen, rulers) }),
    choice({ label: "Take mean and variance", ...over }),
    slider({ label: "ε", ...epsilon, min: -8, max: 4, step: 0.5 }),
    parameter("γ", "gamma"),
    parameter("β", "beta"),
  ];
}

// The chosen number for whoever does not drag, in steps along its ruler.
function alongRuler(model, chosen, rulers) {
  const row = entry(model, "x", () => chosen()[0]);
  const current = () => row.read()[chosen()[1]];
  const ruler = () => scale(rulers[chosen()[1]], [0, STEPS]);
  return {
    read: () => ruler()(current()),
    write: (step) => row.write(row.read().with(chosen()[1], ruler().back(step))),
    show: () => short(current()),
    ...{ min: 0, max: STEPS, step: 1 },
  };
}

export default { render };
