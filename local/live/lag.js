// Chapter 5: moving averages behind statistics that move, and what inference makes of a unit.
import { compose } from "./frame.js";
import {
  clamp,
  draggable,
  fill,
  floats,
  line,
  note,
  number,
  scale,
  slider,
  svg,
  ticks,
  trait,
} from "./kit.js";
import { movingAverage, timeConstant } from "./moving.js";

const ABOVE = { from: 72, to: 216 }; // pixels of the two panels
const BELOW = { training: 292, inference: 324, axis: 344 };
const LEFT = 40; // where the upper panel begins
const EPSILON = 1e-3;
const DASHED = "6 4"; // the moving average

// What was measured in the training, which never changes, and its steps that the picture has.
function measured(model) {
  const reach = model.get("reach"); // deviations that the lower panel has to each side
  const names = ["mean", "variance", "true"];
  const [means, variances, trueMeans] = names.map((name) => floats(model.get(name)));
  const last = means.length;
  const first = last - model.get("shown") + 1; // steps count from 1
  return { means, variances, trueMeans, first, last, reach };
}

// The averages after the last step, and the unit as they normalize it: its mean in `inference`,
// and its deviations in both modes.
function stateOf(model, { means, variances, trueMeans }) {
  const [momentum, stop] = [model.get("momentum"), model.get("stop")];
  const averages = movingAverage(means, momentum, 0);
  const [average, trueMean, variance] = [averages, trueMeans, variances].map((of) => of[stop - 1]);
  const s = Math.sqrt(movingAverage(variances, momentum, 1)[stop - 1] + EPSILON);
  return {
    momentum,
    tau: timeConstant(momentum),
    stop,
    averages,
    average,
    trueMean,
    inference: (trueMean - average) / s,
    deviations: {
      training: Math.sqrt(variance / (variance + EPSILON)),
      inference: Math.sqrt(variance) / s,
    },
  };
}

function sentences({ momentum, tau, stop, trueMean, average, inference }) {
  return (
    `m = ${number(momentum, 3)} (PyTorch: ${number(1 - momentum, 3)}), τ = ${number(tau, 1)}. ` +
    `At step ${stop} the mean is ${number(trueMean)}, the moving average ${number(average)}; ` +
    `in inference the unit stands at ${number(inference)}.`
  );
}

// --- On the stage: above, the mean step by step; below, the unit in training and in inference ---

// From steps and means to pixels of the upper panel, and deviations to pixels of the lower one.
function geometry({ means, trueMeans, first, last, reach }, width) {
  const shown = [...means.slice(first - 1), ...trueMeans.slice(first - 1)];
  const margin = (Math.max(...shown) - Math.min(...shown)) * 0.06;
  const range = [Math.min(...shown) - margin, Math.max(...shown) + margin];
  return {
    ...{ width, range, reach, right: width - 12 },
    across: scale([first, last], [LEFT, width - 12]),
    up: scale(range, [ABOVE.to, ABOVE.from]),
    along: scale([-reach, reach], [84, width - 12]),
  };
}

// What the three lines are.
function legend(width) {
  const names = [
    ["line", "batch"],
    ["curve", "all pictures"],
    ["line", "moving average"],
  ];
  const lefts = [2, 74, 186].map((left) => left * Math.min(1, width / 345));
  return names.flatMap(([kind, name], k) => [
    svg("path", {
      class: kind,
      d: `M${lefts[k]} 32h14`,
      style: k ? "" : "stroke-width: 1",
      "stroke-dasharray": k === 2 ? DASHED : "none",
    }),
    note(lefts[k] + 19, 36, name, k === 1 ? "" : "named"),
  ]);
}

function courses({ means, trueMeans, first, last }, { averages }, { across, up, range, right }) {
  const [low, high] = [ABOVE.from - 4, ABOVE.to + 4];
  const course = (values, attributes) => {
    const at = (v, k) => [across(first + k), clamp(up(v), low, high)];
    return svg("path", { d: line([...values.slice(first - 1)].map(at)), ...attributes });
  };
  return [
    ...ticks(...range, 4).map((v) => note(34, up(v) + 4, number(v, 1), "soft", "end")),
    ...ticks(first, last, 4).map((k) => note(across(k), ABOVE.to + 18, k, "soft", "middle")),
    svg("path", { class: "axis", d: `M${LEFT} ${ABOVE.from}V${ABOVE.to}H${right}` }),
    course(means, { class: "line", style: "stroke-width: 1" }),
    course(trueMeans, { class: "curve" }),
    course(averages, { class: "line", "stroke-dasharray": DASHED }),
  ];
}

