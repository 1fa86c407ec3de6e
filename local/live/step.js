// Chapter 7: loss and gradient on the way along one step of training, without and with.
import {
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
  ticks,
  trait,
} from "./kit.js";

const PANEL = { from: 48, to: 190 }; // pixels
const CHANGE = [-0.5, 1.5]; // of the loss; what is larger leaves the panel at its top
const DIAL = { base: 340, radius: 60 };
const NETS = { without: "without normalization", with: "with" };

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
};
const signed = (value) => (value > 0 ? "+" : "") + number(value);
const fraction = (stop) => ({ 0.25: "1/4", 0.5: "1/2" })[stop] ?? short(stop);

function render({ model, el }) {
  const [stops, every, looks, seeds] = ["stops", "every", "looks", "seeds"].map((name) =>
    model.get(name),
  );
  const [losses, cosines] = [floats(model.get("losses")), floats(model.get("cosines"))];
  const [look, stop] = [trait(model, "look"), trait(model, "stop")];
  const many = stops.length;

  // Of one net at this look: the changes of the loss at every stop, (stops, seeds), and the
  // cosines at the chosen one.
  function walks(net) {
    const start = (net * looks + look.read()) * many * seeds;
    const of = (k) => [...losses.slice(start + k * seeds, start + (k + 1) * seeds)];
    const changes = stops.map((_, k) => of(k).map((loss, s) => loss - of(0)[s]));
    const first = ((net * looks + look.read()) * (many - 1) + stop.read() - 1) * seeds;
    return {
      changes,
      turned: stop.read() ? [...cosines.slice(first, first + seeds)] : Array(seeds).fill(1),
    };
  }

  const picture = svg("g");
  const handle = svg("g", { class: "handle" });
  const stage = svg(
    "svg",
    { role: "group", "aria-label": "The loss along the way, and the gradients at the stop" },
    picture,
    handle,
  );
  let across;
  const updateHandle = draggable(handle, {
    label: () => "the stop on the way",
    ...{ ...stop, min: 0, max: many - 1, step: 1 },
    show: (k) => `${fraction(stops[k])} × the step`,
    under: (x) => across.back(x),
  });

  let now;
  function draw(width) {
    now = Object.keys(NETS).map((_, net) => walks(net));
    across = scale([0, many - 1], [48, width - 20]);
    const up = scale(CHANGE, [PANEL.to, PANEL.from]);
    picture.replaceChildren(
      note(0, 14, "Change of the loss on the way"),
      ...ticks(...CHANGE, 4).map((v) => note(40, up(v) + 4, number(v, 1), "soft", "end")),
      ...stops.map((v, k) => note(across(k), PANEL.to + 18, fraction(v), "soft", "middle")),
      svg("path", { class: "axis", d: `M48 ${PANEL.from}V${PANEL.to}H${width - 20}` }),
      svg("path", { class: "grid", d: `M48 ${up(0)}H${width - 20}` }),
      note(48, PANEL.to + 36, "how far along the gradient (steps)"),
      note(0, 258, "The gradient there (at the start: to the right)"),
      ...Object.keys(NETS).map((name, net) =>
        svg("g", { class: name }, ...courses(name, net, up), ...dial(name, net, width)),
      ),
    );
    fill(handle, { transform: `translate(${across(stop.read())} 0)` }).replaceChildren(
      svg("rect", {
        class: "reach",
        x: -16,
        y: PANEL.from - 6,
        width: 32,
        height: PANEL.to - PANEL.from + 6,
        rx: 4,
      }),
      svg("path", { class: "axis", d: `M0 ${PANEL.from}V${PANEL.to}` }),
      svg("circle", { class: "point", cy: PANEL.to, r: 8 }),
    );
    updateHandle();
  }

  // Thin lines are seeds, the thick one is their median.
  function courses(name, net, up) {
    const path = (values, attributes) =>
      svg("path", { d: line(values.map((v, k) => [across(k), up(v)])), ...attributes });
    const { changes } = now[net];
    const middle = changes.map(median);
    const [x, y, width, height] = [
      across(0),
      PANEL.from,
      across(many - 1) - across(0),
      PANEL.to - PANEL.from,
    ];
    return [
      svg(
        "svg",
        { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }, // cuts off what is larger
        ...Array.from({ length: seeds }, (_, s) =>
          path(
            changes.map((of) => of[s]),
            { class: "line thin" },
          ),
        ),
        path(middle, {
          class: "line",
          style: "stroke-width: 3",
          "data-net": name,
          "data-change": middle[stop.read()],
        }),
      ),
      note(net ? 232 : 48, 36, NETS[name], "named"),
    ];
  }

  // Half a circle: to the right the gradient of the start, to the left its opposite.
  function dial(name, net, width) {
    const { base, radius } = DIAL;
    const middle = width * (net ? 0.75 : 0.25);
    const tip = (cosine, r) => [
      middle + r * cosine,
      base - r * Math.sqrt(Math.max(0, 1 - cosine ** 2)),
    ];
    const turned = median(now[net].turned);
    const needle = (cosine, attributes) => {
      const [x, y] = tip(cosine, radius);
      const angle = Math.atan2(base - y, x - middle);
      const wing = (turn) => [x - 9 * Math.cos(angle + turn), y + 9 * Math.sin(angle + turn)];
      return svg("path", {
        d: `M${middle} ${base}L${x} ${y}M${wing(0.45)}L${x} ${y}L${wing(-0.45)}`,
        ...attributes,
      });
    };
    return [
      svg("path", {
        class: "axis",
        d: `M${middle - radius} ${base}A${radius} ${radius} 0 0 1 ${middle + radius} ${base}Z`,
      }),
      svg("path", { class: "grid", d: `M${middle} ${base}V${base - radius}` }),
      ...now[net].turned.map((cosine) => needle(cosine, { class: "line thin" })),
      needle(turned, {
        class: "line",
        style: "stroke-width: 3",
        "data-needle": name,
        "data-cosine": turned,
      }),
      note(middle, base + 36, `cosine ${number(turned)}`, "named", "middle"),
      note(middle - radius, base + 17, "back", "soft", "start"),
      note(middle + radius, base + 17, "on", "soft", "end"),
    ];
  }

  function words() {
    const [without, normalized] = now.map(({ changes, turned }) => {
      const change = signed(median(changes[stop.read()]));
      return `loss ${change}, cosine ${number(median(turned))}`;
    });
    const at = `Training step ${look.read() * every}, walked ${fraction(stops[stop.read()])} ×`;
    return `${at} its length. Without: ${without}. With: ${normalized}.`;
  }

  const controls = [
    slider({
      label: "How far to walk, in steps",
      ...stop,
      min: 0,
      max: many - 1,
      step: 1,
      show: (k) => fraction(stops[k]),
    }),
    slider({
      label: "From which step of the training",
      ...look,
      min: 0,
      max: looks - 1,
      step: 1,
      show: (k) => `${k * every}`,
    }),
  ];
  return compose({ model, el }, { stage, controls, draw, words });
}

export default { render };
