// Chapter 9: a batch shared out over replicas, each with its own statistics or with common ones.
import { compose } from "./frame.js";
import {
  choice,
  clamp,
  draggable,
  entry,
  fill,
  note,
  number,
  scale,
  slider,
  svg,
  ticks,
  trait,
  valuesOf,
} from "./kit.js";
import { standardize } from "./norm.js";

const EPSILON = 1e-3;
const X = { from: 40, to: 204, range: [-5, 5] }; // the two panels, in pixels
const Y = { from: 258, to: 466, range: [-4, 4] };
const REACH = 2.5; // how far from its camera the large circle goes, so that no offset hides it
const TRAITS = ["base", "order", "replicas", "offset", "sharing", "statistics"];
const MARKS = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
  "M-4-4H4V4H-4Z",
  "M0-5L5 4H-5Z",
  "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
];

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// From what each replica knows alone to what all know together: (9.5).
function allReduce(own) {
  const mean = average(own.map((replica) => replica.mean));
  const square = average(own.map((replica) => replica.deviation ** 2 + replica.mean ** 2));
  return { mean, deviation: Math.sqrt(square - mean ** 2) };
}

function statisticsOf(values) {
  const { mean, s } = standardize(Float64Array.from(values), values.length, 1, 0);
  return { mean: mean[0], deviation: s[0] };
}

// There are as many cameras as replicas; `rows` says which examples each replica holds, `own` and
// `used` are statistics, `together` is what one large batch makes of x.
export function shareOut({ base, order, replicas, offset, sharing, statistics }) {
  const share = base.length / replicas;
  const camera = base.map((_, i) => Math.floor(i / share));
  const lift = camera.map((c) => offset * (c / (replicas - 1) - 0.5));
  const x = Float64Array.from(base, (value, i) => value + lift[i]);
  const examples = sharing === "shuffled" ? order : [...base.keys()];
  const rows = Array.from({ length: replicas }, (_, r) =>
    examples.slice(r * share, (r + 1) * share),
  );
  const own = rows.map((row) => statisticsOf(row.map((i) => x[i])));
  const used = statistics === "own" ? own : own.map(() => allReduce(own));
  const y = new Float64Array(x.length);
  rows.forEach((row, r) => {
    const { mean, deviation } = used[r];
    for (const i of row) y[i] = (x[i] - mean) / Math.sqrt(deviation ** 2 + EPSILON);
  });
  const together = standardize(x, x.length, 1, EPSILON).xHat;
  const off = [...y].map((value, i) => Math.abs(value - together[i]));
  return { camera, lift, x, rows, own, used, y, together, off };
}

const stateOf = (model) => shareOut(valuesOf(model, TRAITS));

function sentences({ own, off }) {
  const list = (key) => own.map((replica) => number(replica[key])).join(", ");
  return (
    `Means ${list("mean")}; deviations ${list("deviation")}. Off one large batch by ` +
    `${number(average(off))} on average, ${number(Math.max(...off))} at most.`
  );
}

// --- On the stage ---

const top = ({ from, to }, r, replicas) => from + ((to - from) * r) / replicas;
const middle = (r, replicas) => top(X, r + 0.5, replicas) + 8; // of the ruler of replica r

const ruler = (map, { range }, y) =>
  svg("path", { class: "axis", d: `M${map(range[0])} ${y}H${map(range[1])}` });

const numerals = (map, { to, range }) =>
  ticks(...range, 6).map((v) => note(map(v), to + 16, number(v, 0), "soft", "middle"));

const mark = (camera, transform, known = {}) =>
  svg("path", { class: "dot", d: MARKS[camera], transform, ...known });

function legend(replicas, width) {
  const pitch = Math.min(84, width / replicas);
  return Array.from({ length: replicas }, (_, c) => [
    mark(c, `translate(${6 + pitch * c} 28)`),
    note(15 + pitch * c, 32, `camera ${c + 1}`, "soft"),
  ]).flat();
}

