// Chapter 2: a batch whose numbers can be dragged, and what normalization makes of it.
import {
  choice,
  clamp,
  compose,
  draggable,
  entry,
  fill,
  inTens,
  line,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  ticks,
  trait,
} from "./kit.js";
import { scaleAndShift, standardize, transpose } from "./norm.js";

const TOP = { from: 48, to: 188 }; // pixels of the two panels
const BOTTOM = { from: 244, to: 410 };
const OUTPUT = [-6, 6];
const STEPS = 160; // along the ruler of a feature
const MARGIN = 39; // left of a column, for the numbers on its ruler

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

// Where things lie on a stage of this width: column j, example i within it, and values on rulers.
function geometry(width, x, rulers) {
  const column = width / x[0].length;
  return {
    left: (j) => column * j + MARGIN,
    wide: column - MARGIN - 7,
    across: (i, j) => column * j + MARGIN + 7 + ((column - MARGIN - 19) * (i + 0.5)) / x.length,
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

function render({ model, el }) {
  const first = model.get("x");
  const [n, d] = [first.length, first[0].length];
  const rulers = first[0].map((_, j) => {
    const column = first.map((row) => row[j]);
    const [low, high] = [Math.min(...column), Math.max(...column)];
    return [low - (high - low || 1) / 2, high + (high - low || 1) / 2];
  });
  const chosen = trait(model, "chosen");
  const isChosen = (i, j) => String(chosen.read()) === String([i, j]);
  const cells = Array.from({ length: n * d }, (_, k) => [Math.floor(k / d), k % d]);
  const back = svg("g");
  const stage = svg("svg", { role: "group", "aria-label": "A batch and its output" }, back);
  let place;
  let now;

  const handles = cells.map(([i, j], k) => {
    const node = svg("g", {}, ...circle(i, 16));
    const { read, write } = entry(model, "x", () => i);
    const [min, max] = rulers[j];
    const to = (by) => () => handles[(k + by + n * d) % (n * d)].node.focus();
    const update = draggable(node, {
      label: () => `x, example ${i + 1}, feature ${j + 1}`,
      ...{ min, max, step: (max - min) / STEPS, show: short },
      read: () => read()[j],
      write: (value) => write(read().with(j, value)),
      under: (_, y) => place.input(j).back(y),
      keys: { ArrowLeft: to(-1), ArrowRight: to(1) },
    });
    node.addEventListener("focus", () => chosen.write([i, j]));
    stage.append(node);
    return { node, update };
  });

  function draw(width) {
    const x = model.get("x");
    const names = ["gamma", "beta", "epsilon", "over"];
    now = normalize(x, Object.fromEntries(names.map((name) => [name, model.get(name)])));
    place = geometry(width, x, rulers);
    const batch = model.get("over") === "batch";
    fill(stage, { class: batch ? "with" : "layer" });
    back.replaceChildren(
      note(0, 14, "The batch x: drag a number"),
      note(
        0,
        BOTTOM.from - 20,
        `The output y: μ and s of each ${batch ? "column" : "row"}`,
        "named",
      ),
      ...rulers.flatMap((ruler, j) => axes(place, j, ruler)),
      ...(batch ? rulers.flatMap((_, j) => frames(place, j, now.mean[j], now.s[j])) : []),
      ...threads(batch, (i, j) => place.input(j)(x[i][j])),
      ...threads(batch, (i, j) => place.output(now.y[i * d + j])),
      ...cells.map(([i, j], k) => {
        const transform = `translate(${place.across(i, j)} ${place.output(now.y[k])})`;
        const role = isChosen(i, j) ? "chosen" : "";
        return svg("g", { class: role, transform, "data-y": now.y[k] }, ...circle(i));
      }),
    );
    handles.forEach(({ node, update }, k) => {
      const [i, j] = cells[k];
      fill(node, {
        transform: `translate(${place.across(i, j)} ${place.input(j)(x[i][j])})`,
        class: isChosen(i, j) ? "handle chosen" : "handle",
        tabindex: isChosen(i, j) ? 0 : -1,
      });
      update();
    });
  }

  // A line through the numbers of each example. Of a batch only the chosen one is followed.
  function threads(batch, height) {
    return Array.from({ length: n }, (_, i) => {
      const role = !batch ? "line" : i === chosen.read()[0] ? "curve" : "grid";
      const places = rulers.map((_, j) => [place.across(i, j), height(i, j)]);
      return svg("path", { class: role, d: line(places) });
    });
  }

  function words() {
    const [i, j] = chosen.read();
    const batch = model.get("over") === "batch";
    const [k, where] = batch
      ? [j, `Feature ${j + 1} over the batch`]
      : [i, `Example ${i + 1} over its features`];
    const [x, xHat, y] = [model.get("x")[i][j], now.xHat[i * d + j], now.y[i * d + j]];
    return (
      `${where}: μ = ${short(now.mean[k])}, s = ${short(now.s[k])}. Example ${i + 1}, ` +
      `feature ${j + 1}: x = ${short(x)}, x̂ = ${number(xHat)}, y = ${number(y)}.`
    );
  }

  const feature = () => chosen.read()[1];
  // The chosen number for whoever does not drag, in steps along its ruler.
  const current = () => model.get("x")[chosen.read()[0]][feature()];
  const ruler = () => scale(rulers[feature()], [0, STEPS]);
  const along = {
    read: () => ruler()(current()),
    write: (step) => {
      const { read, write } = entry(model, "x", () => chosen.read()[0]);
      write(read().with(feature(), ruler().back(step)));
    },
    show: () => short(current()),
  };
  const parameter = (letter, name) =>
    slider({
      label: () => `${letter} of feature ${feature() + 1}`,
      ...entry(model, name, feature),
      ...{ min: -2, max: 2, step: 0.05 },
    });
  const controls = [
    slider({ label: "The chosen number x", ...along, min: 0, max: STEPS, step: 1 }),
    choice({
      label: "Take mean and variance",
      ...trait(model, "over"),
      options: { batch: "of a column", layer: "of a row" },
    }),
    slider({
      label: "ε",
      ...inTens(trait(model, "epsilon")),
      ...{ min: -8, max: 4, step: 0.5, show: (power) => short(10 ** power, 2) },
    }),
    parameter("γ", "gamma"),
    parameter("β", "beta"),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

export default { render };
