// Chapter 8: a block of N x H x W x C values; who shares mean and variance with the chosen one.
import { compose } from "./frame.js";
import {
  choice,
  clamp,
  entry,
  fill,
  indices,
  isBrowserKey,
  note,
  number,
  slider,
  svg,
  trait,
  valuesOf,
} from "./kit.js";
import { standardize } from "./norm.js";

const EPSILON = 1e-3;
const [LEFT, TOP, TILE, GAP] = [20, 46, 94, 8]; // pixels; a tile is one channel of one example
const TRAITS = ["z", "shape", "groups", "kind", "pixels", "numbers", "chosen"];
const KINDS = { batch: "batch", layer: "layer", instance: "instance", group: "group", rms: "RMS" };
const COLOURS = { ...KINDS, batch: "with", rms: "layer" }; // classes of live.css

// Numbers of the same key share their statistics; `width` is how many channels a group has.
const KEYS = {
  batch: ({ c }) => c,
  layer: ({ n }) => n,
  instance: ({ n, c }) => `${n} ${c}`,
  group: ({ n, c }, width) => `${n} ${Math.floor(c / width)}`,
  rms: ({ n }) => n,
};

// Where the k-th number lies: examples first, channels last; and the way back.
const placeOf = (k, [, H, W, C]) => ({
  n: Math.floor(k / (H * W * C)),
  h: Math.floor(k / (W * C)) % H,
  w: Math.floor(k / C) % W,
  c: k % C,
});
const indexOf = ({ n, h, w, c }, [, H, W, C]) => ((n * H + h) * W + w) * C + c;
const firstPixel = (k, shape) => indexOf({ ...placeOf(k, shape), h: 0, w: 0 }, shape);

// Every number's set, and its normalized value, which is null where the number is not shown: a dense
// table has the first pixel of every picture only. `shown` are the places of those that are.
export function normalizeBlock({ z, shape, groups, kind, pixels }) {
  const shown = [...z.keys()].filter((k) => pixels === "many" || k === firstPixel(k, shape));
  const setOf = z.map((_, k) => KEYS[kind](placeOf(k, shape), shape[3] / groups));
  const sets = {};
  for (const k of shown) (sets[setOf[k]] ??= []).push(k);
  const xHat = z.map(() => null);
  const statistics = {};
  for (const [name, members] of Object.entries(sets)) {
    const values = members.map((k) => z[k]);
    const { mean, s } = moments(values, kind === "rms");
    for (const k of members) xHat[k] = (z[k] - mean) / s;
    statistics[name] = { mean, deviation: Math.sqrt(Math.max(0, s ** 2 - EPSILON)) };
  }
  return { xHat, setOf, sets, statistics, shown };
}

function moments(values, aroundZero) {
  if (aroundZero) {
    const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    return { mean: 0, s: Math.sqrt(square + EPSILON) };
  }
  const { mean, s } = standardize(Float64Array.from(values), values.length, 1, EPSILON);
  return { mean: mean[0], s: s[0] };
}

// All that the figure shows: its traits and what follows from them.
function stateOf(model) {
  const traits = valuesOf(model, TRAITS);
  const dense = traits.pixels === "one";
  const chosen = dense ? firstPixel(traits.chosen, traits.shape) : traits.chosen;
  const normalized = normalizeBlock(traits);
  const [high, wide] = dense ? [1, 1] : traits.shape.slice(1, 3); // of a tile, in numbers
  const lit = normalized.sets[normalized.setOf[chosen]];
  return { ...traits, ...normalized, dense, chosen, high, wide, lit };
}

// --- In words ---

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function nameOf({ dense, shape }, k) {
  const { n, h, w, c } = placeOf(k, shape);
  const place = dense ? `feature ${c + 1}` : `channel ${c + 1}, pixel ${h + 1}, ${w + 1}`;
  return `example ${n + 1}, ${place}`;
}

function heading({ kind, lit, shown }) {
  if (lit.length === 1) return "This value is alone";
  const shared = kind === "rms" ? "root mean square" : "mean and variance";
  return `${lit.length} of ${shown.length} share one ${shared}`;
}

function sentences(state) {
  const { z, shape, dense, kind, lit, chosen: k } = state;
  const { mean, deviation } = state.statistics[state.setOf[k]];
  const pixels = dense ? ` (${lit.length * shape[1] * shape[2]} of ${z.length} with pixels)` : "";
  const share = lit.length === 1 ? "is alone with" : "share";
  const shared =
    kind === "rms"
      ? `the root mean square ${number(deviation)}`
      : `μ = ${number(mean)}, σ = ${number(deviation)}`;
  return (
    `${capital(KINDS[kind])}: ${lit.length} of ${state.shown.length} values${pixels} ` +
    `${share} ${shared}. ` +
    `${capital(nameOf(state, k))}: ${number(z[k], 1)} becomes ${number(state.xHat[k])}.`
  );
}

// --- On the stage: rows are examples, columns are channels, a tile holds the pixels of both ---

