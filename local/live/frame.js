// The frame of a figure: its name, the stage, the words, the steps that lead, and the controls.
import { guideOf } from "./guide.js";
import { fill, html, keepKeys, setText } from "./kit.js";

const LONGEST = 100; // milliseconds of a frame: after a longer one, a motion is late

// What goes on by itself between two presses: `advance(milliseconds)` goes on for so long as have
// passed since it was last called, and says whether it goes on from there. `show()`, if there is
// one, draws what has changed since, where all of the figure would be too much.
export function motion(advance, show) {
  // `waits`: it was paused, and goes on when it is resumed; a stop forgets that.
  const self = { running: false, waits: false, update() {}, start: () => run(true) };
  self.stop = () => {
    self.waits = false;
    run(false);
  };
  self.pause = () => {
    self.waits ||= self.running;
    run(false);
  };
  self.resume = () => {
    if (self.waits) run(true);
  };
  let pending;
  let last;
  function run(running) {
    if (running && self.running) return;
    self.running = running;
    if (running) self.waits = false;
    cancelAnimationFrame(pending); // or a stop and a start within a frame would leave two
    if (show || !running) self.update();
    if (running) {
      last = performance.now();
      go(last);
    }
  }
  function go(now) {
    self.running = advance(Math.min(now - last, LONGEST));
    last = now;
    if (self.running && show) show();
    else self.update();
    if (self.running) pending = requestAnimationFrame(next);
  }
  function next(now) {
    // About 60 times a second, also on a screen that draws 120.
    if (now - last > 12) go(now);
    else pending = requestAnimationFrame(next);
  }
  return self;
}

// Pauses the motion while less than half of `node` is seen.
function whileSeen(node, motion) {
  const seen = new IntersectionObserver(
    (changes) => (changes.at(-1).isIntersecting ? motion.resume() : motion.pause()),
    { threshold: 0.5 },
  );
  seen.observe(node);
  return seen;
}

// `draw(width, height)` draws on `stage` in pixels, `words()` says what it shows. A motion that
// `begins` starts by itself once it is seen; `again()` is called when a step of the guide is pressed.
// Returns what Jupyter calls when the figure is gone.
export function compose(
  { model, el },
  { stage, controls, draw, words, motion, begins = false, again },
) {
  const height = model.get("height");
  const [number, title] = model.get("caption");
  const name = html("p", { class: "live-name" }, html("a", {}, number), ` ${title}`);
  const box = html("div", { class: "live-stage", style: `height: ${height}px` }, stage);
  const form = html("form", { class: "live-controls" }, ...controls.map(({ node }) => node));
  form.addEventListener("submit", (event) => event.preventDefault());
  const output = html("output", { class: "live-words" });
  const guide = guideOf(model, { motion, again });
  let width; // of the latest drawing
  const update = () => {
    width = box.clientWidth;
    if (!width) return; // not on the page yet
    // A sheet of paper may be narrower, and no drawing is made anew for it.
    if (stage.viewBox) fill(stage, { viewBox: `0 0 ${width} ${height}` });
    draw(width, height);
    for (const control of [guide, ...controls]) control.update();
    setText(output, words());
  };
  el.classList.add("live");
  keepKeys(el);
  el.replaceChildren(name, box, output, guide.node, form);
  const resized = new ResizeObserver(() => box.clientWidth === width || update());
  resized.observe(box);
  model.on("change", update);
  if (motion) motion.update = update;
  update();
  if (motion) motion.waits = begins;
  const seen = motion && whileSeen(box, motion);
  return () => {
    motion?.stop();
    seen?.disconnect();
    resized.disconnect();
    model.off("change", update);
  };
}
