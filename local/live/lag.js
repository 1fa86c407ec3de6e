// Chapter 5: moving averages behind statistics that move, and what inference makes of a unit.
import {
  clamp,
  compose,
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
const REACH = 6; // deviations that the lower panel has to each side
const EPSILON = 1e-3;

function render({ model, el }) {
  const [mean, variance, truth] = ["mean", "variance", "true"].map((name) =>
    floats(model.get(name)),
  );
  const last = mean.length;
  const first = last - model.get("shown") + 1; // steps count from 1
  const [stop, momentum] = [trait(model, "stop"), trait(model, "momentum")];
  const picture = svg("g");
  const handle = svg("g", { class: "handle" });
  const stage = svg(
    "svg",
    {
      role: "group",
      "aria-label": "The unit during training, and below it normalized",
      class: "with",
    },
    picture,
    handle,
  );
  let across;
  const updateHandle = draggable(handle, {
    label: () => "the step at which training stops",
    ...{ ...stop, min: first, max: last, step: 1, show: String },
    under: (x) => across.back(x),
  });

  // The averages after the last step, and the unit as they normalize it.
  function see() {
    const m = momentum.read();
    const notes = movingAverage(mean, m, 0);
    const wide = movingAverage(variance, m, 1);
    const t = stop.read() - 1;
    const s = Math.sqrt(wide[t] + EPSILON);
    return {
      m,
      t,
      notes,
      off: (truth[t] - notes[t]) / s,
      deviation: Math.sqrt(variance[t]) / s,
      tau: timeConstant(m),
    };
  }

  let now;
  function draw(width) {
    now = see();
    across = scale([first, last], [40, width - 12]);
    const seen = [...mean.slice(first - 1), ...truth.slice(first - 1)];
    const room = (Math.max(...seen) - Math.min(...seen)) * 0.06;
    const [bottom, top] = [Math.min(...seen) - room, Math.max(...seen) + room];
    const up = scale([bottom, top], [ABOVE.to, ABOVE.from]);
    const course = (values, attributes) =>
      svg("path", {
        d: line(
          [...values.slice(first - 1)].map((v, k) => [
            across(first + k),
            clamp(up(v), ABOVE.from - 4, ABOVE.to + 4),
          ]),
        ),
        ...attributes,
      });
    const x = across(stop.read());
    picture.replaceChildren(
      note(0, 14, "Mean of the unit, step by step"),
      ...key(width),
      ...ticks(bottom, top, 4).map((v) => note(34, up(v) + 4, number(v, 1), "soft", "end")),
      ...ticks(first, last, 4).map((k) => note(across(k), ABOVE.to + 18, k, "soft", "middle")),
      svg("path", { class: "axis", d: `M40 ${ABOVE.from}V${ABOVE.to}H${width - 12}` }),
      course(mean, { class: "line", style: "stroke-width: 1" }),
      course(truth, { class: "curve" }),
      course(now.notes, { class: "line", "stroke-dasharray": "6 4", "data-course": "notes" }),
      ...oneTau(x, width),
      ...normalized(width),
    );
    fill(handle, { transform: `translate(${x} 0)` }).replaceChildren(
      svg("rect", {
        class: "reach",
        x: -14,
        y: ABOVE.from - 8,
        width: 28,
        height: ABOVE.to - ABOVE.from + 8,
        rx: 4,
      }),
      svg("path", { class: "axis", d: `M0 ${ABOVE.from - 6}V${ABOVE.to}` }),
      svg("circle", { class: "point", cy: ABOVE.to - 10, r: 8 }),
    );
    updateHandle();
  }

  // What the three lines are.
  function key(width) {
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
        "stroke-dasharray": k === 2 ? "6 4" : "none",
      }),
      note(lefts[k] + 19, 36, name, k === 1 ? "" : "named"),
    ]);
  }

  // One time constant, back from the stop.
  function oneTau(x, width) {
    const from = Math.max(40, across(stop.read() - now.tau));
    const y = ABOVE.from - 10;
    return [
      svg("path", {
        class: "curve",
        d: `M${from} ${y - 4}V${y + 4}M${from} ${y}H${x}M${x} ${y - 4}V${y + 4}`,
      }),
      note(
        clamp((from + x) / 2, 80, width - 46),
        y - 7,
        `τ = ${number(now.tau, 1)} steps`,
        "",
        "middle",
      ),
    ];
  }

  // The unit normalized by its batch, as in training, and by the notes, as in use.
  function normalized(width) {
    const along = scale([-REACH, REACH], [84, width - 12]);
    const at = (value) => along(clamp(value, -REACH, REACH));
    const row = (name, y, middle, deviation, dash) => {
      const [x, end] = [at(middle - deviation), at(middle + deviation)];
      const box = { x, y: y - 9, width: end - x, height: 18 };
      const mark = { "data-mode": name, "data-at": middle, "data-deviation": deviation };
      return [
        note(2, y + 4, name, "named"),
        svg("rect", { class: "area", ...box }),
        svg("rect", { class: "line", ...box, "stroke-dasharray": dash }),
        svg("circle", { class: "dot", cx: at(middle), cy: y, r: 6, ...mark }),
      ];
    };
    const own = Math.sqrt(variance[now.t] / (variance[now.t] + EPSILON));
    return [
      note(0, 262, "Where the unit then stands, normalized"),
      svg("path", { class: "axis", d: `M${along(-REACH)} ${BELOW.axis}H${along(REACH)}` }),
      svg("path", { class: "grid", d: `M${along(0)} ${BELOW.training - 14}V${BELOW.axis}` }),
      ...ticks(-REACH, REACH, 6).map((v) =>
        note(along(v), BELOW.axis + 16, number(v, 0), "soft", "middle"),
      ),
      ...row("training", BELOW.training, 0, own, "none"),
      ...row("inference", BELOW.inference, now.off, now.deviation, "4 3"),
    ];
  }

  function words() {
    const [m, tau] = [number(now.m, 3), number(now.tau, 1)];
    const [is, say] = [truth[now.t], now.notes[now.t]].map((value) => number(value));
    return (
      `m = ${m} (PyTorch: ${number(1 - now.m, 3)}), τ = ${tau}. At step ${stop.read()} the mean is ` +
      `${is}, the notes say ${say}; in use the unit stands at ${number(now.off)}.`
    );
  }

  const memory = {
    read: () => -Math.log10(1 - momentum.read()),
    write: (p) => momentum.write(1 - 10 ** -p),
  };
  const controls = [
    slider({
      label: "Momentum m",
      ...memory,
      min: 0,
      max: 2.5,
      step: 0.1,
      show: (p) => number(1 - 10 ** -p, 3),
    }),
    slider({
      label: "Training stops after step",
      ...stop,
      min: first,
      max: last,
      step: 1,
      show: String,
    }),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

export default { render };
