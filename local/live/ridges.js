// Chapters 1 and 4: how what is recorded in a net is distributed, step by step of its training.
import {
  buttons,
  bytes,
  calm,
  compose,
  fill,
  floats,
  line,
  motion,
  note,
  scale,
  short,
  slider,
  svg,
  ticks,
  trait,
} from "./kit.js";

const GAP = 16; // between the two columns of panels
const RISE = 54; // pixels of the highest ridge
const FOLLOWS = 3; // every third ridge stands in the background

function render({ model, el }) {
  const [steps, panels] = [model.get("steps"), model.get("panels")];
  const heights = bytes(model.get("heights")); // (panels, rows, points), 255 is the highest
  const widths = floats(model.get("widths")); // (panels, rows)
  const points = heights.length / panels.length / steps.length;
  const row = trait(model, "row");
  const stage = svg("svg", { role: "img" });
  const plays = motion(() => {
    model.set("row", Math.min(steps.length - 1, row.read() + (calm() ? 10 : 1)));
    const goes = !calm() && row.read() < steps.length - 1;
    if (!goes) model.save_changes(); // once, and not with every frame
    return goes;
  });

  // The outline of one ridge over its baseline, as places [x, y].
  function ridge(panel, at, across, base) {
    const { grid } = panels[panel];
    const to = scale([0, points - 1], grid);
    const from = (panel * steps.length + at) * points;
    return Array.from({ length: points }, (_, k) => [
      across(to(k)),
      base - (RISE * heights[from + k]) / 255,
    ]);
  }

  function draw(width, height) {
    const wide = (width - GAP) / 2;
    const tall = height / Math.ceil(panels.length / 2);
    stage.replaceChildren(
      ...panels.map((panel, p) => {
        const [left, top] = [(p % 2) * (wide + GAP), Math.floor(p / 2) * tall];
        const transform = `translate(${left} ${top})`;
        return svg("g", { class: panel.role, transform }, ...content(p, wide, tall));
      }),
    );
    fill(stage, { "aria-label": words() });
  }

  function content(p, wide, tall) {
    const { title, range } = panels[p];
    const across = scale(range, [12, wide - 12]);
    const up = scale([0, steps.length - 1], [tall - 34, 22 + RISE]);
    const back = [...steps.keys()].filter((at) => at % FOLLOWS === 0).reverse(); // the latest first
    const now = row.read();
    const crest = ridge(p, now, across, up(now));
    const closed = `${line(crest)}L${wide - 12} ${up(now)}L12 ${up(now)}Z`;
    return [
      note(0, 14, title, "named"),
      ...back.map((at) => svg("path", { class: "axis", d: line(ridge(p, at, across, up(at))) })),
      svg("path", { class: "ridge", d: closed }),
      svg("path", { class: "line", d: line(crest), "data-panel": p }),
      svg("path", { class: "axis", d: `M12 ${tall - 30}H${wide - 12}` }),
      ...ticks(...range, 4).map((v) => note(across(v), tall - 14, short(v), "soft", "middle")),
    ];
  }

  function words() {
    if (plays.running) return "Playing.";
    const width = (p) => short(widths[p * steps.length + row.read()], 2);
    const said = panels.map(({ title }, p) => `${title} ${width(p)}`);
    return `Step ${steps[row.read()]}. Standard deviations: ${said.join(", ")}.`;
  }

  const controls = [
    slider({
      label: "Training step",
      ...row,
      ...{ min: 0, max: steps.length - 1, step: 1, show: (at) => `${steps[at]}` },
    }),
    buttons(
      {
        Play: () => {
          if (plays.running) {
            plays.stop();
            return model.save_changes();
          }
          if (row.read() === steps.length - 1) row.write(0);
          plays.start();
        },
      },
      () => (plays.running ? "Pause" : "Play"),
    ),
  ];
  return compose({ model, el }, { stage, controls, draw, words, motion: plays });
}

export default { render };
