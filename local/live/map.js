// Chapter 6: the map of learning rates and initial weights; a field opens on its trainings.
import { compose } from "./frame.js";
import {
  clamp,
  draggable,
  fill,
  indices,
  line,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  trait,
} from "./kit.js";
import { BRIGHT, cross, key, star, whiteCross } from "./signs.js";
import { NETS, sweepsOf } from "./sweeps.js";

const ROW = 18; // pixels of a row of the maps
const MAPS = 44; // where the maps begin
const LEFT = 38;
const BETWEEN = 16;

// The chosen field as its number, its row and its column: each can be read and written.
function choiceOf(model, { columns }) {
  const chosen = trait(model, "chosen");
  const row = {
    read: () => Math.floor(chosen.read() / columns),
    write: (k) => chosen.write(k * columns + (chosen.read() % columns)),
  };
  const column = {
    read: () => chosen.read() % columns,
    write: (k) => chosen.write(row.read() * columns + k),
  };
  return { chosen, row, column };
}

// --- In words ---

function nameOf({ rates, scales, columns }, k) {
  const [rate, factor] = [rates[Math.floor(k / columns)], scales[k % columns]];
  return `rate ${short(rate, 2)}, weights × ${short(factor, 2)}`;
}

function sentences(sweeps, chosen) {
  const [without, normalized] = NETS.map((_, net) => {
    const { accuracies, diverged } = sweeps.field(net, chosen);
    if (diverged) return `${diverged} of ${sweeps.seeds} diverged`;
    return `${number(accuracies[0])} to ${number(accuracies.at(-1))}`;
  });
  const start = `Test accuracy at ${nameOf(sweeps, chosen)}`;
  return `${start}: ${without} without normalization, ${normalized} with it.`;
}

// --- On the stage: two maps side by side, and below each the loss curves of the chosen field ---

// `across` takes the number of a column to pixels, in each map.
function geometry({ rates, columns }, width) {
  const wide = (width - LEFT - BETWEEN - 4) / 2;
  const bottom = MAPS + ROW * rates.length;
  return {
    across: [LEFT, LEFT + wide + BETWEEN].map((left) => scale([0, columns], [left, left + wide])),
    side: wide / columns,
    bottom,
    topOf: (row) => bottom - ROW * (row + 1),
    key: bottom + 48,
    panel: { from: bottom + 130, to: bottom + 240 },
  };
}

function fieldAt({ across, bottom }, { rates, columns }, x, y) {
  const map = x < across[1](0) - BETWEEN / 2 ? across[0] : across[1];
  const column = clamp(Math.floor(map.back(x)), 0, columns - 1);
  const row = clamp(Math.floor((bottom - y) / ROW), 0, rates.length - 1);
  return row * columns + column;
}

const cells = (sweeps, place) =>
  NETS.flatMap((_, net) => sweeps.fields.flatMap((k) => cell(sweeps, place, net, k)));

function cell(sweeps, place, net, k) {
  const { columns, chance, palette, medians } = sweeps;
  const [x, y] = [place.across[net](k % columns), place.topOf(Math.floor(k / columns))];
  const share = clamp((medians[net][k] - chance) / (BRIGHT - chance), 0, 1);
  const color = palette[Math.round(share * (palette.length - 1))];
  const box = { x, y, width: place.side + 0.5, height: ROW + 0.5 };
  const known = { "data-net": NETS[net], "data-median": medians[net][k] };
  const middle = [x + place.side / 2, y + ROW / 2];
  return [svg("rect", { ...box, fill: color, ...known }), ...mark(sweeps, net, k, ...middle)];
}

// A star on the best field, a cross on one that diverged, a dot on one at chance.
function mark({ best, field, seeds, medians, chance }, net, k, x, y) {
  const through = { "pointer-events": "none" };
  if (k === best[net]) return [fill(star(x, y), through)];
  if (field(net, k).diverged > seeds / 2)
    return [fill(whiteCross(x, y), through)];
  if (medians[net][k] < chance + 0.05)
    return [svg("circle", { cx: x, cy: y, r: 1.5, fill: "#fff", ...through })];
  return [];
}

// Around the chosen field in both maps: black on white, to be seen on every colour.
function frames({ across, side, topOf }, row, column) {
  const y = topOf(row);
  return across.flatMap((map) => {
    const box = { x: map(column), y, width: side, height: ROW, fill: "none" };
    const reach = { x: box.x - 5, y: y - 5, width: side + 10, height: ROW + 10 };
    return [
      svg("rect", { class: "reach", ...reach }),
      svg("rect", { ...box, stroke: "#fff", "stroke-width": 5 }),
      svg("rect", { ...box, stroke: "#000", "stroke-width": 2 }),
    ];
  });
}

// The powers of ten among the values, each with its place in the list.
function powersOfTen(values) {
  const isPower = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6;
  return values.map((v, k) => [v, k]).filter(([v]) => isPower(v));
}