// The values of replica r, and in blue the mean and deviation that it uses.
function drawInputs(state, r, map) {
  const [own, { mean, deviation }] = [state.own[r], state.used[r]];
  const y = middle(r, state.rows.length);
  const [left, right] = [map(mean - deviation), map(mean + deviation)];
  const known = { "data-mean": mean, "data-deviation": deviation };
  const area = { class: "area", x: left, y: y - 9, width: right - left, height: 18 };
  return [
    svg("rect", { ...area, ...known }),
    ruler(map, X, y),
    svg("path", { class: "line", d: `M${map(mean)} ${y - 11}v22` }),
    note(0, y - 13, `replica ${r + 1}: μ = ${number(own.mean)}, σ = ${number(own.deviation)}`),
    ...state.rows[r]
      .filter((i) => i > 0) // the first one is the handle
      .map((i) => mark(state.camera[i], `translate(${map(state.x[i])} ${y})`)),
  ];
}

// What comes out of them, each with a line to the ring where one large batch puts it.
function drawOutputs(state, r, map) {
  const row = state.rows[r];
  const [above, y] = [top(Y, r, state.rows.length) + 12, top(Y, r + 1, state.rows.length) - 10];
  const rings = above + 13;
  const most = Math.max(...row.map((i) => state.off[i]));
  return [
    ruler(map, Y, y),
    note(0, above, `replica ${r + 1}: off by ${number(most)} at most`),
    ...row.map((i) => {
      const d = `M${map(state.together[i])} ${rings + 4}L${map(state.y[i])} ${y}`;
      return svg("path", { class: "line thin", d });
    }),
    ...row.map((i) =>
      svg("circle", { class: "point", cx: map(state.together[i]), cy: rings, r: 4 }),
    ),
    ...row.map((i) => {
      const transform = `translate(${map(state.y[i])} ${y})${i ? "" : "scale(1.6)"}`;
      return mark(state.camera[i], transform, { "data-example": i, "data-y": state.y[i] });
    }),
  ];
}

function render({ model, el }) {
  let state = stateOf(model);
  let input;
  const back = svg("g");
  const handle = svg("g", { class: "handle" });
  handle.append(svg("circle", { class: "reach", r: 18 }), svg("circle", { class: "point", r: 8 }));
  const label = "The shares of the replicas, and below them their outputs";
  const stage = svg("svg", { role: "group", "aria-label": label, class: "with" }, back, handle);
  const base = trait(model, "base");
  const updateHandle = draggable(handle, {
    label: () => "x, example 1",
    ...{ min: X.range[0], max: X.range[1], step: 0.1 },
    show: (x) => `${number(x)}, comes out as ${number(state.y[0])}`,
    read: () => state.x[0],
    write: (x) => base.write(base.read().with(0, clamp(x - state.lift[0], -REACH, REACH))),
    under: (x) => input.back(x),
  });

  function draw(width) {
    state = stateOf(model);
    input = scale(X.range, [12, width - 12]);
    const output = scale(Y.range, [12, width - 12]);
    const replicas = state.rows.length;
    back.replaceChildren(
      note(0, 14, "The batch x, shared out: drag the large circle"),
      ...legend(replicas, width),
      ...numerals(input, X),
      note(0, Y.from - 8, "The output y (rings: one large batch)", "named"),
      ...numerals(output, Y),
      ...state.rows.flatMap((_, r) => [
        ...drawInputs(state, r, input),
        ...drawOutputs(state, r, output),
      ]),
    );
    const home = state.rows.findIndex((row) => row.includes(0));
    fill(handle, { transform: `translate(${input(state.x[0])} ${middle(home, replicas)})` });
    updateHandle();
    const [min, max] = [state.lift[0] - REACH, state.lift[0] + REACH];
    fill(handle, { "aria-valuemin": min, "aria-valuemax": max });
  }
  const controls = controlsOf(model);
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(state) });
}

function controlsOf(model) {
  const statistics = { own: "its own share", synchronized: "all (synchronized)" };
  const sharing = { camera: "by camera", shuffled: "shuffled" };
  const offset = { ...trait(model, "offset"), min: 0, max: 5, step: 0.25 };
  const first = { ...entry(model, "base", () => 0), min: -REACH, max: REACH, step: 0.1 };
  const { read, write } = trait(model, "replicas");
  const replicas = { read, write: (text) => write(Number(text)) };
  return [
    slider({ label: "Example 1, before its camera", ...first }),
    choice({ label: "Each replica takes mean and variance of", ...trait(model, "statistics"), options: statistics }),
    choice({ label: "Pictures are shared out", ...trait(model, "sharing"), options: sharing }),
    slider({ label: "Brightest camera minus darkest", ...offset }),
    choice({ label: "Replicas, and as many cameras", ...replicas, options: { 2: "2", 3: "3", 4: "4" } }),
  ];
}

export default { render };