function frame(state, tile) {
  const [N, , , C] = state.shape;
  const columns = Array.from({ length: C }, (_, c) => {
    const text = `${state.dense ? "feature" : "channel"} ${c + 1}`;
    return note(LEFT + tile * (c + 0.5), TOP - 10, text, "soft", "middle");
  });
  const rows = Array.from({ length: N }, (_, n) => {
    const transform = `translate(12 ${TOP + TILE * n + (TILE - GAP) / 2}) rotate(-90)`;
    return fill(note(0, 0, `example ${n + 1}`, "soft", "middle"), { transform });
  });
  return [note(0, 14, heading(state), "named"), ...columns, ...rows];
}

function numeral(k) {
  const node = svg(
    "g",
    { role: "radio", class: "handle", "data-k": k },
    svg("rect", { x: 1, y: 1, rx: 2 }),
    svg("rect", { x: 1, y: 1, rx: 4, class: "reach" }),
    svg("text", { "text-anchor": "middle" }),
  );
  node.style = "cursor: pointer; touch-action: manipulation"; // it is tapped and not dragged
  return node;
}

function update(node, state, k, tile) {
  const { n, h, w, c } = placeOf(k, state.shape);
  const [width, height] = [(tile - GAP) / state.wide, (TILE - GAP) / state.high];
  const [x, y] = [LEFT + tile * c + width * w + GAP / 2, TOP + TILE * n + height * h];
  const [chosen, lit] = [k === state.chosen, state.lit.includes(k)];
  fill(node, {
    transform: `translate(${x} ${y})`,
    tabindex: chosen ? 0 : -1,
    "aria-checked": chosen,
    "aria-label": `${nameOf(state, k)}: ${number(state.z[k], 1)}${lit ? ", lit" : ""}`,
    "data-lit": lit,
    "data-x-hat": state.xHat[k],
  });
  node.style.display = state.xHat[k] === null ? "none" : "";
  const [face, reach, text] = node.children;
  fill(face, { width: width - 2, height: height - 2, class: lit ? "area" : "grid" });
  face.style = lit ? "fill-opacity: 0.34; stroke: var(--mark); stroke-width: 2" : "";
  fill(reach, { width: width - 2, height: height - 2 });
  reach.style = chosen ? "stroke: var(--touch); stroke-width: 4" : "";
  fill(text, { x: width / 2, y: height / 2 + 4 });
  text.textContent = number((state.numbers === "before" ? state.z : state.xHat)[k] ?? 0, 1);
}

// The next number on the screen: pixels within a tile, then the next tile.
function neighbour(state, key) {
  const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!move) return undefined;
  const { shape, high, wide } = state;
  const { n, h, w, c } = placeOf(state.chosen, shape);
  const row = clamp(n * high + h + move[0], 0, shape[0] * high - 1);
  const column = clamp(c * wide + w + move[1], 0, shape[3] * wide - 1);
  const [tall, broad] = [Math.floor(row / high), Math.floor(column / wide)];
  return indexOf({ n: tall, h: row % high, w: column % wide, c: broad }, shape);
}

function render({ model, el }) {
  let state;
  const back = svg("g");
  const nodes = model.get("z").map((_, k) => numeral(k));
  const label = "Choose a value of the block";
  const stage = svg("svg", { role: "radiogroup", "aria-label": label }, back, ...nodes);

  function choose(k) {
    if (k !== state.chosen) trait(model, "chosen").write(k);
    nodes[k].focus({ preventScroll: true });
  }
  stage.addEventListener("click", (event) => {
    const node = event.target.closest("[data-k]");
    if (node) choose(Number(node.dataset.k));
  });
  stage.addEventListener("keydown", (event) => {
    if (isBrowserKey(event)) return;
    const next = neighbour(state, event.key);
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  });

  function draw(width) {
    state = stateOf(model);
    const tile = (Math.min(width, 520) - LEFT) / state.shape[3];
    stage.setAttribute("class", COLOURS[state.kind]);
    back.replaceChildren(...frame(state, tile));
    nodes.forEach((node, k) => update(node, state, k, tile));
  }
  const controls = controlsOf(model, () => state.chosen);
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(state) });
}

function controlsOf(model, chosen) {
  const [, H, W, C] = model.get("shape");
  const divisors = Array.from({ length: C }, (_, c) => c + 1).filter((c) => C % c === 0);
  const groups = {
    ...indices(divisors.length),
    read: () => divisors.indexOf(model.get("groups")),
    write: (at) => {
      model.set("kind", "group");
      trait(model, "groups").write(divisors[at]);
    },
    show: (at) => String(divisors[at]),
  };
  const value = { ...entry(model, "z", chosen), show: (z) => number(z, 1) };
  const pixels = { many: `${H} × ${W} pixels`, one: "one number (dense)" };
  const numbers = { before: "as they came", after: "normalized" };
  const kinds = choice({ label: "Normalization", ...trait(model, "kind"), options: KINDS });
  fill(kinds.node, { style: "grid-column: 1 / -1; column-gap: 0.4rem" }); // five side by side
  return [
    kinds,
    choice({ label: "Each channel of an example is", ...trait(model, "pixels"), options: pixels }),
    choice({ label: "Numbers", ...trait(model, "numbers"), options: numbers }),
    slider({ label: "The chosen number", ...value, min: -5, max: 5, step: 0.1 }),
    slider({ label: "Groups of channels", ...groups }),
  ];
}

export default { render };
