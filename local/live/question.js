// A question with choices, whose form stands on the page; in a notebook it comes from Python.
import { asking } from "./asking.js";
import { keepKeys, trait } from "./kit.js";

function render({ model, el }) {
  if (!el.querySelector(".question")) el.innerHTML = model.get("_form");
  el.classList.add("live");
  keepKeys(el);
  const update = asking(el.querySelector(".question"), trait(model, "tried"));
  model.on("change", update);
  update();
  return () => model.off("change", update);
}

export default { render };
