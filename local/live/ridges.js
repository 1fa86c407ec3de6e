// Chapters 1 and 4: how what is recorded in a net is distributed, step by step of its training.
import { compose, motion } from "./frame.js";
import {
  buttons,
  bytes,
  calm,
  fill,
  floats,
  indices,
  line,
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

// What was recorded, which never changes.
function recorded(model) {
  const [steps, panels] = [model.get("steps"), model.get("panels")];
  const heights = bytes(model.get("heights")); // (panels, rows, points), 255 is the highest
  const ends = floats(model.get("ends")); // (panels, rows, 2), where a row's points begin and end
  const widths = floats(model.get("widths")); // (panels, rows)
  const points = heights.length / panels.length / steps.length;
  return { steps, panels, heights, ends, widths, points, gone: model.get("gone") };
}

function sentences({ steps, panels, widths }, row) {
  const width = (p) => short(widths[p * steps.length + row], 2);
  const ofPanels = panels.map(({ title }, p) => `${title} ${width(p)}`);
  return `Step ${steps[row]}. Standard deviations: ${ofPanels.join(", ")}.`;
}

// --- On the stage: two columns of panels, in each the ridge of a step before those after it ---

// The outline of one ridge over its baseline, as places [x, y].
function outline({ steps, heights, ends, points }, p, row, across, base) {
  const at = p * steps.length + row;
  const value = scale([0, points - 1], ends.slice(2 * at, 2 * at + 2));
  const first = at * points;
  return Array.from({ length: points }, (_, k) => [
    across(value(k)),
    base - (RISE * heights[first + k]) / 255,
  ]);
}

function panel(history, p, row, { wide, tall }) {
  const { steps, panels } = history;
  const { title, range } = panels[p];
  const across = scale(range, [12, wide - 12]);
  const up = scale([0, steps.length - 1], [tall - 34, 22 + RISE]);
  const ridge = (at) => line(outline(history, p, at, across, up(at)));
  const background = [...steps.keys()].filter((at) => at % FOLLOWS === 0).reverse(); // latest first
  const closed = `${ridge(row)}L${wide - 12} ${up(row)}L12 ${up(row)}Z`;
  return [
    note(0, 14, title, "named"),
    ...background.map((at) => svg("path", { class: "axis", d: ridge(at) })),
    svg("path", { class: "ridge", d: closed }),
    svg("path", { class: "line", d: ridge(row), "data-panel": p }),
    svg("path", { class: "axis", d: `M12 ${tall - 30}H${wide - 12}` }),
    ...ticks(...range, 4).map((v) => note(across(v), tall - 14, short(v), "soft", "middle")),
    ...markOfPeak(history, p, up, wide),
  ];
}

// Where the peak is less than half as high as at first: an arrow at the row's baseline.
function markOfPeak({ gone, steps }, p, up, wide) {
  const row = gone[p] ?? null; // only the panels of the first name have one
  if (row === null) return [];
  const y = up(row);
  const arrow = { class: "mark", d: `M${wide - 1} ${y - 5}v10l-9 -5z`, "data-gone": row };
  return [
    svg("path", arrow),
    note(wide, 30, `◂ gone by step ${steps[row]}`, "soft", "end"),
  ];
}

function render({ model, el }) {
  const history = recorded(model);
  const { steps, panels } = history;
  const row = { ...trait(model, "row"), ...indices(steps.length) };
  const stage = svg("svg", { role: "img" });
  const play = playerOf(model, row);
  const words = () => (play.running ? "Playing." : sentences(history, row.read()));

  function draw(width, height) {
    const size = { wide: (width - GAP) / 2, tall: height / Math.ceil(panels.length / 2) };
    const groups = panels.map(({ role }, p) => {
      const [left, top] = [(p % 2) * (size.wide + GAP), Math.floor(p / 2) * size.tall];
      const transform = `translate(${left} ${top})`;
      return svg("g", { class: role, transform }, ...panel(history, p, row.read(), size));
    });
    stage.replaceChildren(...groups);
    fill(stage, { "aria-label": words() });
  }
  const step = slider({ label: "Training step", ...row, show: (at) => `${steps[at]}` });
  const controls = [step, playButton(model, row, play)];
  return compose({ model, el }, { stage, controls, draw, words, motion: play });
}

// From row to row. Only the last row is saved, or the kernel would get a message for every frame.
function playerOf(model, row) {
  return motion(() => {
    model.set("row", Math.min(row.max, row.read() + (calm() ? 10 : 1)));
    const goesOn = !calm() && row.read() < row.max;
    if (!goesOn) model.save_changes();
    return goesOn;
  });
}

function playButton(model, row, play) {
  const press = () => {
    if (play.running) {
      play.stop();
      model.save_changes();
      return;
    }
    if (row.read() === row.max) row.write(0);
    play.start();
  };
  return buttons({ Play: press }, () => (play.running ? "Pause" : "Play"));
}

export default { render };
