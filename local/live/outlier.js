// Chapter 2: one example leaves the others, and normalization presses those together.
import { compose, draggable, fill, note, number, scale, slider, svg, ticks, trait } from "./kit.js";
import { standardize } from "./norm.js";

const [IN, OUT] = [64, 214]; // pixels of the two rulers
const VALUES = { min: 0, max: 40, step: 0.25 };
const NORMALIZED = [-4, 8];

function render({ model, el }) {
  const [outlier, size] = [trait(model, "outlier"), trait(model, "size")];
  const back = svg("g");
  const handle = svg(
    "g",
    { class: "handle" },
    svg("circle", { class: "reach", r: 20 }),
    svg("circle", { class: "point", r: 9 }),
  );
  const label = "One feature, and the same normalized";
  const stage = svg("svg", { role: "group", "aria-label": label, class: "with" }, back, handle);
  let input;
  let xHat;
  const updateHandle = draggable(handle, {
    label: () => "the one example",
    ...{ ...outlier, ...VALUES, show: number },
    under: (x) => input.back(x),
  });

  function draw(width) {
    const companions = model.get("companions").slice(0, size.read() - 1);
    const x = Float64Array.from([...companions, outlier.read()]);
    xHat = standardize(x, x.length, 1, 1e-3).xHat;
    input = scale([VALUES.min, VALUES.max], [14, width - 14]);
    const output = scale(NORMALIZED, [14, width - 14]);
    const last = companions.length;
    back.replaceChildren(
      note(0, 16, "Values of one feature: drag the large circle"),
      ...ruler(input, IN, -10, ticks(VALUES.min, VALUES.max, 5)),
      note(0, OUT + 50, "The same, normalized over the batch", "named"),
      ...ruler(output, OUT, 24, ticks(...NORMALIZED, 6)),
      ...Array.from(x, (value, i) => {
        const [from, to] = [input(value), output(xHat[i])];
        const d = `M${from} ${IN + 6}C${from} ${IN + 76} ${to} ${OUT - 76} ${to} ${OUT - 6}`;
        return svg("path", { class: i === last ? "curve" : "line thin", d });
      }),
      ...companions.map((v) => svg("circle", { class: "dot", cx: input(v), cy: IN, r: 4 })),
      ...Array.from(xHat, (v, i) => {
        const look = i === last ? { class: "point", r: 9 } : { class: "dot", r: 4 };
        return svg("circle", { ...look, cx: output(v), cy: OUT, "data-x-hat": v });
      }),
    );
    fill(handle, { transform: `translate(${input(outlier.read())} ${IN})` });
    updateHandle();
  }

  function words() {
    const others = xHat.slice(0, -1);
    const apart = Math.max(...others) - Math.min(...others);
    return (
      `Among ${xHat.length}, the one example becomes ${number(xHat.at(-1))}. ` +
      `All the others lie within ${number(apart)} deviations of each other.`
    );
  }

  const controls = [
    slider({ label: "Value of the one example", ...outlier, ...VALUES }),
    slider({ label: "Examples in the batch", ...size, min: 3, max: 64, step: 1, show: String }),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

function ruler(map, y, below, values) {
  return [
    svg("path", { class: "axis", d: `M${map(values[0])} ${y}H${map(values.at(-1))}` }),
    ...values.map((v) => note(map(v), y + below, number(v, 0), "soft", "middle")),
  ];
}

export default { render };
