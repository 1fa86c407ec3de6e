// Chapter 7: loss and gradient on the way along one step of training, without and with.
import { compose } from "./frame.js";
import {
  draggable,
  fill,
  floats,
  indices,
  line,
  note,
  number,
  scale,
  short,
  slider,
  svg,
  ticks,
  trait,
  valuesOf,
} from "./kit.js";

const PANEL = { from: 48, to: 190 }; // pixels
const LEFT = 48;
const CHANGE = [-0.5, 1.5]; // of the loss; what is larger leaves the panel at its top
const DIAL = { base: 340, radius: 60 };
const NETS = { without: "without normalization", with: "with" };
const BOLD = { class: "line", style: "stroke-width: 3" }; // the median of the thin lines

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
};
const signed = (value) => (value > 0 ? "+" : "") + number(value);
const fraction = (stop) => ({ 0.25: "1/4", 0.5: "1/2" })[stop] ?? short(stop);

// What was measured, which never changes: `losses` and `cosines` lie look after look, stop after
// stop and seed after seed, those of the net without normalization first.
function measured(model) {
  const [losses, cosines] = [floats(model.get("losses")), floats(model.get("cosines"))];
  return { ...valuesOf(model, ["stops", "every", "looks", "seeds"]), losses, cosines };
}

// All that the figure shows: the chosen look and stop, and what each net has done by then.
function stateOf(model, walks) {
  const { look, stop } = valuesOf(model, ["look", "stop"]);
  return { look, stop, nets: Object.keys(NETS).map((_, net) => walked(walks, net, look, stop)) };
}

// Of one net at this look: the change of the loss from the start to every stop, (stops, seeds),
// the cosines of the gradient at the chosen stop with that of the start, (seeds,), and medians.
function walked({ stops, looks, seeds, losses, cosines }, net, look, stop) {
  const many = stops.length;
  const ofSeeds = (values, first) => [...values.slice(first * seeds, (first + 1) * seeds)];
  const start = (net * looks + look) * many;
  const origin = ofSeeds(losses, start);
  const changes = stops.map((_, k) => ofSeeds(losses, start + k).map((v, s) => v - origin[s]));
  const first = (net * looks + look) * (many - 1); // the start has no cosine
  const turned = stop ? ofSeeds(cosines, first + stop - 1) : Array(seeds).fill(1);
  const middle = changes.map(median);
  return { changes, middle, change: middle[stop], turned, cosine: median(turned) };
}

function sentences({ stops, every }, { look, stop, nets }) {
  const [without, normalized] = nets.map(
    ({ change, cosine }) => `loss ${signed(change)}, cosine ${number(cosine)}`,
  );
  const start = `Training step ${look * every}, walked ${fraction(stops[stop])} ×`;
  return `${start} its length. Without: ${without}. With: ${normalized}.`;
}

// --- On the stage: above, the loss at every stop; below, a dial with the gradients of each net ---

// From the number of a stop and from changes of the loss to pixels, and the middles of the dials.
function geometry({ stops }, width) {
  return {
    right: width - 20,
    across: scale([0, stops.length - 1], [LEFT, width - 20]),
    up: scale(CHANGE, [PANEL.to, PANEL.from]),
    dials: [width * 0.25, width * 0.75],
  };
}

function axes({ stops }, { across, up, right }) {
  return [
    note(0, 14, "Change of the loss on the way"),
    ...ticks(...CHANGE, 4).map((v) => note(40, up(v) + 4, number(v, 1), "soft", "end")),
    ...stops.map((v, k) => note(across(k), PANEL.to + 18, fraction(v), "soft", "middle")),
    svg("path", { class: "axis", d: `M${LEFT} ${PANEL.from}V${PANEL.to}H${right}` }),
    svg("path", { class: "grid", d: `M${LEFT} ${up(0)}H${right}` }),
    note(LEFT, PANEL.to + 36, "how far along the gradient (steps)"),
    note(0, 258, "The gradient there (at the start: to the right)"),
  ];
}

