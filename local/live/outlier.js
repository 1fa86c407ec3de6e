// Chapter 2: one example leaves the others, and normalization presses those together.
import { compose } from "./frame.js";
import {
  draggable,
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

const [IN, OUT] = [64, 214]; // pixels of the two rulers
const VALUES = { min: 0, max: 40, step: 0.25 };
const NORMALIZED = [-4, 8];

// The batch, whose last example is the one to move, and the same normalized.
function stateOf(model) {
  const { companions, size, outlier } = valuesOf(model, ["companions", "size", "outlier"]);
  const x = Float64Array.from([...companions.slice(0, size - 1), outlier]);
  return { x, xHat: standardize(x, x.length, 1, 1e-3).xHat };
}

function sentences({ xHat }) {
  const others = xHat.slice(0, -1);
  const apart = Math.max(...others) - Math.min(...others);
  return (
    `Among ${xHat.length}, the one example becomes ${number(xHat.at(-1))}. ` +
    `All the others lie within ${number(apart)} deviations of each other.`
  );
}

// --- On the stage: from the values on the upper ruler, lines lead to the normalized ones ---

function geometry(width) {
  const ends = [14, width - 14];
  return { input: scale([VALUES.min, VALUES.max], ends), output: scale(NORMALIZED, ends) };
}

function ruler(map, y, below, values) {
  return [
    svg("path", { class: "axis", d: `M${map(values[0])} ${y}H${map(values.at(-1))}` }),
    ...values.map((v) => note(map(v), y + below, number(v, 0), "soft", "middle")),
  ];
}

// What no example of so many can pass: exercise 1 of the chapter derives it.
function limit({ x }, { output }) {
  const most = Math.sqrt(x.length - 1);
  const d = `M${output(most)} ${OUT - 34}V${OUT + 8}`;
  return [
    svg("path", { class: "curve", d, "stroke-dasharray": "5 4", "data-limit": most }),
    note(output(most) + (most > 5 ? -6 : 6), OUT - 24, `√(N − 1) = ${number(most)}`, "", most > 5 ? "end" : "start"),
  ];
}

// All but the example to move, which is the handle.
function background({ x, xHat }, { input, output }) {
  const isLast = (i) => i === x.length - 1;
  return [
    note(0, 16, "Values of one feature: drag the large circle"),
    ...ruler(input, IN, -10, ticks(VALUES.min, VALUES.max, 5)),
    note(0, OUT + 50, "The same, normalized over the batch", "named"),
    ...ruler(output, OUT, 24, ticks(...NORMALIZED, 6)),
    ...limit({ x }, { output }),
    ...Array.from(x, (value, i) => {
      const [from, to] = [input(value), output(xHat[i])];
      const d = `M${from} ${IN + 6}C${from} ${IN + 76} ${to} ${OUT - 76} ${to} ${OUT - 6}`;
      return svg("path", { class: isLast(i) ? "curve" : "line thin", d });
    }),
    ...Array.from(x.slice(0, -1), (v) =>
      svg("circle", { class: "dot", cx: input(v), cy: IN, r: 4 }),
    ),
    ...Array.from(xHat, (v, i) => {
      const role = isLast(i) ? { class: "point", r: 9 } : { class: "dot", r: 4 };
      return svg("circle", { ...role, cx: output(v), cy: OUT, "data-x-hat": v });
    }),
  ];
}

function render({ model, el }) {
  const outlier = { ...trait(model, "outlier"), ...VALUES };
  const back = svg("g");
  const handle = svg(
    "g",
    { class: "handle" },
    svg("circle", { class: "reach", r: 20 }),
    svg("circle", { class: "point", r: 9 }),
  );
  const label = "One feature, and the same normalized";
  const stage = svg("svg", { role: "group", "aria-label": label, class: "with" }, back, handle);
  let state;
  let place;
  const updateHandle = draggable(handle, {
    label: () => "the one example",
    ...{ ...outlier, show: number, under: (x) => place.input.back(x) },
  });

  function draw(width) {
    state = stateOf(model);
    place = geometry(width);
    back.replaceChildren(...background(state, place));
    fill(handle, { transform: `translate(${place.input(outlier.read())} ${IN})` });
    updateHandle();
  }
  const size = { ...trait(model, "size"), min: 3, max: 64, step: 1, show: String };
  const controls = [
    slider({ label: "Value of the one example", ...outlier }),
    slider({ label: "Examples in the batch", ...size }),
  ];
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(state) });
}

export default { render };
