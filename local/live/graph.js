// Chapter 3: the computation graph. Forward every node gets its value, backward its gradient.
import { compose, motion } from "./frame.js";
import {
  buttons,
  calm,
  choice,
  clamp,
  indices,
  note,
  number,
  slider,
  svg,
  trait,
  valuesOf,
} from "./kit.js";
import { sentence, STEPS } from "./staged.js";

const PLACES = {
  x: [0, 1],
  mean: [0.5, 0],
  centered: [1, 1],
  squared: [2, 1],
  variance: [2, 0],
  s: [3, 0],
  x_hat: [3, 1],
  gamma: [3, 2],
  beta: [4, 2],
  y: [4, 1],
}; // column, level
const [ABOVE, TABLES, BELOW] = [0, 1, 2]; // levels
const ROW = 34; // pixels of a value with its gradient below
const PAUSE = 1600; // milliseconds at each step of a replay
const TABLE = 104; // where the tables begin
const DETOURS = [
  "x mean",
  "mean centered",
  "centered squared",
  "squared variance",
  "variance s",
  "s x_hat",
];
const ARC = "centered x_hat"; // passes below a table that lies between
const ARROWS = [...DETOURS, "x centered", ARC, "x_hat y", "gamma y", "beta y"];
const HELD = ["mean", "squared", "variance", "s"]; // nothing comes back through them, if constant

// All that the figure shows: its state, and the steps up to the one where it stands.
function stateOf(model) {
  const numbers = valuesOf(model, ["values", "gradients", "terms"]);
  const at = model.get("at");
  const constants = model.get("statistics") === "constants";
  return { ...numbers, at, constants, step: STEPS[at], done: STEPS.slice(0, at + 1) };
}

const isKnown = ({ done }, node) =>
  PLACES[node][1] === BELOW || done.some((step) => step.node === node);

// The gradient as far as it has arrived: null, one term of two, or all of it.
function gradientOf({ gradients, terms, constants, done }, node) {
  const arrived = done.findLast((step) => step.back && step.node === node);
  if (!arrived || (constants && HELD.includes(node))) return null;
  if (constants && terms[node]) return terms.centered[0];
  return arrived.part ? gradients[node] : terms[node][0];
}

// --- On the stage ---

// The box of every node, and where the tables of N numbers end.
function geometry({ values }, width) {
  const low = TABLE + ROW * values.x.length + 4;
  const tops = { [ABOVE]: 20, [TABLES]: TABLE, [BELOW]: low + 42 };
  const pitch = width / 5;
  const wide = Math.min(76, pitch - 14);
  const boxes = {};
  for (const [node, [column, level]] of Object.entries(PLACES)) {
    const [middle, top] = [pitch * (column + 0.5), tops[level]];
    const bottom = level === TABLES ? low : top + ROW + 4;
    boxes[node] = { middle, top, bottom, level, left: middle - wide / 2, wide };
  }
  return { boxes, low };
}

function drawNode(state, name, box) {
  const { step, constants } = state;
  const { middle, top, bottom, left, wide } = box;
  const isHeld = step.back && constants && HELD.includes(name);
  const frame = { x: left, y: top, width: wide, height: bottom - top, rx: 3 };
  const dash = { "stroke-dasharray": isHeld ? "3 3" : "none" };
  const value = { "data-kind": "value", "data-node": name };
  const gradient = { "data-kind": "gradient", "data-node": name, class: "named" };
  return svg(
    "g",
    { class: step.node === name ? "chosen" : "" },
    note(middle, top - 6, name, "", "middle"),
    svg("rect", { class: "point", ...frame, ...dash }),
    ...(isKnown(state, name) ? column(state.values[name], box, 15, value) : []),
    ...column(gradientOf(state, name) ?? [], box, 30, gradient),
  );
}

// Numbers one below the other, `down` from the top of their rows.
function column(numbers, { left, wide, top }, down, attributes) {
  return numbers.map((value, i) => {
    const place = { x: left + wide - 6, y: top + ROW * i + down, "text-anchor": "end" };
    return svg("text", { ...place, "data-number": value, ...attributes }, number(value));
  });
}

