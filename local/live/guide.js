// The steps that lead through a figure: each sets it and says what to look at; and the way back.
import { assign, calm, html, setText, valuesOf } from "./kit.js";

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// A step sets every trait that any of the steps sets, so that it shows the same whatever was
// pressed before; one with `from` begins there, and the motion goes on to its end. *Reset* sets all
// that a reader can change. After either, `again()` is called.
export function guideOf(model, { motion, again = () => {} }) {
  const [steps, lead] = [model.get("guide"), model.get("lead")];
  const origin = valuesOf(model, Object.keys(model.get("limits")));
  const led = Object.keys(Object.assign({}, ...steps.map(({ set }) => set)));
  const home = Object.fromEntries(led.map((name) => [name, origin[name]]));
  const aims = steps.map(({ set }) => ({ ...home, ...set }));
  let playing;

  const press = (values, step) => {
    motion?.stop();
    playing = step;
    assign(model, values);
    again();
  };
  const play = (step, aim) => {
    press({ ...aim, ...step.from }, step);
    motion.start();
  };
  const nodes = steps.map((step, k) => {
    const node = html("button", { type: "button" }, `${k + 1} ${step.press}`);
    const moves = () => step.from && !calm(); // for whoever wants no motion there is its end
    node.addEventListener("click", () => (moves() ? play(step, aims[k]) : press(aims[k])));
    return node;
  });
  const reset = html("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => press(origin));
  const look = html("p", { class: "live-look", "aria-live": "polite" });

  // The step that is shown: the one that plays, or the one that the figure agrees with.
  const current = () => {
    if ((motion?.running || motion?.waits) && playing) return playing;
    return steps.find((_, k) => led.every((name) => same(model.get(name), aims[k][name])));
  };
  const update = () => {
    const shown = current();
    nodes.forEach((node, k) => {
      if (steps[k] === shown) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
    setText(look, shown?.look ?? lead);
  };
  const buttons = html("div", { class: "live-steps" }, ...nodes, reset);
  return { node: html("div", { class: "live-guide" }, buttons, look), update };
}
