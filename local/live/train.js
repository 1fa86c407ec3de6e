// The first page: two nets learn two spirals in the browser, without and with batch normalization.
import {
  buttons,
  calm,
  clamp,
  compose,
  fill,
  html,
  inTens,
  line,
  motion,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  trait,
} from "./kit.js";
import { make, probability, random, spirals, step } from "./net.js";

const WIDTHS = [2, 12, 12, 12, 12, 1];
const POINTS = 200;
const LAST = 1000; // steps after which a training ends
const AT_ONCE = 100; // steps of a press, for whoever wants no motion
const REACH = 1.3; // the maps show [-REACH, REACH] squared
const CELLS = 44; // of a map's side
const LOSS = [1e-3, 10];
const NAMES = { without: "without", with: "with normalization" };

const grid = Float64Array.from({ length: 2 * CELLS ** 2 }, (_, k) => {
  const cell = k >> 1;
  const at = k % 2 ? CELLS - 1 - Math.floor(cell / CELLS) : cell % CELLS;
  return ((at + 0.5) / CELLS - 0.5) * 2 * REACH;
});

// The two nets with the same first weights, and how far they are.
function begin(seed, size) {
  const { x, t } = spirals(POINTS, 7);
  const nets = Object.keys(NAMES).map((name) => {
    const net = make({ widths: WIDTHS, size, normalized: name === "with", seed });
    return { name, net, losses: [] };
  });
  return { seed, size, x, t, nets, steps: 0, draw: random(seed + 1) };
}

function advance(training, rate, batch) {
  const { x, t } = training;
  const rows = Array.from({ length: batch }, () => Math.floor(training.draw.uniform() * POINTS));
  const xb = Float64Array.from(rows.flatMap((i) => [x[2 * i], x[2 * i + 1]]));
  const tb = Float64Array.from(rows, (i) => t[i]);
  for (const { net, losses } of training.nets) losses.push(step(net, xb, tb, rate));
  training.steps += 1;
}

// Share of points answered rightly, and whether the net gives nearly the same answer to all of them.
function judge({ x, t }, net) {
  const p = probability(net, x);
  const right = p.reduce((sum, value, i) => sum + (value > 0.5 === t[i] > 0) / POINTS, 0);
  return { right, broken: !(Math.max(...p) - Math.min(...p) > 0.05) };
}

function render({ model, el }) {
  const names = ["rate", "size", "batch", "seed"];
  const [rate, size, batch, seed] = names.map((name) => trait(model, name));
  let training = begin(seed.read(), size.read());
  const trains = motion(() => {
    for (let k = 0; k < (calm() ? AT_ONCE : 2); k++) advance(training, rate.read(), batch.read());
    return !calm() && training.steps < LAST;
  });

  const maps = Object.keys(NAMES).map((name) =>
    html("canvas", { class: `train-map ${name}`, width: CELLS, height: CELLS }),
  );
  const over = svg("svg", { role: "img" });
  const stage = html("div", { class: "live-layers" }, ...maps, over);

  function draw(width, height) {
    if (training.seed !== seed.read() || training.size !== size.read())
      training = begin(seed.read(), size.read());
    const half = (width - 16) / 2;
    const side = Math.min(half, height - 160);
    const lefts = [0, half + 16].map((left) => left + (half - side) / 2);
    training.nets.forEach(({ net }, k) => {
      // In parts of the width, for paper may be narrower.
      const [left, wide] = [lefts[k], side].map((length) => `${(100 * length) / width}%`);
      maps[k].style = `left: ${left}; top: 24px; width: ${wide}; height: ${side}px`;
      paint(maps[k], probability(net, grid));
    });
    const viewBox = `0 0 ${width} ${height}`;
    fill(over, { "aria-label": words(), viewBox, preserveAspectRatio: "none" });
    over.replaceChildren(
      ...training.nets.map(({ name }, k) => {
        const transform = `translate(${lefts[k]} 0)`;
        return svg("g", { class: name, transform }, ...frame(name, side, training));
      }),
      ...curves(training.nets, width, side + 56, height - 22),
    );
  }

  function words() {
    if (trains.running) return "Training. Raise the learning rate while it runs.";
    if (!training.steps)
      return "Two nets with the same first weights, not trained yet. Press Train.";
    const [left, right] = training.nets.map(({ net }) => {
      const { right, broken } = judge(training, net);
      return `${number(100 * right, 0)} % right${broken ? ", broken: one answer for all" : ""}`;
    });
    return `After ${training.steps} steps: without, ${left}; with it, ${right}.`;
  }

  const controls = [
    slider({
      label: "Learning rate",
      ...inTens(rate),
      ...{ min: -2, max: 1, step: 0.1, show: (v) => short(10 ** v, 2) },
    }),
    slider({
      label: "First weights, times the usual",
      ...inTens(size),
      ...{ min: -1, max: 1, step: 0.1, show: (v) => short(10 ** v, 2) },
    }),
    slider({ label: "Examples in a batch", ...batch, min: 2, max: 64, step: 1, show: String }),
    buttons(
      {
        Train: () => {
          if (trains.running) return trains.stop();
          if (training.steps >= LAST) training = begin(seed.read(), size.read());
          trains.start();
        },
        "New weights": () => seed.write(seed.read() + 1),
      },
      (text) => (text === "Train" && trains.running ? "Pause" : text),
    ),
  ];
  return compose({ model, el }, { stage, controls, draw, words, motion: trains });
}

// How sure the net is of +1, as the depth of its colour.
function paint(canvas, p) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(CELLS, CELLS);
  const [r, g, b] = getComputedStyle(canvas).color.match(/\d+/g).map(Number);
  p.forEach((value, k) => picture.data.set([r, g, b, 150 * (value || 0)], 4 * k));
  context.putImageData(picture, 0, 0);
}

function frame(name, side, { x, t }) {
  const at = scale([-REACH, REACH], [0, side]);
  return [
    note(0, 14, NAMES[name], "named"),
    svg("rect", { class: "line", x: 1, y: 25, width: side - 2, height: side - 2 }),
    ...[...t].map((sign, i) =>
      svg("circle", {
        class: sign > 0 ? "train-full" : "train-hollow",
        cx: at(x[2 * i]),
        cy: 24 + side - at(x[2 * i + 1]),
        r: 2.2,
      }),
    ),
  ];
}

// The loss of both nets, each a running mean over ten steps, on a logarithmic ruler.
function curves(nets, width, top, bottom) {
  const across = scale([0, LAST], [46, width - 4]);
  const up = scale(LOSS.map(Math.log10), [bottom, top]);
  const height = (loss) => up(Math.log10(clamp(loss, ...LOSS)));
  const rulers = [0.001, 0.1, 10].flatMap((v) => [
    svg("path", { class: "grid", d: `M46 ${height(v)}H${width}` }),
    note(40, height(v) + 4, v, "soft", "end"),
  ]);
  const labels = [
    note(0, top - 10, "loss of the batches (nats)"),
    note(46, bottom + 18, "step 0", "soft"),
    note(width, bottom + 18, LAST, "soft", "end"),
  ];
  const paths = nets.map(({ name, losses }) => {
    let mean = losses[0];
    const points = losses.map((loss, k) => [across(k), height((mean += (loss - mean) / 10))]);
    const end = points.findIndex(([, y]) => !Number.isFinite(y));
    const drawn = points.slice(0, end < 0 ? undefined : end);
    return svg("path", { class: `${name} line`, d: drawn.length ? line(drawn) : "" });
  });
  return [...rulers, ...labels, ...paths];
}

export default { render };