// A line and its head; backward the head is at the other end. Detours that are cut are dashed.
function drawArrow({ step, constants }, name, boxes) {
  const [from, to] = name.split(" ");
  const [start, end] = step.back ? [to, from] : [from, to];
  const isCut = constants && step.back && DETOURS.includes(name);
  const carries = step.node === end && step.from.includes(start) && !isCut;
  const kind = carries ? (step.back ? "line" : "curve") : "axis";
  const ends = name === ARC ? endsOfArc(boxes[from], boxes[to]) : endsOf(boxes[from], boxes[to]);
  const dash = { "stroke-dasharray": isCut ? "2 5" : "none" };
  const known = { "data-arrow": name, "data-carries": carries };
  const shaft = svg("path", { class: kind, d: path(name, ...ends), ...dash, ...known });
  if (isCut) return [shaft];
  const [tip, other] = step.back ? ends : ends.toReversed();
  return [shaft, svg("path", { class: kind, d: head(name, tip, other) })];
}

function path(name, [ax, ay], [bx, by]) {
  if (name === ARC) return `M${ax} ${ay}C${ax} ${ay + 36} ${bx} ${by + 36} ${bx} ${by}`;
  return `M${ax} ${ay}L${bx} ${by}`;
}

function head(name, tip, other) {
  const angle = name === ARC ? -Math.PI / 2 : Math.atan2(tip[1] - other[1], tip[0] - other[0]);
  const wing = (turn) => [tip[0] - 7 * Math.cos(angle + turn), tip[1] - 7 * Math.sin(angle + turn)];
  return `M${wing(0.5)}L${tip}L${wing(-0.5)}`;
}

const endsOfArc = (from, to) => [
  [from.middle, from.bottom],
  [to.middle, to.bottom],
];

// Where an arrow leaves the box `from`, and where it meets `to`: at the sides of equals, else
// above the one and below the other. A name stands above each box.
function endsOf(from, to) {
  if (from.level === to.level) {
    const y = from.level === TABLES ? (from.top + from.bottom) / 2 : from.top + 19;
    return [
      [from.left + from.wide, y],
      [to.left, y],
    ];
  }
  const aside = Math.sign(to.middle - from.middle) * 12;
  if (from.level > to.level)
    return [
      [from.middle + (from.level === TABLES ? 0 : aside), from.top - 20],
      [to.middle - aside, to.bottom],
    ];
  return [
    [from.middle + aside, from.bottom],
    [to.middle, to.top - 20],
  ];
}

function render({ model, el }) {
  let state;
  const picture = svg("g");
  const label = "The computation graph, with its numbers";
  const stage = svg("svg", { role: "group", "aria-label": label, class: "with" }, picture);

  function draw(width) {
    state = stateOf(model);
    const { boxes, low } = geometry(state, width);
    picture.replaceChildren(
      ...ARROWS.flatMap((name) => drawArrow(state, name, boxes)),
      ...Object.keys(PLACES).map((name) => drawNode(state, name, boxes[name])),
      note(4, low + 60, "value"),
      note(4, low + 78, "gradient", "named"),
    );
  }
  const words = () =>
    sentence(state.at, state.constants, state.values, state.gradients, state.terms);
  const replay = replayOf(model);
  const controls = controlsOf(model, replay);
  return compose({ model, el }, { stage, controls, draw, words, motion: replay });
}

// From step to step, slowly enough to read what is said at each of them.
function replayOf(model) {
  const { read, write, max } = trait(model, "at");
  let waited = 0;
  return motion((elapsed) => {
    waited += elapsed;
    if (calm()) write(max);
    else if (waited >= PAUSE) {
      waited = 0;
      write(read() + 1);
    }
    return read() < max;
  });
}

function controlsOf(model, replay) {
  const at = trait(model, "at");
  const last = STEPS.length - 1;
  const go = (by) => () => {
    replay.stop();
    at.write(clamp(at.read() + by, 0, last));
  };
  const show = (k) => `${k} of ${last}, ${STEPS[k].back ? "backward" : "forward"}`;
  return [
    buttons({ Back: go(-1), Next: go(1) }),
    slider({ label: "Step", ...at, ...indices(STEPS.length), show }),
    choice({
      label: "On the way back, mean and variance are",
      ...trait(model, "statistics"),
      options: { functions: "functions of x", constants: "constants" },
    }),
  ];
}

export default { render };
