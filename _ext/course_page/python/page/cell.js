// A code cell of the page: its editor, its buttons, its state in words, and its outputs.
import { editor, setText, textOf } from "./editor.js";
import { Outputs } from "./outputs.js";

export const button = (text, label, press) => {
  const node = document.createElement("button");
  Object.assign(node, { type: "button", textContent: text });
  if (label) node.setAttribute("aria-label", `${text}: ${label}`);
  node.addEventListener("click", press);
  return node;
};

export class Cell {
  // asked: { run(cell), runTo(cell), next(cell), stop(), changed(cell) }
  constructor({ id, number, before, alt, asked }) {
    Object.assign(this, { id, number, before, alt, asked, ran: false });
    this.name = `code ${number}`;
    this.node = document.querySelector(`.cell[data-cell="${id}"]`);
    this.code = document.querySelector(`[data-code="${id}"]`);
    const place = document.querySelector(`[data-output="${id}"]`);
    this.outputs = new Outputs(place, () => this.makePlace());
    if (this.code) this.open();
  }

  open() {
    const run = () => this.asked.run(this);
    this.view = editor({
      text: this.before,
      label: `Python, ${this.name}. Shift-Enter runs it, Tab leaves it.`,
      changed: () => this.edited(),
      keys: { "Shift-Enter": () => this.asked.next(this), "Mod-Enter": run },
    });
    const pre = this.code.querySelector("pre");
    pre.replaceWith(this.view.dom);
    this.view.contentDOM.id = pre.id; // the button that copies code knows it by this
    this.tools = this.code.nextElementSibling;
    this.state = document.createElement("span");
    this.state.className = "cell-state";
    this.back = button("Reset", this.name, () => this.reset());
    this.back.hidden = true;
    this.runner = button("Run", this.name, run);
    this.stopper = button("Stop", this.name, () => this.asked.stop());
    this.stopper.hidden = true;
    this.tools.append(
      this.runner,
      button("Run to here", this.name, () => this.asked.runTo(this)),
      this.stopper,
      this.back,
      this.state,
    );
  }

  get text() {
    return this.view ? textOf(this.view) : this.before;
  }

  set text(text) {
    if (text !== this.text) setText(this.view, text);
  }

  edited() {
    this.back.hidden = this.text === this.before;
    this.asked.changed(this);
  }

  reset() {
    this.text = this.before;
    this.outputs.reset();
    this.say("");
    this.view.focus();
  }

  say(words, kind = "") {
    if (!this.state) return;
    this.state.textContent = words;
    this.tools.dataset.state = kind;
    if (document.activeElement === this.stopper) this.runner.focus(); // for it is going
    this.stopper.hidden = kind !== "runs";
  }

  makePlace() {
    const place = document.createElement("div");
    place.className = "cell_output docutils container";
    place.dataset.output = this.id;
    this.node.append(place);
    return place;
  }

  // What the book has folded is opened where the reader has asked for this very cell.
  reveal() {
    const folded = this.outputs.place?.closest("guess-answer");
    if (folded?.hidden !== false) folded?.dispatchEvent(new Event("beforematch"));
  }
}
