// The first page: two nets learn two spirals in the browser, without and with batch normalization.
import {
  asPower,
  buttons,
  calm,
  clamp,
  compose,
  fill,
  html,
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

// The training that is shown, in `session.training`, and the motion with which it goes on.
function sessionOf({ rate, size, batch, seed }) {
  const session = {
    restart: () => (session.training = begin(seed.read(), size.read())),
    isOutdated: () =>
      session.training.seed !== seed.read() || session.training.size !== size.read(),
    motion: motion(() => {
      const { training } = session;
      for (let k = 0; k < (calm() ? AT_ONCE : 2); k++) advance(training, rate.read(), batch.read());
      return !calm() && training.steps < LAST;
    }),
  };
  session.restart();
  return session;
}

function sentences({ training, motion }) {
  if (motion.running) return "Training. Raise the learning rate while it runs.";
  if (!training.steps) return "Two nets with the same first weights, not trained yet. Press Train.";
  const [left, right] = training.nets.map(({ net }) => {
    const { right, broken } = judge(training, net);
    return `${number(100 * right, 0)} % right${broken ? ", broken: one answer for all" : ""}`;
  });
  return `After ${training.steps} steps: without, ${left}; with it, ${right}.`;
}

// --- On the stage: the map of each net on a canvas, points and loss curves in a drawing over it ---

// The maps are squares, each in the middle of its half.
function geometry(width, height) {
  const half = (width - 16) / 2;
  const side = Math.min(half, height - 160);
  return { width, side, lefts: [0, half + 16].map((left) => left + (half - side) / 2) };
}

// Places a map in parts of the width, for paper may be narrower.
function position(canvas, left, { side, width }) {
  const [start, wide] = [left, side].map((length) => `${(100 * length) / width}%`);
  canvas.style = `left: ${start}; top: 24px; width: ${wide}; height: ${side}px`;
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

function render({ model, el }) {
  const names = ["rate", "size", "batch", "seed"];
  const traits = Object.fromEntries(names.map((name) => [name, trait(model, name)]));
  const session = sessionOf(traits);
  const words = () => sentences(session);
  const maps = Object.keys(NAMES).map((name) =>
    html("canvas", { class: `train-map ${name}`, width: CELLS, height: CELLS }),
  );
  const over = svg("svg", { role: "img" });
  const stage = html("div", { class: "live-layers" }, ...maps, over);

  function draw(width, height) {
    if (session.isOutdated()) session.restart();
    const { nets } = session.training;
    const place = geometry(width, height);
    const groups = nets.map(({ name, net }, k) => {
      position(maps[k], place.lefts[k], place);
      paint(maps[k], probability(net, grid));
      const transform = `translate(${place.lefts[k]} 0)`;
      return svg("g", { class: name, transform }, ...frame(name, place.side, session.training));
    });
    const viewBox = `0 0 ${width} ${height}`;
    fill(over, { "aria-label": words(), viewBox, preserveAspectRatio: "none" });
    over.replaceChildren(...groups, ...curves(nets, width, place.side + 56, height - 22));
  }
  const controls = controlsOf(session, traits);
  return compose({ model, el }, { stage, controls, draw, words, motion: session.motion });
}

function controlsOf(session, { rate, size, batch, seed }) {
  const power = { step: 0.1, show: (v) => short(10 ** v, 2) };
  const examples = { ...batch, min: 2, max: 64, step: 1, show: String };
  const train = () => {
    if (session.motion.running) return session.motion.stop();
    if (session.training.steps >= LAST) session.restart();
    return session.motion.start();
  };
  const actions = { Train: train, "New weights": () => seed.write(seed.read() + 1) };
  const name = (text) => (text === "Train" && session.motion.running ? "Pause" : text);
  return [
    slider({ label: "Learning rate", ...asPower(rate), min: -2, max: 1, ...power }),
    slider({
      label: "First weights, times the usual",
      ...asPower(size),
      min: -1,
      max: 1,
      ...power,
    }),
    slider({ label: "Examples in a batch", ...examples }),
    buttons(actions, name),
  ];
}

export default { render };