function axesOfMaps({ rates, scales }, { across, bottom }) {
  const everyFourth = powersOfTen(scales).filter((_, k) => k % 4 === 0);
  return [
    note(0, 14, "Test accuracy without and with normalization"),
    ...NETS.map((name, net) =>
      svg("g", { class: name }, note(across[net](0), MAPS - 8, name, "named")),
    ),
    note(0, MAPS - 8, "rate"),
    ...powersOfTen(rates).map(([v, k]) =>
      note(LEFT - 5, bottom - ROW * (k + 0.5) + 4, short(v), "soft", "end"),
    ),
    ...across.flatMap((x) =>
      everyFourth.map(([v, k]) =>
        note(x(k && k + 0.5), bottom + 15, short(v), "soft", k ? "middle" : "start"),
      ),
    ),
    note(LEFT, bottom + 32, "initial weights (1 = He et al.)"),
  ];
}

function axesOfCurves({ steps, top, columns }, { across, panel }, name) {
  const up = scale([0, top], [panel.to, panel.from]);
  const losses = [0, 1, 2].filter((v) => v <= top);
  return [
    note(0, panel.from - 12, `Loss at ${name}`),
    ...losses.map((v) => note(LEFT - 5, up(v) + 4, v, "soft", "end")),
    ...across.flatMap((x) => [
      svg("path", { class: "axis", d: `M${x(0)} ${panel.from}V${panel.to}H${x(columns)}` }),
      note(x(columns), panel.to + 16, `step ${steps}`, "soft", "end"),
    ]),
  ];
}

// The loss of every seed. It leaves at the top; a cross stands where it is not finite any more.
function curves({ points, top, columns, field }, { across, panel }, net, chosen) {
  const x = scale([0, points - 1], [across[net](0) + 3, across[net](columns) - 3]);
  const y = scale([0, top], [panel.to, panel.from]);
  const paths = field(net, chosen).curves.flatMap((losses, seed) => {
    const lost = losses.findIndex(Number.isNaN);
    const finite = lost < 0 ? losses : losses.slice(0, lost);
    const d = finite.length ? line(finite.map((v, k) => [x(k), y(Math.min(v, top))])) : "";
    const known = { "data-curve": NETS[net], "data-end": losses.at(-1) };
    const curve = svg("path", { class: "line", d, ...known });
    if (lost < 0) return [curve];
    const end = cross(x(Math.max(0, lost)) + 4 * seed, panel.from, 4);
    return [curve, svg("path", { class: "line", d: end })];
  });
  return svg("g", { class: NETS[net] }, ...paths);
}

function render({ model, el }) {
  const sweeps = sweepsOf(model);
  const choice = choiceOf(model, sweeps);
  const { chosen, row, column } = choice;
  const [maps, below, handle] = [svg("g"), svg("g"), svg("g", { class: "handle" })];
  const label = "Two maps, and the loss curves of the chosen field";
  const stage = svg("svg", { role: "group", "aria-label": label }, maps, below, handle);
  let place;
  const under = (x, y) => fieldAt(place, sweeps, x, y);
  const updateHandle = handleOf(handle, sweeps, choice, under);
  const open = (event) => {
    const box = stage.getBoundingClientRect();
    chosen.write(under(event.clientX - box.left, event.clientY - box.top));
  };
  // The handle too: it covers parts of the fields around the chosen one.
  for (const part of [maps, handle]) part.addEventListener("click", open);

  let drawnWidth; // at which the maps were drawn: nothing else changes them
  function draw(width) {
    place = geometry(sweeps, width);
    if (drawnWidth !== width) maps.replaceChildren(...cells(sweeps, place));
    drawnWidth = width;
    below.replaceChildren(
      ...axesOfMaps(sweeps, place),
      ...key(sweeps, LEFT, place.key),
      ...axesOfCurves(sweeps, place, nameOf(sweeps, chosen.read())),
      ...NETS.map((_, net) => curves(sweeps, place, net, chosen.read())),
    );
    handle.replaceChildren(...frames(place, row.read(), column.read()));
    updateHandle();
  }
  const controls = controlsOf(sweeps, choice);
  const words = () => sentences(sweeps, chosen.read());
  return compose({ model, el }, { stage, controls, draw, words });
}

// The arrow keys walk along the rows and columns of the maps.
function handleOf(handle, sweeps, { chosen, row, column }, under) {
  const walk = (along, count, by) => () => along.write(clamp(along.read() + by, 0, count - 1));
  const right = (by) => walk(column, sweeps.columns, by);
  const up = (by) => walk(row, sweeps.rates.length, by);
  return draggable(handle, {
    label: () => "the chosen field",
    ...{ ...chosen, ...indices(sweeps.fields.length), under },
    show: (k) => nameOf(sweeps, k),
    keys: {
      ArrowLeft: right(-1),
      ArrowRight: right(1),
      ArrowUp: up(1),
      ArrowDown: up(-1),
      PageUp: up(3),
      PageDown: up(-3),
    },
  });
}

function controlsOf({ rates, scales }, { row, column }) {
  const rate = { ...row, ...indices(rates.length), show: (k) => short(rates[k], 2) };
  const factor = { ...column, ...indices(scales.length), show: (k) => short(scales[k], 2) };
  return [
    slider({ label: "Learning rate", ...rate }),
    slider({ label: "Initial weights, times He's", ...factor }),
  ];
}

export default { render };