// Thin lines are seeds, the thick one is their median.
function courses({ changes, middle, change, turned }, { across, up }, net) {
  const name = Object.keys(NETS)[net];
  const path = (values, attributes) =>
    svg("path", { d: line(values.map((v, k) => [across(k), up(v)])), ...attributes });
  const [x, y, height] = [across(0), PANEL.from, PANEL.to - PANEL.from];
  const width = across(changes.length - 1) - x;
  return [
    svg(
      "svg",
      { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }, // cuts off what is larger
      ...turned.map((_, seed) => {
        const ofSeed = changes.map((values) => values[seed]);
        return path(ofSeed, { class: "line thin" });
      }),
      path(middle, { ...BOLD, "data-net": name, "data-change": change }),
    ),
    note(net ? 232 : LEFT, 36, NETS[name], "named"),
  ];
}

// Half a circle: to the right the gradient of the start, to the left its opposite.
function dial({ turned, cosine }, { dials }, net) {
  const { base, radius } = DIAL;
  const middle = dials[net];
  const [left, right] = [middle - radius, middle + radius];
  const rim = `M${left} ${base}A${radius} ${radius} 0 0 1 ${right} ${base}Z`;
  const known = { "data-needle": Object.keys(NETS)[net], "data-cosine": cosine };
  return [
    svg("path", { class: "axis", d: rim }),
    svg("path", { class: "grid", d: `M${middle} ${base}V${base - radius}` }),
    ...turned.map((value) => svg("path", { class: "line thin", d: needle(middle, value) })),
    svg("path", { ...BOLD, d: needle(middle, cosine), ...known }),
    note(middle, base + 36, `cosine ${number(cosine)}`, "named", "middle"),
    note(left, base + 17, "back", "soft", "start"),
    note(right, base + 17, "on", "soft", "end"),
  ];
}

function needle(middle, cosine) {
  const { base, radius } = DIAL;
  const sine = Math.sqrt(Math.max(0, 1 - cosine ** 2));
  const [x, y] = [middle + radius * cosine, base - radius * sine];
  const angle = Math.atan2(base - y, x - middle);
  const wing = (turn) => [x - 9 * Math.cos(angle + turn), y + 9 * Math.sin(angle + turn)];
  return `M${middle} ${base}L${x} ${y}M${wing(0.45)}L${x} ${y}L${wing(-0.45)}`;
}

// What is dragged: the stop on the way.
function stopMark() {
  const { from, to } = PANEL;
  const reach = { x: -16, y: from - 6, width: 32, height: to - from + 6, rx: 4 };
  return svg(
    "g",
    { class: "handle" },
    svg("rect", { class: "reach", ...reach }),
    svg("path", { class: "axis", d: `M0 ${from}V${to}` }),
    svg("circle", { class: "point", cy: to, r: 8 }),
  );
}

function render({ model, el }) {
  const walks = measured(model);
  const [picture, handle] = [svg("g"), stopMark()];
  const label = "The loss along the way, and the gradients at the stop";
  const stage = svg("svg", { role: "group", "aria-label": label }, picture, handle);
  const stop = { ...trait(model, "stop"), ...indices(walks.stops.length) };
  let state;
  let place;
  const updateHandle = draggable(handle, {
    label: () => "the stop on the way",
    ...{ ...stop, show: (k) => `${fraction(walks.stops[k])} × the step` },
    under: (x) => place.across.back(x),
  });

  function draw(width) {
    state = stateOf(model, walks);
    place = geometry(walks, width);
    picture.replaceChildren(
      ...axes(walks, place),
      ...Object.keys(NETS).map((name, net) => {
        const walk = state.nets[net];
        return svg("g", { class: name }, ...courses(walk, place, net), ...dial(walk, place, net));
      }),
    );
    fill(handle, { transform: `translate(${place.across(state.stop)} 0)` });
    updateHandle();
  }
  const controls = controlsOf(model, walks, stop);
  return compose({ model, el }, { stage, controls, draw, words: () => sentences(walks, state) });
}

function controlsOf(model, { stops, every, looks }, stop) {
  const look = { ...trait(model, "look"), ...indices(looks), show: (k) => `${k * every}` };
  return [
    slider({ label: "How far to walk, in steps", ...stop, show: (k) => fraction(stops[k]) }),
    slider({ label: "From which step of the training", ...look }),
  ];
}

export default { render };