// One time constant, back from the step at which training stops.
function timeRuler({ tau, stop }, { across, width }) {
  const [from, to] = [Math.max(LEFT, across(stop - tau)), across(stop)];
  const y = ABOVE.from - 10;
  const d = `M${from} ${y - 4}V${y + 4}M${from} ${y}H${to}M${to} ${y - 4}V${y + 4}`;
  const middle = clamp((from + to) / 2, 80, width - 46);
  return [
    svg("path", { class: "curve", d }),
    note(middle, y - 7, `τ = ${number(tau, 1)} steps`, "", "middle"),
  ];
}

// The unit normalized by its batch, as in training, and by the moving averages, as in inference.
function normalized({ inference, deviations }, place) {
  const { along, reach } = place;
  const ends = `${along(-reach)} ${BELOW.axis}H${along(reach)}`;
  return [
    note(0, 262, "Where the unit then stands, normalized"),
    svg("path", { class: "axis", d: `M${ends}` }),
    svg("path", { class: "grid", d: `M${along(0)} ${BELOW.training - 14}V${BELOW.axis}` }),
    ...ticks(-reach, reach, 6).map((v) =>
      note(along(v), BELOW.axis + 16, number(v, 0), "soft", "middle"),
    ),
    ...unit("training", 0, deviations.training, place, "none"),
    ...unit("inference", inference, deviations.inference, place, "4 3"),
  ];
}

// Mean and one deviation around it, in the row of this mode.
function unit(mode, mean, deviation, { along, reach }, dash) {
  const y = BELOW[mode];
  const at = (value) => along(clamp(value, -reach, reach));
  const [end, arrow] = mean > 0 ? ["end", `${number(mean, 1)} →`] : ["start", `← ${number(mean, 1)}`];
  const beyond = Math.abs(mean) > reach ? [note(at(mean), y - 14, arrow, "", end)] : [];
  const [left, right] = [at(mean - deviation), at(mean + deviation)];
  const box = { x: left, y: y - 9, width: right - left, height: 18 };
  const known = { "data-mode": mode, "data-at": mean, "data-deviation": deviation };
  return [
    note(2, y + 4, mode, "named"),
    svg("rect", { class: "area", ...box }),
    svg("rect", { class: "line", ...box, "stroke-dasharray": dash }),
    svg("circle", { class: "dot", cx: at(mean), cy: y, r: 6, ...known }),
    ...beyond,
  ];
}

// What is dragged: the step at which training stops.
function stopMark() {
  const { from, to } = ABOVE;
  const reach = { x: -14, y: from - 8, width: 28, height: to - from + 8, rx: 4 };
  return svg(
    "g",
    { class: "handle" },
    svg("rect", { class: "reach", ...reach }),
    svg("path", { class: "axis", d: `M0 ${from - 6}V${to}` }),
    svg("circle", { class: "point", cy: to - 10, r: 8 }),
  );
}

function render({ model, el }) {
  const training = measured(model);
  const [picture, handle] = [svg("g"), stopMark()];
  const label = "The unit during training, and below it normalized";
  const stage = svg("svg", { role: "group", "aria-label": label, class: "with" }, picture, handle);
  const stop = { ...trait(model, "stop"), min: training.first, max: training.last, step: 1 };
  let state;
  let place;
  const updateHandle = draggable(handle, {
    label: () => "the step at which training stops",
    ...{ ...stop, show: String, under: (x) => place.across.back(x) },
  });

  function draw(width) {
    state = stateOf(model, training);
    place = geometry(training, width);
    picture.replaceChildren(
      note(0, 14, "Mean of the unit, step by step"),
      ...legend(width),
      ...courses(training, state, place),
      ...timeRuler(state, place),
      ...normalized(state, place),
    );
    fill(handle, { transform: `translate(${place.across(state.stop)} 0)` });
    updateHandle();
  }
  const controls = controlsOf(model, stop);
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(state) });
}

function controlsOf(model, stop) {
  const momentum = trait(model, "momentum");
  const memory = {
    read: () => -Math.log10(1 - momentum.read()),
    write: (p) => momentum.write(1 - 10 ** -p),
    show: (p) => number(1 - 10 ** -p, 3),
  };
  return [
    slider({ label: "Momentum m", ...memory, min: 0, max: 2.5, step: 0.1 }),
    slider({ label: "Training stops after step", ...stop, show: String }),
  ];
}

export default { render };
