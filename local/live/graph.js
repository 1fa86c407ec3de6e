// Chapter 3: the computation graph. Forward every node gets its value, backward its gradient.
import { buttons, choice, clamp, compose, note, number, slider, svg, trait } from "./kit.js";
import { sentence, STEPS } from "./staged.js";

const PLACES = {
  x: [0, 1],
  mean: [0.5, 0],
  centered: [1, 1],
  squared: [2, 1],
  variance: [2, 0],
  s: [3, 0],
  x_hat: [3, 1],
  gamma: [3, 2],
  beta: [4, 2],
  y: [4, 1],
}; // column, level
const ROW = 34; // pixels of a value with its gradient below
const TABLE = 104; // where the tables begin
const DETOURS = [
  "x mean",
  "mean centered",
  "centered squared",
  "squared variance",
  "variance s",
  "s x_hat",
];
const ARROWS = [...DETOURS, "x centered", "centered x_hat", "x_hat y", "gamma y", "beta y"];
const HELD = ["mean", "squared", "variance", "s"]; // nothing comes back through them, if constant

function render({ model, el }) {
  const { values, gradients, terms } = Object.fromEntries(
    ["values", "gradients", "terms"].map((name) => [name, model.get(name)]),
  );
  const n = values.x.length;
  const low = TABLE + ROW * n + 4; // where the tables end
  const at = trait(model, "at");
  const constants = () => model.get("statistics") === "constants";
  const picture = svg("g");
  const stage = svg(
    "svg",
    { role: "group", "aria-label": "The computation graph, with its numbers", class: "with" },
    picture,
  );

  // The gradient as far as it has arrived: null, one term of two, or all of it.
  function gradient(node) {
    const arrived = STEPS.slice(0, at.read() + 1).findLast(
      (step) => step.back && step.node === node,
    );
    if (!arrived || (constants() && HELD.includes(node))) return null;
    if (constants() && terms[node]) return terms.centered[0];
    return arrived.part ? gradients[node] : terms[node][0];
  }

  const known = (node) =>
    PLACES[node][1] === 2 || STEPS.slice(0, at.read() + 1).some((step) => step.node === node);
  const isCut = (arrow) => constants() && STEPS[at.read()].back && DETOURS.includes(arrow);

  let boxes;
  function draw(width) {
    const pitch = width / 5;
    const wide = Math.min(76, pitch - 14);
    boxes = Object.fromEntries(
      Object.entries(PLACES).map(([node, [column, level]]) => {
        const [middle, top] = [pitch * (column + 0.5), [20, TABLE, low + 42][level]];
        return [
          node,
          {
            middle,
            top,
            level,
            left: middle - wide / 2,
            wide,
            bottom: level === 1 ? low : top + ROW + 4,
          },
        ];
      }),
    );
    picture.replaceChildren(
      ...ARROWS.flatMap(arrow),
      ...Object.keys(PLACES).map(node),
      note(4, low + 60, "value"),
      note(4, low + 78, "gradient", "named"),
    );
  }

  function node(name) {
    const { middle, top, bottom, left, wide } = boxes[name];
    const [step, cut] = [
      STEPS[at.read()],
      STEPS[at.read()].back && constants() && HELD.includes(name),
    ];
    const frame = svg("rect", {
      class: "point",
      x: left,
      y: top,
      width: wide,
      height: bottom - top,
      rx: 3,
      "stroke-dasharray": cut ? "3 3" : "none",
    });
    const texts = (numbers, down, attributes) =>
      numbers.map((value, i) =>
        svg(
          "text",
          {
            x: left + wide - 6,
            y: top + ROW * i + down,
            "text-anchor": "end",
            "data-number": value,
            "data-node": name,
            ...attributes,
          },
          number(value),
        ),
      );
    return svg(
      "g",
      { class: step.node === name ? "chosen" : "" },
      note(middle, top - 6, name, "", "middle"),
      frame,
      ...(known(name) ? texts(values[name], 15, { "data-kind": "value" }) : []),
      ...texts(gradient(name) ?? [], 30, { "data-kind": "gradient", class: "named" }),
    );
  }

  // A line and its head; backward the head is at the other end. Cut detours are dashed.
  function arrow(name) {
    const [from, to] = name.split(" ");
    const step = STEPS[at.read()];
    const [start, end] = step.back ? [to, from] : [from, to];
    const carries = step.node === end && step.from.includes(start) && !isCut(name);
    const kind = carries ? (step.back ? "line" : "curve") : "axis";
    const [a, b] = ends(from, to);
    const arc = name === "centered x_hat";
    const [ax, ay, bx, by] = [a, b].flat();
    const d = arc
      ? `M${ax} ${ay}C${ax} ${ay + 36} ${bx} ${by + 36} ${bx} ${by}`
      : `M${ax} ${ay}L${bx} ${by}`;
    const [tip, other] = step.back ? [a, b] : [b, a];
    const angle = arc ? -Math.PI / 2 : Math.atan2(tip[1] - other[1], tip[0] - other[0]);
    const wing = (turn) => [
      tip[0] - 7 * Math.cos(angle + turn),
      tip[1] - 7 * Math.sin(angle + turn),
    ];
    const head = `M${wing(0.5)}L${tip}L${wing(-0.5)}`;
    return [
      svg("path", {
        class: kind,
        d,
        "stroke-dasharray": isCut(name) ? "2 5" : "none",
        "data-arrow": name,
        "data-carries": carries,
      }),
      ...(isCut(name) ? [] : [svg("path", { class: kind, d: head })]),
    ];
  }

  // Where the arrow leaves the box `from`, and where it meets `to`: at the sides of equals, else
  // above the one and below the other. A name stands above each box.
  function ends(from, to) {
    const [f, g] = [boxes[from], boxes[to]];
    const aside = Math.sign(g.middle - f.middle) * 12;
    if (`${from} ${to}` === "centered x_hat")
      return [
        [f.middle, f.bottom],
        [g.middle, g.bottom],
      ];
    const level = f.level === 1 ? (f.top + f.bottom) / 2 : f.top + 19;
    if (f.level === g.level)
      return [
        [f.left + f.wide, level],
        [g.left, level],
      ];
    if (f.level > g.level)
      return [
        [f.middle + (f.level === 1 ? 0 : aside), f.top - 20],
        [g.middle - aside, g.bottom],
      ];
    return [
      [f.middle + aside, f.bottom],
      [g.middle, g.top - 20],
    ];
  }

  const words = () => sentence(at.read(), constants(), values, gradients, terms);

  const go = (by) => () => at.write(clamp(at.read() + by, 0, STEPS.length - 1));
  const controls = [
    buttons({ Back: go(-1), Next: go(1) }),
    slider({
      label: "Step",
      ...at,
      min: 0,
      max: STEPS.length - 1,
      step: 1,
      show: (k) => `${k} of ${STEPS.length - 1}, ${STEPS[k].back ? "backward" : "forward"}`,
    }),
    choice({
      label: "On the way back, mean and variance are",
      ...trait(model, "statistics"),
      options: { functions: "functions of x", constants: "constants" },
    }),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

export default { render };
