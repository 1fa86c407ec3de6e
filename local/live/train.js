// The first page: two nets learn two spirals in the browser, without and with batch normalization.
import { compose, motion } from "./frame.js";
import {
  asPower,
  buttons,
  calm,
  clamp,
  fill,
  html,
  line,
  note,
  number,
  scale,
  setText,
  short,
  slider,
  svg,
  trait,
  valuesOf,
} from "./kit.js";
import { answer, folded } from "./net.js";
import { advance, begin, judge, NETS } from "./training.js";

const PACE = 0.1; // steps in a millisecond, on a machine that is fast enough
const BUDGET = 4; // milliseconds of a frame in which steps are taken
const PARTS = 6; // frames in which a map is computed
const REACH = 1.3; // the maps show [-REACH, REACH] squared
const CELLS = 44; // of a map's side
const TOP = 22; // pixels above the maps
const LOSS = [1e-3, 10];
const NAMES = { without: "without", with: "with normalization" };

const grid = Float64Array.from({ length: 2 * CELLS ** 2 }, (_, k) => {
  const cell = k >> 1;
  const at = k % 2 ? CELLS - 1 - Math.floor(cell / CELLS) : cell % CELLS;
  return ((at + 0.5) / CELLS - 0.5) * 2 * REACH;
});

// The training that is shown, in `session.training`, and the motion with which it goes on: by time,
// and no longer in a frame than BUDGET. `show(training)` draws what has changed.
function sessionOf(model, show) {
  const last = model.get("steps");
  const settings = () => valuesOf(model, ["rate", "size", "batch", "seed"]);
  const session = {
    restart: () => (session.training = begin(settings())),
    isOutdated: () => JSON.stringify(settings()) !== JSON.stringify(session.training.settings),
    isOver: () => session.training.steps >= last,
  };
  let due = 0;
  session.motion = motion(
    (elapsed) => {
      const { training } = session;
      const until = performance.now() + BUDGET;
      // Whoever wants no motion gets the end as soon as it is there.
      due = calm() ? last : Math.min(due, 1) + elapsed * PACE;
      for (; due >= 1 && !session.isOver() && performance.now() < until; due--) advance(training);
      if (session.isOver()) training.nets.forEach((one) => judge(training, one));
      return !session.isOver();
    },
    () => calm() || show(session.training),
  );
  session.restart();
  return session;
}

function sentences({ training, motion }) {
  const { rate, size, batch } = training.settings;
  const of = `rate ${short(rate)}, first weights × ${short(size)}, batches of ${batch}`;
  if (motion.running) return `Training at ${of}.`;
  if (!training.steps) return "Two nets with the same first weights, not trained yet. Press Train.";
  const [left, right] = training.nets.map(
    ({ right, broken }) =>
      `${number(100 * right, 0)} % right${broken ? " (one answer for all)" : ""}`,
  );
  return `${training.steps} steps at ${of}: without, ${left}; with it, ${right}.`;
}

// --- On the stage: the map of each net on a canvas, points and loss curves in a drawing over it ---

// The maps are squares, each in the middle of its half.
function geometry(width, height) {
  const half = (width - 16) / 2;
  const side = Math.min(half, height - 108);
  const lefts = [0, half + 16].map((left) => left + (half - side) / 2);
  const [top, bottom] = [side + TOP + 26, height - 4];
  return {
    ...{ width, side, lefts, top, bottom },
    across: (last) => scale([0, last], [46, width - 4]),
    up: scale(LOSS.map(Math.log10), [bottom, top]),
  };
}

// Places a map in parts of the width, for paper may be narrower.
function position(canvas, left, { side, width }) {
  const [start, wide] = [left, side].map((length) => `${(100 * length) / width}%`);
  canvas.style = `left: ${start}; top: ${TOP}px; width: ${wide}; height: ${side}px`;
}

// How sure the net is of +1, as the depth of its colour; `p` are the probabilities of all cells.
function paint(canvas, p) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(CELLS, CELLS);
  const [r, g, b] = getComputedStyle(canvas).color.match(/\d+/g).map(Number);
  p.forEach((value, k) => {
    picture.data[4 * k] = r;
    picture.data[4 * k + 1] = g;
    picture.data[4 * k + 2] = b;
    picture.data[4 * k + 3] = 150 * (value || 0);
  });
  context.putImageData(picture, 0, 0);
}

// What is drawn of a training while it goes on, a little in every frame: the cells of one map in
// PARTS of them, then that map, then the losses; after that comes the other map.
function painter(drawing) {
  const p = new Float64Array(CELLS ** 2);
  let [k, part, layers] = [0, 0, null];
  return (training) => {
    if (part === 0) layers = folded(training.nets[k].net); // as it is now, for the whole map
    if (part < PARTS) {
      const [from, to] = [part, part + 1].map((end) => Math.round((end * p.length) / PARTS));
      p.set(answer(layers, grid.subarray(2 * from, 2 * to)), from);
    } else if (part === PARTS) drawing.map(training, k, p);
    else drawing.losses(training);
    part = (part + 1) % (PARTS + 2);
    if (part === 0) k = 1 - k;
  };
}

