// Chapter 6: the map of learning rates and initial weights; a field opens on its trainings.
import {
  bytes,
  clamp,
  compose,
  draggable,
  fill,
  floats,
  line,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  trait,
} from "./kit.js";
import { trainings } from "./trainings.js";

const ROW = 18; // pixels of a row of the maps
const MAPS = 44; // where the maps begin
const LEFT = 38;
const BETWEEN = 16;
const NETS = ["without", "with"];
const BRIGHT = 0.8; // the accuracy at the bright end of the palette

function render({ model, el }) {
  const [rates, scales, palette] = ["rates", "scales", "palette"].map((name) => model.get(name));
  const [steps, points, top] = ["steps", "points", "top"].map((name) => model.get(name));
  const chance = model.get("chance");
  const wide = scales.length;
  const fields = rates.length * wide;
  const field = trainings(
    floats(model.get("accuracy")),
    bytes(model.get("diverged")),
    bytes(model.get("curves")),
    { fields, points, top },
  );
  const seeds = field(0, 0).accuracies.length;
  const chosen = trait(model, "chosen");
  const rate = {
    read: () => Math.floor(chosen.read() / wide),
    write: (k) => chosen.write(k * wide + (chosen.read() % wide)),
  };
  const factor = {
    read: () => chosen.read() % wide,
    write: (k) => chosen.write(rate.read() * wide + k),
  };

  const place = (k) => {
    const [at, times] = [rates[Math.floor(k / wide)], scales[k % wide]];
    return `rate ${short(at, 2)}, weights × ${short(times, 2)}`;
  };
  const all = Array.from({ length: fields }, (_, k) => k);
  const medians = NETS.map((_, net) =>
    all.map((k) => field(net, k).accuracies[Math.floor(seeds / 2)]),
  );
  const best = medians.map((of) => of.indexOf(Math.max(...of)));

  const mapsEnd = MAPS + ROW * rates.length;
  const panel = { from: mapsEnd + 70, to: mapsEnd + 180 };
  const cells = svg("g");
  const below = svg("g");
  const handle = svg("g", { class: "handle" });
  const stage = svg(
    "svg",
    { role: "group", "aria-label": "Two maps, and the loss curves of the chosen field" },
    cells,
    below,
    handle,
  );
  let across; // for each map, from the number of a column to pixels

  function under(x, y) {
    const map = x < across[1](0) - BETWEEN / 2 ? across[0] : across[1];
    const column = clamp(Math.floor(map.back(x)), 0, wide - 1);
    const row = clamp(Math.floor((mapsEnd - y) / ROW), 0, rates.length - 1);
    return row * wide + column;
  }
  const open = (event) => {
    const box = stage.getBoundingClientRect();
    chosen.write(under(event.clientX - box.left, event.clientY - box.top));
  };
  for (const part of [cells, handle]) part.addEventListener("click", open); // it reaches over
  const turn = (by) => () => factor.write(clamp(factor.read() + by, 0, wide - 1));
  const climb = (by) => () => rate.write(clamp(rate.read() + by, 0, rates.length - 1));
  const updateHandle = draggable(handle, {
    label: () => "the chosen field",
    ...{ ...chosen, min: 0, max: fields - 1, step: 1, under },
    show: place,
    keys: {
      ArrowLeft: turn(-1),
      ArrowRight: turn(1),
      ArrowUp: climb(1),
      ArrowDown: climb(-1),
      PageUp: climb(3),
      PageDown: climb(-3),
    },
  });

  function draw(width) {
    const room = (width - LEFT - BETWEEN - 4) / 2;
    across = [LEFT, LEFT + room + BETWEEN].map((left) => scale([0, wide], [left, left + room]));
    drawMaps(room);
    below.replaceChildren(...axes(), ...NETS.flatMap((name, net) => courses(name, net)));
    handle.replaceChildren(
      ...across.flatMap((x) =>
        frame(x(factor.read()), mapsEnd - ROW * (rate.read() + 1), room / wide),
      ),
    );
    updateHandle();
  }

  let drawn;
  function drawMaps(room) {
    if (drawn === room) return; // the maps change with the width only
    drawn = room;
    const shapes = NETS.flatMap((_, net) => all.flatMap((k) => cell(net, k, room / wide)));
    cells.replaceChildren(...shapes);
  }

  function cell(net, k, side) {
    const [x, y] = [across[net](k % wide), mapsEnd - ROW * (Math.floor(k / wide) + 1)];
    const share = clamp((medians[net][k] - chance) / (BRIGHT - chance), 0, 1);
    const color = palette[Math.round(share * (palette.length - 1))];
    const known = { "data-net": NETS[net], "data-median": medians[net][k] };
    const size = { x, y, width: side + 0.5, height: ROW + 0.5 };
    const middle = [x + side / 2, y + ROW / 2];
    return [svg("rect", { ...size, fill: color, ...known }), ...mark(net, k, ...middle)];
  }

  // A star on the best field, a cross on one that diverged, a dot on one at chance.
  function mark(net, k, x, y) {
    const through = { "pointer-events": "none" };
    if (k === best[net]) return [fill(star(x, y), through)];
    if (field(net, k).gone > seeds / 2)
      return [svg("path", { d: cross(x, y, 3), stroke: "#fff", "stroke-width": 1.5, ...through })];
    if (medians[net][k] < chance + 0.05)
      return [svg("circle", { cx: x, cy: y, r: 1.5, fill: "#fff", ...through })];
    return [];
  }

  function axes() {
    const isWhole = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6;
    const whole = (values) => values.map((v, k) => [v, k]).filter(([v]) => isWhole(v));
    const sparse = whole(scales).filter((_, k) => k % 4 === 0);
    const loss = scale([0, top], [panel.to, panel.from]);
    return [
      note(0, 14, "Test accuracy without and with normalization"),
      ...NETS.map((name, net) => {
        return svg("g", { class: name }, note(across[net](0), MAPS - 8, name, "named"));
      }),
      note(0, MAPS - 8, "rate"),
      ...whole(rates).map(([v, k]) =>
        note(LEFT - 5, mapsEnd - ROW * (k + 0.5) + 4, short(v), "soft", "end"),
      ),
      ...across.flatMap((x) =>
        sparse.map(([v, k]) =>
          note(x(k && k + 0.5), mapsEnd + 15, short(v), "soft", k ? "middle" : "start"),
        ),
      ),
      note(LEFT, mapsEnd + 32, "initial weights (1 = He et al.)"),
      note(0, panel.from - 12, `Loss at ${place(chosen.read())}`),
      ...[0, 1, 2]
        .filter((v) => v <= top)
        .map((v) => note(LEFT - 5, loss(v) + 4, v, "soft", "end")),
      ...across.flatMap((x) => [
        svg("path", { class: "axis", d: `M${x(0)} ${panel.from}V${panel.to}H${x(wide)}` }),
        note(x(wide), panel.to + 16, `step ${steps}`, "soft", "end"),
      ]),
    ];
  }

  // The loss of every seed. It leaves at the top; a cross stands where it is not finite any more.
  function courses(name, net) {
    const x = scale([0, points - 1], [across[net](0) + 3, across[net](wide) - 3]);
    const y = scale([0, top], [panel.to, panel.from]);
    const seen = field(net, chosen.read()).courses.flatMap((course, seed) => {
      const lost = course.findIndex(Number.isNaN);
      const kept = lost < 0 ? course : course.slice(0, lost);
      const points = kept.map((v, k) => [x(k), y(Math.min(v, top))]);
      const known = { "data-curve": name, "data-end": course.at(-1) };
      const way = { class: "line", d: points.length ? line(points) : "" };
      const end = { class: "line", d: cross(x(Math.max(0, lost)) + 4 * seed, panel.from, 4) };
      return [svg("path", { ...way, ...known }), ...(lost < 0 ? [] : [svg("path", end)])];
    });
    return [svg("g", { class: name }, ...seen)];
  }

  function words() {
    const [without, normalized] = NETS.map((_, net) => {
      const { accuracies, gone } = field(net, chosen.read());
      if (gone) return `${gone} of ${seeds} diverged`;
      return `${number(accuracies[0])} to ${number(accuracies.at(-1))}`;
    });
    const at = `Test accuracy at ${place(chosen.read())}`;
    return `${at}: ${without} without normalization, ${normalized} with it.`;
  }

  const controls = [
    slider({
      label: "Learning rate",
      ...rate,
      min: 0,
      max: rates.length - 1,
      step: 1,
      show: (k) => short(rates[k], 2),
    }),
    slider({
      label: "Initial weights, times He's",
      ...factor,
      min: 0,
      max: wide - 1,
      step: 1,
      show: (k) => short(scales[k], 2),
    }),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

// Around a field: black on white, to be seen on every colour of the map.
const frame = (x, y, side) => [
  svg("rect", { class: "reach", x: x - 5, y: y - 5, width: side + 10, height: ROW + 10 }),
  svg("rect", { x, y, width: side, height: ROW, fill: "none", stroke: "#fff", "stroke-width": 5 }),
  svg("rect", { x, y, width: side, height: ROW, fill: "none", stroke: "#000", "stroke-width": 2 }),
];

const cross = (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

function star(x, y) {
  const tips = Array.from({ length: 10 }, (_, k) => {
    const [radius, angle] = [k % 2 ? 2.4 : 6, (k * Math.PI) / 5];
    return [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
  });
  return svg("path", { d: `${line(tips)}Z`, fill: "#000" });
}

export default { render };