// What stays while a net learns: its frame, and the points.
function frame(name, side, { x, t }) {
  const at = scale([-REACH, REACH], [0, side]);
  return [
    note(0, 14, side < 170 ? name : NAMES[name], "named"),
    svg("rect", { class: "line", x: 1, y: TOP + 1, width: side - 2, height: side - 2 }),
    ...[...t].map((sign, i) =>
      svg("circle", {
        class: sign > 0 ? "train-full" : "train-hollow",
        cx: at(x[2 * i]),
        cy: TOP + side - at(x[2 * i + 1]),
        r: 2.2,
      }),
    ),
  ];
}

function rulers({ up, width, top }) {
  const lines = [0.001, 0.1, 10].flatMap((v) => [
    svg("path", { class: "grid", d: `M46 ${up(Math.log10(v))}H${width}` }),
    note(40, up(Math.log10(v)) + 4, v, "soft", "end"),
  ]);
  return [...lines, note(0, top - 10, "loss of the batches (nats)")];
}

// The loss, a running mean over ten steps, at every fifth of them, on a logarithmic ruler.
function course(losses, across, up) {
  const points = [];
  let mean = losses[0];
  for (const [k, loss] of losses.entries()) {
    mean += (loss - mean) / 10;
    if (!Number.isFinite(mean)) break;
    if (k % 5 === 0) points.push([across(k), up(Math.log10(clamp(mean, ...LOSS)))]);
  }
  return points.length ? line(points) : "";
}

// What the drawing of a training consists of, and how its changing parts are brought up to date.
function drawingOf(over, maps, last) {
  const shares = NETS.map(() => fill(note(0, 14, "", "named", "end"), { "data-right": 0 }));
  const curves = NETS.map((name) => svg("path", { class: `${name} line` }));
  const count = note(0, 0, "", "soft", "end");
  const seen = []; // the cells of each map that was drawn as a whole, and of which step
  let place;

  const cells = (training, k) => {
    const { steps } = training;
    if (seen[k]?.training !== training || seen[k].steps !== steps)
      seen[k] = { training, steps, p: answer(folded(training.nets[k].net), grid) };
    return seen[k].p;
  };
  const map = (training, k, p) => {
    const one = training.nets[k];
    judge(training, one);
    paint(maps[k], p);
    setText(shares[k], `${number(100 * one.right, 0)} %`);
    fill(shares[k], { "data-right": one.right });
  };
  const losses = ({ nets, steps }) => {
    nets.forEach((one, k) =>
      fill(curves[k], { d: course(one.losses, place.across(last), place.up) }),
    );
    setText(count, `step ${steps} of ${last}`);
  };
  const whole = (training, width, height) => {
    place = geometry(width, height);
    const groups = NETS.map((name, k) => {
      position(maps[k], place.lefts[k], place);
      fill(shares[k], { x: place.side });
      const transform = `translate(${place.lefts[k]} 0)`;
      const parts = frame(name, place.side, training);
      return svg("g", { class: name, transform }, ...parts, shares[k]);
    });
    fill(count, { x: width, y: place.top - 10 });
    fill(over, { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" });
    over.replaceChildren(...groups, ...rulers(place), count, ...curves);
    training.nets.forEach((_, k) => map(training, k, cells(training, k)));
    losses(training);
  };
  return { whole, map, losses };
}

function render({ model, el }) {
  const maps = NETS.map((name) =>
    html("canvas", { class: `train-map ${name}`, width: CELLS, height: CELLS }),
  );
  const over = svg("svg", { role: "img" });
  const stage = html("div", { class: "live-layers" }, ...maps, over);
  const drawing = drawingOf(over, maps, model.get("steps"));

  const session = sessionOf(model, painter(drawing));
  const words = () => sentences(session);

  function draw(width, height) {
    if (session.isOutdated()) {
      session.restart();
      if (!calm()) session.motion.start();
    }
    drawing.whole(session.training, width, height);
    fill(over, { "aria-label": words() });
  }
  const again = () => {
    session.restart();
    session.motion.start();
  };
  return compose(
    { model, el },
    {
      ...{ stage, draw, words, again, motion: session.motion },
      controls: controlsOf(session, model, again),
      begins: !calm(),
    },
  );
}

function controlsOf(session, model, again) {
  const [rate, size, batch, seed] = ["rate", "size", "batch", "seed"].map((n) => trait(model, n));
  const power = { step: 0.1, show: (v) => short(10 ** v, 2) };
  const train = () => {
    if (session.motion.running) session.motion.stop();
    else if (session.isOver()) again();
    else session.motion.start();
  };
  const actions = { Train: train, "New weights": () => seed.write(seed.read() + 1) };
  const name = (text) => (text === "Train" && session.motion.running ? "Pause" : text);
  return [
    buttons(actions, name),
    slider({ label: "Learning rate", ...asPower(rate), ...power }),
    slider({ label: "First weights, times the usual", ...asPower(size), ...power }),
    slider({ label: "Examples in a batch", ...batch, show: String }),
  ];
}

export default { render };
